from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from leadflow import Money
from leadflow.calendars import WorkingHours
from leadflow.errors import InvalidDefinition, InvalidValue
from leadflow.events import Assignment
from leadflow.routing import Absence, Quota, Rep, Roster, Turns, Workload
from leadflow.serialization import (
    dump_roster,
    dumps,
    from_data,
    json_schema,
    load_roster,
    loads,
    to_data,
)
from leadflow.serialization.parsing import Format
from tests.routing_strategies import World, absences, quotas, reps, rosters, worlds

FORMATS: tuple[Format, ...] = ("toml", "json")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROSTER = Roster(
    [
        Rep(
            "rep-1",
            "Ada",
            team="emea",
            territories=["DACH"],
            skills=["saas"],
            languages=["de", "pl"],
            weight=3,
            capacity=20,
            quotas=[Quota(5, per="day"), Quota(60, within="30 days")],
            hours=WorkingHours({"mon-fri": "09:00-17:00"}, "Europe/Warsaw", [date(2026, 5, 1)]),
            away=[
                Absence(date(2026, 3, 2), date(2026, 3, 6), "on leave"),
                Absence(NOON, NOON.replace(hour=14)),
            ],
            time_zone="Europe/Berlin",
        ),
        Rep("rep-2", active=False),
    ],
    {
        "rep-1": Workload(
            open=3,
            value=(Money("7.50", "EUR"), Money(9, "USD")),
            open_value=(Money(5, "EUR"),),
            recent=((NOON, 2),),
            turns={
                "": Turns(assigned=1, last_turn=4, last_at=NOON),
                "DACH": Turns(assigned=2, credited=-1, owed=1, last_turn=7),
            },
        ),
        "gone": Workload(),
    },
    version=7,
)
TOML = """\
version = 7

[[reps]]
id = "rep-1"
name = "Ada"
team = "emea"
territories = ["DACH"]
skills = ["saas"]
languages = ["de", "pl"]
weight = 3
capacity = 20
quotas = [
  { most = 5, per = "day" },
  { most = 60, within = "30 days" },
]
hours = { week = { mon = "09:00-17:00", tue = "09:00-17:00", wed = "09:00-17:00", thu = "09:00-17:00", fri = "09:00-17:00" }, zone = "Europe/Warsaw", holidays = [2026-05-01] }
away = [
  { start = 2026-03-02, end = 2026-03-06, reason = "on leave" },
  { start = 2026-03-01T12:00:00Z, end = 2026-03-01T14:00:00Z },
]
time_zone = "Europe/Berlin"

[[reps]]
id = "rep-2"
active = false

[workloads.rep-1]
open = 3
value = ["7.50 EUR", "9 USD"]
open_value = ["5 EUR"]
recent = [[2026-03-01T12:00:00Z, 2]]
turns = { "" = { assigned = 1, last_turn = 4, last_at = 2026-03-01T12:00:00Z }, DACH = { assigned = 2, credited = -1, owed = 1, last_turn = 7 } }

[workloads.gone]
"""


def problems(source: Any) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        load_roster(source)
    return {problem.path: problem.message for problem in caught.value.problems}


@cache
def validator(cls: Any) -> Draft202012Validator:
    return Draft202012Validator(json.loads(json.dumps(json_schema(cls))))


# --- there and back ---


@given(rosters())
def test_law_what_is_dumped_loads_as_an_equal_roster(roster: Roster) -> None:
    for again in (
        load_roster(dump_roster(roster)),
        load_roster(dump_roster(roster, format="json")),
        from_data(to_data(roster), Roster),
        loads(dumps(roster), Roster),
    ):
        assert again == roster
        assert again.workloads == roster.workloads
        assert again.version == roster.version
        assert again.seats == roster.seats
    validator(Roster).validate(json.loads(dumps(roster)))


@given(worlds())
def test_law_routing_goes_on_with_a_roster_that_was_stored(world: World) -> None:
    half = len(world.leads) // 2
    first = world.router.assign_all(world.leads[:half], world.roster, world.at)
    stored = load_roster(dump_roster(first.roster, format="json"))
    assert world.router.assign_all(world.leads[half:], stored, world.at) == (
        world.router.assign_all(world.leads[half:], first.roster, world.at)
    )


