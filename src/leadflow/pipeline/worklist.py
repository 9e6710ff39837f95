"""The day's work: whom to turn to, in which order, and why; and who is left out, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias, cast, get_args, overload

import attrs

from leadflow.contact import (
    DEFAULT_RULES,
    ContactRules,
    Permission,
    channel_of,
    is_contact,
    permission,
)
from leadflow.errors import InvalidValue, MixedCurrencies, shown
from leadflow.lead import Dealings, Lead
from leadflow.markup import table
from leadflow.money import Rates, priced
from leadflow.pipeline.day import Day, Pipelines
from leadflow.pipeline.follow_up import (
    NextAction,
    is_new,
    last_contact,
    upcoming,
    when,
)
from leadflow.pipeline.pipeline import Pipeline
from leadflow.values import listed, name, word

Group: TypeAlias = Literal["new", "due", "no_answer", "unplanned"]
GROUPS: tuple[Group, ...] = get_args(Group)
LeftOutCode: TypeAlias = Literal[
    "not_due", "asleep", "may_not_contact", "snoozed", "zombie", "on_hold", "closed", "not_yet"
]
Key: TypeAlias = Literal[
    "group",
    "hot",
    "within_group",
    "oldest",
    "largest",
    "due",
    "engaged",
    "score",
    "win_probability",
]
KEYS: tuple[Key, ...] = get_args(Key)
_LAST = datetime.max.replace(tzinfo=UTC)
_SHOWN = 100
"""Items that a notebook shows."""
_LEFT_OUT: Mapping[str, LeftOutCode] = {
    "snoozed": "snoozed",
    "zombie": "zombie",
    "not_yet": "not_yet",
    "on_hold": "on_hold",
    "closed": "closed",
    "do_not_contact": "may_not_contact",
}


def _keys(values: Iterable[Key]) -> tuple[Key, ...]:
    found = tuple(dict.fromkeys(map(_key, listed("WorkOrder.keys", values))))
    if not found:
        raise InvalidValue("WorkOrder.keys", "none", "one or more of " + ", ".join(KEYS))
    if "within_group" in found and "group" not in found[: found.index("within_group")]:
        hint = "it orders each group by something else"
        raise InvalidValue("WorkOrder.keys", ", ".join(found), "group before within_group", hint)
    return found


def _key(value: object) -> Key:
    return cast("Key", word("WorkOrder key", name("WorkOrder key", value), KEYS))


@attrs.frozen
class WorkOrder:
    """The order of a worklist, as a list of named keys; the first that differs decides.

    - ``group``: new ones nobody has spoken to; what is due today or overdue; those who did not
      answer; those for whom nothing is planned.
    - ``hot``: leads rated hot before the others.
    - ``within_group``, somewhere after ``group``: the new by their coming in, oldest first; the due
      by deal value, largest first; those who did not answer by the last attempt and those without a
      plan by the last contact (their coming in, if there was none), oldest first.
    - ``oldest``: by coming in, oldest first. ``largest``: by deal value, largest first. ``due``: by
      when it is due, earliest first, a date as its start in UTC. ``engaged``, ``score``,
      ``win_probability``: by engagement points, points, chance to win, highest first.

    What is not known comes last under its key. The lead's id always comes at the end, so that the
    order is total. Raises `InvalidValue` for another key, or none, or ``within_group`` too early.

    >>> WorkOrder(["hot", "group", "within_group"]) == HOT_FIRST
    True
    """

    keys: tuple[Key, ...] = attrs.field(converter=_keys)


CALLS_OF_THE_DAY = WorkOrder(("group", "hot", "within_group"))
"""Requirement W2: the new, then what is due, then who did not answer; hot ones first in each."""
HOT_FIRST = WorkOrder(("hot", "group", "within_group"))
"""Requirement P3: hot leads are served first."""
MOST_ENGAGED_FIRST = WorkOrder(("engaged", "score", "group", "within_group"))
"""Requirement L10: the most engaged are reached first, and the others are kept."""


@attrs.frozen
class WorkItem:
    """A lead on the worklist: its place, what to do, and why it stands there."""

    place: int
    group: Group
    action: NextAction
    as_of: datetime
    today: date
    order: WorkOrder

    @property
    def lead(self) -> Lead:
        """The lead, as it was at the worklist's instant."""
        return self.action.lead

    @property
    def is_overdue(self) -> bool:
        """Whether it was due before: on an earlier date, or at an earlier instant."""
        due = self.action.due
        if isinstance(due, datetime):
            return due < self.as_of
        return due is not None and due < self.today

    @property
    def because(self) -> str:
        """Say in words why the lead stands at its place: by the keys of the order, then the group."""
        keys = [_KEY_WORDS[key](self) for key in self.order.keys if key in _KEY_WORDS]
        return "; ".join([*filter(None, keys), _GROUP_WORDS[self.group](self)])

    def __str__(self) -> str:
        return f"{self.place}. {self.lead.id}: {self.action.kind or 'plan'}: {self.because}"


