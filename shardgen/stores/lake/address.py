"""Addresses of lakes: ``s3://bucket/prefix``, ``gs://...``, ``az://container/prefix``, ``file:///folder``.

An address says where and nothing else. Keys and tokens come from the environment, so that an address may be shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from shardgen.errors import Part, Text, Use

CLOUDS: Final = ("s3", "gs", "az")
_SPELLINGS: Final = {"gcs": "gs", "s3a": "s3", "s3n": "s3", "azure": "az", "abfs": "az", "abfss": "az", "wasbs": "az"}
_KEYS: Final = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN",
}
"""What to set in the environment instead of a secret in an address."""
_KINDS: Final = "postgresql://..., file:///folder, s3://bucket/prefix, gs://bucket/prefix or az://container/prefix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A lake's address, taken apart."""

    scheme: str
    bucket: str
    """Or container; empty for a folder of this machine."""
    prefix: str
    """Within the bucket, without slashes at its ends; for a folder its path."""

    @property
    def local(self) -> bool:
        """Whether it is a folder of this machine."""
        return self.scheme == "file"

    @property
    def url(self) -> str:
        """The one spelling: ``"s3://bucket/prefix"``."""
        return f"{self.scheme}://{'/'.join(filter(None, (self.bucket, self.prefix)))}"


def parsed(text: str) -> Address:
    """An address without a fault."""
    parts = urlsplit(text)
    scheme = parts.scheme.lower()
    if scheme == "file":
        return Address(scheme=scheme, bucket="", prefix=unquote(parts.path).rstrip("/") or "/")
    return Address(scheme=scheme, bucket=parts.netloc, prefix=parts.path.strip("/"))


def fault(text: str) -> Part:
    """What is wrong with an address, to be put after what holds it; empty where it can be used.

    No part that could be a secret is repeated.
    """
    scheme, mark, rest = text.partition("://")
    scheme = scheme.lower()
    if not text:
        return f"is empty: use {_KINDS}"
    if not mark:
        return _no_address(text)
    if scheme not in (*CLOUDS, "file"):
        near = f": write {_SPELLINGS[scheme]}://" if scheme in _SPELLINGS else f": use {_KINDS}"
        return f"begins with {scheme[:20]}://, which is no place that shardgen knows{near}"
    if "?" in rest or "#" in rest or "@" in rest.partition("/")[0]:
        return _holds_more(scheme)
    return _folder_fault(rest) if scheme == "file" else _bucket_fault(scheme, rest)


def _no_address(text: str) -> Part:
    if "=" in text:
        return Text("is no address: what libpq reads goes to ", Use("dsn"))
    if text.startswith(("/", ".", "~")):
        return "is a path and no address: write file:// and the whole path, as in file:///data/shop"
    return f"is no address: use {_KINDS}"


def _holds_more(scheme: str) -> str:
    """Of an address with a question mark, a number sign or a user in it, which may be a secret."""
    if scheme == "file":
        return "holds a ?, # or @, which an address has a meaning for: percent-encode it (%3F, %23, %40)"
    return (
        "holds more than bucket and prefix: an address is shown in messages and records, so keys and tokens belong in "
        f"the environment: set {_KEYS[scheme]}"
    )


def _folder_fault(rest: str) -> str:
    host, slash, path = rest.partition("/")
    if host not in ("", "localhost"):
        return "is no whole path: write three slashes, as in file:///data/shop"
    if not slash or not path.strip("/"):
        return "names no folder: write one, as in file:///data/shop"
    return _steps_fault(unquote(path))


def _bucket_fault(scheme: str, rest: str) -> str:
    bucket, _, prefix = rest.partition("/")
    if not bucket:
        return f"names no bucket: write {scheme}://bucket/prefix"
    return _steps_fault(prefix)


def _steps_fault(path: str) -> str:
    whole = path.rstrip("/")
    steps = whole.split("/") if whole else []
    if "" in steps or "." in steps or ".." in steps:
        return "has a step that is empty, '.' or '..': write the path without it"
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in path):
        return "holds a control character: write it without"
    return ""
