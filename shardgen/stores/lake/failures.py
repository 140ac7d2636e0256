"""What an object store says when it refuses, in a line without secrets, and what that calls for.

Libraries tell of a refusal by types and by texts that hold whole requests. Nothing of a request is passed on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from shardgen.stores.failures import PermanentError, Remedy, StoreError, SupersededError, described
from shardgen.stores.lake.address import Address

_SECRETS: Final = re.compile(r"(?:KEY|SECRET|TOKEN|PASSWORD|SIG|CREDENTIALS?|CONNECTION_STRING)(?:_|$)", re.IGNORECASE)
"""Names of variables whose values are never shown."""
_PATHS: Final = re.compile(r"(?:_FILE|_PATH|^GOOGLE_APPLICATION_CREDENTIALS)$", re.IGNORECASE)
"""Names of variables that say where a secret lies, which may be shown."""
_SIGNED: Final = re.compile(
    r"(?P<name>\b(?:sig|signature|token|password|accountkey|x-amz-(?:signature|security-token|credential)|accesskeyid"
    r"|awsaccesskeyid|googleaccessid)=)[^&\s\"'<>]+",
    re.IGNORECASE,
)
"""Secrets in the query of an address."""
_USER: Final = re.compile(r"(?<=://)[^/\s'\"@]+@")
"""Who asks in an address, with a password or without."""
_LEAST: Final = 6  # letters of a value that is taken for a secret: shorter ones are words that occur anywhere


class LakeError(StoreError):
    """An object store refused.

    Args:
        text: one line, without secrets.
        remedy: what it calls for.
    """

    def __init__(self, text: str, remedy: Remedy = Remedy.RETRY) -> None:
        super().__init__(text)
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[LakeError], tuple[str, Remedy]]:
        return type(self), (str(self), self.remedy)


@dataclass(frozen=True, slots=True)
class _Sign:
    """What tells a kind of refusal from others, and what is said of it."""

    pattern: re.Pattern[str]
    text: str
    """With ``{place}`` and ``{act}`` in it."""
    remedy: Remedy


def _sign(pattern: str, text: str, remedy: Remedy) -> _Sign:
    return _Sign(re.compile(pattern, re.IGNORECASE), text, remedy)


_NO_BUCKET: Final = r"NoSuchBucket|ContainerNotFound|bucket does not exist|container does not exist|Bucket not found"
_SIGNS: Final = (
    _sign(
        _NO_BUCKET,
        "{bucket} does not exist: create it, or name another one",
        Remedy.STOP_LOAD,
    ),
    _sign(
        r"Invalid Access Key|Unable to (?:open|decode) service account|Unable to parse",
        "the credentials for {place} cannot be read: look at {keys}",
        Remedy.STOP_LOAD,
    ),
    _sign(
        r"169\.254\.|metadata\.google|metadata server|/latest/(?:api|meta)|identity/oauth2/token"
        r"|missing.*(?:account|key)|no credentials|Account must be specified|Container name must be specified"
        r"|Unable to.*credential",
        "no credentials for {place} were found: set {keys}",
        Remedy.STOP_LOAD,
    ),
    _sign(
        r"InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|AuthenticationFailed|401 Unauthorized"
        r"|UnauthenticatedError",
        "the credentials for {place} are not accepted ({code}): look at {keys}",
        Remedy.STOP_LOAD,
    ),
    _sign(
        r"403 Forbidden|code: 403|AccessDenied|PermissionDenied|AuthorizationPermissionMismatch|Permission denied"
        r"|Read-only file",
        "{place} does not let us {act} ({code}): ask for the right to list, read, write and delete there",
        Remedy.STOP_LOAD,
    ),
    _sign(
        r"No space left|Disk quota|os error (?:28|122)\b|QuotaExceeded",
        "{place} is full ({code})",
        Remedy.STOP_LOAD,
    ),
    _sign(
        r"PermanentRedirect|301 Moved|AuthorizationHeaderMalformed|IllegalLocationConstraint",
        "{bucket} is in another region: set AWS_REGION to it",
        Remedy.STOP_LOAD,
    ),
    _sign(
        r"HTTP error|error sending request|Connect|dns error|timed? ?out|operation timed",
        "{place} cannot be reached",
        Remedy.OUTAGE,
    ),
    _sign(r"SlowDown|503 |500 |429 |InternalError|TooManyRequests", "{place} is busy ({code})", Remedy.OUTAGE),
)
_CODES: Final = (
    r"<Code>(\w+)</Code>",
    r"\b([45]\d\d [A-Z][A-Za-z ]+)",
    r"([A-Z][a-z][\w -]+) \(os error \d+\)",
    r"\(code: (\d+)\)",
)
"""Where in a refusal its name stands, the most telling first."""


def refused(address: Address, act: str, error: BaseException) -> LakeError:
    """A refusal in our words.

    Args:
        address: of the store.
        act: what was tried: ``"write"``.
        error: of the library.
    """
    text = f"{type(error).__name__}: {error}".partition("\n\nDebug source")[0]
    sign = next((each for each in _SIGNS if each.pattern.search(text)), None)
    if sign is None:
        line = masked(" ".join(text.split()))[:300]
        return LakeError(f"{address.url} refused to {act}: {line}")
    told = sign.text.format(
        place=address.url, bucket=_bucket(address), act=act, code=_code(text), keys=_KEYS.get(address.scheme, "them")
    )
    return LakeError(told, sign.remedy)


_KEYS: Final = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME, and AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN",
    "file": "the rights of its folder",
}


def _bucket(address: Address) -> str:
    if address.local:
        return f"folder={address.prefix!r}"
    return f"{'container' if address.scheme == 'az' else 'bucket'}={address.bucket!r}"


def _code(text: str) -> str:
    found = (match for match in (re.search(code, text) for code in _CODES) if match)
    return next((match[1].strip() for match in found), "no reason given")


def of_no_bucket(error: BaseException) -> bool:
    """Whether an object is not found because its bucket is not."""
    return re.search(_NO_BUCKET, str(error), re.IGNORECASE) is not None


@contextmanager
def told(address: Address, act: str) -> Iterator[None]:
    """Let the library's refusals be ours; what another part raises meanwhile is not touched."""
    from obstore.exceptions import BaseError  # whoever opens no lake does without

    try:
        yield
    except (BaseError, OSError) as error:
        raise refused(address, act, error) from None


def masked(text: str) -> str:
    """The text without secrets of the environment, and without those in an address's query."""
    for value in sorted(_environment(), key=len, reverse=True):
        text = text.replace(value, "***")
    return _USER.sub("***@", _SIGNED.sub(r"\g<name>***", text))


def _environment() -> set[str]:
    ours = ("AWS_", "AZURE_", "GOOGLE_", "PYICEBERG_", "SHARDGEN_")
    secrets = (
        value
        for name, value in os.environ.items()
        if name.upper().startswith(ours) and _SECRETS.search(name) and not _PATHS.search(name)
    )
    return {value for value in secrets if len(value) >= _LEAST}


def remedy_of(error: Exception) -> tuple[Remedy, str]:
    """What a failed attempt at a shard calls for, and what it was in a line."""
    if isinstance(error, SupersededError):
        return Remedy.STOP_LOAD, str(error)
    if isinstance(error, PermanentError):
        return Remedy.STOP_TABLE, str(error)
    if isinstance(error, LakeError):
        return error.remedy, str(error)
    return Remedy.RETRY, masked(described(error))