@attrs.frozen
class LeftOut:
    """A lead that has no place on the worklist, with the code of the reason.

    `permission` is the gate's answer where that is the reason, else None.
    """

    action: NextAction
    code: LeftOutCode
    permission: Permission | None = None

    @property
    def lead(self) -> Lead:
        """The lead, as it was at the worklist's instant."""
        return self.action.lead

    @property
    def because(self) -> str:
        """Say the reason in words."""
        return self.action.because if self.permission is None else self.permission.because

    @property
    def until(self) -> date | datetime | None:
        """When the reason ends, a date or an instant in UTC; None where it does not by itself."""
        return self.action.due if self.permission is None else self.permission.until

    def __str__(self) -> str:
        until = "" if self.until is None else f", until {when(self.until)}"
        return f"{self.lead.id}: {self.code.replace('_', ' ')}{until}: {self.because}"


@attrs.frozen(repr=False)
class Worklist(Sequence[WorkItem]):
    """The day's work in its order, and in `left_out` (by lead id) who has no place on it."""

    items: tuple[WorkItem, ...]
    left_out: tuple[LeftOut, ...]
    order: WorkOrder

    @overload
    def __getitem__(self, index: int) -> WorkItem: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[WorkItem, ...]: ...
    def __getitem__(self, index: int | slice) -> WorkItem | tuple[WorkItem, ...]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"Worklist({len(self.items):,} to do, {len(self.left_out):,} left out)"

    def __str__(self) -> str:
        return "\n".join(map(str, self.items)) or "nothing to do"

    def _repr_html_(self) -> str:
        rows = [
            (item.place, item.lead.id, item.action.kind or "plan", item.because)
            for item in self.items[:_SHOWN]
        ]
        more = f", the first {_SHOWN} shown" if len(self) > _SHOWN else ""
        caption = f"worklist: {len(self)} to do{more}, {len(self.left_out)} left out"
        return table(caption, ("", "lead", "to do", "because"), rows)


def worklist(
    leads: Iterable[Lead],
    as_of: datetime,
    rep: str | None = None,
    *,
    pipeline: Pipelines = None,
    order: WorkOrder = CALLS_OF_THE_DAY,
    rules: ContactRules = DEFAULT_RULES,
    rates: Rates | None = None,
    zone: str | None = None,
) -> Worklist:
    r"""Put the leads that have work today in order, each with the reason for its place.

    A lead's work is its `next_action`. On the list are those due today or overdue, those nobody has
    spoken to, and those for whom nothing is planned; left out, each with the reason, are: not due
    yet, asleep there, not to be contacted (`leadflow.contact.may_contact`, on the action's channel),
    snoozed, a zombie, on hold, closed, not come in yet. Without `order` it is that of requirement W2.

    Without a `pipeline` nobody knows which stages are closed, or where leads come in: then only
    dispositions close a lead. With `rep`, only the work of that rep: of a lead with several tasks the
    first that is theirs, else leads they own. A date is due, and
    overdue, by the midnight of `zone` (the rep's, say), the lead's own zone unless given, UTC where
    that is not known. Deal values in several currencies need `rates` where the order compares them.

    Raises `MixedCurrencies`, `NaiveDatetime` and `InvalidValue`, `LimitExceeded` for a deal value
    that grows beyond the limits in the base of the rates.

    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> leads = [Lead("L-1", noon, fields={"phone": "5"}), Lead("L-2", noon)]
    >>> work = worklist(leads, noon)
    >>> print(work, *work.left_out, sep="\n")
    1. L-1: call: nobody has spoken to the lead yet, in since 2026-03-02 12:00 UTC
    L-2: may not contact: not known: phone, mobile
    """
    day = Day(as_of, pipeline, rules, zone)
    _check(order, rates)
    wanted = None if rep is None else _rep(rep)
    entries: list[_Entry] = []
    left_out: list[LeftOut] = []
    for lead in listed("leads", leads):
        action, group = _placed(lead, day, wanted)
        if wanted is not None and action.rep != wanted:
            continue
        if group is None:
            left_out.append(LeftOut(action, _LEFT_OUT.get(action.why, "not_due")))
            continue
        refused = _refused(action, day)
        if refused is None:
            entries.append((group, action))
        else:
            left_out.append(refused)
    if len({action.lead.id for _, action in entries}) < len(entries):
        entries.sort(key=_content)
    entries.sort(key=_sorting(order, entries, rates))
    items = tuple(
        WorkItem(place, group, action, day.as_of, day.today(action.lead), order)
        for place, (group, action) in enumerate(entries, 1)
    )
    return Worklist(items, tuple(sorted(left_out, key=lambda each: each.lead.id)), order)


