"""How orders are paid: attempts that failed, the one that worked, and money that the card's owner takes back.

An order is placed with the attempt that works, so what failed lies in the minute before it, in a web order's checkout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world import rings
from shardgen.world.demand import DAY, HOUR
from shardgen.world.fates import Fate
from shardgen.world.orders import MINUTE, NEVER, PAYMENT_METHODS, SECOND, WEB, Items, Orders, Parties
from shardgen.world.rng import I64, U64, below, between, chance, mix, outcomes, stream_key
from shardgen.world.world import World

Mask = NDArray[np.bool_]

CREDIT, DEBIT, WALLET = (PAYMENT_METHODS.index(name) for name in ("credit_card", "debit_card", "digital_wallet"))
MOST_FAILURES = 2
FAILURES = np.array([[44, 8], [38, 7], [0, 0], [8, 1], [14, 3]], dtype=np.int64)
"""Per mille of each channel's orders before which one and which two attempts failed; a marketplace tells of none."""
OF_RINGS = 5
"""How many times as often attempts of rings fail: they try cards."""
PAUSE = (6, 28)
"""Seconds from one attempt to the next."""
CHECKOUT = 60 * SECOND
"""A checkout takes this long at least: all attempts fit into it, and it fits between a session's start and order."""

REASONS = (
    *("insufficient_funds", "declined_by_issuer", "authentication_failed", "incorrect_cvc", "expired_card"),
    *("suspected_fraud", "processing_error"),
)
NO_REASON, EXPIRED = -1, 4
_REASON = outcomes(np.cumsum([[34, 24, 22, 9, 6, 2, 3], [25, 10, 52, 0, 0, 3, 10], [10, 38, 8, 16, 4, 22, 2]], axis=1))
"""By weights of the reasons of cards, of wallets, and of whatever rings try."""
_OF_CARDS, _OF_WALLETS, _OF_RINGS = range(len(_REASON))

STAYS_WITH = 0.72
"""Share of failed attempts by the method that works in the end; the others are by credit card."""

CHARGED_BACK, CHARGED_BACK_OF_RINGS = 0.0015, 0.32
"""Shares of card orders that are charged back where they are delivered and kept: of most customers, and of rings."""
CHARGED_BACK_DAYS = (20, 90)
MAX_CHARGED_BACK = CHARGED_BACK_DAYS[1] * DAY
"""Nothing happens to a payment later than this after its order was placed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attempts:
    """All attempts to pay n orders, order by order; arrays of shape (attempts,) but for ``starts``."""

    starts: I64
    """First attempt of each order, shape (n,); every order has one."""
    order: I64
    """Row of the order."""
    time: I64
    method: I64
    """Index into PAYMENT_METHODS."""
    reason: I64
    """Index into REASONS of what failed, NO_REASON of the last one of each order."""
    card: U64
    """Fingerprint of the card, whatever the method."""

    @property
    def by_card(self) -> Mask:
        """Which are by card."""
        return is_card(self.method)


def is_card(method: I64) -> Mask:
    """Which methods are cards."""
    return (method == CREDIT) | (method == DEBIT)


def attempts(world: World, placed: Orders, sides: Parties) -> Attempts:
    """How each order is paid."""
    seed, failures = world.seed, _failures(world.seed, placed, sides)
    counts = failures + 1
    order = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    before = (starts + failures)[order] - np.arange(len(order))
    key = placed.number[order] * (MOST_FAILURES + 1) + before
    pause = between(seed, "payments.pause", key, PAUSE[0] * SECOND, PAUSE[1] * SECOND)
    failed, of_ring = before > 0, sides.ring[order] != rings.NONE
    method = _methods(seed, key, failed, sides.payment_method[order])
    kind = np.where(of_ring, _OF_RINGS, np.where(is_card(method), _OF_CARDS, _OF_WALLETS))
    reason = np.where(failed, _REASON[kind, below(seed, "payments.reason", key, 100)].astype(np.int64), NO_REASON)
    return Attempts(
        starts=starts,
        order=order,
        time=placed.placed[order] - _until_last(pause, failed, before),
        method=method,
        reason=reason,
        card=_cards(world, sides, order, (method == DEBIT) + 2 * (reason == EXPIRED)),
    )


def _failures(seed: int, placed: Orders, sides: Parties) -> I64:
    """How many attempts failed before the one that worked; none in the hour's first minute outside the web."""
    one, two = FAILURES[placed.channel].T * np.where(sides.ring != rings.NONE, OF_RINGS, 1)
    ticket = below(seed, "payments.failures", placed.number, 1000)
    room = (placed.channel == WEB) | (placed.placed % HOUR >= MINUTE)
    return np.where(room, (ticket < one + two).astype(np.int64) + (ticket < two), 0)


def _until_last(pause: I64, failed: Mask, before: I64) -> I64:
    """Microseconds from each attempt to the last one of its order: its own pause and that of the next one."""
    own = np.where(failed, pause, 0)
    return own + np.where(before == MOST_FAILURES, np.append(own[1:], 0), 0)


def _methods(seed: int, key: I64, failed: Mask, last: I64) -> I64:
    """Who fails by card or wallet mostly tries the same again; before anything else comes a credit card."""
    same = chance(seed, "payments.same_method", key, STAYS_WITH) & (is_card(last) | (last == WALLET))
    return np.where(failed & ~same, CREDIT, last)


def _cards(world: World, sides: Parties, order: I64, which: I64) -> U64:
    """Everybody has a credit and a debit card, and old ones of both; a ring that shares them has them together."""
    shares = world.rings.share(sides.ring, rings.CARD)
    return card_fingerprints(world.seed, np.where(shares, -1 - sides.ring, sides.customer)[order], which)


def card_fingerprints(seed: int, owner: I64, which: I64) -> U64:
    """Fingerprints of cards.

    Args:
        owner: number of the customer, -1 - number of the ring.
        which: 0 for the credit card, 1 for the debit card, 2 and 3 for old ones.
    """
    return mix((owner * 4 + which).astype(np.uint64) ^ np.uint64(stream_key(seed, "payments.card")))


def charged_back(seed: int, placed: Orders, sides: Parties, fate: Fate, lines: Items) -> I64:
    """When the owner of the card takes the money back, NEVER for most: of what is neither cancelled nor sent back."""
    kept = (np.add.reduceat(lines.returned, lines.starts) == 0) if len(lines.starts) else fate.cancelled == 0
    probability = np.where(sides.ring != rings.NONE, CHARGED_BACK_OF_RINGS, CHARGED_BACK)
    back = chance(seed, "payments.charged_back", placed.number, probability) & is_card(sides.payment_method)
    low, high = (days * DAY for days in CHARGED_BACK_DAYS)
    at = placed.placed + low + below(seed, "payments.charged_back_at", placed.number, 1 << 30) * (high - low >> 30)
    return np.where(back & kept & (fate.cancelled == NEVER), at, NEVER)
