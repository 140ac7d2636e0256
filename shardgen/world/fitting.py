"""What must fit whoever buys it: plugs and keyboards the country, clothes a body and a gender.

The products of a kind lie in cells, one for each combination that matters; a persona wants those of one cell. Most
kinds have a single cell.
"""

from __future__ import annotations

import numpy as np

from shardgen.world import personas, zones
from shardgen.world.geography import COUNTRY_INDEX
from shardgen.world.kinds import FEMALE, KINDS
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.fit import BY_BODY, BY_COUNTRY, FOR_WHOM
from shardgen.world.rng import I64, below, chance, choose, normal_quantiles

AUDIENCES = ("Women", "Unisex", "Men")
UNISEX, BOTH = 1, 25
"""The audience of all, and percent of what is bought that is for it."""
GIFT = 0.10
"""Share of what must fit a body that is bought for somebody else."""
SPREAD = 190
"""Per mille of a kind's sizes that one standard deviation of bodies makes."""
CENTRES = {"dresses": (480, 480)}
CENTRE = (580, 360)
"""Per mille of a kind's sizes that suits the median man and woman."""
ANYWAY = 50
"""One in so many products has a size that hardly anybody needs."""


def _values(slug: str, names: dict[str, str]) -> tuple[str, ...]:
    attributes = dict(SUBCATEGORIES[_SLUGS.index(slug)].attributes)
    return attributes[names[slug]] if slug in names else ("",)


_SLUGS = [each.slug for each in SUBCATEGORIES]
SIZES = [_values(slug, BY_BODY) for slug in _SLUGS]
PLACES = [_values(slug, {kind: name for kind, (name, _) in BY_COUNTRY.items()}) for slug in _SLUGS]
FOR_SOMEBODY = np.array([slug in FOR_WHOM for slug in _SLUGS])
SIZED = np.array([len(sizes) > 1 for sizes in SIZES])
PICKY = FOR_SOMEBODY | SIZED
BOUND = np.array([slug in BY_COUNTRY for slug in _SLUGS])
"""Kinds that are of no use in another country."""
CELLS = np.array(
    [len(s) * len(p) * (3 if w else 1) for s, p, w in zip(SIZES, PLACES, FOR_SOMEBODY.tolist(), strict=True)]
)
"""How many cells each kind has: size (or place) x audience."""
FIRST_CELL = np.cumsum(CELLS) - CELLS
TOTAL_CELLS = int(CELLS.sum())


def _wanted_rows() -> I64:
    """Row of each kind's sizes or places that a persona wants, shape (KINDS, PERSONAS)."""
    rows = np.zeros((KINDS, personas.PERSONAS), dtype=np.int64)
    body = np.array([round(SPREAD * z) for z in normal_quantiles(1000).tolist()])[personas.BODY]
    codes = list(COUNTRY_INDEX)
    for number, slug in enumerate(_SLUGS):
        if slug in BY_BODY:
            size = len(SIZES[number])
            centre = np.where(personas.FEMALE, *CENTRES.get(slug, CENTRE)[::-1])
            rows[number] = np.clip((centre + body) * size // 1000, 0, size - 1)
        if slug in BY_COUNTRY:
            places = [PLACES[number].index(BY_COUNTRY[slug][1][code]) for code in codes]
            rows[number] = np.array(places)[personas.COUNTRY]
    return rows


WANTED = _wanted_rows()


def _shares() -> list[I64]:
    """How many products of each kind lie in each of its cells, relatively: as people need them, and some of each."""
    found = []
    for kind in range(KINDS):
        women = np.where(personas.FEMALE, FEMALE[kind], 100 - FEMALE[kind])
        rows = int(CELLS[kind]) // (3 if FOR_SOMEBODY[kind] else 1)
        need = np.bincount(
            WANTED[kind], weights=women * (4096 // personas.SIZE[personas.ZONE]) * _PEOPLE, minlength=rows
        )
        need = need.astype(np.int64) * 1000 // max(1, int(need.sum()))
        need += 1000 // (ANYWAY * rows) + 1
        audiences = np.array([FEMALE[kind] * 3, 4 * BOTH, 300 - FEMALE[kind] * 3]) if FOR_SOMEBODY[kind] else np.ones(1)
        found.append(np.cumsum((need[:, None] * audiences.astype(np.int64)).ravel()))
    return found


_PEOPLE = zones.WEIGHTS[personas.ZONE] * 4 // personas.SIZE[personas.ZONE]
_SHARES = _shares()


def cells(seed: int, ids: I64, kind: I64) -> I64:
    """The cell of each product, numbered over all kinds."""
    cell = FIRST_CELL[kind]
    for number in np.flatnonzero(CELLS > 1):
        mine = np.flatnonzero(kind == number)
        cell[mine] += choose(seed, "products.fit", ids[mine], _SHARES[number])
    return cell


def wanted(seed: int, key: I64, kind: I64, persona: I64) -> I64:
    """The cell that each buyer looks into; a gift has anybody's size and audience."""
    row = WANTED.take(kind * personas.PERSONAS + persona)
    cell = FIRST_CELL.take(kind) + row
    picky = np.flatnonzero(PICKY.take(kind))
    if len(picky):
        cell[picky] = _of_picky(seed, key[picky], kind[picky], persona[picky], row[picky])
    return cell


def _of_picky(seed: int, key: I64, kind: I64, persona: I64, row: I64) -> I64:
    audience = np.where(personas.FEMALE[persona], 0, 2)
    audience = np.where(below(seed, "items.audience", key, 100) < BOTH, UNISEX, audience)
    gift = chance(seed, "items.gift", key, GIFT)
    width = np.where(FOR_SOMEBODY[kind], 3, 1)
    anybody = below(seed, "items.gift_for", key, CELLS[kind])
    return FIRST_CELL[kind] + np.where(gift, anybody, row * width + np.where(width == 3, audience, 0))


def attributes(kind: int, cell: int) -> dict[str, str]:
    """What a product of a kind must say of itself, being in a cell."""
    slug, place = _SLUGS[kind], cell - int(FIRST_CELL[kind])
    told = {}
    if FOR_SOMEBODY[kind]:
        place, audience = divmod(place, 3)
        told[FOR_WHOM[slug]] = AUDIENCES[audience]
    if slug in BY_BODY:
        told[BY_BODY[slug]] = SIZES[kind][place]
    if slug in BY_COUNTRY:
        told[BY_COUNTRY[slug][0]] = PLACES[kind][place]
    return told
