"""The day's work in its order, and who is left out."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadflow import Lead, Money
from leadflow.contact import Cap, ContactRules, may_contact
from leadflow.errors import InvalidValue, LeadflowError, MixedCurrencies, NaiveDatetime
from leadflow.events import Activity, Disposition, Event, Scored, Snoozed, StageChange, TaskSet
from leadflow.money import Rates
from leadflow.pipeline import (
    CALLS_OF_THE_DAY,
    HOT_FIRST,
    MOST_ENGAGED_FIRST,
    Pipeline,
    Stage,
    Worklist,
    WorkOrder,
    worklist,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = NOON.date()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
ADDRESSES: dict[str, Any] = {"phone": "+48 1", "email": "ada@example.com"}
SALES = Pipeline.linear(
    "sales",
    [
        Stage("new"),
        Stage("no_answer", attempts=6),
        Stage("working", follow_up="3 days"),
        Stage("proposal"),
        Stage("waiting", kind="on_hold"),
        Stage("won", kind="won"),
        Stage("lost", kind="lost", follow_up="3 months"),
    ],
)
ANY: Any = WorkOrder
"""The same class, for input that a type checker would refuse."""


def ago(days: float = 0, **how: float) -> datetime:
    return NOON - timedelta(days=days, **how)


def eur(amount: int) -> Money:
    return Money(amount, "EUR")


def lead(id: str, stage: str | None, *events: Event, **given: Any) -> Lead:
    return Lead(id, stage=stage, events=events, **({"fields": ADDRESSES} | given))


def new(id: str, at: datetime | None = NOON, *events: Event, **given: Any) -> Lead:
    return lead(id, "new", *events, created_at=at, **given)


def due(id: str, on: date | None = TODAY, kind: str = "call", **given: Any) -> Lead:
    return lead(id, "working", TaskSet("T-1", ago(9), due=on, kind=kind), **given)


def call(at: datetime, *, answered: bool = False) -> Activity:
    return Activity("call", at, answered=answered)


def unanswered(id: str, at: datetime, **given: Any) -> Lead:
    return lead(id, "no_answer", call(at), **given)


def unplanned(id: str, *events: Event, **given: Any) -> Lead:
    return lead(id, "proposal", *events, **given)


def work(*leads: Lead, as_of: datetime = NOON, **how: Any) -> Worklist:
    return worklist(leads, as_of, pipeline=SALES, **how)


def ids(found: Worklist) -> list[str]:
    return [item.lead.id for item in found]


def only(found: Worklist) -> str:
    """The one lead that is left out, in words."""
    (left,) = found.left_out
    assert not found
    return str(left)


# W2

TRIED = "1 of 6 attempts without an answer (phone 1); write a personal e-mail as well"
TWELVE = [
    # The new: hot before old, old before young, then by id.
    (new("D", ago(1, hours=-1), rating="hot"),
     "hot; nobody has spoken to the lead yet, in since 2026-03-01 13:00 UTC"),
    (new("C", ago(2)), "nobody has spoken to the lead yet, in since 2026-02-28 12:00 UTC"),
    (new("A", ago(1)), "nobody has spoken to the lead yet, in since 2026-03-01 12:00 UTC"),
    (new("B", ago(1)), "nobody has spoken to the lead yet, in since 2026-03-01 12:00 UTC"),
    # The due: large before small, whatever the date, then by id; of unknown value last.
    (due("N", deal_value=eur(900)), "due 2026-03-02, deal value 900 EUR; task T-1"),
    (due("F", deal_value=eur(80)), "due 2026-03-02, deal value 80 EUR; task T-1"),
    (due("K", YESTERDAY, deal_value=eur(80)),
     "due 2026-03-01, overdue, deal value 80 EUR; task T-1"),
    (due("E", None), "due, no date is set, deal value unknown; task T-1"),
    # Those who did not answer: hot before the rest, long ago before yesterday, then by id.
    (unanswered("Z", ago(1), rating="hot"), f"hot; last attempt 2026-03-01 12:00 UTC; {TRIED}"),
    (unanswered("Y", ago(3)), f"last attempt 2026-02-27 12:00 UTC; {TRIED}"),
    (unanswered("W", ago(1)), f"last attempt 2026-03-01 12:00 UTC; {TRIED}"),
    (unanswered("X", ago(1)), f"last attempt 2026-03-01 12:00 UTC; {TRIED}"),
]  # fmt: skip
"""Leads in the order of W2, with the reason of each place."""


@pytest.mark.parametrize("step", [1, -1, 5, 7])
def test_w2_twelve_leads_stand_in_order_each_with_the_reason_for_its_place(step: int) -> None:
    expected = [(place, found.id, words) for place, (found, words) in enumerate(TWELVE, 1)]
    shuffled = [TWELVE[step * place % 12][0] for place in range(12)]
    found = work(*shuffled)
    assert [(item.place, item.lead.id, item.because) for item in found] == expected
    assert not found.left_out


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (due("A", deal_value=eur(5)), due("B", deal_value=eur(5))),
        (due("A"), due("B")),
        (unanswered("A", ago(1)), unanswered("B", ago(1))),
        (unplanned("A"), unplanned("B")),
        (new("A", None), new("B", None)),
        # No tie: a hot lead comes before a large one.
        (due("A", deal_value=eur(1), rating="hot"), due("B", deal_value=eur(900))),
        (new("A", ago(9)), new("B", None)),
    ],
)
def test_w2_the_id_ends_every_tie(first: Lead, second: Lead) -> None:
    assert ids(work(second, first)) == ["A", "B"]


def test_w2_leads_without_a_plan_come_last_by_the_last_contact_or_their_coming_in() -> None:
    leads = [
        unplanned("hot", call(ago(1), answered=True), rating="hot"),
        unplanned("called", Activity("call_received", ago(9))),
        unplanned("came", created_at=ago(5)),
        unplanned("entered", StageChange("proposal", ago(4))),
        unplanned("mailed", Activity("email_sent", ago(3))),
        unplanned("unknown"),
    ]
    found = work(*leads, unanswered("no answer", ago(1)))
    assert ids(found) == ["no answer", *(each.id for each in leads)]
    assert str(found[-1]) == (
        "7. unknown: plan: no next action is planned; the lead will probably not buy"
    )


def test_w2_a_task_for_a_lead_nobody_has_spoken_to_is_among_the_new() -> None:
    task = TaskSet("T-1", ago(1), due=TODAY, kind="call", title="web form")
    found = work(new("A", ago(1), task), new("B", ago(2)))
    assert [item.group for item in found] == ["new", "new"]
    assert str(found[1]) == (
        "2. A: call: nobody has spoken to the lead yet, in since 2026-03-01 12:00 UTC; "
        "task T-1, web form"
    )


def test_w2_a_lead_that_came_in_without_a_date_counts_from_entering() -> None:
    entered = lead("entered", None, StageChange("new", ago(2)))
    found = work(new("later", ago(1)), entered)
    assert ids(found) == ["entered", "later"]
    assert found[0].because.endswith("in since 2026-02-28 12:00 UTC")


def test_w2_the_follow_up_of_a_stage_and_of_a_closed_lead_are_due() -> None:
    follow = lead("A", "working", call(ago(3), answered=True))
    touch = lead("B", "lost", created_at=ago(100))
    found = work(follow, touch)
    assert [(item.lead.id, item.group, item.is_overdue) for item in found] == [
        ("A", "due", False), ("B", "due", True),
    ]  # fmt: skip
    assert found[0].because == (
        "due 2026-03-02, deal value unknown; "
        "last contact 2026-02-27 12:00 UTC; working follows up after 3 days"
    )


def test_w4_a_lead_that_may_be_closed_as_unreachable_is_on_the_list_at_any_hour() -> None:
    calls = [call(ago(days)) for days in range(1, 7)]
    found = work(lead("A", "no_answer", *calls, time_zone="Asia/Tokyo"))
    assert [(item.group, item.action.kind) for item in found] == [("no_answer", "close")]


# The order as data


def scored(points: int | None, engagement: int | None) -> list[Event]:
    return [Scored(points or 0, ago(1), engagement=engagement, win_probability=None)]


def test_p3_hot_leads_are_served_first() -> None:
    leads = [
        unanswered("hot", ago(1), rating="hot"),
        new("new", ago(1), rating="warm"),
        due("due"),
    ]
    assert ids(work(*leads)) == ["new", "due", "hot"]
    found = work(*leads, order=HOT_FIRST)
    assert ids(found) == ["hot", "new", "due"]
    assert found[0].because.startswith("hot; last attempt")


def test_l10_the_most_engaged_are_reached_first_and_the_others_are_kept() -> None:
    leads = [
        new("silent", ago(9)),
        new("a little", ago(8), *scored(9, 5)),
        unplanned("keen, ready", *scored(90, 40)),
        new("keen, new", ago(1), *scored(70, 40)),
        unplanned("keen, other", *scored(70, 40)),
    ]
    found = work(*leads, order=MOST_ENGAGED_FIRST)
    assert ids(found) == ["keen, ready", "keen, new", "keen, other", "a little", "silent"]
    assert found[0].because.startswith("engagement 40; score 90; no next action")
    assert found[4].because.startswith("engagement unknown; score unknown; nobody has spoken")


@pytest.mark.parametrize(
    ("key", "expected", "words"),
    [
        ("group", "new due unplanned", ""),
        ("hot", "due new unplanned", "hot"),
        ("oldest", "unplanned due new", "in since 2026-02-21 12:00 UTC"),
        ("largest", "new unplanned due", "deal value 20 EUR"),
        ("due", "due new unplanned", "due 2026-03-01, overdue"),
        ("score", "unplanned new due", "score 9"),
        ("win_probability", "new due unplanned", "win probability 0.5"),
    ],
)
def test_an_order_of_ones_own_is_a_list_of_named_keys(key: Any, expected: str, words: str) -> None:
    leads = [
        due("due", YESTERDAY, rating="hot", created_at=ago(5), win_probability=0.25),
        new("new", ago(1), deal_value=eur(20), score=-5, win_probability=0.5),
        unplanned("unplanned", created_at=ago(9), deal_value=eur(10), score=9),
    ]
    found = work(*leads, order=WorkOrder([key]))
    assert ids(found) == expected.split()
    assert found.order.keys == (key,)
    assert found[0].because.startswith(words)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("hot", "nobody has spoken"),
        ("oldest", "since when is unknown; "),
        ("largest", "deal value unknown; "),
        ("due", "due, no date is set; "),
        ("engaged", "engagement unknown; "),
        ("score", "score unknown; "),
        ("win_probability", "win probability unknown; "),
    ],
)
def test_what_is_not_known_comes_last_under_every_key(key: Any, words: str) -> None:
    known = new("z", ago(1), *scored(-5, -5), rating="hot", deal_value=eur(0), win_probability=0.0)
    found = work(new("a", None), known, order=WorkOrder([key]))
    assert ids(found) == ["z", "a"]
    assert found[1].because.startswith(words)


def test_dates_and_instants_that_are_due_stand_in_one_row() -> None:
    found = work(
        due("date", TODAY),
        due("before", datetime(2026, 3, 1, 23, 59, tzinfo=UTC)),
        due("after", datetime(2026, 3, 2, 0, 1, tzinfo=UTC)),
        order=WorkOrder(["due"]),
    )
    assert ids(found) == ["before", "date", "after"]


def test_an_order_of_many_keys_compares_one_after_the_other() -> None:
    leads = [
        new("c", ago(1), score=5),
        new("b", ago(1), score=5, deal_value=eur(3)),
        new("a", ago(2), score=5),
        new("d", ago(1), score=6),
    ]
    order = WorkOrder(["score", "oldest", "largest", "hot", "group"])
    assert ids(work(*leads, order=order)) == ["d", "a", "b", "c"]


def test_a_key_that_is_named_twice_counts_once() -> None:
    keys: list[Any] = ["hot", " hot", "group"]
    assert WorkOrder(iter(keys)) == WorkOrder(["hot", "group"])


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["hott"], "WorkOrder key: expected one of group, hot, within_group, oldest, largest"),
        (["hott"], "due, engaged, score, win_probability, got 'hott' (did you mean 'hot'?)"),
        (["win_probabilty"], "did you mean 'win_probability'?"),
        ([], "WorkOrder.keys: expected one or more of group, hot"),
        ("hot", "WorkOrder.keys: expected a list, got 'hot'"),
        (None, "WorkOrder.keys: expected a list, got None"),
        ([3], "WorkOrder key: expected text, got 3"),
        ([10**5000], "an int of 16610 bits"),
        ([""], "a name that is not blank"),
        (["within_group"], "expected group before within_group, got within_group"),
        (["within_group", "group"], "expected group before within_group"),
    ],
)  # fmt: skip
def test_an_order_of_other_keys_is_refused(keys: object, words: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        ANY(keys)
    assert words in str(caught.value)


# Currencies

DOLLARS = due("USD", deal_value=Money(100, "USD"))
EUROS = due("EUR", deal_value=eur(95))


def test_deal_values_in_several_currencies_need_rates() -> None:
    with pytest.raises(MixedCurrencies) as caught:
        work(DOLLARS, EUROS, due("unknown"))
    assert "cannot order deal values in EUR and USD; convert to one currency" in str(caught.value)
    found = {
        rate: work(EUROS, DOLLARS, due("unknown"), rates=Rates("EUR", {"USD": rate}))
        for rate in ("0.94", "0.96")
    }
    assert ids(found["0.94"]) == ["EUR", "USD", "unknown"]
    assert ids(found["0.96"]) == ["USD", "EUR", "unknown"]
    assert "deal value 100 USD" in found["0.96"][0].because


def test_amounts_that_are_worth_the_same_tie_and_go_by_id() -> None:
    same = due("DOL", deal_value=Money(190, "USD"))
    assert ids(work(EUROS, same, rates=Rates("EUR", {"USD": "0.5"}))) == ["DOL", "EUR"]


@pytest.mark.parametrize(
    ("leads", "order"),
    [
        ([DOLLARS, EUROS], WorkOrder(["group", "hot", "due"])),
        ([DOLLARS, new("new", deal_value=eur(1))], CALLS_OF_THE_DAY),
        ([DOLLARS, due("later", TOMORROW, deal_value=eur(1))], CALLS_OF_THE_DAY),
        ([DOLLARS, due("unknown")], WorkOrder(["largest"])),
    ],
)
def test_several_currencies_matter_only_where_deal_values_are_compared(
    leads: list[Lead], order: WorkOrder
) -> None:
    assert DOLLARS.id in ids(work(*leads, order=order))


def test_by_the_largest_deal_value_all_groups_are_compared() -> None:
    with pytest.raises(MixedCurrencies):
        work(DOLLARS, new("new", deal_value=eur(1)), order=WorkOrder(["largest"]))


def test_a_rate_that_is_missing_is_named() -> None:
    with pytest.raises(InvalidValue, match="expected a currency that has a rate, got USD"):
        work(DOLLARS, EUROS, rates=Rates("EUR", {"PLN": "0.23"}))


def test_long_amounts_are_compared_to_the_last_digit_in_any_decimal_context() -> None:
    low, high = (
        due(f"{end}", deal_value=Money(Decimal(f"1.{'0' * 30}{end}"), "EUR")) for end in (1, 2)
    )
    with localcontext(Context(prec=3)):
        assert ids(work(low, high)) == ["2", "1"]


# Who is left out


def night(id: str, **given: Any) -> Lead:
    return new(id, time_zone="Asia/Tokyo", **given)


def snoozed(id: str, **given: Any) -> Lead:
    return new(id, NOON, Snoozed(TOMORROW, ago(1), reason="ill"), **given)


def never(id: str, **given: Any) -> Lead:
    return lead(id, "won", Disposition("won", ago(1), never=["all"]), **given)


@pytest.mark.parametrize(
    ("found", "code", "until", "words"),
    [
        (due("L", TOMORROW), "not_due", TOMORROW, "L: not due, until 2026-03-03: task T-1"),
        (due("L", NOON + timedelta(days=1)), "not_due", NOON + timedelta(days=1),
         "L: not due, until 2026-03-03 12:00 UTC: task T-1"),
        (night("L"), "asleep", datetime(2026, 3, 2, 23, tzinfo=UTC),
         "L: asleep, until 2026-03-02 23:00 UTC: outside mon-sun 08:00-20:00 Asia/Tokyo"),
        (new("L", fields={}), "may_not_contact", None,
         "L: may not contact: not known: phone, mobile"),
        (night("L", fields={}), "may_not_contact", None,
         "L: may not contact: not known: phone, mobile"),
        (new("L", fields=ADDRESSES | {"do_not_call": True}), "may_not_contact", None,
         "L: may not contact: do_not_call is true"),
        (due("L", TODAY, "email", fields={"phone": "5"}), "may_not_contact", None,
         "L: may not contact: not known: email"),
        (never("L"), "may_not_contact", None,
         "L: may not contact: closed, and never to be contacted"),
        (snoozed("L"), "snoozed", TOMORROW, "L: snoozed, until 2026-03-03: snoozed: ill"),
        (new("L", rating="zombie"), "zombie", None,
         "L: zombie: a zombie: rated as unlikely ever to close"),
        (lead("L", "waiting"), "on_hold", None, "L: on hold: on hold in waiting"),
        (lead("L", "won"), "closed", None, "L: closed: closed in won"),
        (lead("L", "lost", created_at=NOON), "not_due", date(2026, 6, 2),
         "L: not due, until 2026-06-02: came in 2026-03-02 12:00 UTC; lost follows up after 3 months"),
    ],
)  # fmt: skip
def test_a_lead_that_is_left_out_has_a_code_its_words_and_its_end(
    found: Lead, code: str, until: object, words: str
) -> None:
    (left,) = work(found).left_out
    assert (left.lead, left.code, left.until, str(left)) == (found, code, until, words)
    assert words.endswith(f": {left.because}")


def test_those_who_are_left_out_are_listed_by_id_and_nobody_is_dropped() -> None:
    leads = [snoozed("d"), new("c"), night("b"), never("a")]
    found = work(*leads)
    assert [left.lead.id for left in found.left_out] == ["a", "b", "d"]
    codes = [left.permission.code for left in found.left_out if left.permission is not None]
    assert codes == ["asleep"]
    assert ids(found) == ["c"]


def test_a_lead_asleep_there_is_called_once_it_is_awake_and_hours_can_be_set() -> None:
    for hour in (22, 23):
        moment = datetime(2026, 3, 2, hour, tzinfo=UTC)
        assert bool(ids(work(night("L"), as_of=moment))) is (hour == 23)
    late = ContactRules(awake={"mon-sun": "08:00-22:00"})
    assert ids(work(night("L"), rules=late)) == ["L"]


def test_a_lead_that_waits_or_was_called_too_often_may_not_be_contacted_until_that_ends() -> None:
    waits = new("waits", NOON, Disposition("qualified", ago(1), contact_again=TOMORROW))
    called = due("called").after(*(Activity("call", ago(days)) for days in (1, 2, 3)))
    rules = ContactRules(addresses={}, caps={"phone": Cap(3, "7 days")})
    found = work(called, waits, rules=rules)
    called_often, still_waits = found.left_out
    assert str(called_often) == (
        "called: may not contact, until 2026-03-06 12:00 UTC:"
        " 3 of at most 3 contacts by phone in 7 days"
    )
    assert str(still_waits) == (
        "waits: may not contact, until 2026-03-03 00:00 UTC:"
        " qualified, to be contacted again on 2026-03-03"
    )
    assert ids(work(called, waits, rules=rules, as_of=ago(-1))) == ["waits"]
    assert ids(work(called, waits, rules=rules, as_of=ago(-4))) == ["waits", "called"]


def test_a_lead_that_waits_is_listed_on_the_day_the_gate_opens() -> None:
    log = [
        Disposition("lost", ago(30), contact_again=TOMORROW),
        Disposition("lost", ago(20), contact_again=TODAY),
    ]
    found = lead("L", "lost", *log, time_zone="America/New_York")
    midnight = datetime(2026, 3, 3, 5, tzinfo=UTC)
    closed = ContactRules(while_waiting=())
    for moment, listed in ((midnight - timedelta(microseconds=1), []), (midnight, ["L"])):
        assert ids(work(found, as_of=moment, rules=closed)) == listed
        assert bool(may_contact(found, None, moment, closed)) is bool(listed)


@pytest.mark.parametrize(("month_day", "found"), [((3, 7), False), ((3, 9), True)])
def test_summer_time_in_new_york_makes_noon_utc_a_decent_hour(
    month_day: tuple[int, int], found: bool
) -> None:
    moment = datetime(2026, *month_day, 12, tzinfo=UTC)
    assert bool(work(new("L", time_zone="America/New_York"), as_of=moment)) is found


def test_a_meeting_or_a_quote_can_be_prepared_while_the_lead_sleeps() -> None:
    leads = [due(kind, kind=kind, time_zone="Asia/Tokyo") for kind in ("call", "meeting", "quote")]
    assert ids(work(*leads)) == ["meeting", "quote"]


# When a day begins


@pytest.mark.parametrize(
    "zone", ["Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"]
)
@pytest.mark.parametrize("whose", ["rep", "lead"])
def test_a_date_is_due_and_overdue_from_midnight_there_and_not_in_utc(
    zone: str, whose: str
) -> None:
    given: dict[str, Any] = {"time_zone": zone} if whose == "lead" else {}
    task = due("L", date(2026, 3, 4), kind="quote", **given)
    begins = datetime(2026, 3, 4, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    ends = datetime(2026, 3, 5, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    tick = timedelta(microseconds=1)
    seen: list[str] = []
    for moment in (begins - tick, begins, ends - tick, ends):
        found = work(task, as_of=moment, zone=zone if whose == "rep" else None)
        seen.append("overdue" if found and found[0].is_overdue else "due" if found else "not due")
    assert seen == ["not due", "due", "due", "overdue"]


def test_the_reps_midnight_counts_before_the_leads() -> None:
    task = due("L", date(2026, 3, 3), kind="quote", time_zone="Asia/Tokyo")
    moment = datetime(2026, 3, 2, 20, tzinfo=UTC)
    assert ids(work(task, as_of=moment)) == ["L"]
    assert not work(task, as_of=moment, zone="America/New_York")


def test_without_a_zone_the_day_begins_at_midnight_utc() -> None:
    task = due("L", date(2026, 3, 3), kind="quote")
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    assert not work(task, as_of=midnight - timedelta(microseconds=1))
    assert ids(work(task, as_of=midnight)) == ["L"]


def test_an_instant_is_due_all_its_day_and_overdue_from_the_instant_on() -> None:
    task = due("L", NOON, kind="quote")
    tick = timedelta(microseconds=1)
    overdue = [work(task, as_of=at)[0].is_overdue for at in (NOON - tick, NOON, NOON + tick)]
    assert overdue == [False, False, True]
    assert work(task, as_of=NOON.replace(hour=0))
    assert not work(task, as_of=NOON.replace(hour=0) - tick)


def test_an_instant_is_due_on_the_date_it_has_where_the_lead_is() -> None:
    late = due("L", datetime(2026, 3, 2, 20, tzinfo=UTC), kind="quote", time_zone="Asia/Tokyo")
    assert not work(late, as_of=NOON)
    assert work(late, as_of=datetime(2026, 3, 2, 15, tzinfo=UTC))


def test_work_without_a_date_is_never_overdue() -> None:
    assert not work(due("L", None))[0].is_overdue


# Reps


def test_each_rep_sees_tasks_set_for_them_and_else_the_leads_they_own() -> None:
    for_ben = TaskSet("T-1", ago(1), due=TODAY, kind="quote", rep="ben")
    leads = [
        lead("given away", "working", for_ben, owner="ann"),
        new("own", owner="ann"),
        new("nobody's"),
        night("asleep", owner="ann"),
        night("ben's", owner="ben"),
    ]
    assert ids(work(*leads, rep="ann")) == ["own"]
    assert ids(work(*leads, rep=" ben ")) == ["given away"]
    left = {
        rep: [each.lead.id for each in work(*leads, rep=rep).left_out] for rep in ("ann", "cho")
    }
    assert left == {"ann": ["asleep"], "cho": []}


def test_of_several_tasks_a_rep_sees_the_first_of_their_own() -> None:
    tasks = [
        TaskSet("T-1", ago(3), due=TODAY, kind="quote", rep="ben"),
        TaskSet("T-2", ago(3), due=TODAY, kind="call"),
        TaskSet("T-3", ago(3), due=TOMORROW, kind="demo", rep="cho"),
    ]
    shared = lead("L-1", "working", *tasks, owner="ann")
    seen = {rep: work(shared, rep=rep) for rep in ("ann", "ben", "cho", "dan")}
    actions = {rep: [item.action.task for item in found] for rep, found in seen.items()}
    assert actions == {"ann": [tasks[1]], "ben": [tasks[0]], "cho": [], "dan": []}
    assert [each.action.task for each in seen["cho"].left_out] == [tasks[2]]
    assert not seen["dan"].left_out
    assert [item.action.task for item in work(shared)] == [tasks[0]]


@pytest.mark.parametrize("kind", ["phone", "call", "voicemail"])
def test_every_way_to_call_asks_the_gate(kind: str) -> None:
    refusing = ADDRESSES | {"do_not_call": True}
    assert work(due("L-1", kind=kind, fields=refusing)).left_out[0].code == "may_not_contact"
    assert ids(work(due("L-1", kind="invoice", fields=refusing))) == ["L-1"]


# The list itself


def test_a_lead_that_comes_in_later_is_left_out_until_then() -> None:
    comes = NOON + timedelta(days=20)
    (left,) = work(new("L-1", comes)).left_out
    assert (left.code, left.until) == ("not_yet", comes)
    assert str(left) == "L-1: not yet, until 2026-03-22 12:00 UTC: has not come in yet"


def test_leads_of_one_id_stand_in_an_order_of_their_own() -> None:
    twins = [new("L-1", ago(1), source=source) for source in ("fair", "web", "ad")]
    listed = [[item.lead.source for item in work(*some)] for some in (twins, twins[::-1])]
    assert listed == [["ad", "fair", "web"]] * 2


def test_a_worklist_is_shown_briefly() -> None:
    assert repr(work(new("a"), night("b"))) == "Worklist(1 to do, 1 left out)"


def test_a_worklist_is_a_sequence_of_items() -> None:
    found = work(new("b", ago(1)), new("a", ago(2)))
    assert (len(found), found[0].lead.id, [item.place for item in found[1:]]) == (2, "a", [2])
    assert (found[1] in found, found.index(found[1])) == (True, 1)
    assert str(found) == "\n".join(map(str, found))
    assert str(found[0]).startswith("1. a: call: nobody has spoken to the lead yet")


def test_without_work_there_is_nothing_to_do() -> None:
    found = work()
    assert (len(found), found.left_out, str(found)) == (0, (), "nothing to do")
    assert "worklist: 0 to do, 0 left out" in found._repr_html_()


def test_leads_are_any_iterable_and_the_pipelines_too() -> None:
    leads = [new("a", ago(2)), new("b", ago(1))]
    assert worklist(iter(leads), NOON, pipeline=iter([SALES])) == work(*leads)


def test_without_a_pipeline_any_stage_may_be_the_first() -> None:
    assert [item.group for item in worklist([unplanned("a")], NOON)] == ["new"]


def test_a_worklist_shows_leads_as_they_were() -> None:
    found = work(new("a", ago(1), call(NOON + timedelta(seconds=1), answered=True)))
    assert found[0].lead == new("a", ago(1))


def test_a_worklist_can_be_pickled() -> None:
    found = work(new("a"), due("b"), night("c"))
    assert pickle.loads(pickle.dumps(found)) == found


# Texts that try to break the page

HOSTILE = "<script>alert('1')</script>&\""


class Texts(HTMLParser):
    """The tags and the texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_html_shows_ids_kinds_and_titles_escaped() -> None:
    task = TaskSet(HOSTILE, ago(1), due=TODAY, kind=HOSTILE, title=HOSTILE)
    page = Texts(work(lead(HOSTILE, "working", task), unplanned("b"), night("c"))._repr_html_())
    assert page.tags == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert page.texts[0] == "worklist: 2 to do, 1 left out"
    assert page.texts.count(HOSTILE) == 2
    assert f"due 2026-03-02, deal value unknown; task {HOSTILE}, {HOSTILE}" in page.texts
    assert "plan" in page.texts


