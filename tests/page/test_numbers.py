"""What a report makes of its numbers: sentences, pictures, one page; all of it without a server."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from xml.etree import ElementTree as ET

import pytest

from shardgen.cli import entry
from shardgen.errors import ReportError
from shardgen.events import CheckDone, CheckStarted, VerificationStarted
from shardgen.page import measure, numbers, page, pictures
from shardgen.page._parts import charts, formats, grids, run, sales
from shardgen.page._parts.section import Part, Section, table_colors
from shardgen.page.sections import SECTIONS, sections
from tests.fake_numbers import DAYS, ROWS, known, nothing
from tests.fake_numbers import numbers as measured

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script src=//evil.example/x.js>alert('&')</script>\"{percent}"


def rendered(found: numbers.Numbers) -> str:
    return page.render(found, sections(found), lambda event: None)


@pytest.fixture(scope="module")
def html() -> str:
    return rendered(measured())


@pytest.fixture(scope="module")
def svgs(html) -> list[ET.Element]:
    return [ET.fromstring(text) for text in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]


def parts() -> Iterator[Part]:
    for _, found in SECTIONS.values():
        yield from found


def only(name: str, **changes) -> Section:
    [found] = [each for each in sections(measured(**changes)) if each.name == name]
    return found


# The numbers


def test_the_head_names_what_counted_and_a_schema_where_there_is_one():
    found = measured()
    assert "<dt>PostgreSQL</dt><dd>18.4</dd>" in rendered(found)
    lake = replace(found, facts=replace(found.facts, engine="DuckDB", server="1.4.1", schema=""))
    assert "<dt>DuckDB</dt><dd>1.4.1</dd>" in rendered(lake)
    assert "<dt>schema</dt>" not in rendered(lake)


def test_every_query_is_asked_for_something_and_everything_asked_for_is_a_query():
    needed = {name for part in parts() for name in part.needs}
    beside = {"sales", "catalogue", "steps", "retries"}  # tiles, currency, and what stands beside the shards
    assert needed | beside == {"volumes", *known()}


def test_the_queries_only_read_and_name_no_schema():
    for query in measure.queries():
        assert re.match(r"(WITH|SELECT)\b", query.text)
        assert not re.search(r"\b(INSERT|UPDATE|DELETE|CREATE|bronze)\b", query.text)


@pytest.mark.parametrize(("days", "most"), [(1, 24), (3, 72), (4, 4), (400, 400), (401, 58), (2800, 400), (7300, 261)])
def test_a_curve_never_has_more_than_some_four_hundred_points(days, most):
    assert round(days / measure.step_of(days)) in (most, most - 1)


def test_the_numbers_are_plain_json():
    told = measured().to_json()
    assert json.loads(json.dumps(told))["answers"]["funnel"]["rows"][0]["bought"] == 50


# The sentences


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("volumes", "1,290 rows in 2 tables take 2.1 MiB on disk"),
        ("volumes", "the largest, raw_orders_2025_11, holds 700."),
        ("time", "On average 40 orders a day bring USD 3.02 k; the best day, 31 Dec 2025, had 70."),
        ("time", "Sunday is the best weekday (+14 % against the mean), Monday the weakest (-14 %)."),
        ("hours", "most sessions begin between 23 and 24 h."),
        ("hours", "75 % between 18 and 23 h, 25 % between 2 and 6 h."),
        ("funnel", "95.0 % of 1,000 sessions end without a purchase, 30 % after a single event; 75 % of the carts"),
        ("products", "The best-selling fifth of the products has 45 % of the units sold."),
        ("kinds", "The strongest season: Toys in Dec, 1.4 times the usual share of what the shop sells"),
        ("offers", "50 % of 50 products had a new price in the window, 10 % were discontinued."),
        ("offers", "A category on offer sells 1.7 times the units that it would sell."),
        ("offers", "of what items bring is reduced by a promotion; around 28 Nov 2025 it is 40 %."),
        ("offers", "The largest promotion is BF25, 20 % off everything: 90 lines for USD 8 k."),
        (
            "payments",
            "4.5 % of the orders were paid after an attempt that failed; 3 orders were charged back, 0.3 %",
        ),
        ("logistics", "Shelves are empty on 2.0 % of their days."),
        ("logistics", "2.5 % of the orders that have shipped come in parts from two warehouses."),
        ("visitors", "80 % of the purchases follow an earlier visit of the same visitor, within 14 days."),
        ("visitors", "2.0 % of the sessions are of programs that say so in their user agent."),
        ("reviews", "150 reviews give 3.67 stars on average; 33 % give five. Products below three stars come back "),
        ("reviews", "4 times as often as the others (20 % of their units against 5.0 %)"),
        ("visitors", "Visitors by paid search buy most often (10 % of the sessions), those by direct least (2.5 %)."),
        ("visitors", "20 % of the sessions come from Italy, the others from France, Spain, Japan and 1 country more."),
        ("logistics", "lies between 5 and 495 units, never below zero. 110 movements explain"),
        (
            "run",
            "2 workers committed 4 shards in 5.0 s: 480 rows and 46.9 KiB of COPY data a second. 2 attempts failed",
        ),
        ("run", "Of the workers' 1.9 s, 27 % went into making the rows and 70 % into waiting for the database."),
    ],
)
def test_a_section_says_what_its_numbers_show(name, sentence):
    assert sentence in " ".join(only(name).findings).replace(formats.GAP, " ")


def test_stock_below_zero_is_not_passed_over():
    assert "below zero" in only("logistics").findings[0]
    below = [{**row, "units": -1} for row in ROWS["stock"]]
    assert only("logistics", stock=below).findings[0].endswith("-1 units: below zero.")


def test_what_is_missing_is_named_with_its_reason():
    found = only("funnel", delivered="table orders was loaded without raw_data", reviewed="table reviews is empty")
    assert found.missing == {
        "table orders was loaded without raw_data": ("how many purchases are delivered",),
        "table reviews is empty": ("how many purchases are reviewed",),
    }
    assert [row[0] for row in found.tables[0].rows][-1] == "purchase"
    html = rendered(nothing(reviewed="table reviews is empty"))
    assert "Not shown: how many purchases are reviewed (table reviews is empty)." in html


def test_a_page_of_nothing_is_a_page_of_reasons():
    found = nothing()
    made = sections(found)
    assert not any(each.pictures or each.tables or each.findings for each in made)
    assert rendered(found).count("table orders was not loaded") == len(made)


@pytest.mark.parametrize(
    "changes",
    [
        {"funnel": [dict.fromkeys(ROWS["funnel"][0], 0)]},
        {"sales": [dict.fromkeys(ROWS["sales"][0], 0) | {"median": None}]},
        {"popularity": [{"percent": 100, "share": None}]},
        {"loyalty": [{"percent": 100, "share": 100.0}]},
        {"quality": [{"stars": 1.0, "products": 1, "units": 0, "returned": 0}]},
        {"devices": [{"device": None, "sessions": 1, "known": 0, "bought": None}]},
        {"places": [{"city": None, "country": None, "latitude": 90, "longitude": -180, "sessions": 1}]},
        {"countries": [{"country": None, "sessions": 1}]},
        {"hours": [{"weekday": 1, "hour": 0, "sessions": 1}]},
        {"review_lags": [{"days": 0, "reviews": 1, "median": 0.1, "ninth": 0.1}]},
        {"volumes": [{"table": "orders", "leaf": "raw_orders", "since": None, "rows": 0, "heap": 0, "indexes": 0}]},
        {"orders_over_time": ROWS["orders over time"][:1], "seasons": ROWS["seasons"][:1]},
        {"category_seasons": [{"category": None, "subcategory": None, "month": 1, "units": 0}]},
        {
            "category_seasons": [
                {"category": None, "subcategory": None, "month": each, "units": each} for each in (1, 2)
            ]
        },
        {"price_changes": [{"category": None, "products": 1, "changed": 0, "discontinued": 0}]},
        {"price_history": [{"product_id": "P", "product": None, "day": "2025-11-01", "price": 0}] * 2},
        {"reductions": [{"start": DAYS[0], "revenue": 0, "reduced": 0, "share": 0, "share_mean": 0}]},
        {"promotions": [{**ROWS["promotions"][2], "category": None, "revenue": 0, "discount": 0}]},
        {"payments": [{"method": None, "orders": 1, "retried": 0, "charged_back": 0, "lost": 0}]},
        {"stock_outs": [{"warehouse": None, "days": 0, "empty": 0}]},
        {"split_orders": [{"shipped": 0, "split": 0}]},
        {"journeys": [{"earlier": 0, "sessions": 1, "bought": 0}]},
        {"categories": [{"category": None, "units": 0, "revenue": 0}]},
        {"shards": [ROWS["shards"][0], {**ROWS["shards"][1], "ended": 90_000.0}], "steps": ROWS["steps"]},
        {"shards": [{**ROWS["shards"][0], "seconds": 0.0, "rows": 0, "bytes": 0}], "steps": []},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_numbers_at_the_edge_make_a_page_all_the_same(changes):
    assert rendered(nothing(**changes)).endswith("</html>\n")


# The pictures


def test_every_picture_has_a_title_and_says_what_it_shows(svgs):
    assert len(svgs) > 40
    for svg in svgs:
        title, about = (svg.find(f"{SVG}{tag}") for tag in ("title", "desc"))
        assert (svg.get("role"), svg.get("aria-labelledby")) == ("img", f"{title.get('id')} {about.get('id')}")
        assert len(title.text) > 3
        assert len(about.text) > 20


def test_no_two_elements_share_an_id_and_every_reference_is_met(html):
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    referred = re.findall(r"url\(#([^)]+)\)", html) + re.findall(r'href="#([^"]+)"', html)
    assert set(referred) <= set(ids)


def test_pictures_are_coloured_by_the_page_alone(svgs):
    css = stylesheet()
    light, dark = (set(re.findall(r"(--\w+):", theme)) for theme in themes(css))
    assert light == dark
    for svg in svgs:
        for element in svg.iter():
            for paint in (element.get("fill"), element.get("stroke")):
                assert paint in (None, "none", "transparent") or re.fullmatch(r"var\((--\w+)\)", paint)[1] in light


def test_bars_tell_their_values_when_pointed_at(html):
    assert "<title>web: 33\N{NO-BREAK SPACE}%</title>" in html
    assert "<title>Sunday 23 h: 162 sessions</title>" in html
    assert "<title>orders/0: 2.0\N{NO-BREAK SPACE}s, 600 rows</title>" in html


def test_a_picture_is_as_wide_as_it_was_asked_to_be(svgs):
    widths = {float(svg.get("viewBox").split()[2]) for svg in svgs}
    assert widths == {1080, 700, 520, 340}


def test_long_names_leave_room_for_the_bars():
    values = [{"label": "W" * 80, "value": 3, "text": "3" * 40, "tip": "x"}]
    for width in (340, 1080):
        [low, high] = charts.bars(values, width)["layer"][0]["encoding"]["x"]["scale"]["domain"]
        assert low == 0
        assert 3 < high < 11


@pytest.mark.parametrize("width", [340, 520])
def test_weekdays_are_written_whole(width):
    for picture in only("hours").pictures:
        svg = pictures.draw(picture.draw(width), name="hours", title="", about="")
        assert all(f">{day}<" in svg for day in sales.ABBREVIATED)


def test_a_legend_of_lanes_has_no_more_columns_than_there_is_room_for_beside_their_names():
    values = [{"label": "Sports & Outdoors", "part": "a", "at": "2025-11-01", "end": "2025-11-03", "tip": "x"}]
    colors = dict.fromkeys(("everything", "a category", "a brand"), "var(--c1)")
    for width, columns in ((340, 1), (1080, 3)):
        drawn = grids.spans(values, width, colors, down=["Sports & Outdoors"], days=60)
        assert min(3, drawn["encoding"]["color"]["legend"]["columns"]) == columns


@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        *(("ink", ground, 7) for ground in ("surface", "page")),
        *(("muted", ground, 4.5) for ground in ("surface", "page")),
        *((f"c{number}", "surface", 3) for number in range(1, 9)),
        ("c1", "page", 4.5),  # links
        ("quiet", "surface", 2.2),
    ],
)
def test_light_and_dark_have_enough_contrast(ink, ground, least):
    for theme in themes(stylesheet()):
        colors = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", theme))
        assert contrast(colors[ink], colors[ground]) >= least


def stylesheet() -> str:
    return resources.files("shardgen.page").joinpath("page.css").read_text(encoding="utf-8")


def themes(css: str) -> tuple[str, str]:
    """The variables of light and of dark."""
    light, dark = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    return light, dark


def contrast(one: str, other: str) -> float:
    """By WCAG 2.1, 1 to 21."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# The page


