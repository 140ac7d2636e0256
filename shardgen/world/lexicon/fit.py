"""What must fit whom: plugs and keyboard layouts by country, and sizes by person.

Values are those of the attributes in the subcategories' own files. Nothing here draws.
"""

from __future__ import annotations

PLUGS: dict[str, str] = {
    "US": "Type A",
    "CA": "Type A",
    "MX": "Type A",
    "JP": "Type A",
    "GB": "Type G",
    "IE": "Type G",
    "AU": "Type I",
    "DE": "Type C",
    "FR": "Type C",
    "IT": "Type C",
    "ES": "Type C",
    "NL": "Type C",
    "BR": "Type C",
    "PL": "Type C",
    "SE": "Type C",
    "AT": "Type C",
}
"""What goes into the sockets of each country (the flat Type C also into Italy's and Brazil's own)."""

LAYOUTS: dict[str, str] = {
    "US": "US",
    "CA": "US",
    "AU": "US",
    "NL": "US",
    "PL": "US",
    "GB": "UK",
    "IE": "UK",
    "DE": "German",
    "AT": "German",
    "FR": "French",
    "ES": "Spanish",
    "MX": "Spanish",
    "IT": "Italian",
    "BR": "Portuguese",
    "SE": "Nordic",
    "JP": "Japanese",
}
"""The keyboard layout that people of each country type on."""

BY_COUNTRY: dict[str, tuple[str, dict[str, str]]] = {"chargers": ("plug", PLUGS), "keyboards": ("layout", LAYOUTS)}
"""Kinds that fit a country or not: the attribute that tells, and its value by country."""

BY_BODY: dict[str, str] = {
    "t-shirts": "size",
    "jeans": "waist",
    "dresses": "size",
    "jackets": "size",
    "sweaters": "size",
    "sneakers": "size",
    "boots": "size",
    "sandals": "size",
}
"""Kinds that fit a body or not: the attribute that tells, whose values rise."""

FOR_WHOM: dict[str, str] = {
    "t-shirts": "gender",
    "jeans": "gender",
    "jackets": "gender",
    "sweaters": "gender",
    "sneakers": "gender",
    "boots": "gender",
    "sandals": "gender",
    "perfumes": "audience",
}
"""Kinds of which some are for women, some for men, some for both: the attribute that tells."""