@pytest.mark.parametrize(
    ("number", "caption"),
    [
        (100, "worklist: 100 to do, 0 left out"),
        (101, "worklist: 101 to do, the first 100 shown, 0 left out"),
    ],
)
def test_the_html_shows_the_first_hundred(number: int, caption: str) -> None:
    page = work(*[new(f"L-{place:03}") for place in range(number)])._repr_html_()
    assert f"<caption>{caption}</caption>" in page
    assert "L-099" in page
    assert "L-100" not in page


@pytest.mark.parametrize(
    "id", ["1. L-1: call", "ליד", "x" * 200, "日本\u3000", "=cmd()", "{0}", "%s"]
)
def test_an_id_stays_on_its_line(id: str) -> None:
    found = work(new(id), lead("z", "working", TaskSet("T", NOON, title="a\n2. b\r\x1b[2J\u202e")))
    lines = str(found).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"1. {id.strip()}: call: ")
    assert lines[1].isprintable()


def test_a_reason_to_snooze_stays_on_its_line() -> None:
    resting = Snoozed(TOMORROW, NOON, reason="ill\nL-2: zombie\x1b[2J")
    assert only(work(new("L-1", NOON, resting))) == (
        "L-1: snoozed, until 2026-03-03: snoozed: ill L-2: zombie\\x1b[2J"
    )