class Document(HTMLParser):
    """Elements in their order, and those that were not closed properly."""

    VOID = ("meta", "link")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.wrong: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def test_the_page_is_whole(html):
    document = Document(html)
    assert (document.open, document.wrong) == ([], [])
    assert [tag for tag, _ in document.tags].count("section") == len(SECTIONS)
    assert [tag for tag, _ in document.tags].count("h1") == 1


def test_the_page_needs_nothing_from_anywhere(html):
    document = Document(html)
    tags = {tag for tag, _ in document.tags}
    assert not tags & {"script", "img", "iframe", "object", "use", "image", "foreignobject"}
    policy = [attributes["content"] for tag, attributes in document.tags if "http-equiv" in attributes]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    assert set(re.findall(r"https?://[^\s\"'<]+", html)) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in html
    for _, attributes in document.tags:
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#")[0] == "#" or attributes[name] == "data:,"
        assert not any(name.startswith("on") for name in attributes)


def test_the_same_numbers_give_the_same_page():
    found = nothing(**{name: ROWS[name] for name in ("volumes", "hours", "shards")})
    assert rendered(found) == rendered(found)


def test_every_number_drawn_is_in_a_table(html):
    for text in (
        "Kettle 1",
        "raw_orders_2025_11",
        "paid search",
        "orders/3",
        "analyze raw_orders",
        "Roma",
        "31 Dec 2025",
    ):
        assert re.search(rf"<t[dh][^>]*>{re.escape(text)}</t[dh]>", html), text


