"""What can be chosen by name, and what is meant where nobody chooses."""

from __future__ import annotations

INDEX_MODES = ("keys", "full", "none")
RAW_DATA_MODES = ("full", "lean", "none")
HISTORIES = ("latest", "versions")
"""Of records: each as it stands at the window's end, or one row for each change."""
CUTS = ("happened", "arrived")
"""Which changes a window has: those that happen in it, or those that bronze gets in it."""
FORMATS = ("parquet", "csv.zst", "ndjson.zst")
"""Of files in a lake."""
RAW_DATA_FORMS = ("struct", "json")
"""How raw_data lies in files that know types: typed members, or text."""
PUBLICATIONS = ("none", "delta", "iceberg")
"""Table formats that files can be committed to."""
CATALOG, NAMESPACE = "default", "bronze"
"""Of Iceberg tables, where nobody says."""
CHANGE_FORMS = ("ndjson", "debezium", "csv", "parquet")
"""Of changes."""
ANSWER_FORMS = ("ndjson", "csv", "parquet")
"""Of the answer key of dirty rows, as files."""
ANSWERS_MODES = ("none", "load")
"""What becomes of the answer key of a load: nobody is told, or it is loaded beside the tables."""
STREAM_FORMS = (*CHANGE_FORMS[:2], "avro")
"""Of a stream; the last one for topics alone."""
STREAM_SHAPES = ("flat", "day", "bursts")
"""Of a stream's rate."""
IF_EXISTS = ("fail", "append", "replace")
ON_CONFLICT = ("error", "skip")
LEVELS = ("counts", "laws", "shape", "digests", "all")
"""How deep ``verify`` looks; the last one is all the others."""
PROGRESS = ("auto", "rich", "tqdm", "plain", "none")
