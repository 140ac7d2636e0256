"""A directory or a bucket as a store: files that are created or found, and never changed.

The objects of a prefix, ``G`` being the number of a run, which is the generation of the files that it writes:

    _shardgen/current                           swapped: how the runs stand, who fills a table, whose files count
    _shardgen/coordinator, _shardgen/parts/     swapped: who is at work, and that he lives
    _shardgen/g<G>/run.json                     created: plan, options, versions, what writes the files
    <table>/[month=YYYY-MM/]<shard>.g<G>.parquet    created: the rows, with shard, generation and plan in the footer
    _shardgen/g<G>/<shard>.json                 created: the shard is done; rows, bytes and digest of its file
    _shardgen/manifest.g<G>.json                created, when all of them are there
    _SUCCESS                                    written last

A file without its ledger object is looked at and taken; a ledger object without its file is damage. Two that do the
same at once do no harm: one of them creates the object, and the other finds it.
"""
