"""Send windows: open on the clock where the lead is, through every change of it."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadflow.automation.window import Opening, SendWindow
from leadflow.errors import InvalidValue, LeadflowError, NaiveDatetime

WARSAW, NEW_YORK = "Europe/Warsaw", "America/New_York"
LOS_ANGELES = "America/Los_Angeles"
MORNING = SendWindow({"mon-sun": "08:00-10:00"})
MIDWEEK = SendWindow({"wed, fri": "08:00-10:00"})
TICK = timedelta(microseconds=1)


def there(zone: str, *at: int) -> datetime:
    return datetime(*at, tzinfo=ZoneInfo(zone))  # type: ignore[misc,arg-type]


# --- when it opens ---


def test_reached_at_exactly_ten_the_window_until_ten_opens_the_next_day_at_eight() -> None:
    opening = MORNING.next_open(there(WARSAW, 2026, 3, 2, 10), WARSAW)
    assert opening.at == there(WARSAW, 2026, 3, 3, 8)


def test_reached_at_noon_it_opens_the_next_day_at_eight() -> None:
    opening = MORNING.next_open(there(WARSAW, 2026, 3, 2, 12), WARSAW)
    assert opening.at == there(WARSAW, 2026, 3, 3, 8)


@pytest.mark.parametrize(("hour", "minute"), [(8, 0), (9, 0), (9, 59)])
def test_inside_its_hours_it_is_open_at_once(hour: int, minute: int) -> None:
    at = there(WARSAW, 2026, 3, 2, hour, minute)
    assert MORNING.next_open(at, WARSAW).at == at


def test_it_is_open_until_just_before_its_end_and_from_its_very_start() -> None:
    eight, ten = there(WARSAW, 2026, 3, 2, 8), there(WARSAW, 2026, 3, 2, 10)
    assert MORNING.next_open(ten - TICK, WARSAW).at == ten - TICK
    assert MORNING.next_open(eight - TICK, WARSAW).at == eight


def test_for_wednesdays_and_fridays_sunday_at_eight_waits_until_wednesday_at_eight() -> None:
    opening = MIDWEEK.next_open(there(WARSAW, 2026, 3, 1, 8), WARSAW)
    assert opening.at == there(WARSAW, 2026, 3, 4, 8)
    again = MIDWEEK.next_open(there(WARSAW, 2026, 3, 4, 10), WARSAW)
    assert again.at == there(WARSAW, 2026, 3, 6, 8)


def test_a_lead_in_los_angeles_and_one_in_new_york_have_six_o_clock_each_of_their_own() -> None:
    window = SendWindow({"mon-sun": "06:00-07:00"})
    midnight = datetime(2026, 3, 2, 6, tzinfo=UTC)
    in_the_east, in_the_west = (window.next_open(midnight, z).at for z in (NEW_YORK, LOS_ANGELES))
    assert in_the_east == datetime(2026, 3, 2, 11, tzinfo=UTC) == there(NEW_YORK, 2026, 3, 2, 6)
    assert in_the_west == datetime(2026, 3, 2, 14, tzinfo=UTC) == there(LOS_ANGELES, 2026, 3, 2, 6)


def test_the_opening_is_told_in_utc() -> None:
    assert MORNING.next_open(there(WARSAW, 2026, 3, 2, 9), WARSAW).at.tzinfo is UTC


# --- whose clock it is ---


@pytest.mark.parametrize(
    ("own", "otherwise", "taken", "hour"),
    [
        (WARSAW, NEW_YORK, WARSAW, 7),
        (WARSAW, None, WARSAW, 7),
        (None, NEW_YORK, NEW_YORK, 13),
        (None, None, "UTC", 8),
    ],
)
def test_an_unknown_zone_falls_back_and_the_reason_says_so(
    own: str | None, otherwise: str | None, taken: str, hour: int
) -> None:
    window = SendWindow({"mon-sun": "08:00-10:00"}, own)
    opening = window.next_open(datetime(2026, 3, 2, tzinfo=UTC), otherwise=otherwise)
    because = f"outside mon-sun 08:00-10:00 {taken}, for the lead's time zone is not known"
    assert opening == Opening(datetime(2026, 3, 2, hour, tzinfo=UTC), because)


def test_a_known_zone_comes_before_all_others_and_nothing_is_said_of_them() -> None:
    window = SendWindow({"mon-sun": "08:00-10:00"}, WARSAW)
    at = datetime(2026, 3, 2, 13, tzinfo=UTC)
    opening = window.next_open(at, NEW_YORK, otherwise=LOS_ANGELES)
    assert opening == Opening(at, "inside mon-sun 08:00-10:00 America/New_York")


# --- when the clocks change ---


def openings(window: SendWindow, zone: str, first: datetime, days: int) -> list[tuple[int, int]]:
    """Ask every quarter of an hour; list the day and the hour in UTC at which it begins to open."""
    found: list[tuple[int, int]] = []
    is_open = False
    for quarter in range(days * 96):
        at = first + timedelta(minutes=15 * quarter)
        was_open, is_open = is_open, window.next_open(at, zone).at == at
        if is_open and not was_open:
            found.append((at.day, at.hour))
    return found


def test_in_spring_the_window_keeps_its_hour_on_the_wall() -> None:
    first = datetime(2026, 3, 28, tzinfo=UTC)
    assert openings(MORNING, WARSAW, first, 3) == [(28, 7), (29, 6), (30, 6)]
    first = datetime(2026, 3, 7, tzinfo=UTC)
    assert openings(MORNING, NEW_YORK, first, 3) == [(7, 13), (8, 12), (9, 12)]


def test_in_autumn_the_window_keeps_its_hour_on_the_wall() -> None:
    first = datetime(2026, 10, 24, tzinfo=UTC)
    assert openings(MORNING, WARSAW, first, 3) == [(24, 6), (25, 7), (26, 7)]
    first = datetime(2026, 10, 31, tzinfo=UTC)
    assert openings(MORNING, NEW_YORK, first, 3) == [(31, 12), (1, 13), (2, 13)]


def test_hours_that_the_clocks_skip_do_not_come_and_hours_that_come_twice_are_one_opening() -> None:
    night = SendWindow({"mon-sun": "02:00-03:00"})
    assert openings(night, WARSAW, datetime(2026, 3, 28, tzinfo=UTC), 3) == [(28, 1), (30, 0)]
    autumn = openings(night, WARSAW, datetime(2026, 10, 24, tzinfo=UTC), 3)
    assert autumn == [(24, 0), (25, 0), (26, 1)]


# --- as a value ---


def test_windows_of_the_same_hours_are_equal_however_they_are_written() -> None:
    other = SendWindow({"Monday-Sunday": ["8:00-9:00", "9:00-10:00"]})
    assert other == MORNING
    assert hash(other) == hash(MORNING)
    assert SendWindow({"mon": "08:00-10:00"}, WARSAW) != SendWindow({"mon": "08:00-10:00"})


def test_a_window_pickles_also_after_it_was_asked() -> None:
    window = SendWindow({"mon-sun": "08:00-10:00"}, WARSAW)
    before = window.next_open(datetime(2026, 3, 2, tzinfo=UTC))
    again = pickle.loads(pickle.dumps(window))
    assert again == window
    assert again.next_open(datetime(2026, 3, 2, tzinfo=UTC)) == before


BAD: list[tuple[tuple[Any, ...], tuple[str, ...]]] = [
    (({},), ("at least one block", "no hours at all")),
    (({"mon": []},), ("WorkingHours.week 'mon'", "no hours")),
    (({"mon": "10:00"},), ("hours such as '09:00-17:00'",)),
    (({"someday": "08:00-10:00"},), ("someday",)),
    (({"mon": "08:00-10:00, 09:00-11:00"},), ("do not overlap",)),
    (("mon-fri",), ("a mapping such as",)),
    (({"mon": "08:00-10:00"}, "Mars/Olympus"), ("SendWindow.zone", "a time zone such as")),
    (({"mon": "08:00-10:00"}, 5), ("SendWindow.zone", "5")),
]


@pytest.mark.parametrize(("given", "words"), BAD)
def test_a_window_that_never_opens_or_is_none_is_refused(
    given: tuple[Any, ...], words: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidValue) as caught:
        SendWindow(*given)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(
    ("at", "zone", "error"),
    [
        (datetime(2026, 3, 2), None, NaiveDatetime),
        ("2026-03-02", None, InvalidValue),
        (datetime(2026, 3, 2, tzinfo=UTC), "Mars/Olympus", InvalidValue),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), None, InvalidValue),
    ],
)
def test_what_cannot_be_asked_of_a_window_is_refused(
    at: Any, zone: Any, error: type[LeadflowError]
) -> None:
    with pytest.raises(error):
        MORNING.next_open(at, zone)