# Bad input


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"as_of": datetime(2026, 3, 2)}, NaiveDatetime, "expected a datetime with a time zone"),
        ({"as_of": "today"}, InvalidValue, "expected a datetime with a time zone, got 'today'"),
        ({"leads": None}, InvalidValue, "leads: expected a list, got None"),
        ({"leads": new("a")}, InvalidValue, "leads: expected a list, got Lead('a'"),
        ({"leads": "ab"}, InvalidValue, "leads: expected a list, got 'ab'"),
        ({"leads": {"a": new("a")}}, InvalidValue, "leads: expected a list, got a dict of 1"),
        ({"leads": [new("a"), None]}, InvalidValue, "leads: expected Leads, got None"),
        ({"order": "hot"}, InvalidValue, "order: expected a WorkOrder, got 'hot'"),
        ({"order": ["hot"]}, InvalidValue, "order: expected a WorkOrder, got a list of 1"),
        ({"rep": " "}, InvalidValue, "rep: expected a name that is not blank"),
        ({"rep": 7}, InvalidValue, "rep: expected text, got 7"),
        ({"rep": SALES}, InvalidValue, "expected the id of a rep"),
        ({"rates": {"USD": 1}}, InvalidValue, "rates: expected Rates, got a dict of 1"),
        ({"rules": {}}, InvalidValue, "rules: expected a ContactRules, got a dict of 0"),
        ({"zone": "Mars/Base"}, InvalidValue, "zone: expected a time zone such as"),
        ({"pipeline": 3}, InvalidValue, "pipelines: expected a Pipeline, or a list of them, got 3"),
    ],
)
def test_bad_input_is_refused_with_what_would_work(
    given: dict[str, Any], error: type[LeadflowError], words: str
) -> None:
    with pytest.raises(error) as caught:
        worklist(**{"leads": [], "as_of": NOON, **given})
    assert words in str(caught.value)


@pytest.mark.parametrize("change", [lambda lead: lead, lambda lead: lead.after()])
def test_nothing_is_changed_in_the_leads(change: Callable[[Lead], Lead]) -> None:
    found = due("a")
    before = pickle.dumps(found)
    work(change(found))
    assert pickle.dumps(found) == before
