"""Speed of first response."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from leadflow import Activity, Lead
from leadflow.calendars import WorkingHours
from leadflow.errors import InvalidValue, NaiveDatetime
from leadflow.events import Assignment, Disposition, Event
from leadflow.pipeline import ResponseLimits
from leadflow.pipeline.metrics import response_times
from leadflow.pipeline.metrics.responses import in_minutes
from leadflow.shares import Share
from tests.pipeline.metrics.made import CAME, DAY, HOUR, odd

MINUTE = timedelta(minutes=1)


def a_lead(key: str, after: timedelta | None, owner: str = "ada", came: Any = CAME) -> Lead:
    calls = [] if after is None else [Activity("call", CAME + after, answered=False)]
    return Lead(key, came, owner=owner, events=calls)


LEADS = [
    a_lead("1", 5 * MINUTE),
    a_lead("2", 30 * MINUTE),
    a_lead("3", 20 * HOUR, owner="bo"),
    a_lead("4", None, owner="bo"),
    a_lead("5", None, came=None),
    a_lead("6", None, came=CAME + 9 * DAY),
]


def test_leads_are_answered_or_wait() -> None:
    found = response_times(LEADS, as_of=CAME + 16 * HOUR).value
    assert found.answered == (5.0, 30.0)
    assert found.waiting == (960.0, 960.0)
    assert (found.median, found.mean, found.quantile(1.0)) == (17.5, 17.5, 30.0)


def test_shares_are_of_those_of_whom_it_can_be_told() -> None:
    found = response_times(LEADS, as_of=CAME + 16 * HOUR).value
    assert found.within == {
        "10 minutes": Share(1, 4), "1 day": Share(2, 2), "15 hours": Share(2, 4),
    }  # fmt: skip


def test_it_is_told_per_rep() -> None:
    found = response_times(LEADS, as_of=CAME + 2 * DAY, by="owner", groups=["cy"])
    assert found["ada"].within["10 minutes"] == Share(1, 2)
    assert (found["bo"].answered, found["bo"].waiting) == ((1200.0,), (2880.0,))
    assert str(found["cy"]) == "no data"


def test_those_who_wait_count_as_not_answered_yet() -> None:
    survival = response_times(LEADS, as_of=CAME + 2 * DAY).value.survival
    assert survival.at(100.0) == 0.5
    assert survival.censored == 1


def test_working_time_is_counted_where_hours_are_given() -> None:
    office = WorkingHours({"mon-fri": "09:00-13:00"})
    found = response_times(LEADS, as_of=CAME + 2 * DAY, hours=office).value
    assert found.answered == (5.0, 30.0, 60.0)
    assert found.waiting == (60.0 + 240.0 + 180.0,)


def test_other_limits_and_channels() -> None:
    limits = ResponseLimits(
        contact_within="1 hour", cliff=None, leave_new_within=None, channels=["email"]
    )
    found = response_times(LEADS, as_of=CAME + 2 * DAY, limits=limits).value
    assert (found.answered, found.within) == ((), {"1 hour": Share(0, 4)})


def test_a_limit_beyond_all_years_is_never_broken() -> None:
    limits = ResponseLimits(contact_within="9000 years", cliff=None, leave_new_within=None)
    found = response_times(LEADS, as_of=CAME + 2 * DAY, limits=limits).value
    assert found.within == {"9000 years": Share(0, 0)}


def test_a_lead_comes_with_its_first_incoming_activity_if_nothing_else_is_known() -> None:
    log = [Activity("form_submitted", CAME), Activity("call", CAME + 7 * MINUTE)]
    assert response_times([Lead("1", events=log)], as_of=CAME + DAY).value.answered == (7.0,)


def test_it_is_shown() -> None:
    found = response_times(LEADS, as_of=CAME + 16 * HOUR)
    assert str(found.value).startswith("median 17.5 minutes, 2 waiting; 25.0 %")
    assert found.value.explain().splitlines()[0].split()[:2] == ["answered", "waiting"]
    assert repr(found.value) == f"Responses({found.value})"
    assert "<caption>first response</caption>" in found.value._repr_html_()
    assert in_minutes(1440.0) == "1.0 days"


def test_bad_questions_are_refused() -> None:
    with pytest.raises(NaiveDatetime):
        response_times([], as_of=datetime(2026, 3, 1))
    with pytest.raises(InvalidValue, match="limits: expected a ResponseLimits"):
        response_times([], as_of=CAME, limits=odd(5))
    with pytest.raises(InvalidValue, match="hours: expected WorkingHours"):
        response_times([], as_of=CAME, hours=odd(5))
    with pytest.raises(InvalidValue, match="did you mean 'owner'"):
        response_times(LEADS, as_of=CAME, by="ownr")


def test_a_lead_closed_unanswered_waits_until_then() -> None:
    ended = Disposition("unqualified", CAME + timedelta(minutes=2))
    found = response_times([Lead("1", CAME, events=[ended])], as_of=CAME + 90 * DAY).value
    assert found.waiting == (2.0,)
    assert all(share.of == 0 for share in found.within.values())


def test_leads_are_taken_as_they_were() -> None:
    log: list[Event] = [
        Activity("call", CAME + timedelta(minutes=5)),
        Assignment("bo", CAME + 9 * DAY),
    ]
    leads = [Lead("1", CAME, owner="ada", events=log), Lead("2", CAME + 14 * DAY, owner="cy")]
    found = response_times(leads, as_of=CAME + 4 * DAY, by="owner")
    assert ([group.label for group in found], found.count) == (["ada"], 1)


@pytest.mark.parametrize("p", [float("nan"), -0.5, 50, "0.5"])
def test_a_quantile_lies_between_0_and_1(p: Any) -> None:
    with pytest.raises(InvalidValue, match="p: expected"):
        response_times([], as_of=CAME).value.quantile(p)
