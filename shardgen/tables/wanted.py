"""What a user asks for made into a checked plan; names of tables are checked here, where they are known.

``scale`` multiplies customers, orders and sessions and never rounds a positive number to 0. Of epoch, end and days any
two fix the third; the defaults are 365 days that end today. The horizon defaults to the window, the tables to all of
the dataset.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypedDict

from shardgen.errors import ConfigError, Given
from shardgen.model.checks import check_choice, check_range, check_window
from shardgen.model.choices import ANSWERS_MODES, CATALOG, CUTS, HISTORIES, NAMESPACE
from shardgen.model.config import MAX_ARRIVALS, MAX_HORIZON_DAYS, SHOP, PlanConfig, Plugin, WorldConfig
from shardgen.model.dirt import Dirt
from shardgen.tables import dataset as dataset_of
from shardgen.tables import in_order, names


class Chosen(TypedDict):
    """Arguments of a plan."""

    dataset: str
    tables: tuple[str, ...]
    plugins: tuple[Plugin, ...]


def plan_config(
    *,
    today: date,
    seed: int = 42,
    customers: int = 10_000,
    products: int = 5_000,
    orders_per_day: float = 150,
    sessions_per_day: float = 1_000,
    events_per_session: float = 14,
    review_rate: float = 0.32,
    warehouses: int = 5,
    scale: float = 1,
    days: int | None = None,
    end: date | None = None,
    epoch: date | None = None,
    horizon: int | None = None,
    dataset: str = SHOP,
    tables: str | Iterable[str] | None = None,
    schema: str = "bronze",
    indexes: str = "keys",
    raw_data: str = "full",
    history: str = HISTORIES[0],
    format: str | None = None,  # noqa: A002  # as the command line has it
    raw_data_as: str = "struct",
    publish: str = "none",
    catalog: str = CATALOG,
    namespace: str = NAMESPACE,
    dirt: str = "none",
    dirt_skip: str = "",
    answers: str = "none",
    answers_schema: str = "",
    since: date | None = None,
    cut: str = CUTS[0],
) -> PlanConfig:
    """Options, as a user gives them, made into a checked plan; how some follow from others, the module says.

    Raises:
        ConfigError: a value is out of range, or two of them contradict each other.
    """
    _check_volumes(orders_per_day=orders_per_day, sessions_per_day=sessions_per_day, scale=scale)
    first, last = window(today=today, days=days, end=end, epoch=epoch)
    length = horizon if horizon is not None else (last - first).days
    check_range("horizon", length, 1, MAX_HORIZON_DAYS)
    world = WorldConfig(
        seed=seed,
        epoch=first,
        horizon=length,
        customers=scaled(customers, scale),
        products=products,
        orders=scaled(orders_per_day, scale, length),
        sessions=scaled(sessions_per_day, scale, length),
        events_per_session=float(events_per_session),
        review_rate=float(review_rate),
        warehouses=warehouses,
    )
    what = _chosen(dataset, tables)
    form: dict[str, Any] = {"raw_data": raw_data, "history": history, "cut": cut, "schema": schema, "indexes": indexes}
    form |= {"format": format or "", "raw_data_as": raw_data_as}
    form |= {"publish": publish, "catalog": catalog, "namespace": namespace}
    begins = None if since == first else since  # a window from the epoch is the whole history
    spoilt = _dirt(dirt, dirt_skip, what["tables"])
    form["answers"] = _answers(answers, answers_schema, schema)
    return PlanConfig(world=world, end=last, since=begins, dirt=spoilt, **form, **what)


def _answers(asked: str, place: str, schema: str) -> str:
    """Where the answer key is loaded; empty where it is not."""
    check_choice("answers", asked, ANSWERS_MODES)
    return "" if asked == "none" else place or f"{schema}_answers"


def _dirt(asked: str, skip: str, tables: tuple[str, ...]) -> Dirt | None:
    """What is spoilt; by which secret, whoever knows it says."""
    if asked == "none":
        return None
    from shardgen.dirt.spec import rates_of

    rates = rates_of(asked, [name.strip() for name in skip.split(",") if name.strip()], tables)
    return Dirt(rates=rates, key="") if rates else None


def _chosen(dataset: str, tables: str | Iterable[str] | None) -> Chosen:
    """Which tables of which dataset, and what brings those that are not of shardgen."""
    check_dataset(dataset)
    chosen = names(dataset) if tables is None else table_names(tables, dataset)
    return {"dataset": dataset, "tables": chosen, "plugins": _plugins(chosen, dataset)}


def _check_volumes(**volumes: float) -> None:
    for name, value in volumes.items():
        check_range(name, value, 0, MAX_ARRIVALS)
    if volumes["scale"] == 0:
        raise ConfigError(Given("scale", 0), " leaves nothing to load", remedy="use a positive number")


def window(*, today: date, days: int | None, end: date | None, epoch: date | None) -> tuple[date, date]:
    """First day of the window and first day after it.

    Raises:
        ConfigError: they contradict each other, or there is no such window.
    """
    first, last = _window(today=today, days=days, end=end, epoch=epoch)
    check_window(first, last)
    return first, last


def _window(*, today: date, days: int | None, end: date | None, epoch: date | None) -> tuple[date, date]:
    if days is not None:
        check_range("days", days, 1, MAX_HORIZON_DAYS)
    if epoch is None:
        last = end or today
        return last - timedelta(days=days or 365), last
    if end is None:
        return epoch, epoch + timedelta(days=days) if days is not None else today
    if days is not None and epoch + timedelta(days=days) != end:
        window = (Given("epoch", epoch), ", ", Given("end", end), " and ", Given("days", days))
        raise ConfigError(*window, " contradict each other", remedy="leave one of them out")
    return epoch, end


def scaled(volume: float, *factors: float) -> int:
    """The product of decimal factors as a whole number, at least 1 when it is positive."""
    product = Decimal(str(volume))
    for factor in factors:
        product *= Decimal(str(factor))
    return max(1, int(product.to_integral_value())) if product > 0 else int(product)


def table_names(wanted: str | Iterable[str], story: str = SHOP) -> tuple[str, ...]:
    """Table names out of ``"orders, raw_reviews"`` or some of them, in the order of the story.

    Raises:
        ConfigError: there is no such table, or none is named.
        PluginError: the package that brings one is broken.
    """
    own = names(story)
    parts = wanted.split(",") if isinstance(wanted, str) else wanted
    found = {part.strip().removeprefix("raw_") for part in parts if part.strip()}
    for name in sorted(found - set(own)):
        from shardgen.tables import plugins

        check_choice("tables", name, tuple(dict.fromkeys((*own, *plugins.offers()))))
        dataset_of(story)[name]  # a broken one is told before anything is done
    if not found:
        raise ConfigError(Given("tables", ""), " names no table", remedy=f"choose from {', '.join(own)}")
    return in_order(found, story)


def check_dataset(name: str) -> None:
    """See that there is a dataset of a name.

    Raises:
        ConfigError: there is none.
        PluginError: the package that brings it is broken.
    """
    if name != SHOP:
        from shardgen.tables import plugins

        check_choice("dataset", name, tuple(dict.fromkeys((SHOP, *plugins.offers("dataset")))))
        dataset_of(name)


def _plugins(chosen: Iterable[str], story: str) -> tuple[Plugin, ...]:
    """What brings the dataset and those of the tables that are not of shardgen."""
    others = [name for name in chosen if name not in names(story)]
    if story == SHOP and not others:
        return ()
    from shardgen.tables import plugins

    found = [plugins.plugin("dataset", story), *(plugins.plugin("table", name) for name in others)]
    return tuple(filter(None, found))
