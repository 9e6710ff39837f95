"""Small tables of leads with awkward cells, and models and raters to score them with."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from hypothesis import strategies as st

from leadflow import Money, activity, field, tag
from leadflow.conditions import Condition, always, any_of
from leadflow.scoring import (
    Calibration,
    Categories,
    Category,
    Expiry,
    Grid,
    Group,
    Readiness,
    Rule,
    ScoringModel,
    Thresholds,
    TimelineAndSize,
)
from leadflow.serialization import Scoring

_TEXTS = [
    "", " ", "a", "A", "ab", "Zoe\u0308", "Zo\u00eb", "=1+1", "@x", "-5", "a,b", 'say "hi"', "",
    "two\nlines", "\u0131", "\u00df", "Select", "\ufeffx", "\u2028", "\u4f50\u85e4", "tab\tin", "a",
]  # fmt: skip
GOOD: dict[str, list[str]] = {
    "Size": [
        "", "0", "1", "50", "50", "1.000", "-3", "9,5", "0,1", "1,0", "Select", "9007199254740993",
        "9223372036854775807", "1e3", "0," + "1" * 30,
    ],
    "Origin": _TEXTS,
    "Note": _TEXTS,
    "name": _TEXTS,
    "company": _TEXTS,
    "due": ["", "2026-03-15", "2026-12-24", "2025-01-01", "0001-01-01", "9999-12-31"],
    "Amount": ["", "10", "9,5", "12.000", "100", "50.000", "10,00"],
    "Currency": ["", "EUR", "EUR"],
    "Seen": ["", "2026-02-27 23:30", "2026-02-01 00:00", "2027-01-01 12:00"],
    "Mail": ["yes", "no", "YES", ""],
    "tags": ["", "vip", "vip; partner", " ;", "vip;vip"],
    "rating": ["", "hot", "warm", "cold"],
    "score": ["", "5", "5,0", "60"],
    "win_probability": ["", "0,5", "1"],
    "won": ["yes", "no", "1", "0", "", "maybe"],
}  # fmt: skip
_BAD: dict[str, list[str]] = {
    "Size": ["many", "9223372036854775808", "1e400"],
    "due": ["soon", "2026-02-30"],
    "Amount": ["lots", "5 XXX", "9 USD", "8 PLN"],
    "Currency": ["Euro", "USD", "PLN"],
    "Seen": ["never"],
    "Mail": ["perhaps"],
    "score": ["5,5"],
    "win_probability": ["2"],
}
_MUST = ("Size", "Amount", "Currency", "Seen", "Mail")
_IDS = [
    *(f"L-{number}" for number in range(20)),
    "l-5",
    "=L",
    "",
    "L 6",
    "L,7",
    "e\u0301",
    "\u00e9",
    "x" * 201,
]
TOLD = """\
delimiter = ";"
decimal = ","
thousands = "."
currency = "EUR"
time_zone = "America/New_York"
unknown = ["Select"]

[attributes]
deal_value = "Amount"

