"""How the library that speaks to stores is opened: by what the environment holds, and by what it needs beyond."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from shardgen.errors import Text, UsageError
from shardgen.stores.lake.address import Address

if TYPE_CHECKING:
    from obstore.store import ObjectStore


def check_installed() -> None:
    """See that what reads and writes objects is there.

    Raises:
        UsageError: it is not.
    """
    from shardgen.machine.installation import LAKE, install, installed

    if not installed(LAKE):
        raise UsageError(Text("files in a lake need the extra lake: ", install(LAKE)))


def opened(address: Address, *, patient: bool) -> ObjectStore:
    """The library's view of a prefix.

    Args:
        address: of it.
        patient: whether a store that is away is waited for.
    """
    from obstore.store import LocalStore, from_url

    if address.local:
        return LocalStore(address.prefix, mkdir=True)
    retries = {"max_retries": 10 if patient else 2, "retry_timeout": timedelta(seconds=120 if patient else 20)}
    more: dict[str, Any] = {"retry_config": retries, **_of_s3()} if address.scheme == "s3" else {}
    return from_url(address.url, **({"retry_config": retries} | more))


def _of_s3() -> dict[str, Any]:
    """What S3 needs to be told: how a copy is made only if absent, and where the environment alone does not do."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    told: dict[str, Any] = {"copy_if_not_exists": os.environ.get("AWS_COPY_IF_NOT_EXISTS", "multipart")}
    if endpoint:
        told["endpoint"] = endpoint
    if endpoint and endpoint.startswith("http://"):
        told["client_options"] = {"allow_http": True}
    provider = None if os.environ.get("AWS_ACCESS_KEY_ID") else _profile()
    return told if provider is None else {**told, "credential_provider": provider}


def s3_client() -> Any:
    """AWS's own library, for the little that obstore does not know: uploads that nobody ended."""
    import boto3

    return boto3.client("s3")


def _profile() -> Any:
    """The credentials that AWS's own library finds, in files and by single sign-on; None where it finds none."""
    from boto3 import Session
    from botocore.exceptions import BotoCoreError
    from obstore.auth.boto3 import Boto3CredentialProvider

    try:
        session = Session()
        return Boto3CredentialProvider(session) if session.get_credentials() is not None else None
    except BotoCoreError:
        return None