_Entry: TypeAlias = tuple[Group, NextAction]
_Sorting: TypeAlias = Callable[[_Entry], Any]


def _rep(given: object) -> str:
    if isinstance(given, Pipeline):
        raise InvalidValue("rep", shown(given), "the id of a rep", "write pipeline=...")
    return name("rep", given)


def _check(order: object, rates: object) -> None:
    if not isinstance(order, WorkOrder):
        raise InvalidValue("order", shown(order), "a WorkOrder", "WorkOrder(['hot', 'group'])")
    if not isinstance(rates, Rates | None):
        raise InvalidValue("rates", shown(rates), "Rates", "Rates('EUR', {'USD': ...})")


def _placed(lead: object, day: Day, rep: str | None) -> tuple[NextAction, Group | None]:
    """Find what is next for a lead, and the group it belongs to if that is for today."""
    if not isinstance(lead, Lead):
        raise InvalidValue("leads", shown(lead), "Leads", "Lead(id, ...) makes one")
    past = lead.rewind(day.as_of) if lead.events else lead
    dealings = Dealings.of(past)
    if rep is None or len(dealings.tasks) <= 1:
        action = upcoming(past, dealings, day)
    else:
        action = upcoming(past, _of_rep(dealings, rep, past.owner), day)
        action = attrs.evolve(action, dealings=dealings)
    return action, _group(action, day)


def _of_rep(dealings: Dealings, rep: str, owner: str | None) -> Dealings:
    """Leave out the tasks of others, for a rep who has one too."""
    own = {key: task for key, task in dealings.tasks.items() if (task.rep or owner) == rep}
    return attrs.evolve(dealings, tasks=own) if own else dealings


def _group(action: NextAction, day: Day) -> Group | None:
    why = action.why
    if why == "first_contact":
        return "new"
    if why == "unplanned":
        return "unplanned"
    if why == "snoozed" or action.is_idle or not _is_due(action, day):
        return None
    if why in ("retry", "unreachable"):
        return "no_answer"
    if why == "task" and is_new(action.lead, action.dealings, day):
        return "new"
    return "due"


def _is_due(action: NextAction, day: Day) -> bool:
    due = action.due
    if due is None:
        return True
    on = day.date_of(due, action.lead) if isinstance(due, datetime) else due
    return on <= day.today(action.lead)


def _refused(action: NextAction, day: Day) -> LeftOut | None:
    kind = action.kind or ""
    if not is_contact(kind):
        return None
    answer = permission(action.lead, action.dealings, channel_of(kind), day.as_of, day.rules)
    if answer:
        return None
    code: LeftOutCode = "asleep" if answer.code == "asleep" else "may_not_contact"
    return LeftOut(action, code, answer)


# --- the order ---


def _sorting(order: WorkOrder, entries: Sequence[_Entry], rates: Rates | None) -> _Sorting:
    _check_currencies(order, entries, rates)
    named = _named(rates)
    keys = [named[key] for key in order.keys]
    if len(keys) == 3:  # noqa: PLR2004 (the usual order, without a loop for each lead)
        first, second, third = keys
        return lambda e: (first(e), second(e), third(e), e[1].lead.id)
    return lambda entry: (*[key(entry) for key in keys], entry[1].lead.id)


