"""The lead itself, and the merging of duplicates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import compress
from typing import Any, Generic, Literal, Self, TypeVar, cast, overload

import attrs

from leadflow.errors import InvalidValue, printable, shown
from leadflow.events import (
    ATTRIBUTES,
    Activity,
    Disposition,
    Event,
    Note,
    Overridden,
    Reopened,
    describe,
)
from leadflow.events.facts import POSITION, SETTABLE, is_unknown
from leadflow.lead.log import Log, arrange, extended, union
from leadflow.lead.position import Value, replay
from leadflow.lead.task import Task, tasks_of
from leadflow.money import Money
from leadflow.values import EMPTY, FieldValue, Frozen, field_values, instant, known, name, names

T = TypeVar("T")
_NONE: tuple[()] = ()
"""The default of tags and events: where it is handed in, there is nothing to check."""
_LAST = datetime.max.replace(tzinfo=UTC)
_ATTRIBUTE_CHECKS = {**SETTABLE, **POSITION}
_PLACE = ("stage", "pipeline")
TOLD = (Note, Disposition)
"""The events that conditions read besides activities."""
_OF_NOTES = ("topic", "source", "need", "text")
_OF_DISPOSITIONS = ("outcome", "reason", "note")
_NO_CONTACT = (("channel", None), ("direction", None), ("answered", None))


@attrs.frozen
class Start:
    """What was known of a lead before its log, its id and date included."""

    values: Frozen[Value]
    tags: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id the lead came with."""
        return cast("str", self.values["id"])

    @property
    def created_at(self) -> datetime | None:
        """When the lead came in, in UTC."""
        return cast("datetime | None", self.values.get("created_at"))

    @property
    def place(self) -> tuple[bool, datetime, str, str]:
        """The order among merged leads: the earliest known, then by id, then by content."""
        content = repr((sorted(self.values.items()), self.tags))
        return (self.created_at is None, self.created_at or _LAST, self.id, content)


class Named(Generic[T]):
    """An attribute of a lead, read by its name from the lead's values; None is unknown."""

    def __set_name__(self, owner: type, key: str) -> None:
        self.key = key

    @overload
    def __get__(self, lead: None, owner: type) -> Self: ...
    @overload
    def __get__(self, lead: Lead, owner: type) -> T | None: ...
    def __get__(self, lead: Lead | None, owner: type) -> T | Self | None:
        if lead is None:
            return self
        value: Any = lead.values.get(self.key)
        return value  # type: ignore[no-any-return]


def _attributes(given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, check in _ATTRIBUTE_CHECKS.items():
        value = given[key]
        if value is not None and not is_unknown(value):
            found[key] = check(f"Lead.{key}", value)
    return found


def _own_fields(fields: Mapping[str, FieldValue | None]) -> Frozen[FieldValue]:
    if fields is EMPTY:
        return EMPTY
    found = field_values("Lead.fields", fields)
    for key in found:
        if key in RESERVED:
            raise InvalidValue(
                f"Lead.fields.{key}",
                shown(key),
                "a name that is not an attribute of Lead",
                f"pass it as Lead({key}=...) if it is that attribute",
            )
    return known(found)


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names("Lead.tags", tags)))


RESERVED = ATTRIBUTES | {
    "tags", "fields", "events", "deal_value_currency", "engagement_reset_at",
}  # fmt: skip
"""Names that a field of one's own may not have."""


