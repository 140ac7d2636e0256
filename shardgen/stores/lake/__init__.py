"""A directory or a bucket as a store: files that are created or found, and never changed."""
