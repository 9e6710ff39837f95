"""Candidates: who may take a lead, from when on, and whose turns they hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import inf
from typing import Any

import pytest

from leadflow.calendars import WorkingHours
from leadflow.events import Rejected
from leadflow.routing import Absence, Candidate, Candidates, Quota, Rep, Turns, Workload

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURS = WorkingHours({"mon-fri": "09:00-17:00"}, "Europe/Warsaw")


def seat(id: str = "ada", workload: Workload | None = None, **given: Any) -> Candidate:
    return Candidate(Rep(id, **given), workload or Workload())


def utc(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


# Room


@pytest.mark.parametrize(
    ("one", "room"),
    [
        (seat(), inf),
        (seat(capacity=10), 10),
        (seat("ada", Workload(open=7), capacity=10), 3),
        (seat("ada", Workload(open=12), capacity=10), -2),
        (seat(capacity=10, hours=HOURS), -1),
        (seat(away=[Absence(NOON, NOON + HOUR)]), -1),
        (seat(quotas=[Quota(5, per="day")]), -1),
    ],
)
def test_room_is_what_fits_in_whenever_it_is(one: Candidate, room: float) -> None:
    assert one.room == room
    assert one == Candidate(one.rep, one.workload)
    assert "room" not in repr(one)


def test_a_capacity_of_10_takes_two_items_of_5_and_no_third() -> None:
    assert seat(capacity=10).full(5, NOON) is None
    assert seat("ada", Workload(open=5), capacity=10).full(5, NOON) is None
    full = seat("ada", Workload(open=10), capacity=10)
    assert full.full(5, NOON) == Rejected("ada", "at_capacity", "10 of 10 units open, 5 more")
    assert full.full(1, NOON) == Rejected("ada", "at_capacity", "10 of 10 units open")
    assert full.full(0, NOON) is None
    assert seat("ada", Workload(open=6), capacity=10).full(5, NOON) is not None
    assert seat("ada", Workload(open=10**6)).full(10**6, NOON) is None


def test_each_quota_has_a_say() -> None:
    received = ((NOON - 30 * HOUR, 2), (NOON - HOUR, 1))
    quotas = [Quota(2, per="day"), Quota(4, within="2 days")]
    one = seat("ada", Workload(recent=received), quotas=quotas)
    assert one.full(1, NOON) is None
    over = one.full(2, NOON)
    assert over == Rejected("ada", "over_quota", "1 given, at most 2 per day")
    over = seat("ada", Workload(recent=received), quotas=quotas[1:]).full(2, NOON)
    assert over == Rejected("ada", "over_quota", "3 given, at most 4 within 2 days")


def test_a_quota_for_a_day_is_for_the_day_of_the_reps_zone() -> None:
    workload = Workload(recent=((utc(2, 22, 30), 1),))
    in_utc = seat("ada", workload, quotas=[Quota(1, per="day")])
    in_warsaw = seat("ada", workload, quotas=[Quota(1, per="day")], time_zone="Europe/Warsaw")
    at = [utc(2, 22, 45), utc(2, 23, 15), utc(3)]
    assert [in_utc.full(1, moment) is None for moment in at] == [False, False, True]
    assert [in_warsaw.full(1, moment) is None for moment in at] == [False, True, True]


def test_capacity_is_told_before_a_quota() -> None:
    one = seat("ada", Workload(open=1, recent=((NOON, 1),)), capacity=1, quotas=Quota(1, per="day"))
    found = one.full(1, NOON)
    assert found is not None
    assert found.code == "at_capacity"


# Present


def test_who_is_away_is_told_until_when_and_why() -> None:
    leave = Absence(date(2026, 3, 2), date(2026, 3, 6), "on leave")
    one = seat(away=[leave], hours=HOURS)
    assert one.absent(NOON) == Rejected(
        "ada", "away", "on leave until 2026-03-07 00:00 Europe/Warsaw"
    )
    assert seat(away=[Absence(NOON, NOON + HOUR)]).absent(NOON) == Rejected(
        "ada", "away", "away until 2026-03-02 13:00 UTC"
    )
    assert one.absent(utc(9, 8)) is None


def test_outside_the_hours_the_hours_are_told() -> None:
    one = seat(hours=HOURS)
    assert one.absent(utc(2, 16)) == Rejected("ada", "outside_hours", f"works {HOURS}")
    assert one.absent(utc(2, 15, 59)) is None
    assert seat().absent(utc(1)) is None


# From when on


def test_free_from_is_now_for_whoever_is_free_now() -> None:
    for one in (seat(), seat(hours=HOURS), seat(capacity=1), seat(quotas=Quota(1, per="day"))):
        assert one.free_from(1, NOON) == NOON


def test_nobody_knows_when_a_capacity_is_free() -> None:
    full = seat("ada", Workload(open=10), capacity=10, away=[Absence(NOON, NOON + HOUR)])
    assert full.free_from(1, NOON) is None
    assert full.free_from(0, NOON) == NOON + HOUR


def test_hours_absences_and_quotas_are_waited_for_together() -> None:
    leave = Absence(date(2026, 3, 3), date(2026, 3, 5))
    dentist = Absence(utc(6, 7), utc(6, 11))
    workload = Workload(recent=((utc(2, 9), 1), (utc(2, 10), 1)))
    per_day = {"hours": HOURS, "quotas": Quota(2, per="day")}
    # Used up for Monday: Tuesday at nine, unless on leave till Thursday and then at the dentist's.
    assert seat("ada", workload, **per_day).free_from(1, NOON) == utc(3, 8)
    one = seat("ada", workload, **per_day, away=[leave, dentist])
    assert one.free_from(1, NOON) == utc(6, 11)
    assert one.free_from(3, NOON) is None


def test_after_a_rolling_quota_the_next_opening_is_waited_for() -> None:
    workload = Workload(recent=((utc(2, 15, 30), 1),))
    one = seat("ada", workload, hours=HOURS, quotas=Quota(1, within="2 hours"))
    # Free at 17:30 UTC, an hour and a half after closing time in Warsaw.
    assert one.free_from(1, utc(2, 15, 45)) == utc(3, 8)


def test_after_several_quotas_the_last_one_counts() -> None:
    workload = Workload(recent=((NOON - HOUR, 3),))
    quotas = [Quota(3, within="2 hours"), Quota(3, per="day"), Quota(5, per="month")]
    assert seat("ada", workload, quotas=quotas).free_from(1, NOON) == utc(3)
    assert seat("ada", workload, quotas=quotas).free_from(3, NOON) == datetime(
        2026, 4, 1, tzinfo=UTC
    )
    assert seat("ada", workload, quotas=[quotas[0]]).free_from(1, NOON) == NOON + HOUR
    never = [Quota(0, per="day"), Quota(5, per="month")]
    assert seat("ada", workload, quotas=never).free_from(1, NOON) is None


def test_who_never_comes_back_is_never_free() -> None:
    end = datetime.max.replace(tzinfo=UTC)
    one = seat(hours=HOURS, away=[Absence(NOON, end)], quotas=Quota(1, per="day"))
    assert one.free_from(1, NOON) is None


def test_the_instant_found_is_free_and_the_one_before_is_not() -> None:
    workload = Workload(recent=((NOON - HOUR, 2), (NOON, 2)))
    away = [Absence(NOON + 2 * HOUR, NOON + DAY), Absence(date(2026, 3, 4), date(2026, 3, 4))]
    quotas = [Quota(5, within="3 hours"), Quota(6, per="week"), Quota(4, per="day")]
    one = seat("ada", workload, hours=HOURS, away=away, quotas=quotas)
    for units in (1, 2, 3, 4):
        at = one.free_from(units, NOON)
        assert at is not None
        tick = timedelta(microseconds=1)
        may = [one.full(units, at - n * tick) or one.absent(at - n * tick) for n in (0, 1)]
        assert may[0] is None
        assert may[1] is not None


# Candidates


def turns(count: int, last: int) -> Workload:
    return Workload(turns={"all": Turns(count, 0, 0, last), "": Turns(5, 0, 0, 9)})


THREE = Candidates(
    [seat("ada", turns(2, 3)), seat("bo", turns(1, 7)), seat("cy")],
    "all",
    (seat("dan", turns(4, 8)),),
    units=2,
)


def test_candidates_are_a_sequence() -> None:
    assert [one.id for one in THREE] == ["ada", "bo", "cy"]
    assert (len(THREE), THREE[1].id, THREE[-1].id) == (3, "bo", "cy")
    assert [one.id for one in THREE[1:]] == ["bo", "cy"]
    assert THREE[0] in THREE
    assert [one.id for one in reversed(THREE)] == ["cy", "bo", "ada"]
    assert (THREE.rule, THREE.units, Candidates([], "all").units) == ("all", 2, 1)


def test_turns_are_those_of_the_rule_with_or_without_leads_by_hand() -> None:
    assert [each.assigned for each in THREE.turns()] == [2, 1, 0]
    assert [each.assigned for each in THREE.turns(by_hand=True)] == [7, 6, 0]
    assert [each.assigned for each in THREE.turns(absent=True)] == [4]
    assert [each.last_turn for each in THREE.turns(by_hand=True, absent=True)] == [9]


def test_the_latest_turn_may_be_an_absent_reps() -> None:
    assert THREE.latest() == "dan"
    assert THREE.among(["ada", "bo"]).latest() == "bo"
    assert THREE.among(["cy"]).latest() is None


def test_the_latest_turn_may_be_one_by_hand() -> None:
    by_hand = Workload(turns={"all": Turns(2, 0, 0, 3), "": Turns(1, 0, 0, 10)})
    some = Candidates([seat("ada", by_hand), seat("bo", turns(1, 7))], "all")
    assert (some.latest(), some.latest(by_hand=True)) == ("bo", "ada")


def test_some_may_be_kept_of_the_present_and_of_the_absent() -> None:
    kept = THREE.among({"bo", "dan", "zoe"})
    assert [one.id for one in kept] == ["bo"]
    assert [one.id for one in kept.absent] == ["dan"]
    assert (kept.rule, kept.units) == ("all", 2)
    assert len(THREE.among([])) == 0


def test_absences_that_overlap_are_told_as_one() -> None:
    leave = Absence(date(2026, 3, 2), date(2026, 3, 4), "on leave")
    course = Absence(date(2026, 3, 4), date(2026, 3, 6), "on a course")
    dentist = Absence(NOON, NOON + HOUR, "dentist")
    for away in ([dentist, course, leave], [leave, course, dentist]):
        one = seat(away=away)
        told = Rejected("ada", "away", "on leave until 2026-03-07 00:00 UTC")
        assert one.absent(NOON) == told
        assert one.free_from(1, NOON) == utc(7)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Warsaw", "America/New_York"])
def test_an_absence_without_end_is_told_in_any_zone(zone: str) -> None:
    one = seat(away=[Absence(date(2026, 3, 1), date.max)], time_zone=zone)
    told = one.absent(NOON)
    assert told is not None
    assert told.because.startswith("away until 9999-12-31")
    assert one.free_from(1, NOON) is None


def test_without_being_present_only_the_quotas_count() -> None:
    workload = Workload(recent=((NOON, 1),))
    one = seat(
        "ada", workload, away=[Absence(NOON, NOON + 9 * HOUR)], quotas=Quota(1, within="1 hour")
    )
    assert one.free_from(1, NOON) == NOON + 9 * HOUR
    assert one.free_from(1, NOON, present=False) == NOON + HOUR
    assert one.free_from(0, NOON, present=False) == NOON
