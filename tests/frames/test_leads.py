from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random  # noqa: TID251 (only for a type)
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given

from leadflow import Activity, Lead, Money
from leadflow.errors import (
    EngineRefused,
    InvalidValue,
    LeadflowError,
    MissingColumn,
    WrongColumn,
)
from leadflow.frames import activities_to_frame, leads_from_frame, leads_to_frame
from tests import frame_strategies as drawn

NOW = drawn.NOW
ADA = Lead(
    "L-1",
    datetime(2026, 1, 5, tzinfo=UTC),
    deal_value=Money("12.50", "EUR"),
    due=date(2026, 5, 1),
    stage="new",
    score=5,
    win_probability=0.5,
    tags=["vip"],
    fields={"employees": 20, "ratio": Decimal("0.1"), "seen": NOW, "ok": True},
    events=[
        Activity("email_opened", NOW, data={"page": "x"}),
        Activity("call", NOW, answered=True, by="R"),
    ],
)


@pytest.mark.parametrize("backend", ["polars", "pandas", "pyarrow"])
def test_leads_come_back_as_they_went(backend: Any) -> None:
    leads = [ADA, Lead("L-2")]
    frames = leads_to_frame(leads, backend=backend), activities_to_frame(leads, backend=backend)
    assert isinstance(frames[0], pl.DataFrame | pd.DataFrame | pa.Table)
    assert leads_from_frame(*frames) == tuple(leads)


@pytest.mark.parametrize("engine", drawn.ENGINES)
@given(drawn.randoms)
def test_law_every_kind_of_frame_reads_as_the_same_leads(engine: str, random: Random) -> None:
    case = drawn.case(random, 8, 12)
    found = {lead.id: lead for lead in read(case, engine)}
    for lead in case.leads:
        assert found[lead.id].values == lead.values
        assert found[lead.id].tags == lead.tags
        assert counted(found[lead.id]) == counted(lead)


def read(case: drawn.Case, engine: str) -> tuple[Lead, ...]:
    make = drawn.ENGINES[engine]
    leads, log = (
        make(case.rows, without_resets(case.lead_sorts), case.zone),
        make(case.log, case.log_sorts, case.zone),
    )
    return leads_from_frame(leads, log)


def without_resets(sorts: dict[str, str]) -> dict[str, str]:
    return {name: sort for name, sort in sorts.items() if name != drawn.RESET}


def counted(lead: Lead) -> Counter[Any]:
    told = (one for of_kind in lead.activities_by_kind.values() for one in of_kind)
    return Counter((a.kind, a.at, frozenset(a.values.items())) for a in told)


@pytest.mark.parametrize("engine", drawn.ENGINES)
@given(drawn.randoms)
def test_law_every_kind_of_frame_gives_the_order_and_the_writing_of_the_others(
    engine: str, random: Random
) -> None:
    case = drawn.case(random, 3, 30, data={"page": "text", "n": "decimal"})
    expected = {lead.id: lead for lead in read(case, "polars")}
    for lead in read(case, engine):
        assert repr(lead.activities) == repr(expected[lead.id].activities)
        assert repr(sorted(lead.values.items())) == repr(sorted(expected[lead.id].values.items()))


def test_decimals_are_read_without_the_zeros_of_their_column() -> None:
    texts = {"20.00": "20", "0.10": "0.1", "-1.50": "-1.5", "0.00": "0", "100.00": "100"}
    frame = pl.DataFrame({"id": list(texts), "a": pl.Series(list(texts)).cast(pl.Decimal(38, 17))})
    assert [str(lead.values["a"]) for lead in leads_from_frame(frame)] == list(texts.values())
    whole = pl.DataFrame({"id": ["L"], "a": pl.Series(["200"]).cast(pl.Decimal(38, 0))})
    assert str(leads_from_frame(whole)[0].values["a"]) == "200"


def test_numbers_and_dates_of_other_types_fill_the_attributes() -> None:
    frame = pl.DataFrame(
        {
            "nr": [7],
            "score": [5.0],
            "due": [NOW],
            "deal_value": [12.5],
            "deal_value_currency": ["EUR"],
        }
    )
    lead = leads_from_frame(frame, id="nr")[0]
    assert (lead.id, lead.score, lead.due) == ("7", 5, NOW.date())
    assert lead.deal_value == Money("12.5", "EUR")


def test_activities_without_lead_kind_or_instant_are_left_out() -> None:
    log = pl.DataFrame(
        {
            "lead": ["L", None, "L", "L"],
            "kind": ["open", "open", None, "open"],
            "at": [NOW, NOW, NOW, None],
        }
    )
    assert len(leads_from_frame(pl.DataFrame({"id": ["L"]}), log)[0].activities) == 1


@pytest.mark.parametrize(
    ("lead", "of"), [(" a ", "a"), ("a", " a "), (" a ", " a "), ("\u00e9", "e\u0301")]
)
def test_activities_find_the_lead_whose_id_is_the_same_once_cleaned(lead: str, of: str) -> None:
    log = pl.DataFrame({"lead": [of, "other"], "kind": "open", "at": [NOW, NOW]})
    found = leads_from_frame(pl.DataFrame({"id": [lead]}), log)[0]
    assert [one.kind for one in found.activities] == ["open"]