@given(
    st.one_of(reps(), absences(), quotas(), rosters().map(lambda roster: roster.workload("ann")))
)
def test_law_every_part_survives_and_is_valid_by_the_schema(value: Any) -> None:
    kind: Any = type(value)
    assert from_data(to_data(value), kind) == value
    assert loads(dumps(value), kind) == value
    validator(kind).validate(json.loads(dumps(value)))


def test_a_roster_reads_as_people_write_it() -> None:
    assert dump_roster(ROSTER) == TOML
    assert load_roster(TOML) == ROSTER
    assert load_roster(dump_roster(ROSTER, format="json")) == ROSTER


def test_what_is_as_usual_is_not_written() -> None:
    assert to_data(Roster([Rep("a")])) == {"reps": [{"id": "a"}]}
    assert to_data(Rep("a", "a", weight=1, active=True)) == {"id": "a"}
    assert to_data(Workload()) == {}


def test_hours_may_be_written_for_several_days_at_once() -> None:
    short = TOML.replace(
        TOML[TOML.index("{ mon =") : TOML.index(", zone")], '{ mon-fri = "9:00-17:00" }'
    )
    assert load_roster(short) == ROSTER


def test_a_file_is_read_by_its_name(tmp_path: Path) -> None:
    for form in FORMATS:
        path = tmp_path / f"roster.{form}"
        path.write_text(dump_roster(ROSTER, format=form), encoding="utf-8")
        assert load_roster(path) == load_roster(str(path)) == ROSTER


def test_a_source_and_a_format_are_checked() -> None:
    with pytest.raises(InvalidValue, match="a path, text or bytes"):
        load_roster(5)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="did you mean 'toml'"):
        dump_roster(ROSTER, format="tomll")  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="a Roster"):
        dump_roster([Rep("a")])  # type: ignore[arg-type]
    with pytest.raises(InvalidDefinition, match=r"^roster document: reps: .* missing"):
        load_roster("")


def test_a_roster_of_a_thousand_reps_at_work_fits_in_a_document() -> None:
    staff = [Rep(f"rep-{n}", team="emea", quotas=[Quota(5, per="day")]) for n in range(1_000)]
    given = (
        Assignment(rep.id, NOON, rule="all", value=Money(n, "EUR")) for n, rep in enumerate(staff)
    )
    roster = Roster(staff).after(*given)
    for form in FORMATS:
        assert load_roster(dump_roster(roster, format=form)) == roster


# --- what is wrong ---

