"""Where visits come from: one row per traffic source, with what its first page view carries.

``browsing_weight`` and ``buying_weight`` each sum to 1000 over the table, so that a session's source is drawn given
whether it buys. Every host is invented and lies under the reserved top-level name ``.example``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficSource:
    """One way into the shop."""

    name: str
    """Its name in the tracker: ``"paid_search"``."""
    medium: str
    """The marketing medium, ``"none"`` without one: ``"cpc"``."""
    campaigns: tuple[str, ...]
    """Campaigns that a visit may belong to, empty where there are none; ``{month}`` and ``{week}`` say when it ran, the
    others are sent for a cause at any time."""
    referrers: tuple[str, ...]
    """What the first page view carries as referrer; empty where nothing is sent."""
    browsing_weight: int
    """Share among sessions that do not buy, per mille."""
    buying_weight: int
    """Share among sessions that buy, per mille."""
    landing: tuple[tuple[str, int], ...]
    """Pairs of a page kind (home, category, product, search, deals) and its share of the first pages, in percent."""
    called: tuple[str, ...] = ()
    """Further campaigns, of which each visit answers something that the visitor did: CALLS."""


CALLS = ("cart_reminder", "welcome_series", "win_back")
"""They follow a cart that was left behind, a registration, and a long silence."""


TRAFFIC_SOURCES = (
    TrafficSource(
        name="direct",
        medium="none",
        campaigns=(),
        referrers=(),
        browsing_weight=225,
        buying_weight=290,
        landing=(("home", 62), ("category", 10), ("product", 16), ("search", 5), ("deals", 7)),
    ),
    TrafficSource(
        name="organic_search",
        medium="organic",
        campaigns=(),
        referrers=(
            "https://search.example/",
            "https://www.search.example/",
            "https://m.search.example/",
            "https://find.example/",
            "https://lookup.example/web",
            "https://privatesearch.example/",
        ),
        browsing_weight=270,
        buying_weight=250,
        landing=(("home", 20), ("category", 33), ("product", 40), ("search", 4), ("deals", 3)),
    ),
    TrafficSource(
        name="paid_search",
        medium="cpc",
        campaigns=(
            "brand_exact_{month}",
            "brand_broad_{month}",
            "category_generic_{month}",
            "product_feed_{month}",
            "long_tail_{month}",
            "search_remarketing_{month}",
        ),
        referrers=(
            "https://search.example/",
            "https://www.search.example/",
            "https://shopping.search.example/",
            "https://find.example/",
            "https://lookup.example/web",
        ),
        browsing_weight=135,
        buying_weight=160,
        landing=(("home", 8), ("category", 32), ("product", 50), ("search", 4), ("deals", 6)),
    ),
    TrafficSource(
        name="email",
        medium="email",
        campaigns=(
            "newsletter_{week}",
            "recommended_for_you",
            "price_drop",
            "back_in_stock",
        ),
        called=("cart_reminder", "welcome_series", "win_back"),
        referrers=(),
        browsing_weight=75,
        buying_weight=135,
        landing=(("home", 12), ("category", 18), ("product", 42), ("search", 1), ("deals", 27)),
    ),
    TrafficSource(
        name="social",
        medium="social",
        campaigns=(),
        referrers=(
            "https://social.example/feed",
            "https://l.social.example/",
            "https://m.social.example/",
            "https://pics.example/",
            "https://clips.example/watch",
            "https://boards.example/pins",
            "https://forum.example/t/recommendations",
        ),
        browsing_weight=110,
        buying_weight=35,
        landing=(("home", 20), ("category", 20), ("product", 50), ("search", 1), ("deals", 9)),
    ),
    TrafficSource(
        name="paid_social",
        medium="paid_social",
        campaigns=(
            "prospecting_lookalike_{month}",
            "prospecting_interest_{month}",
            "retargeting_viewed_{month}",
            "catalog_ads_{month}",
            "video_reach_{month}",
        ),
        referrers=(
            "https://social.example/feed",
            "https://l.social.example/",
            "https://pics.example/stories",
            "https://clips.example/for-you",
        ),
        browsing_weight=65,
        buying_weight=30,
        landing=(("home", 8), ("category", 22), ("product", 55), ("search", 1), ("deals", 14)),
    ),
    TrafficSource(
        name="referral",
        medium="referral",
        campaigns=(),
        referrers=(
            "https://blog.example/what-we-bought",
            "https://magazine.example/gift-guide",
            "https://tests.example/compared",
            "https://news.example/consumer",
            "https://partner.example/links",
        ),
        browsing_weight=40,
        buying_weight=30,
        landing=(("home", 26), ("category", 22), ("product", 46), ("search", 1), ("deals", 5)),
    ),
    TrafficSource(
        name="affiliate",
        medium="affiliate",
        campaigns=(
            "coupon_partners_{month}",
            "cashback_partners_{month}",
            "price_comparison_{month}",
            "content_creators_{month}",
        ),
        referrers=(
            "https://coupons.example/codes",
            "https://cashback.example/out",
            "https://compare.example/offers",
            "https://deals.example/today",
            "https://creator.example/picks",
        ),
        browsing_weight=35,
        buying_weight=42,
        landing=(("home", 14), ("category", 14), ("product", 47), ("search", 1), ("deals", 24)),
    ),
    TrafficSource(
        name="display",
        medium="display",
        campaigns=("banner_prospecting_{month}", "banner_retargeting_{month}", "native_content_{month}"),
        referrers=(
            "https://ads.example/frame",
            "https://news.example/",
            "https://weather.example/today",
            "https://recipes.example/",
            "https://games.example/play",
        ),
        browsing_weight=30,
        buying_weight=8,
        landing=(("home", 18), ("category", 27), ("product", 33), ("search", 1), ("deals", 21)),
    ),
    TrafficSource(
        name="push",
        medium="push",
        campaigns=("flash_offer_{week}", "price_drop", "new_arrivals_{week}"),
        called=("cart_reminder",),
        referrers=(),
        browsing_weight=15,
        buying_weight=20,
        landing=(("home", 10), ("category", 12), ("product", 45), ("search", 1), ("deals", 32)),
    ),
)
