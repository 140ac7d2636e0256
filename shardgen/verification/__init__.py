"""The proof that a target holds what its plan says, bit for bit, and that the story holds; it writes nothing.

Laws and shapes are SQL files, one statement each; the package is not called verify because the public function is.
"""