@pytest.mark.parametrize(
    "changes",
    [
        {"bestsellers": [{**ROWS["bestsellers"][0], "product": HOSTILE, "category": HOSTILE}]},
        {"countries": [{"country": HOSTILE, "sessions": 1}, {"country": "Italy", "sessions": 1}]},
        {"sources": [{"source": HOSTILE, "sessions": 500, "bought": 1}] * 2},
        {"shards": [{**ROWS["shards"][0], "shard": HOSTILE}]},
        {"delivered": HOSTILE},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_comes_from_the_database_is_text_and_nothing_else(changes):
    document = Document(rendered(nothing(**changes)))
    assert "script" not in {tag for tag, _ in document.tags}
    assert (document.open, document.wrong) == ([], [])


def test_the_display_hears_of_each_picture():
    found = nothing(hours=ROWS["hours"], volumes=ROWS["volumes"])
    heard = []
    page.render(found, sections(found), heard.append)
    assert heard[0] == VerificationStarted(checks=len(heard) // 2, what="pictures")
    assert [type(event) for event in heard[1:3]] == [CheckStarted, CheckDone]


def test_without_the_drawing_library_the_remedy_is_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(ReportError, match=r"pip install 'vl-convert-python>=1\.7'"):
        pictures.drawing_library()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        entry.main(["report", "--dsn", "host=127.0.0.1 port=1"])
    assert ended.value.code == 2
    assert "pip install 'vl-convert-python>=1.7'" in capsys.readouterr().err


# The run


def test_tables_that_this_version_lacks_have_colours_of_their_own():
    shards = [{**row, "table": name} for row in ROWS["shards"][:1] for name in ("orders", "parcels", "pickups")]
    colors = table_colors(measured(shards=shards))
    assert {"orders", "parcels", "pickups"} <= set(colors)
    assert len(set(colors.values())) == len(colors)
    assert "Lanes" in rendered(measured(shards=shards))


def test_time_stands_still_in_pauses():
    work = [{"start": 100.0, "end": 110.0}, {"start": 105.0, "end": 120.0}, {"start": 5000.0, "end": 5010.0}]
    shown, pauses = run.without_pauses(work)
    assert [shown(at) for at in (100, 120, 5000, 5010)] == [0, 20, 22, 32]
    assert pauses == [120.0]
    assert run.without_pauses([])[1] == []


def test_the_speeds_add_up_to_the_rows():
    shards = [
        {"table": "orders", "start": 0.0, "end": 4.0, "rows": 4000},
        {"table": "orders", "start": 1.0, "end": 1.0, "rows": 50},
        {"table": "reviews", "start": 3.0, "end": 12.0, "rows": 90},
    ]
    found = run.rates(shards, lambda at: at)
    width = 12.0 / run.BINS
    for table, rows in (("orders", 4050), ("reviews", 90)):
        values = [each for each in found if each["part"] == table]
        assert len({each["at"] for each in values}) == run.BINS + 1
        assert sum(each["value"] for each in values) * width == pytest.approx(rows, abs=run.BINS * width)


def test_steps_that_ran_together_get_lanes_of_their_own():
    shown = only("run")
    drawn = shown.pictures[0].draw(1080)["data"]["values"]
    lanes = {each["tip"].partition(":")[0]: each["lane"] for each in drawn}
    assert [lanes[f"analyze raw_{table}"] for table in ("orders", "reviews")] == ["finish 1", "finish 2"]
    assert [lanes[f"orders/{place}"] for place in range(4)] == ["worker 1", "worker 2", "worker 1", "worker 2"]


# The formats


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (formats.short(0), "0"),
        (formats.short(999), "999"),
        (formats.short(999.7), "1 k"),
        (formats.short(1_234_567), "1.23 M"),
        (formats.short(5e15), "5e+03 T"),
        (formats.short(None), "-"),
        (formats.size(0), "0 B"),
        (formats.size(1536), "1.5 KiB"),
        (formats.size(2**40 * 3.5), "3.5 TiB"),
        (formats.money(56.7, "USD"), "USD 56.70"),
        (formats.money(20_687_834.98, ""), "20.7 M"),
        (formats.percent(0), "0 %"),
        (formats.percent(0.045), "4.5 %"),
        (formats.percent(0.5), "50 %"),
        (formats.percent(0.955), "95.5 %"),
        (formats.percent(1), "100 %"),
        (formats.percent(formats.share(1, 0)), "-"),
        (formats.seconds(0.04), "0.04 s"),
        (formats.seconds(12.345), "12.3 s"),
        (formats.seconds(125), "2 min 05 s"),
        (formats.seconds(7800), "2 h 10 min"),
        (formats.plural(1, "country", "countries"), "1 country"),
        (formats.plural(1234, "shard"), "1,234 shards"),
        (formats.listed(["a"]), "a"),
        (formats.listed(["a", "b", "c"]), "a, b and c"),
        (formats.day("2025-11-08T00:00:00"), "8 Nov 2025"),
    ],
)
def test_numbers_are_said_shortly_and_with_their_unit(said, text):
    assert said.replace(formats.GAP, " ") == text
