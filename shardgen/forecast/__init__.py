"""What a load will do, told before it is done: rows, bytes on disk, time."""
