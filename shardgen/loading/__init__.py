"""One load: shards dispatched to workers and tried again, what hangs ended, counts reconciled."""
