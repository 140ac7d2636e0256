"""Make the outputs in the manual anew: what follows a block of commands as a ``text`` block is what they print.

    python scripts/captures.py [PAGE ...]    # tour, README; by default all of them

A page is run whole, as the tests run it. ``tour`` always runs first: other pages look at what it loads.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from scripts.blocks import MANUAL, outputs, pages  # noqa: E402
from scripts.masks import masked, without_signs_of_life  # noqa: E402
from scripts.reader import Reader, reading  # noqa: E402

FIRST = MANUAL / "tour.md"


def main(wanted: list[str]) -> None:
    """Run the pages and write their outputs."""
    with reading() as reader:
        capture(FIRST, reader)
        for page in pages():
            if page != FIRST and (page.stem in wanted or not wanted):
                capture(page, reader)


def capture(page: Path, reader: Reader) -> None:
    """Run a page, and write what has changed of its outputs."""
    before = text = page.read_text(encoding="utf-8")
    places = outputs(text)
    with reader.another() as one:
        printed = [(places[block.line], told) for block, told in one.reads(page) if block.line in places]
    for place, told in reversed(printed):
        if masked(told) != masked(place.text):
            text = text[: place.start] + without_signs_of_life(told) + text[place.end :]
            print(f"{page.relative_to(ROOT)}, line {place.line}")
    if page.read_text(encoding="utf-8") != before:
        sys.exit(f"{page.relative_to(ROOT)} was edited meanwhile: nothing of it was written, run it again")
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