BAD = [
    ("version = 7", "version = -1", "version", "at least 0"),
    ("version = 7", "version = 1.5", "version", "a whole number, got 1.5"),
    ("version = 7", "vresion = 7", "vresion", "did you mean 'version'?"),
    ('id = "rep-1"', 'id = ""', "reps[0].id", "not blank"),
    ('id = "rep-1"', "", "reps[0].id", "missing"),
    ('id = "rep-1"', 'id = " rep-2 "', "reps[1].id", "'rep-2' is the id of reps[0] too"),
    ('name = "Ada"', 'nmae = "Ada"', "reps[0].nmae", "did you mean 'name'?"),
    ('name = "Ada"', "name = 5", "reps[0].name", "text, got 5"),
    ('team = "emea"', 'team = ""', "reps[0].team", "not blank"),
    ('territories = ["DACH"]', 'territories = "DACH"', "reps[0].territories", "a list"),
    ('languages = ["de", "pl"]', 'languages = ["de", 5]', "reps[0].languages[1]", "a name, got 5"),
    ("weight = 3", "weight = 0", "reps[0].weight", "at least 1"),
    ("weight = 3", "weight = 2000000", "reps[0].weight", "1,000,000"),
    ("capacity = 20", "capacity = -1", "reps[0].capacity", "at least 0"),
    ("capacity = 20", 'capacity = "20"', "reps[0].capacity", "a whole number"),
    ('per = "day"', 'per = "dya"', "reps[0].quotas[0].per", "did you mean 'day'?"),
    ('per = "day"', 'within = "1 month"', "reps[0].quotas[0].within", "30 days"),
    ('per = "day"', 'per = "day", within = "1 day"', "reps[0].quotas[0]", "got both"),
    (', per = "day"', "", "reps[0].quotas[0]", "got neither"),
    ("most = 5", "most = -5", "reps[0].quotas[0].most", "at least 0"),
    ("most = 5, ", "", "reps[0].quotas[0].most", "missing"),
    ('mon = "09:00-17:00"', 'mon = "17:00"', "reps[0].hours.week.mon", "09:00-17:00"),
    ('zone = "Europe/Warsaw"', 'zone = "Europe/Warsav"', "reps[0].hours.zone", "got 'Europe/Warsav'"),
    ("holidays = [2026-05-01]", 'holidays = ["may"]', "reps[0].hours.holidays[0]", "a date such as"),
    ("end = 2026-03-06", "end = 2026-03-01", "reps[0].away[0].end", "not before the start"),
    ("end = 2026-03-06", 'end = "soon"', "reps[0].away[0].end", "a datetime such as"),
    ("end = 2026-03-06", "end = 2026-03-06T10:00:00", "reps[0].away[0].end", "time zone"),
    ("end = 2026-03-06", "end = 2026-03-01T10:00:00Z", "reps[0]", "an end after the start, 2026-03-02, in Europe/Berlin"),
    ("end = 2026-03-06", "end = 6", "reps[0].away[0].end", "a date or a datetime"),
    (', reason = "on leave"', ', raeson = "x"', "reps[0].away[0].raeson", "did you mean 'reason'?"),
    ('"Europe/Berlin"', '"Europe/Berln"', "reps[0].time_zone", "a time zone such as"),
    ("active = false", 'active = "no"', "reps[1].active", "true or false"),
    ("open = 3", "open = -3", "workloads.rep-1.open", "at least 0"),
    ("open = 3", "opne = 3", "workloads.rep-1.opne", "did you mean 'open'?"),
    ('"7.50 EUR", "9 USD"', '"7.50 EUR", "9 EUR"', "workloads.rep-1.value", "one amount for each currency"),
    ('"5 EUR"', '"5 EURO"', "workloads.rep-1.open_value[0]", "did you mean 'EUR'?"),
    ("[[2026-03-01T12:00:00Z, 2]]", "[[2026-03-01T12:00:00Z]]", "workloads.rep-1.recent[0]", "an instant and units"),
    ("[[2026-03-01T12:00:00Z, 2]]", "[[2026-03-01T12:00:00Z, -2]]", "workloads.rep-1.recent", "at least 0"),
    ("[[2026-03-01T12:00:00Z, 2]]", "[[2026-03-01, 2]]", "workloads.rep-1.recent[0][0]", "a datetime"),
    ("owed = 1", "owed = -1", "workloads.rep-1.turns.DACH.owed", "at least 0"),
    ("owed = 1", "owned = 1", "workloads.rep-1.turns.DACH.owned", "did you mean 'owed'?"),
    ("DACH = {", '" " = {', 'workloads.rep-1.turns." "', "not blank"),
    ("[workloads.gone]", '[workloads." "]', 'workloads." "', "not blank"),
    ("[workloads.gone]", "[workload.gone]", "workload", "did you mean 'workloads'?"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "words"), BAD)
def test_a_planted_error_is_refused_with_its_path(
    old: str, new: str, path: str, words: str
) -> None:
    assert TOML.count(old)
    found = problems(TOML.replace(old, new, 1))
    assert path in found, found
    assert words in found[path]


@pytest.mark.parametrize(
    ("source", "path", "words"),
    [
        ("reps = []", "reps", "at least one Rep"),
        ("reps = 5", "reps", "a list of reps, got 5"),
        ("reps = [5]", "reps[0]", "a table, got 5"),
        ('{"reps": [{"id": "a"}], "workloads": {"a": null}}', "workloads.a", "a Workload"),
        ('{"reps": [{"id": "a"}], "workloads": []}', "workloads", "a table"),
        ("[]", "line 1, column 2", "not TOML"),
    ],
)
def test_a_bad_document_is_refused_with_the_path(source: str, path: str, words: str) -> None:
    assert words in problems(source)[path]


def test_a_rep_given_twice_is_told_once() -> None:
    assert problems(TOML.replace('id = "rep-2"', 'id = "rep-1"')) == {
        "reps[1].id": "'rep-1' is the id of reps[0] too"
    }


def test_all_problems_are_told_at_once() -> None:
    found = problems(
        TOML.replace("weight = 3", "weight = 0")
        .replace("most = 60", "most = -1")
        .replace('id = "rep-2"', 'id = "rep-1"')
        .replace("version = 7", "version = -7")
        .replace("open = 3", "open = -3")
    )
    assert set(found) == {
        "reps[1].id",
        "version",
        "reps[0].weight",
        "reps[0].quotas[1].most",
        "workloads.rep-1.open",
    }