[fields]
size = { column = "Size", kind = "number" }
mail = { column = "Mail", kind = "boolean" }
seen = { column = "Seen", kind = "datetime" }
"""
WITH_CURRENCY = TOLD.replace("[fields]", 'deal_value_currency = "Currency"\n\n[fields]')
_CONDITIONS: list[Condition] = [
    field("size").at_least(50),
    field("size").between(0, 9.5),
    field("size").equals(2**53 + 1),
    ~field("size").at_most(0.1),
    field("origin").equals("Zo\u00eb"),
    field("origin").one_of("a", "ab", "=1+1"),
    field("origin").contains("a"),
    field("note").ends_with("i"),
    field("origin").equals(field("note")),
    field("mail").equals(True),
    field("mail").is_unknown(),
    field("seen").in_last("7 days"),
    field("due").in_next("1 month"),
    field("deal_value").at_least(Money(10, "EUR")),
    tag("vip"),
    field("id").one_of("L-1", "L-2"),
    field("score").at_least(5),
    field("nowhere").is_known(),
    any_of(field("size").at_least(1), field("origin").starts_with("A")),
    activity("call", page="/x"),
    ~activity("call"),
    activity("call").then(activity("visit"), within="7 days"),
]
ODD: list[Condition] = [
    field("size").equals("50"),
    field("tags").is_known(),
    field("rating").at_least(3),
]
"""What no frame can be asked, or not of every column."""
conditions = st.sampled_from(_CONDITIONS)
_RATERS = st.sampled_from(
    [
        None,
        Thresholds(hot=20, warm=5),
        Thresholds(hot=20, warm=10, leave_hot=15, leave_warm=0),
        Readiness(self_closing=10, nudge=0),
        TimelineAndSize(medium=Money(10, "EUR"), large=Money(10_000, "EUR")),
        Categories(
            [
                Category("key", field("size").at_least(50) & tag("vip")),
                Category("likely", field("score").at_least(15)),
                Category("named; +5", field("win_probability").at_least(0.5)),
                Category("others", always()),
            ]
        ),
        Categories([Category("everyone", always())]),
    ]
)


@st.composite
def scorings(draw: st.DrawFn, odd: bool = False) -> Scoring:
    """Draw a model, and what may stand beside it; with `odd`, one that not every frame can answer."""
    asked = draw(st.lists(conditions, min_size=1, max_size=5))
    asked += [draw(st.sampled_from(ODD))] if odd else []
    names = ["a", "a +5; b", "b", "c x2", "d; e", "f", "g"]
    points = st.sampled_from([5, 10, -15, 0, 20])
    rules = [
        Rule(name, draw(points), when=when, group=draw(st.sampled_from([None, None, "capped"])))
        for name, when in zip(names, asked, strict=False)
    ]
    rules = [rule if _is_fit(rule) else Rule(rule.name, 5, when=rule.when) for rule in rules]
    if draw(st.booleans()):
        rules.append(
            Rule("paid each", 3, each=activity("open"), distinct="mail", fade=Expiry("9 days"))
        )
    model = ScoringModel(
        "m",
        rules,
        groups=[Group("capped", at_most=12, at_least=-10)],
        floor=draw(st.sampled_from([None, 0])),
        ceiling=draw(st.sampled_from([None, 18])),
        calibration=draw(
            st.sampled_from([None, Calibration(below=0.1, steps=[(5, 0.3), (15, 0.7)])])
        ),
    )
    grid = draw(st.sampled_from([None, Grid(fit=(15, 5), engagement=(5,))]))
    return Scoring(model, draw(_RATERS), grid)


def _is_fit(rule: Rule) -> bool:
    return rule.group is None or rule.dimension == "fit"


@st.composite
def tables(draw: st.DrawFn, delimiter: str) -> str:
    """Draw a CSV file: rows of cells, some with too few or too many, blank ones, broken quotes."""
    more = st.lists(st.sampled_from([name for name in GOOD if name not in _MUST]), unique=True)
    header = [*_MUST, *draw(more)]
    rows = draw(st.lists(_row(header), min_size=draw(st.sampled_from([0, 1, 1, 1])), max_size=15))
    lines = [_line(["id", *header], delimiter)]
    for row in rows:
        lines.append(_line(draw(_bent(row)), delimiter))
        lines += draw(st.sampled_from([[]] * 12 + [["\n"], ['L-9"x;"\n'], ['"L-8" x\n']]))
    return "".join(lines)


@st.composite
def _row(draw: st.DrawFn, header: Sequence[str]) -> list[str]:
    """Draw the cells of a row, one of them bad now and then."""
    cells = [draw(st.sampled_from(_IDS)), *(draw(st.sampled_from(GOOD[name])) for name in header)]
    bad = draw(st.sampled_from([None] * 10 + list(_BAD)))
    if bad is not None and bad in header:
        cells[1 + header.index(bad)] = draw(st.sampled_from(_BAD[bad]))
    return cells


def _bent(row: Sequence[str]) -> st.SearchStrategy[Sequence[str]]:
    return st.sampled_from([row] * 15 + [row[:-1], [*row, "more"]])


def _line(cells: Sequence[str], delimiter: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return stream.getvalue()
