"""The proof that what is in the database is what the plan says and that its story holds; the laws are SQL files."""
