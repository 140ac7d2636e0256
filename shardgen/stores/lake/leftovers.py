"""What killed workers leave: uploads that were not ended, and files of the meantime. Nothing that counts is touched."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from shardgen.stores.lake.address import Address
from shardgen.stores.lake.layout import Generation
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.opening import s3_client

_STAGED: Final = re.compile(r"#\d+$")
"""How the names of files end that obstore has not completed."""


def removed(objects: Objects, names: Generation) -> tuple[str, ...]:
    """Take away what attempts of a run have left half done; what the user should know of that."""
    objects.delete([found.key for folder in (names.incoming, names.at_work) for found in objects.list(folder)])
    if objects.address.local:
        for path in _staged(Path(objects.address.prefix)):
            path.unlink(missing_ok=True)
        return ()
    return _aborted(objects.address) if objects.address.scheme == "s3" else ()


def _staged(root: Path) -> Iterator[Path]:
    for folder, _, files in os.walk(root):
        yield from (Path(folder, each) for each in files if _STAGED.search(each))


def _aborted(address: Address) -> tuple[str, ...]:
    """Abort the prefix's uploads; Azure drops its own, and the others are a matter of the bucket's lifecycle."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    client = s3_client()
    try:
        for upload in _uploads(client, address):
            client.abort_multipart_upload(Bucket=address.bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    except (BotoCoreError, ClientError) as error:
        return (
            f"half uploads in {address.url} could not be aborted ({type(error).__name__}): its lifecycle may do so",
        )
    return ()


def _uploads(client: Any, address: Address) -> list[Any]:
    pages = client.get_paginator("list_multipart_uploads")
    below = f"{address.prefix}/" if address.prefix else ""
    return [each for page in pages.paginate(Bucket=address.bucket, Prefix=below) for each in page.get("Uploads", ())]
