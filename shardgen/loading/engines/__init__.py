"""What runs shards: processes of this machine."""
