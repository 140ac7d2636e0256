"""Plain data that every part may import: what is asked for, a table, a key, a plan. No I/O, no SQL, no numpy."""
