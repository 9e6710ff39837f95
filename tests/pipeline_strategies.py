"""Stages with any of their attributes, pipelines with any table of moves, working hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from hypothesis import strategies as st

from leadflow.calendars import WorkingHours
from leadflow.money import Rates
from leadflow.pipeline import OfferCheck, Pipeline, Stage, StageKind
from tests.condition_strategies import conditions, spans
from tests.serialization.strategies import names

KINDS: tuple[StageKind, ...] = get_args(StageKind)
_HOURS = ("09:00-17:00", "8:30-12:00, 13:00-17:45", "22:00-06:00", "06:00-24:00")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def labels() -> st.SearchStrategy[str]:
    """Draw labels in any script and direction, with quotes, tags and joiners."""
    odd = st.sampled_from(
        [
            "ליד חדש",
            "می\u200cروم",
            "Umówić «rozmowę»",
            "<script>",
            'a "b" \\ c',
            "日本",
            "a: b; c",
            "👩🏽",
        ]
    )
    fillers = "\u3164\u2800\u115f\u1160\uffa0"  # they show nothing, so alone they are no label
    letters = st.characters(
        codec="utf-8",
        exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp"),
        exclude_characters=fillers,
    )
    return odd | st.text(letters, min_size=1, max_size=8).filter(str.strip)


def offer_checks() -> st.SearchStrategy[OfferCheck]:
    """Draw offer checks, with and without rates."""
    rates = st.sampled_from([None, Rates("EUR", {"USD": "0.920", "JPY": "0.0061"})])
    return st.builds(OfferCheck, st.sampled_from(["EUR", "PLN"]), names(), rates)


@st.composite
def stages(draw: st.DrawFn, key: str | None = None, kind: StageKind | None = None) -> Stage:
    """Draw a stage with any of its attributes."""
    chosen = draw(st.sampled_from(KINDS)) if kind is None else kind
    maybe_span = st.none() | spans()
    multiples = st.sampled_from(["0.5", "1", "1.0", "1.25", "0." + "3" * 38, "20"]).map(Decimal)
    yellow, red = sorted([draw(multiples), draw(multiples)])
    optional: dict[str, st.SearchStrategy[Any]] = {
        "label": labels(),
        "expected": maybe_span,
        "requires": st.lists(names(), max_size=3),
        "entry": st.none() | conditions(),
        "offer": st.none() | offer_checks(),
        "needs_disposition": st.none() | st.booleans(),
        "attempts": st.none() | st.integers(1, 2**63 - 1),
        "respond_within": maybe_span,
        "follow_up": maybe_span,
    }
    if chosen in ("open", "on_hold"):
        optional["probability"] = st.none() | st.floats(0, 1)
    given = draw(st.fixed_dictionaries({}, optional=optional))
    if draw(st.booleans()):
        given |= {"yellow_at": yellow, "red_at": red}
    return Stage(draw(names()) if key is None else key, kind=chosen, **given)


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """Draw a pipeline with any table of moves that leads everywhere and always to an end."""
    keys = draw(st.lists(names().map(str.strip), min_size=1, max_size=5, unique=True))
    closed = draw(st.lists(st.sampled_from(keys), min_size=1, unique=True))
    starts = draw(st.lists(st.sampled_from(keys), min_size=1, unique=True))
    found = [
        draw(stages(key, draw(st.sampled_from(KINDS[2:] if key in closed else KINDS[:2]))))
        for key in keys
    ]
    moves: dict[str, list[str]] = {}
    for key in draw(st.permutations(keys)):
        others = [to for to in keys if to != key]
        moves[key] = draw(st.lists(st.sampled_from(others), unique=True)) if others else []
    for key in keys:
        if key not in _reached(starts, moves):
            moves[starts[0]].append(key)
    for key in keys:
        if not _reached([key], moves) & set(closed):
            moves[key].append(closed[0])
    given: dict[str, Any] = draw(st.fixed_dictionaries({}, optional={"label": labels()}))
    if starts != keys[:1]:
        given["starts"] = starts
    is_full = draw(st.booleans())
    return Pipeline(
        draw(names()), found, {key: to for key, to in moves.items() if to or is_full}, **given
    )


def _reached(starts: Iterable[str], moves: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    rest = list(starts)
    while rest:
        key = rest.pop()
        if key not in found:
            found.add(key)
            rest += moves[key]
    return found


def working_hours() -> st.SearchStrategy[WorkingHours]:
    """Draw hours of several blocks, nights among them, with holidays."""
    weeks = st.dictionaries(st.sampled_from(_DAYS), st.sampled_from(_HOURS), min_size=1)
    zones = st.sampled_from(["UTC", "Europe/Warsaw", "Australia/Lord_Howe"])
    holidays = st.lists(st.dates(date(2025, 1, 1), date(2027, 1, 1)), max_size=4)
    return st.builds(WorkingHours, weeks, zones, holidays)
