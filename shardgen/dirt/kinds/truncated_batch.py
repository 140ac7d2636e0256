"""Of an hour that a table got, the last part is lacking."""

from __future__ import annotations

from shardgen.dirt.fields import EVERY
from shardgen.dirt.kind import Delivers

TRUNCATED_BATCH = Delivers(
    name="truncated_batch",
    family="delivery",
    imitates="a file whose transfer broke off, and that was loaded as far as it was there",
    seen="files by FTP, pages of an API whose last ones failed",
    sees="rows by minute of ingestion: none at the end of some hours; references to what should have come then",
    weights=dict.fromkeys(EVERY, 0.4),
    does="never",
    unit="hour",
    rest=(0.4, 0.9),
)
