"""The board: every lead has its place, and no text breaks the picture."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead, Money
from leadflow.errors import InvalidValue, NaiveDatetime
from leadflow.events import StageChange
from leadflow.markup import fit, width
from leadflow.money import Rates
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.board import Board, board
from tests.strategies import leads as any_lead

STAGES = [
    Stage("new", "New"),
    Stage("working", "בטיפול"),
    Stage("won", "Won", kind="won"),
    Stage("lost", "Lost", kind="lost"),
]
SALES = Pipeline.linear("sales", STAGES, label="Sales")
RATES = Rates("EUR", {"USD": "0.5"})
PERSIAN = "نمی‌خواهم"
ANY: Any = board
"""The same function, for input that a type checker would refuse."""


def lead(id: str, stage: str | None = "new", value: str | None = None, **fields: Any) -> Lead:
    pipeline = fields.pop("pipeline", None)
    money = None if value is None else Money.parse(value)
    return Lead(id, stage=stage, pipeline=pipeline, deal_value=money, fields=fields)


def ids(found: Board, place: int = 0) -> list[str]:
    return [each.id for each in found.columns[place].leads]


def test_each_lead_stands_in_the_column_of_its_stage() -> None:
    found = board(SALES, [lead("A", "won"), lead("B"), lead("C", "lost", pipeline="sales")])
    assert [column.stage for column in found.columns] == STAGES
    assert [ids(found, place) for place in range(4)] == [["B"], [], ["A"], ["C"]]
    assert found.elsewhere == ()


def test_who_stands_in_no_stage_of_the_pipeline_stands_elsewhere_by_id() -> None:
    away = [
        lead("D", "new", pipeline="nurture"),
        lead("C", None),
        lead("B", "gone"),
        lead("A", None, pipeline="nurture"),
    ]
    found = board(SALES, away)
    assert [each.id for each in found.elsewhere] == ["A", "B", "C", "D"]
    assert found.astray == (
        "elsewhere: 4 leads, 1 in a stage that is not there, 2 in another pipeline, 1 in no stage"
    )
    assert str(found).endswith(
        "  A  -  pipeline nurture, no stage\n"
        "  B  -  stage gone\n"
        "  C  -  no stage\n"
        "  D  -  pipeline nurture, stage new"
    )


def test_a_board_that_holds_every_lead_says_nothing_of_elsewhere() -> None:
    found = board(SALES, [lead("A")])
    assert found.astray == ""
    assert "elsewhere" not in str(found) + found._repr_html_()


def test_a_lead_stands_where_its_log_leaves_it() -> None:
    ada = lead("A")
    moved = ada.after(SALES.move(ada, "working", at=datetime(2026, 3, 1, tzinfo=UTC)))
    assert ids(board(SALES, [moved]), 1) == ["A"]


def test_the_largest_deal_comes_first_then_the_unknown_each_by_id() -> None:
    given_leads = [lead("D"), lead("B", value="5 EUR"), lead("C", value="7 EUR"),
                   lead("A", value="5.0 EUR"), lead("AA")]  # fmt: skip
    assert ids(board(SALES, given_leads)) == ["C", "A", "B", "AA", "D"]


def test_amounts_of_many_digits_are_compared_exactly() -> None:
    most = "1234567890123456.0000000000000000000"
    assert ids(
        board(SALES, [lead("A", value=f"{most}1 EUR"), lead("B", value=f"{most}2 EUR")])
    ) == [
        "B",
        "A",
    ]


def test_without_rates_values_of_several_currencies_are_not_compared() -> None:
    mixed = [lead("B", value="5 EUR"), lead("C", value="9 USD"), lead("A")]
    assert ids(board(SALES, mixed)) == ["A", "B", "C"]
    assert ids(board(SALES, mixed, rates=RATES)) == ["B", "C", "A"]


def test_values_add_up_side_by_side_or_in_the_base_of_the_rates() -> None:
    mixed = [lead("A", value="12000 EUR"), lead("B", value="3000.50 USD"), lead("C"),
             lead("D", value="1 EUR")]  # fmt: skip
    column = board(SALES, mixed).columns[0]
    assert column.value == (Money(12001, "EUR"), Money("3000.50", "USD"))
    assert column.summary == "4 leads, 12,001 EUR + 3,000.50 USD"
    converted = board(SALES, mixed, rates=RATES).columns[0]
    assert converted.summary == "4 leads, 13,501.25 EUR"


def test_a_stage_without_known_values_tells_none() -> None:
    found = board(SALES, [lead("A")], rates=RATES)
    assert [column.summary for column in found.columns] == ["1 lead", *["no leads"] * 3]
    assert found.columns[0].value == ()


def test_the_text_shows_every_stage_and_the_name_last() -> None:
    people = [
        lead("L-1", "working", "10000 EUR", name="דנה לוי", company="Ex & Co"),
        lead("L-22", "working", "500 EUR", company="  Two\n lines "),
        lead("商談", "working", name=7),
    ]
    assert str(board(SALES, people)).splitlines() == [
        "pipeline Sales",
        "",
        "New",
        "  no leads",
        "",
        "בטיפול",
        "  3 leads, 10,500 EUR",
        "  L-1   10,000 EUR  דנה לוי, Ex & Co",
        "  L-22     500 EUR  Two lines",
        "  商談           -  7",
        "",
        "Won",
        "  no leads",
        "",
        "Lost",
        "  no leads",
    ]


def test_a_picture_shows_ten_leads_of_a_stage_and_counts_the_rest() -> None:
    found = board(SALES, [lead(f"L-{n:04}") for n in range(1_250)])
    for picture in (str(found), found._repr_html_()):
        assert picture.count("L-") == 10
        assert "… and 1,240 more" in picture
    assert "more" not in str(board(SALES, [lead(f"L-{n}") for n in range(10)]))


def test_long_names_and_ids_are_cut() -> None:
    line = str(board(SALES, [lead("L" * 150, name="n" * 60_000)])).splitlines()[4]
    assert line == f"  {'L' * 59}…  -  {'n' * 59}…"


@pytest.mark.parametrize("text", [PERSIAN, "שלום\u200f!", "👩‍💻"])
def test_joiners_and_marks_stay_in_labels_and_names(text: str) -> None:
    pipeline = Pipeline.linear("p", [Stage("new", text), STAGES[2]], label=text)
    found = board(pipeline, [lead("A", name=text)])
    for picture in (str(found), found._repr_html_()):
        assert picture.count(text) == 3


HOSTILE = "<script>x</script>\x1b[2J\u202e\u2066\n\x9b\x00\u2028&\"'"


def test_the_text_holds_nothing_that_steers_a_terminal() -> None:
    text = str(board(SALES, [lead("A", name=HOSTILE, company=HOSTILE)]))
    assert {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")} == {"\n"}
    assert "\\x1b[2J\\u202e\\u2066 \\x9b\\x00 &" in text
    assert len(text.splitlines()) == len(str(board(SALES, [lead("A")])).splitlines())


class Page(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


TAGS = {"table", "caption", "thead", "tbody", "tr", "th", "td", "div", "b", "p"}
ATTRIBUTES = {"style", "dir", "scope"}


def test_the_page_shows_columns_with_every_cell_escaped() -> None:
    hostile = "<script>alert(1)</script> & \"'"
    pipeline = Pipeline.linear("p", [Stage("new", hostile), STAGES[2]], label=hostile)
    here = lead("<b>", value="5 EUR", name=hostile, company=PERSIAN)
    page = Page(board(pipeline, [here, lead("<i>", "<gone>")])._repr_html_())
    assert page.tags == TAGS
    assert page.attributes == ATTRIBUTES
    assert page.texts == [
        hostile, hostile, "Won", "1 lead, 5 EUR", "no leads", "<b>", " 5 EUR",
        f"{hostile}, {PERSIAN}", "elsewhere: 1 lead, 1 in a stage that is not there",
        "<i>", " -", "stage <gone>",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sales", []), "pipeline: expected a Pipeline, got 'sales'"),
        ((None, []), "pipeline: expected a Pipeline"),
        ((SALES, None), "leads: expected a list, got None"),
        ((SALES, lead("A")), "leads: expected a list"),
        ((SALES, ["A"]), "lead: expected a Lead, got 'A'"),
        ((SALES, "leads"), "leads: expected a list, got 'leads'"),
        ((SALES, {"A": lead("A")}), "leads: expected a list, got a dict of 1"),
    ],
)
def test_what_is_no_pipeline_or_lead_is_refused(arguments: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words.replace("(", r"\(")):
        ANY(*arguments)


def test_leads_stand_where_they_stood_at_an_instant() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    moved = lead("A").after(StageChange("won", noon))
    before = noon - timedelta(microseconds=1)
    stages = [board(SALES, [moved], as_of=at).columns for at in (before, noon, None)]
    assert [[len(column.leads) for column in columns] for columns in stages] == [
        [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0],
    ]  # fmt: skip
    with pytest.raises(NaiveDatetime, match="as_of"):
        board(SALES, [], as_of=datetime(2026, 3, 1))
    with pytest.raises(InvalidValue, match="lead: expected a Lead, got 'A'"):
        ANY(SALES, ["A"], as_of=noon)


def test_a_lead_without_a_pipeline_counts_on_every_board_that_has_its_stage() -> None:
    other = Pipeline.linear("other", STAGES)
    assert [ids(board(table, [lead("A")])) for table in (SALES, other)] == [["A"], ["A"]]


def test_its_repr_is_short() -> None:
    found = board(SALES, [lead(str(n)) for n in range(1_200)] + [lead("A", "gone")])
    assert repr(found) == "Board('sales', 1,200 leads, 1 elsewhere)"
    assert repr(found.columns[0]) == "BoardColumn('new', 1,200 leads)"


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ({"USD": 1}, "rates: expected Rates, got"),
        (True, "rates: expected Rates, got True"),
        (Rates("EUR", {}), "rates: expected a currency that has a rate, got USD"),
    ],
)
def test_rates_that_do_not_serve_are_refused(rates: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        board(SALES, [lead("A", value="5 USD")], rates=rates)


def test_the_width_of_a_text_is_that_of_a_terminal() -> None:
    assert [width(text) for text in ("", "abc", "商談", "שָׁלוֹם", PERSIAN)] == [0, 3, 4, 4, 8]


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("", 0, ""),
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("商談中", 5, "商談…"),
        ("商談中", 4, "商…"),
        ("ab cd", 4, "ab…"),
        (PERSIAN, 4, "نمی…"),
    ],
)
def test_a_text_is_cut_to_a_width(text: str, most: int, cut: str) -> None:
    assert fit(text, most) == cut
    assert width(cut) <= most


some_leads = st.lists(any_lead(), max_size=6, unique_by=lambda each: each.id)


@given(some_leads.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_law_the_board_holds_each_lead_once_in_any_order(
    drawn: tuple[list[Lead], list[Lead]],
) -> None:
    given_leads, other_order = drawn
    found = board(SALES, given_leads)
    standing = [each for column in found.columns for each in column.leads]
    everyone = sorted(each.id for each in given_leads)
    assert sorted(each.id for each in (*standing, *found.elsewhere)) == everyone
    assert board(SALES, iter(other_order)) == found
    assert Page(found._repr_html_()).tags <= TAGS