def _content(entry: _Entry) -> str:
    """Tell leads of one id apart, so that the order does not depend on theirs."""
    return repr((entry[1].lead.starts, entry[1].lead.events))


def _check_currencies(order: WorkOrder, entries: Iterable[_Entry], rates: Rates | None) -> None:
    """Refuse several currencies where deal values are compared and there are no rates."""
    compared = {"due"} if "within_group" in order.keys else set()
    compared = set(GROUPS) if "largest" in order.keys else compared
    values = (action.lead.deal_value for group, action in entries if group in compared)
    currencies = {value.currency for value in values if value is not None}
    if rates is None and len(currencies) > 1:
        raise MixedCurrencies("order deal values in", tuple(sorted(currencies)))


def _named(rates: Rates | None) -> Mapping[Key, _Sorting]:
    """Give what the named keys stand for; the smaller comes first."""

    def largest(entry: _Entry) -> tuple[bool, Decimal]:
        value = entry[1].lead.deal_value
        if value is None:
            return (True, Decimal())
        worth = value if rates is None else rates.convert(value, rates.base)
        return (False, worth.amount.copy_negate())

    def within_group(entry: _Entry) -> tuple[bool, Any]:
        group, action = entry
        match group:
            case "due":
                return largest(entry)
            case "new":
                return _time(_came(action))
            case _:
                return _time(last_contact(action.dealings) or _came(action))

    return {
        "group": lambda entry: GROUPS.index(entry[0]),
        "hot": lambda entry: entry[1].lead.values.get("rating") != "hot",
        "within_group": within_group,
        "oldest": lambda entry: _time(_came(entry[1])),
        "largest": largest,
        "due": lambda entry: _time(_start(entry[1].due)),
        "engaged": lambda entry: _descending(entry[1].dealings.engagement),
        "score": lambda entry: _descending(entry[1].lead.score),
        "win_probability": lambda entry: _descending(entry[1].lead.win_probability),
    }


def _came(action: NextAction) -> datetime | None:
    return action.lead.created_at or action.dealings.entered_at


def _start(due: date | datetime | None) -> datetime | None:
    if due is None or isinstance(due, datetime):
        return due
    return datetime(due.year, due.month, due.day, tzinfo=UTC)


def _time(moment: datetime | None) -> tuple[bool, datetime]:
    return (moment is None, moment or _LAST)


def _descending(value: float | None) -> tuple[bool, float]:
    return (True, 0) if value is None else (False, -value)


# --- in words ---


def _since(item: WorkItem) -> str:
    came = _came(item.action)
    return "since when is unknown" if came is None else f"in since {when(came)}"


def _worth(item: WorkItem) -> str:
    value = item.lead.deal_value
    return "deal value unknown" if value is None else f"deal value {priced(value)}"


def _due(item: WorkItem) -> str:
    due = item.action.due
    state = ", overdue" if item.is_overdue else ""
    return "due, no date is set" if due is None else f"due {when(due)}{state}"


def _number(label: str, value: object) -> str:
    return f"{label} unknown" if value is None else f"{label} {value}"


_KEY_WORDS: Mapping[Key, Callable[[WorkItem], str]] = {
    "hot": lambda item: "hot" if item.lead.rating == "hot" else "",
    "oldest": _since,
    "largest": _worth,
    "due": _due,
    "engaged": lambda item: _number("engagement", item.action.dealings.engagement),
    "score": lambda item: _number("score", item.lead.score),
    "win_probability": lambda item: _number("win probability", item.lead.win_probability),
}
"""What a key of the order tells about a lead; of group and within_group the group's words tell."""


def _of_new(item: WorkItem) -> str:
    task = f"; {item.action.because}" if item.action.task is not None else ""
    return f"nobody has spoken to the lead yet, {_since(item)}{task}"


def _of_no_answer(item: WorkItem) -> str:
    last = item.action.dealings.attempts[-1]
    return f"last attempt {when(last.at)}; {item.action.because}"


_GROUP_WORDS: Mapping[Group, Callable[[WorkItem], str]] = {
    "new": _of_new,
    "due": lambda item: f"{_due(item)}, {_worth(item)}; {item.action.because}",
    "no_answer": _of_no_answer,
    "unplanned": lambda item: item.action.because,
}
