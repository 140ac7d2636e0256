"""The report's sections, in the order in which somebody who has just loaded a world wants to see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shardgen.page._parts import buyers, funnel, kinds, logistics, offers, payments, run, sales, shop, visitors, volumes
from shardgen.page._parts.section import Part, Section, section
from shardgen.page.numbers import Numbers

SECTIONS: Final[Mapping[str, tuple[str, tuple[Part, ...]]]] = {
    "volumes": ("Volumes", volumes.PARTS),
    "time": ("Days and seasons", sales.OVER_TIME),
    "hours": ("Hours", sales.BY_HOUR),
    "funnel": ("From visit to review", funnel.PARTS),
    "products": ("Products and buyers", shop.SELLING),
    "buyers": ("Who comes back", buyers.PARTS),
    "kinds": ("Seasons by category", kinds.PARTS),
    "offers": ("Prices and promotions", offers.PARTS),
    "payments": ("Payments", payments.PARTS),
    "reviews": ("Reviews and returns", shop.RATING),
    "visitors": ("Visitors", visitors.PARTS),
    "logistics": ("Stock and delivery", logistics.PARTS),
    "run": ("The load", run.PARTS),
}
"""By name in the page: title and parts."""


def sections(numbers: Numbers) -> list[Section]:
    """All of them, each with what could be made of the numbers."""
    return [section(numbers, name, title, parts) for name, (title, parts) in SECTIONS.items()]
