"""The rep: absences, quotas, and when somebody is at work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from leadflow.calendars import WorkingHours
from leadflow.errors import InvalidValue, LeadflowError, LimitExceeded, NaiveDatetime
from leadflow.events import Rejected
from leadflow.routing import Absence, Quota, Rep
from leadflow.routing.rep import Received
from leadflow.span import Span

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
WEEKDAYS = WorkingHours({"mon-fri": "09:00-17:00"}, "Europe/Warsaw")


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


# Absence


@pytest.mark.parametrize(
    ("zone", "day", "start", "end"),
    [
        ("UTC", date(2026, 3, 2), utc(3, 2), utc(3, 3)),
        ("Europe/Warsaw", date(2026, 3, 2), utc(3, 1, 23), utc(3, 2, 23)),
        ("Asia/Kolkata", date(2026, 3, 2), utc(3, 1, 18, 30), utc(3, 2, 18, 30)),
        # Clocks go forward in the night, and back: days of 23 and of 25 hours.
        ("Europe/Warsaw", date(2026, 3, 29), utc(3, 28, 23), utc(3, 29, 22)),
        ("Europe/Warsaw", date(2026, 10, 25), utc(10, 24, 22), utc(10, 25, 23)),
        # Midnight itself is skipped in Cairo, and occurs twice in Havana.
        ("Africa/Cairo", date(2026, 4, 24), utc(4, 23, 22), utc(4, 24, 21)),
        ("America/Havana", date(2026, 11, 1), utc(11, 1, 4), utc(11, 2, 5)),
    ],
)
def test_a_whole_day_is_that_of_the_reps_zone_through_changes_of_the_clocks(
    zone: str, day: date, start: datetime, end: datetime
) -> None:
    assert Absence(day, day).within(zone) == (start, end)
    rep = Rep("ada", away=[Absence(day, day, "on leave")], time_zone=zone)
    assert rep.absence(start - TICK) is None
    assert rep.absence(start) == rep.absence(end - TICK) == (end, "on leave")
    assert rep.absence(end) is None
    assert rep.present_from(start) == end


def test_the_last_day_of_an_absence_is_included_and_the_end_instant_is_not() -> None:
    rep = Rep("ada", away=[Absence(date(2026, 3, 2), date(2026, 3, 6))])
    assert rep.present_from(NOON) == utc(3, 7)
    rep = Rep("ada", away=[Absence(NOON, NOON + HOUR)])
    assert [rep.absence(NOON + wait) for wait in (-TICK, HOUR)] == [None, None]
    assert rep.absence(NOON + HOUR - TICK) == (NOON + HOUR, "")


def test_a_date_and_an_instant_may_stand_together() -> None:
    assert Absence(NOON, date(2026, 3, 3)).within("Europe/Warsaw") == (NOON, utc(3, 3, 23))
    assert Absence(date(2026, 3, 2), NOON).within("Europe/Warsaw") == (utc(3, 1, 23), NOON)


def test_whether_an_instant_and_a_date_are_the_right_way_round_depends_on_the_zone() -> None:
    late = Absence(utc(3, 2, 23, 30), date(2026, 3, 2))
    assert Rep("ada", away=[late]).present_from(utc(3, 2, 23, 45)) == utc(3, 3)
    with pytest.raises(InvalidValue, match=r"an end after the start, .*, in Europe/Warsaw"):
        Rep("ada", away=[late], time_zone="Europe/Warsaw")


def test_instants_are_kept_in_utc() -> None:
    there = Absence(NOON.astimezone(ZoneInfo("Asia/Kolkata")), NOON + HOUR)
    assert there == Absence(NOON, NOON + HOUR)
    assert str(there) == "away from 2026-03-02 12:00:00+00:00 to 2026-03-02 13:00:00+00:00"


def test_an_absence_is_told_with_its_reason_or_without() -> None:
    assert str(Absence(date(2026, 3, 2), date(2026, 3, 6))) == "away from 2026-03-02 to 2026-03-06"


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Absence(date(2026, 3, 2), date(2026, 3, 1)), InvalidValue, "not before the start"),
        (lambda: Absence(NOON, NOON), InvalidValue, "an instant after the start"),
        (lambda: Absence(NOON, NOON - HOUR), InvalidValue, "an instant after the start"),
        (lambda: Absence(NOON, datetime(2026, 3, 3)), NaiveDatetime, "Absence.end: "),
        (lambda: Absence(datetime(2026, 3, 3), NOON), NaiveDatetime, "Absence.start: "),
        (lambda: Absence("2026-03-02", date(2026, 3, 2)), InvalidValue, "Absence.start: .* date"),  # type: ignore[arg-type]
        (lambda: Absence(date(2026, 3, 2), None), InvalidValue, "Absence.end: "),  # type: ignore[arg-type]
        (lambda: Absence(NOON, NOON + HOUR, 7), InvalidValue, "Absence.reason: .* text"),  # type: ignore[arg-type]
        (lambda: Rep("ada", away=[Absence(NOON, date(2026, 3, 1))]), InvalidValue, "in UTC"),
        (lambda: Rep("ada", away=[Absence(date(2026, 3, 3), NOON)]), InvalidValue, "in UTC"),
        (
            lambda: Rep("ada", away=Absence(date(2026, 3, 3), utc(3, 3))),
            InvalidValue,
            "an end after the start",
        ),
    ],
)
def test_an_absence_that_cannot_be_is_refused(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize(
    "away",
    [
        [("leave", 2, 4), ("course", 4, 6)],
        [("course", 4, 6), ("leave", 2, 5)],
        [("leave", 2, 6), ("dentist", 3, 3)],
        [("dentist", 2, 3), ("leave", 2, 6)],
    ],
)
def test_absences_may_overlap_and_follow_each_other(away: list[tuple[str, int, int]]) -> None:
    days = [Absence(date(2026, 3, a), date(2026, 3, b), why) for why, a, b in away]
    rep = Rep("ada", away=days)
    assert rep.present_from(utc(3, 2)) == utc(3, 7)
    assert rep.present_from(utc(3, 1, 23, 59)) == utc(3, 1, 23, 59)


def test_of_two_absences_at_once_the_one_that_ends_later_is_told() -> None:
    dentist, leave = Absence(NOON, NOON + HOUR, "dentist"), Absence(NOON, NOON + 5 * HOUR, "leave")
    for away in ([dentist, leave], [leave, dentist]):
        assert Rep("ada", away=away).absence(NOON) == (NOON + 5 * HOUR, "leave")


# At work


def test_working_hours_and_absences_hold_together() -> None:
    leave = Absence(date(2026, 3, 2), date(2026, 3, 5), "leave")
    dentist = Absence(utc(3, 6, 8), utc(3, 6, 16, 30), "dentist")
    rep = Rep("ada", hours=WEEKDAYS, away=[leave, dentist])
    # Monday to Thursday on leave, Friday at the dentist's until closing time, then a week-end.
    assert rep.present_from(utc(3, 2, 9)) == utc(3, 9, 8)
    assert rep.present_from(utc(3, 1)) == utc(3, 9, 8)
    assert rep.present_from(utc(2, 27, 10)) == utc(2, 27, 10)
    assert rep.present_from(utc(2, 27, 16)) == utc(3, 9, 8)


def test_dates_are_those_of_the_rep_then_of_the_hours_then_of_utc() -> None:
    assert Rep("ada").zone == "UTC"
    assert Rep("ada", hours=WEEKDAYS).zone == "Europe/Warsaw"
    assert Rep("ada", hours=WEEKDAYS, time_zone="Asia/Kolkata").zone == "Asia/Kolkata"


def test_somebody_who_never_comes_back_is_never_at_work() -> None:
    forever = Absence(date(2026, 3, 2), date(9999, 12, 31))
    assert Rep("ada", hours=WEEKDAYS, away=[forever]).present_from(NOON) is None
    assert Rep("ada", away=[forever]).present_from(NOON) is None
    assert forever.within("Europe/Warsaw") == (utc(3, 1, 23), LAST)
    until_the_end = Absence(NOON, LAST)
    assert Rep("ada", hours=WEEKDAYS, away=[until_the_end]).present_from(NOON) is None
    assert Rep("ada", hours=WEEKDAYS).present_from(LAST) is None


def test_present_from_takes_any_zone_and_refuses_none() -> None:
    kolkata = datetime.fromisoformat("2026-03-02T17:30+05:30")
    assert Rep("ada").present_from(kolkata) == NOON
    with pytest.raises(NaiveDatetime, match=r"^at: "):
        Rep("ada").present_from(datetime(2026, 3, 2))


@pytest.mark.parametrize(
    ("at", "until", "why"),
    [(2, 7, "leave"), (3, 7, "leave"), (4, 7, "course"), (6, 7, "course"), (8, 10, "dentist")],
)
def test_absences_that_overlap_or_meet_are_one(at: int, until: int, why: str) -> None:
    away = [("course", 4, 6), ("leave", 2, 4), ("dentist", 9, 9), ("dentist", 8, 8)]
    days = [Absence(date(2026, 3, a), date(2026, 3, b), reason) for reason, a, b in away]
    for given in (days, days[::-1]):
        assert Rep("ada", away=given).absence(utc(3, at, 12)) == (utc(3, until), why)


def test_thousands_of_absences_that_follow_each_other_are_passed() -> None:
    away = [Absence(NOON + n * HOUR, NOON + (n + 1) * HOUR) for n in range(1_000)]
    assert Rep("ada", away=away).present_from(NOON) == NOON + 1_000 * HOUR


def test_what_a_rep_is_rejected_for_most_is_told_in_words() -> None:
    rep = Rep("ada", territories=["PL", "DE"], hours=WEEKDAYS)
    assert rep.passed_over == Rejected("ada", "not_this_turn")
    assert rep.off_duty == Rejected("ada", "outside_hours", f"works {WEEKDAYS}")
    assert rep.elsewhere == Rejected("ada", "wrong_territory", "serves PL, DE")
    assert Rep("bo").elsewhere == Rejected("bo", "wrong_territory", "serves no territory")
    assert rep.passed_over is rep.passed_over


# Quota


@pytest.mark.parametrize(("monthly", "daily"), [(45, 2), (15, 1), (60, 2), (14, 0), (0, 0)])
def test_a_months_number_is_spread_over_30_days_half_up(monthly: int, daily: int) -> None:
    assert Quota.spread(monthly) == Quota(daily, within="24 hours")


def test_a_rolling_quota_takes_a_span_in_any_form() -> None:
    for span in ("36 hours", "PT36H", Span(seconds=129_600)):
        assert Quota(3, within=span) == Quota(3, within="36 hours")
    assert Quota(3, within=timedelta(hours=36)).since(NOON, "UTC") == NOON - 36 * HOUR


def test_a_rolling_quota_spans_ten_years_at_most() -> None:
    assert str(Quota(5, within="3660 days 23 hours")) == "5 within 3660 days 23 hours"
    assert Quota(5, within="3660 days").since(NOON, "UTC") == NOON - 3_660 * DAY


@pytest.mark.parametrize(
    ("quota", "since"),
    [
        (Quota(1, per="day"), utc(3, 28, 23)),
        (Quota(1, per="week"), utc(3, 22, 23)),
        (Quota(1, per="month"), utc(2, 28, 23)),
        (Quota(1, within="24 hours"), utc(3, 28, 12)),
        (Quota(1, within="1 day"), utc(3, 28, 12)),
    ],
)
def test_calendar_periods_begin_in_the_zone_and_rolling_ones_go_by_utc(
    quota: Quota, since: datetime
) -> None:
    # A Sunday, on which the clocks went forward.
    assert quota.since(utc(3, 29, 12), "Europe/Warsaw") == since


@pytest.mark.parametrize(
    ("per", "at", "begins", "next_one"),
    [
        ("day", utc(3, 29, 12), utc(3, 28, 23), utc(3, 29, 22)),
        ("day", utc(10, 25, 12), utc(10, 24, 22), utc(10, 25, 23)),
        ("week", utc(3, 29, 12), utc(3, 22, 23), utc(3, 29, 22)),
        ("month", utc(3, 29, 12), utc(2, 28, 23), utc(3, 31, 22)),
        ("month", utc(1, 31, 12), datetime(2025, 12, 31, 23, tzinfo=UTC), utc(1, 31, 23)),
        ("month", utc(12, 5), utc(11, 30, 23), datetime(2026, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_a_calendar_quota_starts_anew_with_its_period_in_the_zone(
    per: Any, at: datetime, begins: datetime, next_one: datetime
) -> None:
    quota, zone = Quota(2, per=per), "Europe/Warsaw"
    received: Received = ((begins - TICK, 5), (begins, 1), (at, 1), (at + TICK, 1))
    assert quota.used(received, at, zone) == 2
    assert quota.used(received[:2], at, zone) == 1
    assert quota.free_from(received, 1, at, zone) == next_one
    assert quota.free_from(received[:2], 1, at, zone) == at
    assert quota.used(received[:3], next_one, zone) == 0
    assert quota.used(received[:3], next_one - TICK, zone) == 2


def test_a_rolling_quota_counts_until_the_span_is_over_and_no_longer() -> None:
    quota, received = Quota(2, within="24 hours"), ((NOON - DAY, 1), (NOON - HOUR, 1))
    assert quota.used(received, NOON, "UTC") == 1
    assert quota.used(received, NOON - TICK, "UTC") == 2
    assert quota.used(received, NOON - HOUR, "UTC") == 2
    assert quota.used(received, NOON - HOUR - TICK, "UTC") == 1
    assert quota.free_from(received, 1, NOON - HOUR, "UTC") == NOON
    assert quota.free_from(received, 1, NOON, "UTC") == NOON
    assert quota.free_from(received, 2, NOON, "UTC") == NOON - HOUR + DAY


def test_a_rolling_quota_is_free_once_enough_of_the_oldest_has_gone_in_any_order_given() -> None:
    quota = Quota(10, within="3 days")
    received = ((NOON + 3 * HOUR, 4), (NOON, 3), (NOON + 2 * HOUR, 3))
    at = NOON + 4 * HOUR
    freed = {0: at - 3 * DAY, 1: NOON, 3: NOON, 4: NOON + 2 * HOUR, 6: NOON + 2 * HOUR,
             7: NOON + 3 * HOUR, 10: NOON + 3 * HOUR}  # fmt: skip
    for wanted, moment in freed.items():
        assert quota.free_from(received, wanted, at, "UTC") == moment + 3 * DAY
    assert quota.free_from(received, 11, at, "UTC") is None


def test_nothing_fits_into_a_quota_of_none_but_leads_of_no_units() -> None:
    for quota in (Quota(0, per="month"), Quota(0, within="1 hour")):
        assert quota.free_from((), 0, NOON, "UTC") == NOON
        assert quota.free_from((), 1, NOON, "UTC") is None


@pytest.mark.parametrize("per", ["day", "week", "month"])
def test_the_ends_of_the_calendar_do_no_harm_to_a_quota(per: Any) -> None:
    quota = Quota(1, per=per)
    for at, zone in ((LAST, "Pacific/Apia"), (LAST, "UTC")):
        assert quota.free_from(((at, 1),), 1, at, zone) is None
    day_before = datetime(9999, 12, 30, 12, tzinfo=UTC)
    assert Quota(1, per="day").free_from(((day_before, 1),), 1, day_before, "UTC") == datetime(
        9999, 12, 31, tzinfo=UTC
    )
    for zone in ("America/New_York", "UTC", "Asia/Kolkata"):
        assert quota.since(FIRST, zone).year == 1
    assert quota.used(((FIRST, 1),), FIRST, "Asia/Kolkata") == 1


def test_a_quota_is_told_with_its_time() -> None:
    assert str(Quota(1_500, per="week")) == "1,500 per week"
    assert str(Quota(2, within="1 day 6 hours")) == "2 within 1 day 6 hours"


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Quota(5), InvalidValue, "either per='day' or within.* got neither"),
        (lambda: Quota(5, per="day", within="1 day"), InvalidValue, "got both"),
        (lambda: Quota(5, within="1 month"), InvalidValue, "say '30 days', or per='month'"),
        (lambda: Quota(5, within="1 year 2 days"), InvalidValue, "no fixed length"),
        (lambda: Quota(5, within=""), InvalidValue, "Quota.within"),
        (lambda: Quota(5, within=timedelta(0)), InvalidValue, "Quota.within"),
        (lambda: Quota(5, within=30), InvalidValue, "Quota.within"),  # type: ignore[arg-type]
        (lambda: Quota(5, per="year"), InvalidValue, "one of day, week, month, got 'year'"),  # type: ignore[arg-type]
        (lambda: Quota(5, per="weak"), InvalidValue, "did you mean 'week'"),  # type: ignore[arg-type]
        (lambda: Quota(-1, per="day"), InvalidValue, "Quota.most: .* at least 0, got -1"),
        (lambda: Quota(1.5, per="day"), InvalidValue, "Quota.most: .* whole number"),  # type: ignore[arg-type]
        (lambda: Quota(None, per="day"), InvalidValue, "Quota.most: .* whole number"),  # type: ignore[arg-type]
        (lambda: Quota(1_000_001, per="day"), LimitExceeded, "at most 1,000,000, got 1,000,001"),
        (lambda: Quota(5, within="3661 days"), LimitExceeded, "at most 3,660, got 3661 days"),
        (lambda: Quota(5, within="3660 days 24 hours"), LimitExceeded, "Quota.within: the days"),
        (lambda: Quota(5, within="90000 hours"), LimitExceeded, "the days of a rolling span"),
        (lambda: Quota.spread(-1), InvalidValue, "^monthly: .* at least 0"),
        (lambda: Quota.spread(1.5), InvalidValue, "^monthly: .* whole number"),  # type: ignore[arg-type]
    ],
)
def test_a_quota_that_says_nothing_or_too_much_is_refused(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()


# Rep


def test_a_rep_takes_any_iterable_and_keeps_tuples() -> None:
    quota, leave = Quota(5, per="day"), Absence(date(2026, 3, 2), date(2026, 3, 2))
    given: dict[str, Any] = {"skills": iter(["saas"]), "quotas": iter([quota]), "away": {leave}}
    rep = Rep(" ada ", territories={"PL", "DE"}, languages=["de", "de"], **given)
    assert (rep.id, rep.name) == ("ada", "ada")
    assert (rep.territories, rep.languages, rep.skills) == (("DE", "PL"), ("de",), ("saas",))
    assert (rep.quotas, rep.away) == ((quota,), (leave,))
    alone: Any = {"quotas": quota, "away": leave}
    assert Rep("bo", "Bo Berg", **alone) == Rep("bo", "Bo Berg", quotas=[quota], away=[leave])


def test_a_rep_of_whom_only_the_id_is_known_takes_any_number_of_leads_in_equal_turns() -> None:
    rep = Rep("ada")
    assert (rep.name, rep.team, rep.weight, rep.capacity, rep.active) == (
        *("ada", None, 1, None),
        True,
    )
    assert (rep.territories, rep.skills, rep.languages, rep.quotas, rep.away) == ((),) * 5
    assert Rep("ada", weight=1_000_000, capacity=1_000_000).capacity == 1_000_000


def test_what_comes_as_a_set_has_one_order() -> None:
    quotas: Any = {Quota(n, per="day") for n in range(1, 9)}
    away: Any = {Absence(date(2026, 3, n), date(2026, 3, n)) for n in range(1, 9)}
    rep = Rep("ada", quotas=quotas, away=frozenset(away))
    assert [quota.most for quota in rep.quotas] == [*range(1, 9)]
    assert [absence.start.day for absence in rep.away] == [*range(1, 9)]
    given = [Quota(n, per="day") for n in (3, 1, 2)]
    assert [quota.most for quota in Rep("ada", quotas=given).quotas] == [3, 1, 2]


@pytest.mark.parametrize(("make", "given"), [(Rep, ("ada", "Ada", "emea")), (Quota, (5, "day"))])
def test_all_but_the_first_words_are_told_by_name(make: Any, given: tuple[object, ...]) -> None:
    with pytest.raises(TypeError, match="positional"):
        make(*given)


def test_a_rep_with_neither_hours_nor_absences_nor_quotas_is_always_there() -> None:
    assert Rep("ada", capacity=1, time_zone="Asia/Kolkata").is_always_there
    assert not Rep("ada", hours=WEEKDAYS).is_always_there
    assert not Rep("ada", away=[Absence(NOON, NOON + HOUR)]).is_always_there
    assert not Rep("ada", quotas=[Quota(5, per="day")]).is_always_there


def test_a_changed_rep_is_another_with_its_own_times() -> None:
    rep = Rep("ada", away=[Absence(date(2026, 3, 2), date(2026, 3, 2))])
    assert not rep.is_always_there
    moved = attrs.evolve(rep, time_zone="Asia/Kolkata")
    assert rep.present_from(NOON) == utc(3, 3)
    assert moved.present_from(NOON) == utc(3, 2, 18, 30)
    assert attrs.evolve(rep, away=()).is_always_there


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"weight": 0}, "Rep 'ada' weight: expected a whole number of at least 1, got 0"),
        ({"weight": -1}, "Rep 'ada' weight: expected a whole number of at least 1, got -1"),
        ({"weight": 0.5}, "Rep 'ada' weight: expected a whole number, got 0.5"),
        ({"weight": True}, "Rep 'ada' weight: expected a whole number, got True"),
        ({"weight": 1_000_001}, "Rep 'ada' weight: a number of units may be at most 1,000,000"),
        ({"capacity": -1}, "Rep 'ada' capacity: expected a whole number of at least 0, got -1"),
        ({"capacity": 2.0}, "Rep 'ada' capacity: expected a whole number, got 2.0"),
        ({"capacity": 10**30}, "Rep 'ada' capacity: a whole number may be at most"),
        ({"quotas": [5]}, "Rep 'ada' quotas: expected a list of Quota, got 5"),
        ({"quotas": 5}, "Rep 'ada' quotas: expected a list, got 5"),
        ({"quotas": None}, "Rep 'ada' quotas: "),
        ({"away": [date(2026, 3, 2)]}, "Rep 'ada' away: expected a list of Absence, got "),
        ({"away": "monday"}, "Rep 'ada' away: expected a list, got 'monday'"),
        ({"hours": "09:00-17:00"}, "Rep 'ada' hours: expected a WorkingHours"),
        ({"time_zone": "Europe/Krakow"}, "Rep 'ada' time_zone: expected a time zone such as"),
        ({"active": 1}, "Rep 'ada' active: expected true or false, got 1"),
        ({"team": " "}, "Rep 'ada' team: expected a name that is not blank"),
        ({"skills": "saas"}, "Rep 'ada' skills: expected a list of names, got 'saas'"),
        ({"territories": [""]}, "Rep 'ada' territories: expected a name that is not blank"),
        ({"languages": [7]}, "Rep 'ada' languages: expected text, got 7"),
        ({"name": 7}, "Rep 'ada' name: expected text, got 7"),
        ({"id": ""}, "Rep.id: expected a name that is not blank"),
        ({"id": 7}, "Rep.id: expected text, got 7"),
        ({"id": "a" * 201}, "Rep.id: the characters of a name may be at most 200, got 201"),
    ],
)
def test_a_rep_that_cannot_be_is_refused_naming_who_and_what(
    given: dict[str, Any], words: str
) -> None:
    with pytest.raises(LeadflowError) as caught:
        Rep(**{"id": "ada", **given})
    assert str(caught.value).startswith(words)
