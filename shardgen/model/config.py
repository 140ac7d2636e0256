"""What is asked for: the world, the plan of one load, and how to run it; validated here once, trusted everywhere else.

WorldConfig says what is true, PlanConfig which part of it is loaded and in what form, LoadConfig how. The first two
decide the bytes and are fingerprinted into the ledger; the third never changes a byte.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, Self

from shardgen.errors import ConfigError, Given, Text, Use
from shardgen.model import engine
from shardgen.model.checks import (
    check_choice,
    check_publication,
    check_range,
    check_raw_data_as,
    check_schema,
    check_since,
    check_window,
)
from shardgen.model.choices import (
    CATALOG,
    CUTS,
    FORMATS,
    HISTORIES,
    IF_EXISTS,
    INDEX_MODES,
    NAMESPACE,
    ON_CONFLICT,
    PUBLICATIONS,
    RAW_DATA_FORMS,
    RAW_DATA_MODES,
)
from shardgen.model.dirt import Dirt

DATA_VERSION = 3
"""Raised whenever the same config would give other bytes; a run of another version cannot be resumed."""

SHOP = "shop"
"""The dataset that comes with shardgen."""

MAX_WORKERS = 512
MAX_SEED = 2**63 - 1
MAX_HORIZON_DAYS = MAX_WINDOW_DAYS = 7300  # customers are at most 72 at registration and must stay within 95
MAX_CUSTOMERS = 10**9  # the numbers in their e-mail addresses have up to 9 digits
MAX_PRODUCTS = 2_000_000  # the catalogue is the one thing that each worker holds whole (about 40 bytes a product)
MAX_STOCK_CELLS = 5_000_000  # products x warehouses: a worker that builds inventory holds some 24 bytes for each
MAX_ARRIVALS = 10**12
FIRST_EPOCH, LAST_EPOCH = date(1990, 1, 1), date(2200, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldConfig:
    """What is true: everything that a value may depend on, apart from its table, column and row id."""

    seed: int = 42
    """0 to 2**63 - 1; another seed is another world with the same laws."""
    epoch: date
    """The shop's opening day (UTC)."""
    horizon: int
    """Days that the totals below refer to."""
    customers: int
    """Registered by the end of the horizon."""
    products: int
    """Launched by the end of the horizon."""
    orders: int
    """Placed over the horizon, all channels."""
    sessions: int
    """Tracked over the horizon, buying sessions included."""
    events_per_session: float
    """Mean number of events of a browsing session, 1 to 60."""
    review_rate: float
    """Share of delivered items that are reviewed in the end, 0 to 1."""
    warehouses: int
    """WH001 to this number."""

    def __post_init__(self) -> None:
        check_range("seed", self.seed, 0, MAX_SEED)
        check_range("epoch", self.epoch, FIRST_EPOCH, LAST_EPOCH)
        check_range("horizon", self.horizon, 1, MAX_HORIZON_DAYS)
        check_range("customers", self.customers, 0, MAX_CUSTOMERS)
        check_range("products", self.products, 0, MAX_PRODUCTS)
        check_range("orders over the horizon", self.orders, 0, MAX_ARRIVALS)
        check_range("sessions over the horizon", self.sessions, 0, MAX_ARRIVALS)
        check_range("events_per_session", self.events_per_session, 1.0, 60.0)
        check_range("review_rate", self.review_rate, 0.0, 1.0)
        check_range("warehouses", self.warehouses, 1, 1000)
        if self.products * self.warehouses > MAX_STOCK_CELLS:
            cells = (Given("products", self.products), " x ", Given("warehouses", self.warehouses))
            raise ConfigError(*cells, f" is more than {MAX_STOCK_CELLS}", remedy="lower either")
        if self.sessions and not self.products:
            raise ConfigError("sessions need products to look at", remedy=_either("products", "sessions_per_day"))
        for needed in ("customers", "products"):
            if self.orders and not getattr(self, needed):
                raise ConfigError(f"orders need {needed}", remedy=_either(needed, "orders_per_day"))

    @property
    def horizon_end(self) -> date:
        """First day after the horizon."""
        return self.epoch + timedelta(days=self.horizon)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """What brings a table, or a whole dataset, that does not come with shardgen."""

    kind: Literal["table", "dataset"]
    name: str
    package: str
    """Name of the distribution: ``"shardgen-parcels"``."""
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanConfig:
    """Which part of the world one load materialises, and in what form."""

    world: WorldConfig
    end: date
    """First day after the window."""
    tables: tuple[str, ...]
    """Names of tables that there are, in the order of the story; whoever knows the tables has checked them."""
    schema: str = "bronze"
    """Schema of the target database."""
    indexes: str = "keys"
    """One of INDEX_MODES."""
    raw_data: str = "full"
    """One of RAW_DATA_MODES."""
    history: str = HISTORIES[0]
    """One of HISTORIES."""
    dataset: str = SHOP
    """What the tables are of."""
    plugins: tuple[Plugin, ...] = ()
    """What brings the dataset and those of the tables that do not come with shardgen."""
    format: str = ""
    """One of FORMATS, of a plan whose shards are files; empty for a database."""
    raw_data_as: str = RAW_DATA_FORMS[0]
    """One of RAW_DATA_FORMS, for files."""
    publish: str = PUBLICATIONS[0]
    """One of PUBLICATIONS, for files."""
    catalog: str = CATALOG
    """Of Iceberg tables: a name that pyiceberg's configuration knows, or an address without secrets."""
    namespace: str = NAMESPACE
    """Of Iceberg tables in the catalog."""
    dirt: Dirt | None = None
    """What is spoilt on the way; None for clean rows."""
    answers: str = ""
    """Where the answer key is loaded: another schema of the database, or another lake; empty where it is not."""
    since: date | None = None
    """First day of a window that only has what changes in it; None for the whole history up to the end."""
    cut: str = CUTS[0]
    """One of CUTS."""
    since_at: datetime | None = None
    """Of a window cut by arrival: the instant of its first day at which it begins; None for the day's own beginning."""
    until: datetime | None = None
    """Of arrivals: the instant of the last day before which all is there that bronze got; None for all of the day."""

    def __post_init__(self) -> None:
        check_window(self.world.epoch, self.end)
        if self.since is not None:
            check_since(self.since, self.world.epoch, self.end)
        if self.answers:
            check_answers(self)
        if self.days > MAX_WINDOW_DAYS:
            longest = f" lies more than {MAX_WINDOW_DAYS:,} days after the epoch, {self.world.epoch}"
            raise ConfigError(Given("end", self.end), longest, remedy=Text("move ", Use("end"), " or ", Use("epoch")))
        check_choice("indexes", self.indexes, INDEX_MODES)
        check_choice("raw_data", self.raw_data, RAW_DATA_MODES)
        check_choice("history", self.history, HISTORIES)
        self._check_cut()
        if self.history == "versions" and self.raw_data == "none":
            given = (Given("history", self.history), " and ", Given("raw_data", self.raw_data))
            text = " contradict each other: raw_data tells version and operation"
            raise ConfigError(*given, text, remedy=Text("use ", Use("raw_data", "lean")))
        check_schema(self.schema)
        if self.format:
            check_choice("format", self.format, FORMATS)
        check_raw_data_as(self.raw_data_as, self.format)
        if self.dirt is not None and self.format == "parquet" and self.raw_data_as == "struct":
            text = " is for clean rows: what is spoilt keeps to no types of keys, so that JSON is text"
            raise ConfigError(Given("raw_data_as", "struct"), text, remedy=Text("use ", Use("raw_data_as", "json")))
        check_publication(self.publish, self.format, self.catalog, self.namespace)

    def _check_cut(self) -> None:
        check_choice("cut", self.cut, CUTS)
        assert self.arrived or not (self.since_at or self.until), "only arrivals are cut within a day"
        assert self.until is None or self.until.date() == self.end - timedelta(days=1), "it lies in the last day"
        assert self.since_at is None or self.since_at.date() == self.since, "it lies in the first day"
        assert self.opens is None or self.opens < self.closes, "a window has an instant in it"

    @property
    def arrived(self) -> bool:
        """Whether what bronze got is loaded, and not all that happened."""
        return self.cut == "arrived"

    @property
    def opens(self) -> datetime | None:
        """The first instant of a window; None for the whole history."""
        return self.since_at or (datetime.combine(self.since, time()) if self.since else None)

    @property
    def closes(self) -> datetime:
        """The first instant after the window."""
        return self.until or datetime.combine(self.end, time())

    @property
    def closing(self) -> str:
        """The first instant after the window as a person reads it: mostly a day."""
        return self.until.isoformat() if self.until else self.end.isoformat()

    @property
    def days(self) -> int:
        """From the epoch to the end of the window."""
        return (self.end - self.world.epoch).days

    @property
    def whole(self) -> Self:
        """The same up to the same end, with all that was before the window."""
        return replace(self, since=None, since_at=None)

    def window(self, closes: date | datetime) -> Self:
        """What follows this window, up to a day or, of arrivals, an instant."""
        return self.up_to(closes, since=self.closes.date(), since_at=self.until)

    def up_to(self, closes: date | datetime, **changes: Any) -> Self:
        """The same with another end."""
        at = closes if isinstance(closes, datetime) else datetime.combine(closes, time())
        if at.time() == time():
            return replace(self, end=at.date(), until=None, **changes)
        return replace(self, end=at.date() + timedelta(days=1), until=at, **changes)

    @property
    def clean(self) -> Self:
        """The same, nothing of which is spoilt."""
        return replace(self, dirt=None, answers="")

    @property
    def beyond(self) -> bool:
        """Whether the window ends after the days that the world's totals refer to."""
        return self.days > self.world.horizon

    def to_json(self) -> dict[str, Any]:
        """The plan as plain JSON values, as the ledger stores it; of plug-ins and files it has a word where there are
        some.
        """
        told = json.loads(json.dumps(asdict(self.clean), default=str))
        told |= {"dirt": self.dirt and self.dirt.to_json(), "answers": self.answers}  # less the secret
        usual: dict[str, Any] = {"dataset": SHOP, "plugins": [], "format": "", "raw_data_as": RAW_DATA_FORMS[0]}
        usual |= dict.fromkeys(("since", "since_at", "until", "dirt"), None)
        usual |= {"history": HISTORIES[0], "cut": CUTS[0], "answers": ""}
        usual |= {"publish": PUBLICATIONS[0], "catalog": CATALOG, "namespace": NAMESPACE}
        return {name: value for name, value in told.items() if name not in usual or value != usual[name]}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """The inverse of :meth:`to_json`."""
        within: dict[str, Any] = {
            name: datetime.fromisoformat(stored[name]) for name in ("since_at", "until") if name in stored
        }
        world = dict(stored["world"], epoch=date.fromisoformat(stored["world"]["epoch"]))
        return cls(
            **{
                **(stored | within),
                "world": WorldConfig(**world),
                "end": date.fromisoformat(stored["end"]),
                "since": date.fromisoformat(stored["since"]) if "since" in stored else None,
                "tables": tuple(stored["tables"]),
                "plugins": tuple(Plugin(**each) for each in stored.get("plugins", ())),
                "dirt": Dirt.from_json(stored["dirt"]) if "dirt" in stored else None,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a new run may do to what is there."""

    if_exists: str = "fail"
    """One of IF_EXISTS."""
    on_conflict: str = "error"
    """One of ON_CONFLICT."""
    yes: bool = False
    """Whether rows that shardgen did not load may be lost."""

    @property
    def replace(self) -> bool:
        """Whether the tables start over."""
        return self.if_exists == "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadConfig:
    """How a plan is carried out; nothing here changes a byte of the data."""

    workers: int = 2
    """How many shards are done at the same time."""
    engine: Any = engine.DEFAULT
    """What runs them: a name as ``model.engine`` reads it, or an engine that a program brings."""
    batch_rows: int = 8_192
    """Rows that a worker builds at a time, twelve times as many of clickstream: half of it takes 30 MiB less and a
    fifth more time."""
    if_exists: str = "fail"
    """One of IF_EXISTS."""
    on_conflict: str | None = None
    """One of ON_CONFLICT, or None for that of the run, which is ``error`` for a new one."""
    yes: bool = False
    """Whether rows that shardgen did not load may be lost by a replace."""
    attempts: int = 5
    """How often a shard is tried before it is given up."""
    stall_timeout: float = 120.0
    """Seconds without a row or a working backend from which a worker counts as hung. The first batch of a shard of
    the largest worlds takes some seconds, so less than ten would kill what is merely slow."""
    take_over: bool = False
    """End the sessions of a load that holds the target, instead of refusing."""

    def __post_init__(self) -> None:
        check_range("workers", self.workers, 1, MAX_WORKERS)
        if isinstance(self.engine, str):
            engine.parse(self.engine)
        check_range("batch_rows", self.batch_rows, 1, 100_000)
        check_range("attempts", self.attempts, 1, 100)
        check_range("stall_timeout", self.stall_timeout, 1, 86_400)
        check_choice("if_exists", self.if_exists, IF_EXISTS)
        if self.on_conflict is not None:
            check_choice("on_conflict", self.on_conflict, ON_CONFLICT)

    @property
    def terms(self) -> Terms:
        """What a new run may do to what is there."""
        return Terms(if_exists=self.if_exists, on_conflict=self.on_conflict or "error", yes=self.yes)


def fingerprint(config: WorldConfig, vocabulary_digest: str, *dataset: str | int) -> str:
    """Hex digest of all that decides the data: world config, data version and word pools.

    Args:
        config: of the world.
        vocabulary_digest: of the word pools.
        dataset: name and version of one that does not come with shardgen.
    """
    text = json.dumps([DATA_VERSION, asdict(config), vocabulary_digest, *dataset], default=str, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def check_answers(plan: PlanConfig) -> None:
    """Raise ConfigError unless a plan has an answer key that can be loaded where it says."""
    if plan.dirt is None:
        remedy = Text("add ", Use("dirt"), ", or leave it out")
        raise ConfigError(Given("answers", "load"), " needs dirty rows: of clean ones there is no key", remedy=remedy)
    if plan.format:
        return
    check_schema(plan.answers, "answers_schema")
    if plan.answers == plan.schema:
        told = " is the schema of the dirty tables: whoever is graded would find the key in it"
        raise ConfigError(Given("answers_schema", plan.answers), told, remedy="name another schema")


def _either(needed: str, needing: str) -> Text:
    return Text("raise ", Use(needed), " above 0 or set ", Use(needing, 0))
