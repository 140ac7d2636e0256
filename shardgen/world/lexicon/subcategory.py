"""What the shop knows about one kind of product: the record that every lexicon file fills in.

All words are our own or generic: no real brand, no real author. Text is plain English, without braces except in
templates, without line breaks.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Subcategory:
    """One kind of product."""

    category: str
    """Department, as a shopper reads it: ``"Electronics"``."""
    name: str
    """Subcategory, as a shopper reads it: ``"Phone Cases"``."""
    slug: str
    """Its name in a URL, unique in the shop: ``"phone-cases"``."""
    share: int
    """Relative number of products of this kind (1-10)."""
    demand: int
    """Relative number of units bought per product of this kind (1-10)."""
    price_median: int
    """Median of the log-normal price, in cents."""
    price_sigma: float
    """Sigma of the logarithm of the price (0.2-0.7)."""
    price_range: tuple[int, int]
    """Lowest and highest price, in cents."""
    cost_percent: tuple[int, int]
    """Range of cost as a percentage of the price, both in 20..85."""
    weight_grams: tuple[int, int]
    """Range of the packed weight."""
    dimensions_mm: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    """Ranges of length, width and height."""
    return_percent: int
    """Base share of units sent back, in percent (0-25)."""
    brands: tuple[str, ...]
    """Invented makers (for books: publishers)."""
    nouns: tuple[str, ...]
    """What a shopper calls it, in title case and singular: ``"Phone Case"``; always part of the product's name."""
    series: tuple[str, ...]
    """Invented model lines, one or two words (for books: not used, may be empty)."""
    traits: tuple[str, ...]
    """Selling adjectives in title case, that suit every noun: ``"Shockproof"``."""
    names: tuple[str, ...]
    """Product name templates over {brand} {series} {trait} {noun} and attribute keys, e.g.
    ``"{brand} {series} {trait} {noun}, {color}"``; each holds {noun}."""
    attributes: tuple[tuple[str, tuple[str, ...]], ...]
    """Pairs of a snake_case key and the values it may take: ``("storage", ("128 GB", "256 GB"))``."""
    descriptions: tuple[tuple[str, ...], ...]
    """Three groups of sentence templates (what it is; what it does for you; a practical note) over {noun_lower}
    {trait_lower} {brand} and attribute keys; a description takes one sentence of each group."""
    companions: tuple[str, ...]
    """Slugs of what people buy with it (2-5), from any category."""
    return_reasons: tuple[str, ...]
    """Reasons for sending it back, snake_case: ``"too_small"``."""
    aspects: tuple[str, ...]
    """What a review talks about, lower-case singular noun phrases with article, followed by a singular verb:
    ``"the battery life"``."""
    praise: tuple[str, ...]
    """Clauses only a content owner of this kind writes; lower-case start, no full stop, subject "it" or "this" or a
    part of the product, complete as a sentence: ``"it lasts two full days on one charge"``."""
    blame: tuple[str, ...]
    """Clauses only a disappointed owner of this kind writes, in the same form: ``"it gets hot while charging"``."""
    neutral: tuple[str, ...]
    """Clauses of an undecided owner: facts without judgement: ``"it needs an hour to charge"``."""