def test_activities_of_ids_that_no_lead_can_have_are_left_out() -> None:
    log = pl.DataFrame({"lead": [" ", "a\0", "x" * 100_000], "kind": "open", "at": [NOW] * 3})
    assert leads_from_frame(pl.DataFrame({"id": ["a"]}), log)[0].activities == ()


@pytest.mark.parametrize("score", [float("inf"), float("-inf")])
def test_a_score_without_end_is_refused_by_name(score: float) -> None:
    with pytest.raises(LeadflowError, match="score"):
        leads_from_frame(pl.DataFrame({"id": ["L"], "score": [score]}))


def test_a_frame_that_is_no_table_of_leads_is_refused() -> None:
    with pytest.raises(MissingColumn, match="'id'"):
        leads_from_frame(pl.DataFrame({"name": ["a"]}))
    with pytest.raises(MissingColumn, match="deal_value_currency"):
        leads_from_frame(pl.DataFrame({"id": ["L"], "deal_value": [1]}))
    with pytest.raises(MissingColumn, match="the activities have no column 'at'"):
        leads_from_frame(pl.DataFrame({"id": ["L"]}), pl.DataFrame({"lead": ["L"], "kind": ["x"]}))
    with pytest.raises(LeadflowError):
        leads_from_frame(pl.DataFrame({"id": [None], "a": [1]}, schema_overrides={"id": pl.String}))
    with pytest.raises(InvalidValue, match="score"):
        leads_from_frame(pl.DataFrame({"id": ["L"], "score": [1.5]}))


def test_a_column_has_one_type() -> None:
    def made(*values: Any) -> pl.DataFrame:
        leads = [Lead(f"L-{n}", fields={"a": value}) for n, value in enumerate(values)]
        found: pl.DataFrame = leads_to_frame(leads)
        return found

    assert made(1, Decimal("0.5"), None)["a"].to_list() == [Decimal(1), Decimal("0.5"), None]
    assert made(None)["id"].to_list() == ["L-0"]
    with pytest.raises(WrongColumn, match="float and int"):
        made(1, 0.5)
    with pytest.raises(WrongColumn, match="fit into 38 digits"):
        made(Decimal(2**62), Decimal("1e-38"))


def test_data_that_takes_the_place_of_the_lead_is_refused() -> None:
    lead = Lead("L", events=[Activity("x", NOW, data={"lead": "other"})])
    with pytest.raises(WrongColumn, match="'lead'"):
        activities_to_frame([lead])


@pytest.mark.parametrize(
    ("backend", "missing", "hint"),
    [
        ("pandas", "pandas", "install pandas and pyarrow"),
        ("pandas", "pyarrow", "install pandas and pyarrow"),
        ("pyarrow", "pyarrow", "install pyarrow"),
    ],
)
def test_a_backend_that_is_not_installed_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, backend: Any, missing: str, hint: str
) -> None:
    def absent(*_: Any, **__: Any) -> Any:
        raise ModuleNotFoundError(f"No module named {missing!r}")

    monkeypatch.setattr(pl.DataFrame, "to_pandas" if backend == "pandas" else "to_arrow", absent)
    for make in (leads_to_frame, activities_to_frame):
        with pytest.raises(EngineRefused, match=rf"{backend}: .*{missing}.*\({hint}\)"):
            make([ADA], backend=backend)


def test_a_backend_that_is_not_known_is_refused() -> None:
    with pytest.raises(InvalidValue, match="polars"):
        leads_to_frame([ADA], backend="polar")  # type: ignore[arg-type]


@pytest.mark.parametrize("backend", ["polars", "pandas", "pyarrow"])
def test_an_activity_keeps_its_own_id_and_sequence(backend: Any) -> None:
    opened = Activity("email_opened", NOW, id="e-1", sequence=2)
    lead = Lead("L-1", events=[opened, Activity("email_opened", NOW)])
    leads, log = (make([lead], backend=backend) for make in (leads_to_frame, activities_to_frame))
    assert leads_from_frame(leads, log)[0].activities == lead.activities


@pytest.mark.parametrize("name", ["lead", "id", "sequence"])
def test_data_that_a_column_of_activities_holds_already_is_refused(name: str) -> None:
    lead = Lead("L-1", events=[Activity("email_opened", NOW, data={name: "x"})])
    with pytest.raises(
        WrongColumn, match=f"column '{name}' of the activities: expected data of an"
    ):
        activities_to_frame([lead])


@pytest.mark.parametrize("given", [ADA, 5, pl.DataFrame({"id": ["L-1"]}), ["L-1"]])
def test_what_holds_no_leads_makes_no_frame(given: Any) -> None:
    for make in (leads_to_frame, activities_to_frame):
        with pytest.raises(InvalidValue, match="leads: expected"):
            make(given)
