"""A customer's life as a person reads it: a line for whatever happened, in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from shardgen.display.sample import as_plain
from shardgen.model.figures import plural
from shardgen.model.story import Moment, Row, Story

_MOST_TITLES = 4
"""Of a visit's products, as many are named."""
_COLOURS = {"customers": "magenta", "sessions": "dim", "orders": "green", "reviews": "yellow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStory:
    """One life."""

    story: Story

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        characters = "-" if options.ascii_only else "─"
        yield Rule(Text(_title(self.story.customer), style="bold"), align="left", style="dim", characters=characters)
        grid = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
        grid.add_column(no_wrap=True)
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for moment in self.story.moments:
            grid.add_row(
                f"{moment.at:%Y-%m-%d %H:%M}",
                Text(moment.what, style=_COLOURS[moment.table]),
                "\n".join(told(moment, self.story.products)),
            )
        yield grid


def as_json(story: Story) -> dict[str, Any]:
    """A life as JSON has it: every moment with its time and its row."""
    moments = [
        {"at": moment.at.isoformat(), "table": moment.table, "what": moment.what, "row": as_plain(moment.row)}
        for moment in story.moments
    ]
    return {"customer": as_plain(story.customer), "products": as_plain(story.products), "moments": moments}


def _title(customer: Row) -> str:
    named = customer["customer_name"] or "erased"
    where = customer["address"] or {}
    parts = (named, customer["gender"], customer["date_of_birth"], where.get("city"), where.get("country"))
    return f"{customer['customer_id']}: {', '.join(str(part) for part in parts if part)}"


def told(moment: Moment, products: dict[str, Row]) -> Iterator[str]:
    """What a line says of a moment."""
    row, known = moment.row, moment.row["raw_data"]
    if moment.table == "sessions":
        yield from _visit(row, products)
    elif moment.table == "reviews":
        stars = "1 star" if row["rating"] == 1 else f"{row['rating']} stars"
        yield f"{stars} for {_name(row, products)} of {known['order_id']}: {row['review_title']}"
        if moment.what != "review taken down":
            yield row["review_text"]
    elif moment.table == "customers":
        yield from _record(row)
    elif moment.what == "ordered":
        yield from _order(row, products)
    elif moment.what == "returned":
        back = [each for each in known["items"] if each["returned_quantity"]]
        yield row["order_id"]
        yield from (f"{each['returned_quantity']} x {_name(each, products)}: {each['return_reason']}" for each in back)
    else:
        yield row["order_id"]


def _record(row: Row) -> Iterator[str]:
    where = row["address"] or {}
    yield ", ".join(str(part) for part in (row["customer_name"], row["email"], row["phone"]) if part) or "no name left"
    if where:
        yield f"{where['street']}, {where['postal_code']} {where['city']}, {where['country']}"
    yield "newsletter" if row["raw_data"].get("marketing_opt_in") else "no newsletter"


def _visit(row: Row, products: dict[str, Row]) -> Iterator[str]:
    known, events = row["raw_data"], row["events"]
    who = "logged in" if row["user_id"] else "nobody logged in"
    where = f"{row['device_type']} in {row['location']['city']}"
    yield f"{row['session_id']}, {who}, {where}, from {known['traffic_source']}"
    yield f"{plural(len(events), 'event')} in {row['duration_seconds']} s"
    for kind, said in (("search", "searched"), ("product_view", "looked at"), ("add_to_cart", "put in the cart")):
        names = list(dict.fromkeys(_spoken(each, products) for each in events if each["event_type"] == kind))
        if names:
            more = f" and {len(names) - _MOST_TITLES} more" if len(names) > _MOST_TITLES else ""
            yield f"{said} {', '.join(names[:_MOST_TITLES])}{more}"


def _spoken(event: Row, products: dict[str, Row]) -> str:
    query = event["raw_data"].get("search_query")
    return f'"{query}"' if query else _name(event["raw_data"], products)


def _order(row: Row, products: dict[str, Row]) -> Iterator[str]:
    known = row["raw_data"]
    yield f"{row['order_id']}, {known['channel']}, {row['total_amount']} in all by {known['payment_method']}"
    for each in known["items"]:
        less = f" less {each['discount_amount']:.2f} ({each['promotion']})" if each["promotion"] else ""
        yield f"{each['quantity']} x {_name(each, products)} at {each['unit_price']:.2f}{less}"
    yield f"{known['warehouse_id']} to {row['shipping_address']['city']}"


def _name(row: Row, products: dict[str, Row]) -> str:
    found = products.get(row.get("product_id", ""))
    return str(found["product_name"]) if found else "?"
