"""What goes together in one product: how heavy and large it is for its kind and size, and which of its values fit.

Attributes and values are those of the subcategories' own files. Nothing here draws.
"""

from __future__ import annotations

Span = tuple[int, int]

LEADS: dict[str, str] = {
    "laptops": "screen_size",
    "monitors": "screen_size",
    "smartphones": "screen_size",
    "phone-cases": "fits",
    "external-drives": "capacity",
    "keyboards": "keys",
    "smartwatches": "case_size",
    "chargers": "power",
    "t-shirts": "size",
    "dresses": "size",
    "jackets": "size",
    "sweaters": "size",
    "jeans": "waist",
    "sneakers": "size",
    "boots": "size",
    "sandals": "size",
    "backpacks": "capacity",
    "cookware": "diameter",
    "coffee-makers": "capacity",
    "kitchen-knives": "blade_length",
    "blenders": "jar_capacity",
    "food-storage": "capacity",
    "bedding": "size",
    "rugs": "size",
    "bookcases": "shelves",
    "tents": "capacity",
    "sleeping-bags": "length",
    "yoga-mats": "thickness",
    "water-bottles": "capacity",
    "face-creams": "size",
    "shampoos": "size",
    "perfumes": "size",
    "building-sets": "pieces",
    "plush-toys": "size",
    "puzzles": "pieces",
    "novels": "pages",
    "cookbooks": "pages",
    "childrens-books": "pages",
    "science-books": "pages",
    "travel-guides": "pages",
    "coffee-beans": "net_weight",
    "teas": "net_weight",
    "chocolates": "net_weight",
    "olive-oils": "volume",
    "nuts": "net_weight",
    "dog-food": "net_weight",
    "cat-toys": "pack_size",
    "bird-feeders": "capacity",
}
"""The attribute that decides how heavy and large a piece is; its values rise."""

DEAR_IS_HEAVY = frozenset({"dumbbells"})
"""Kinds that cost by their weight."""

PACKING: dict[str, Span] = {
    "coffee-beans": (18, 40),
    "teas": (35, 90),
    "chocolates": (15, 60),
    "olive-oils": (450, 620),
    "nuts": (15, 70),
    "dog-food": (80, 150),
    "shampoos": (35, 70),
    "face-creams": (60, 130),
    "perfumes": (160, 260),
}
"""Kinds whose leading attribute tells what is in the pack, in g, kg or ml: grams of the pack around it."""

LIGHT = frozenset(
    {"Lightweight", "Compact", "Slim", "Travel-Ready", "Travel", "Pocket-Size", "Packable", "Tiny", "Portable"}
)
HEAVY = frozenset({"Heavy-Duty", "Heavyweight", "Rugged", "Chunky", "Sturdy", "Large-Capacity", "Family-Size"})
"""Traits of the lighter and of the heavier half."""

BY_NOUN: dict[str, dict[str, tuple[Span, Span, Span, Span]]] = {
    "garden-tools": {
        "Garden Spade": ((1500, 2600), (900, 1150), (160, 230), (60, 130)),
        "Garden Fork": ((1400, 2500), (900, 1150), (150, 220), (60, 130)),
        "Garden Trowel": ((180, 420), (270, 350), (70, 100), (40, 70)),
        "Garden Hoe": ((800, 1500), (1200, 1500), (120, 190), (50, 110)),
        "Garden Rake": ((900, 1700), (1250, 1550), (200, 450), (50, 110)),
    },
    "dumbbells": {
        "Hand Weight": ((2000, 9000), (160, 240), (80, 120), (80, 120)),
    },
    "electric-toothbrushes": {
        "Travel Toothbrush": ((120, 260), (180, 220), (70, 100), (40, 60)),
    },
    "perfumes": {
        "Body Mist": ((200, 330), (45, 60), (45, 60), (140, 190)),
    },
}
"""Weight in grams, and length, width and height in millimetres, of those that differ from the rest of their kind."""

FOLLOWS: dict[str, tuple[tuple[str, str], ...]] = {
    "building-sets": (("age", "pieces"), ("figures", "pieces")),
    "board-games": (("age", "playing_time"),),
    "rc-cars": (("age", "top_speed"), ("range", "top_speed")),
    "desk-lamps": (("power", "brightness"),),
    "coffee-makers": (("power", "capacity"),),
    "laptops": (("memory", "storage"),),
    "childrens-books": (("age", "pages"),),
    "cookbooks": (("recipes", "pages"),),
    "bookcases": (("shelf_load", "shelves"),),
}
"""Attributes whose values rise together: the one that follows, and the one that it follows."""

ONLY: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "cookware": {
        "Stockpot": {"diameter": ("24 cm", "26 cm", "28 cm")},
        "Cooking Pot": {"diameter": ("20 cm", "24 cm", "26 cm")},
        "Saucepan": {"diameter": ("18 cm", "20 cm")},
        "Saute Pan": {"diameter": ("24 cm", "26 cm", "28 cm")},
    },
    "kitchen-knives": {
        "Utility Knife": {"blade_length": ("14 cm", "16 cm")},
        "Chef Knife": {"blade_length": ("18 cm", "20 cm")},
        "Carving Knife": {"blade_length": ("18 cm", "20 cm")},
    },
    "tents": {
        "Backpacking Tent": {"capacity": ("1 Person", "2 Persons")},
        "Tunnel Tent": {"capacity": ("2 Persons", "3 Persons", "4 Persons")},
    },
    "board-games": {"Party Game": {"players": ("3-6 Players", "4-8 Players")}},
    "puzzles": {"Panorama Puzzle": {"pieces": ("500 Pieces", "750 Pieces", "1,000 Pieces", "1,500 Pieces")}},
    "cookbooks": {
        "Vegetarian Cookbook": {"cuisine": ("Italian", "Middle Eastern", "Indian", "International")},
    },
    "chargers": {"Phone Charger": {"power": ("20 W", "30 W", "45 W")}},
    "perfumes": {"Body Mist": {"size": ("75 ml", "100 ml")}},
    "yoga-mats": {"Travel": {"thickness": ("4 mm",)}},
    "sleeping-bags": {"Warm": {"comfort_temperature": ("0 C / 32 F", "-5 C / 23 F", "-10 C / 14 F")}},
    "dresses": {"Summer Dress": {"sleeves": ("Sleeveless", "Short")}},
}
"""Values that a noun or a trait allows, of those of its kind."""

AUTHORED = frozenset({"novels", "cookbooks", "childrens-books", "science-books", "travel-guides"})
"""Kinds with titles: one title has one author, whatever the edition."""