@attrs.frozen(init=False, repr=False)
class Lead:
    """A person or company that may buy: facts, and everything that happened.

    What is passed here is the start; where the log sets a value, the latest event wins. `fields`
    holds everything else (text, numbers, booleans, dates, datetimes); None, NaN and a missing key
    all mean unknown. `due` is the date by which the lead wants to buy, `time_zone` an IANA name,
    `win_probability` lies between 0 and 1.

    Raises `InvalidValue`, `NaiveDatetime` or `LimitExceeded`, naming the place.

    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    >>> ada = Lead("L-7", source="trade fair", fields={"employees": 120})
    >>> ada.after(Activity("call", noon, answered=True)).last_contacted_at
    datetime.datetime(2026, 3, 1, 12, 0, tzinfo=datetime.timezone.utc)
    """

    starts: tuple[Start, ...]
    newest: tuple[str, ...]
    events: Log
    values: Frozen[Value] = attrs.field(eq=False)
    tags: frozenset[str] = attrs.field(eq=False)
    _since: datetime = attrs.field(alias="_since")
    _until: datetime | None = attrs.field(eq=False, alias="_until")
    engagement_reset_at: datetime | None = attrs.field(eq=False)
    """When a disposition last reset the engagement, in UTC; activities up to then score nothing."""

    def __init__(  # noqa: PLR0913 (every attribute by its name)
        self,
        id: str,
        created_at: datetime | None = None,
        *,
        source: str | None = None,
        deal_value: Money | None = None,
        due: date | None = None,
        time_zone: str | None = None,
        stage: str | None = None,
        pipeline: str | None = None,
        owner: str | None = None,
        rating: str | None = None,
        score: int | None = None,
        win_probability: float | None = None,
        lifecycle: str | None = None,
        tags: Iterable[str] = _NONE,
        fields: Mapping[str, FieldValue | None] = EMPTY,
        events: Iterable[Event] = _NONE,
    ) -> None:
        values: dict[str, Any] = {"id": name("Lead.id", id)}
        if not is_unknown(created_at):
            values["created_at"] = instant("Lead.created_at", created_at)
        values |= _attributes(locals())
        values |= _own_fields(fields)
        # Most leads that are made have no tags and no log of their own; the checks cost more.
        start = Start(Frozen(values), _NONE if tags is _NONE else _tags(tags))
        self._fill((start,), (), _NONE if events is _NONE else arrange(start.id, events), None)

    def _fill(
        self, starts: tuple[Start, ...], newest: tuple[str, ...], log: Log, now: datetime | None
    ) -> None:
        values, tags = starts[0].values, starts[0].tags
        if len(starts) > 1:
            values = _united(starts, newest)
            tags = tuple(tag for start in starts for tag in start.tags)
        position = replay(values, tags, log, now)
        self.__attrs_init__(
            starts, newest, log, position.values, position.tags, position.since, position.until,
            position.reset_at,
        )  # fmt: skip

    def _with(
        self,
        log: Log,
        now: datetime | None = None,
        starts: tuple[Start, ...] | None = None,
        newest: tuple[str, ...] | None = None,
    ) -> Lead:
        lead = object.__new__(Lead)
        lead._fill(
            self.starts if starts is None else starts,
            self.newest if newest is None else newest,
            log,
            now,
        )
        return lead

    def after(self, *events: Event) -> Lead:
        """Return the lead as it is once these events have happened too.

        A repeat of an event id changes nothing; late events find their place by their time. Raises
        `ConflictingEvents` when an id stands for two different events.
        """
        return self._with(extended(self.id, self.events, events)) if events else self

    def rewind(self, at: datetime) -> Lead:
        """Return the lead as it was at an instant: later events have not happened, start values stay.

        Raises `NaiveDatetime` for a datetime without a zone.
        """
        moment = instant("as_of", at)
        if self._since <= moment and (self._until is None or moment < self._until):
            return self
        return self._with(tuple(event for event in self.events if event.at <= moment), moment)

    @property
    def id(self) -> str:
        """The id; of merged leads, the survivor's."""
        return self.values["id"]  # type: ignore[return-value]  # an id is text

    @property
    def merged_ids(self) -> frozenset[str]:
        """The ids that resolve to this lead besides its own."""
        return frozenset(start.id for start in self.starts) - {self.id}

    created_at = Named[datetime]()
    """When the lead came in, in UTC."""
    source = Named[str]()
    """Where the lead came from."""
    deal_value = Named[Money]()
    """How much the deal is worth."""
    due = Named[date]()
    """The date by which the lead wants to buy."""
    time_zone = Named[str]()
    """The IANA name of the lead's time zone."""
    stage = Named[str]()
    """The key of the stage the lead stands in."""
    pipeline = Named[str]()
    """The key of the pipeline that the stage belongs to."""
    owner = Named[str]()
    """The id of the rep who owns the lead."""
    rating = Named[str]()
    """The rating, such as hot, warm or cold."""
    score = Named[int]()
    """The points of the latest score."""
    win_probability = Named[float]()
    """The chance to win, between 0 and 1."""
    lifecycle = Named[str]()
    """Lead, mql, sql, opportunity, customer or inactive."""

    @property
    def fields(self) -> Mapping[str, FieldValue]:
        """The known fields that are no attributes."""
        return Frozen({k: v for k, v in self.values.items() if k not in ATTRIBUTES})  # type: ignore[misc]

    @cached_property
    def activities(self) -> tuple[Activity, ...]:
        """The activities, oldest first."""
        return tuple(event for event in self.events if isinstance(event, Activity))

    @cached_property
    def activities_by_kind(self) -> Mapping[str, tuple[Activity, ...]]:
        """The activities of each kind, oldest first; this is what conditions read.

        Notes are there too, as activities of the kind note with their topic, source, need and text,
        and dispositions as those of the kind disposition with their outcome, reason and note.

        >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        >>> lead = Lead("L-7", events=[Note("We need SSO", noon, topic="security")])
        >>> lead.activities_by_kind["note"][0].data
        {'topic': 'security', 'text': 'We need SSO'}
        """
        found: defaultdict[str, list[Activity]] = defaultdict(list)
        for event in self.events:
            if isinstance(event, Activity):
                found[event.kind].append(event)
            elif isinstance(event, TOLD):
                activity = as_activity(event)
                found[activity.kind].append(activity)
        return Frozen({kind: tuple(activities) for kind, activities in found.items()})

    @cached_property
    def engaged(self) -> Lead:
        """The lead without the activities that score nothing, after a reset of its engagement.

        Only what is asked of activities differs; see `Disposition.resets_engagement`.
        """
        reset = self.engagement_reset_at
        if reset is None:
            return self
        counts = (not _is_engagement(event) or event.at > reset for event in self.events)
        kept = tuple(compress(self.events, counts))
        return self._with(kept, self._since)

    def attempts(self, channel: str | None = None) -> tuple[Activity, ...]:
        """Return the outgoing contact activities, oldest first, on one channel or on all."""
        return tuple(
            activity
            for activity in self.activities
            if activity.is_attempt and channel in (None, activity.channel)
        )

    @property
    def last_contacted_at(self) -> datetime | None:
        """When the latest attempt was made, answered or not."""
        attempts = self.attempts()
        return attempts[-1].at if attempts else None

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks as they stand, open and done, in the order they were first set."""
        return tasks_of(self.events)

    @property
    def disposition(self) -> Disposition | None:
        """The disposition that stands: the latest since the lead was last reopened."""
        for event in reversed(self.events):
            if isinstance(event, Disposition | Reopened):
                return event if isinstance(event, Disposition) else None
        return None

    def override(self, what: Literal["rating", "owner"]) -> Overridden | None:
        """Return the override of the rating or the owner that stands; None if there is none.

        >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        >>> lead = Lead("L-7", events=[Overridden("owner", "bo", noon, reason="old friends")])
        >>> lead.override("owner").reason
        'old friends'
        """
        for event in reversed(self.events):
            if isinstance(event, Overridden) and event.what == what:
                has_ended = event.until is not None and event.until <= self._since
                return None if event.value is None or has_ended else event
        return None

    def timeline(self) -> tuple[str, ...]:
        """Return the log as lines of English, oldest first; line breaks in a note become spaces.

        >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        >>> Lead("L-7", events=[Activity("call", noon, answered=False)]).timeline()
        ('2026-03-01 12:00 UTC  call, no answer',)
        """
        return tuple(
            f"{event.at.isoformat(' ')[:16]} UTC  {_on_one_line(describe(event))}"
            for event in self.events
        )

    def __repr__(self) -> str:
        parts = [
            f"{key}={shown(self.values[key])}" for key in sorted(POSITION) if key in self.values
        ]
        parts.append(f"{len(self.fields)} fields, {len(self.events)} events")
        return f"Lead({shown(self.id)}, {', '.join(parts)})"


def _is_engagement(event: Event) -> bool:
    if isinstance(event, Activity):
        return event.kind != "disposition"
    return isinstance(event, Note)


def as_activity(event: Note | Disposition) -> Activity:
    """Show a note or a disposition as conditions read it: as an activity."""
    is_note = isinstance(event, Note)
    kind, keys = ("note", _OF_NOTES) if is_note else ("disposition", _OF_DISPOSITIONS)
    data = known({key: getattr(event, key) for key in keys})
    # The event has checked all of this; to check it again would take four times as long.
    activity, put = object.__new__(Activity), object.__setattr__
    for key in ("id", "sequence", "by", "at"):
        put(activity, key, getattr(event, key))
    for key, value in (("kind", kind), ("data", data), *_NO_CONTACT):
        put(activity, key, value)
    return activity


def _on_one_line(words: str) -> str:
    return printable(" ".join(words.split()))


def seen(lead: object, as_of: datetime) -> tuple[Lead, datetime]:
    """Check what a decision is asked about; return the lead as it was, and the instant in UTC.

    Raises `InvalidValue` for what is no lead and `NaiveDatetime` for an instant without a zone.
    """
    moment = instant("as_of", as_of)
    if not isinstance(lead, Lead):
        raise InvalidValue("lead", shown(lead), "a Lead", "Lead(id, fields={...}) makes one")
    return lead.rewind(moment) if lead.events else lead, moment


def leads_of(leads: Iterable[Lead]) -> Iterator[Lead]:
    """Go through leads; raises `InvalidValue`, with the place, for anything else.

    >>> [lead.id for lead in leads_of([Lead("L-7")])]
    ['L-7']
    """
    if isinstance(leads, Lead | str) or not isinstance(leads, Iterable):
        raise InvalidValue("leads", shown(leads), "an iterable of Lead, such as a list")
    for place, lead in enumerate(leads):
        if not isinstance(lead, Lead):
            raise InvalidValue(f"leads[{place}]", shown(lead), "a Lead")
        yield lead


def _united(starts: tuple[Start, ...], newest: tuple[str, ...]) -> Frozen[Value]:
    values: dict[str, Value] = {}
    for start in starts:
        for key, value in start.values.items():
            if key in newest or key not in values:
                values[key] = value
    own = {key: value for key, value in starts[0].values.items() if key in ("id", "created_at")}
    placed = next((start.values for start in starts if "stage" in start.values), values)
    rest = {key: value for key, value in values.items() if key not in _PLACE}
    return Frozen(rest | own | {key: placed[key] for key in _PLACE if key in placed})


def _newest(keys: Iterable[str]) -> tuple[str, ...]:
    found = names("newest", keys)
    for key in found:
        if key in _PLACE:
            hint = "a lead has both from one of those merged; a move sets them"
            raise InvalidValue("newest", shown(key), "names other than stage and pipeline", hint)
    return found


def merge(lead: Lead, *others: Lead, newest: Iterable[str] = ()) -> Lead:
    """Unite duplicates: the union of their logs, under the id of the one that came first.

    Of start values the first known wins, in the order (created_at, id) with unknown dates last; for
    the field names in `newest` the last known wins. A stage and its pipeline are one place: both are
    those of the first that knows a stage, and `newest` takes neither. The same leads in any order,
    grouped in any way, give the same result. Raises `ConflictingEvents` when an event id stands for
    two things, `InvalidValue` for anything that is not a lead and for a stage or pipeline in `newest`.

    >>> merge(Lead("L-2", fields={"employees": 20}), Lead("L-1", source="fair")).merged_ids
    frozenset({'L-2'})
    """
    leads = (lead, *others)
    for each in leads:
        if not isinstance(each, Lead):
            raise InvalidValue("merge", shown(each), "leads", "pass them one by one: merge(*leads)")
    starts = sorted((start for each in leads for start in each.starts), key=lambda s: s.place)
    ordered = tuple(dict.fromkeys(starts))
    preferred = set(_newest(newest)).union(*(each.newest for each in leads))
    log = union(ordered[0].id, [each.events for each in leads])
    return lead._with(log, starts=ordered, newest=tuple(sorted(preferred)))  # noqa: SLF001 (ours)
