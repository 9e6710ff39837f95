"""What became of the leads of one pipeline: their ways through it, as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from operator import itemgetter
from typing import Any, Literal, NamedTuple, TypeAlias

import attrs

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.events import Conversion, Disposition, Qualification, Reopened, StageChange
from leadflow.events.facts import ENDS, is_unknown, share
from leadflow.lead import Lead, leads_of, seen
from leadflow.markup import counted
from leadflow.money import Money
from leadflow.pipeline.ageing import stays
from leadflow.pipeline.pipeline import Pipeline
from leadflow.values import (
    EMPTY,
    FieldValue,
    Frozen,
    field_value,
    instance,
    instant,
    listed,
    name,
)

Ending: TypeAlias = Literal["open", "won", "lost"]
Row: TypeAlias = Mapping[str, Any]
_MIDNIGHT = time(tzinfo=UTC)
_OWN = frozenset({"id", "created_at", "closed_at", "stage", "value", "currency", "probability"})
_OF_LEADS = frozenset({"id", "created_at", "stage", "deal_value", "win_probability", "closed_at"})
_WON = frozenset({"won", "converted"})
_CHANGE_KEYS = frozenset({"id", "stage", "at"})


class Entry(NamedTuple):
    """A stage that was entered, and when; None where nobody knows."""

    stage: str
    at: datetime | None


@attrs.frozen
class Track:
    """One lead's way through a pipeline.

    `entries` are the stages in the order they were entered. `outcome` is how it stands: open, won
    or lost; `closed_at` is when it was won or lost. `value` is what the deal is worth and
    `probability` its own chance of winning, between 0 and 1. `facts` hold everything else by name:
    owner, source, due and every other field. Instants are in UTC; what is not known is None.
    """

    id: str
    created_at: datetime | None
    entries: tuple[Entry, ...]
    outcome: Ending
    closed_at: datetime | None
    value: Money | None
    probability: float | None
    facts: Mapping[str, FieldValue] = attrs.field(repr=False)

    def qualified_at(self, status: str) -> datetime | None:
        """Tell when it first became an MQL or SQL, if that is known; a date is its midnight in UTC."""
        at = self.facts.get(f"{status}_at")
        return _instant(f"{status}_at", at) if isinstance(at, date) else None

    @property
    def stage(self) -> str | None:
        """The stage it stands in, or stood in last."""
        return self.entries[-1].stage if self.entries else None

    @property
    def is_closed(self) -> bool:
        """Whether it was won or lost."""
        return self.outcome != "open"


@attrs.frozen(repr=False)
class History:
    """The ways of many leads through one pipeline, as they were known at an instant.

    Made by `of` from leads and by `of_rows` from plain rows; every metric and forecast reads one.
    ``len(history)`` counts the tracks, ``for track in history`` goes through them by id.
    """

    tracks: tuple[Track, ...]
    pipeline: Pipeline
    as_of: datetime

    @classmethod
    def of(cls, leads: Iterable[Lead], pipeline: Pipeline, *, as_of: datetime) -> History:
        """Read the ways of leads from their logs, as they were at `as_of`.

        A lead counts if it ever stood in a stage of the pipeline, by a stay that names this
        pipeline or none. It is won or lost by the stage it stands in, or by a disposition that
        ended it; one that a conversion took to another pipeline is won here. A lead that came in a
        closed stage was closed at its field `closed_at` (a date, an instant, or ISO 8601 as text, in
        UTC unless it says otherwise), if it has one that is not before its creation, or by its
        disposition; else nobody knows when. A lead that is created later does not count. `mql_at` and `sql_at`, the first qualifications, and the `reason` of the standing disposition
        join the facts.

        Raises `InvalidValue` for what is no lead or pipeline, and for an id that occurs twice;
        `NaiveDatetime`.

        >>> from leadflow.pipeline import Stage
        >>> steps = [Stage("new"), Stage("won", kind="won")]
        >>> day = datetime(2026, 3, 2, tzinfo=UTC)
        >>> lead = Lead("L-7", day, stage="new", owner="ada")
        >>> history = History.of([lead], Pipeline.linear("sales", steps), as_of=day)
        >>> history.tracks[0].stage, history.tracks[0].outcome
        ('new', 'open')
        """
        chosen, moment = _asked(pipeline, as_of)
        kinds = _kinds(chosen)
        found = []
        for lead in leads_of(leads):
            track = _of_lead(seen(lead, moment)[0], chosen, kinds, moment)
            if track is not None:
                found.append(track)
        return cls(_by_id(found, "leads"), chosen, moment).rewind(moment)

    @classmethod
    def of_rows(
        cls,
        deals: Iterable[Row],
        pipeline: Pipeline,
        *,
        as_of: datetime,
        changes: Iterable[Row] = (),
    ) -> History:
        """Read the ways of leads from plain rows.

        `deals` are mappings with `id` and, where known, `stage`, `created_at`, `closed_at`, `value`
        (Money, or a number with `currency`), `probability` and any other key, such as owner or
        source. `changes` are mappings with `id`, `stage` and `at`, in any order: equal instants keep
        theirs. A date is its midnight in UTC. Without changes a deal entered its stage when it was
        created, or closed. A deal that is not closed yet at `as_of` is open, and one created later
        does not count.

        Raises `InvalidValue` with the place, for instance of a stage that the pipeline has not, of a
        deal closed before it was created or of a change of no deal; `NaiveDatetime`; `MixedCurrencies`
        only where values are added.

        >>> from leadflow.pipeline import Stage
        >>> steps = [Stage("new"), Stage("won", kind="won")]
        >>> rows = [{"id": "D-1", "created_at": date(2026, 3, 2), "stage": "new", "value": 500}]
        >>> rows[0]["currency"] = "EUR"
        >>> noon = datetime(2026, 3, 9, 12, tzinfo=UTC)
        >>> print(
        ...     History.of_rows(rows, Pipeline.linear("sales", steps), as_of=noon).tracks[0].value
        ... )
        500 EUR
        """
        chosen, moment = _asked(pipeline, as_of)
        kinds = _kinds(chosen)
        moved = _changes(changes, kinds, moment)
        rows = enumerate(listed("deals", deals))
        found = [_of_row(place, row, kinds, moved) for place, row in rows]
        if moved:
            missing = next(iter(moved))
            hint = did_you_mean(missing, [track.id for track in found])
            raise InvalidValue("changes id", shown(missing), "the id of a deal", hint)
        return cls(_by_id(found, "deals"), chosen, moment).rewind(moment)

    def rewind(self, as_of: datetime) -> History:
        """Return what was known at an earlier instant: later entries and closings are undone.

        Leads created later are gone. Values, probabilities and facts stay those of today, for a
        history does not hold what they were. Raises `InvalidValue` for an instant after
        `History.as_of`; `NaiveDatetime`.
        """
        moment = instant("as_of", as_of)
        if moment > self.as_of:
            found, limit = moment.isoformat(), self.as_of.isoformat()
            raise InvalidValue("as_of", found, f"an instant up to {limit}, the history's own")
        kinds = _kinds(self.pipeline)
        kept = (_rewound(track, moment, kinds) for track in self.tracks)
        return History(tuple(t for t in kept if t is not None), self.pipeline, moment)

    @property
    def stages(self) -> tuple[str, ...]:
        """The keys of the pipeline's stages, in their order."""
        return tuple(stage.key for stage in self.pipeline.stages)

    def __len__(self) -> int:
        return len(self.tracks)

    def __iter__(self) -> Iterator[Track]:
        return iter(self.tracks)

    def __repr__(self) -> str:
        leads = counted(len(self.tracks), "lead")
        return f"History({shown(self.pipeline.key)}, {leads}, {self.as_of.isoformat()})"


def _asked(pipeline: Pipeline, as_of: datetime) -> tuple[Pipeline, datetime]:
    instance(Pipeline)["check"]("pipeline", pipeline)
    return pipeline, instant("as_of", as_of)


def _kinds(pipeline: Pipeline) -> dict[str, Ending]:
    """Tell how a lead in each stage stands."""
    return {
        stage.key: stage.kind if stage.kind in ("won", "lost") else "open"
        for stage in pipeline.stages
    }


def _by_id(tracks: Sequence[Track], what: str) -> tuple[Track, ...]:
    found = {track.id: track for track in tracks}
    if len(found) < len(tracks):
        counts = Counter(track.id for track in tracks)
        twice = min(key for key, count in counts.items() if count > 1)
        raise InvalidValue(what, f"{shown(twice)} twice", "each id once", "merge duplicates first")
    return tuple(map(found.__getitem__, sorted(found)))


# --- from leads ---


def _of_lead(
    lead: Lead, pipeline: Pipeline, kinds: Mapping[str, Ending], moment: datetime
) -> Track | None:
    visits = stays(lead, as_of=moment)
    entries = tuple(
        Entry(stay.stage, stay.entered)
        for stay in visits
        if stay.pipeline in (None, pipeline.key) and stay.stage in kinds
    )
    if not entries:
        return None
    outcome, closed_at = _ending(lead, entries, kinds, pipeline)
    if kinds[entries[0].stage] != "open" and len(visits) == 1 and not _moved(lead):
        entries = (Entry(entries[0].stage, closed_at),)
    return Track(
        lead.id,
        lead.created_at,
        entries,
        outcome,
        closed_at,
        lead.deal_value,
        lead.win_probability,
        _facts_of(lead),
    )


def _is_gone(lead: Lead, pipeline: Pipeline) -> bool:
    return lead.pipeline is not None and lead.pipeline != pipeline.key


def _moved(lead: Lead) -> bool:
    return any(isinstance(event, StageChange | Reopened | Conversion) for event in lead.events)


def _ending(
    lead: Lead, entries: Sequence[Entry], kinds: Mapping[str, Ending], pipeline: Pipeline
) -> tuple[Ending, datetime | None]:
    """Tell whether a lead is won, lost or open in a pipeline, and since when."""
    by_stage, is_gone = kinds[entries[-1].stage], _is_gone(lead, pipeline)
    ended = None if is_gone else lead.disposition
    if by_stage != "open":
        return by_stage, entries[-1].at if _moved(lead) else _came_closed(lead, ended)
    if ended is not None and ended.outcome in ENDS:
        return ("won" if ended.outcome in _WON else "lost"), ended.at
    if is_gone:
        return _left(lead, pipeline, entries[-1].at)
    return "open", None


def _left(lead: Lead, pipeline: Pipeline, since: datetime | None) -> tuple[Ending, datetime | None]:
    """Tell when a conversion took a lead out of its last stage here; without one it is still open."""
    for event in lead.events:
        is_away = isinstance(event, Conversion) and event.pipeline != pipeline.key
        if is_away and (since is None or event.at >= since):
            return "won", event.at
    return "open", None


def _came_closed(lead: Lead, ended: Disposition | None) -> datetime | None:
    """Tell when a lead that came closed was closed: by its field, else by its disposition."""
    told = lead.values.get("closed_at")
    if isinstance(told, str):
        told = _iso(told)
    at = _closed("closed_at", told, lead.created_at) if isinstance(told, date) else None
    if at is not None and (lead.created_at is None or lead.created_at <= at):
        return at
    return None if ended is None else ended.at


def _iso(told: str) -> date | None:
    """Read a date or an instant as ISO 8601 writes it; without a zone it is in UTC."""
    try:
        return date.fromisoformat(told)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _facts_of(lead: Lead) -> Frozen[FieldValue]:
    facts: dict[str, Any] = {k: v for k, v in lead.values.items() if k not in _OF_LEADS}
    for event in lead.events:
        if isinstance(event, Qualification) and event.status in ("mql", "sql"):
            facts.setdefault(f"{event.status}_at", event.at)
    ended = lead.disposition
    if ended is not None and ended.reason is not None:
        facts.setdefault("reason", ended.reason)
    return Frozen(facts)


# --- from rows ---


def _instant(where: str, value: object) -> datetime | None:
    """Take an aware datetime, or a date as its midnight in UTC; None where nobody knows."""
    if is_unknown(value):
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, _MIDNIGHT)
    return instant(where, value)


def _closed(where: str, value: object, created: datetime | None) -> datetime | None:
    """Take when a lead was closed; the date of its creation is some time after that."""
    at = _instant(where, value)
    is_date = not isinstance(value, datetime)
    if at is not None and created is not None and is_date and at.date() == created.date():
        return max(at, created)
    return at


def _stage(where: str, value: object, kinds: Mapping[str, Ending]) -> str:
    if isinstance(value, str) and value in kinds:
        return value
    key = name(where, value)
    if key not in kinds:
        raise InvalidValue(where, shown(key), "a stage of the pipeline", did_you_mean(key, kinds))
    return key


def _mapping(where: str, row: object, keys: Iterable[str]) -> Row:
    if not isinstance(row, Mapping):
        raise InvalidValue(where, shown(row), "a mapping of column names to values")
    for key in keys:
        if key not in row:
            raise InvalidValue(f"{where}.{key}", "nothing", f"a value for {key!r}")
    return row


def _changes(
    changes: Iterable[Row], kinds: Mapping[str, Ending], moment: datetime
) -> dict[str, list[Entry]]:
    """Check the stage changes and sort them by lead and time; a change to come names a deal too."""
    found: dict[str, list[Entry]] = {}
    lists: dict[object, list[Entry]] = {}
    for place, row in enumerate(listed("changes", changes)):
        if type(row) is not dict or not row.keys() >= _CHANGE_KEYS:
            _mapping(f"changes[{place}]", row, sorted(_CHANGE_KEYS))
        key, stage, at = row["id"], row["stage"], row["at"]
        entries = lists.get(key) if type(key) is str else None
        if entries is None:  # an id is checked when it comes first
            checked = name(f"changes[{place}].id", key)
            entries = lists[checked] = lists[key] = found.setdefault(checked, [])
        if type(at) is not datetime or at.tzinfo is not UTC:
            at = _entered(f"changes[{place}].at", at)
        if at <= moment:
            if type(stage) is not str or stage not in kinds:
                stage = _stage(f"changes[{place}].stage", stage, kinds)
            entries.append(Entry(stage, at))
    for entries in found.values():
        entries.sort(key=_at)
    return found


_at = itemgetter(1)


def _entered(where: str, value: object) -> datetime:
    at = _instant(where, value)
    if at is None:
        raise InvalidValue(where, "nothing", "when the stage was entered")
    return at


def _of_row(
    place: int,
    row: object,
    kinds: Mapping[str, Ending],
    moved: dict[str, list[Entry]],
) -> Track:
    where = f"deals[{place}]"
    given = _mapping(where, row, ("id",))
    key = name(f"{where}.id", given["id"])
    created = _instant(f"{where}.created_at", given.get("created_at"))
    closed = _closed(f"{where}.closed_at", given.get("closed_at"), created)
    if created is not None and closed is not None and closed < created:
        expected = f"an instant from created_at on, {created.isoformat()}"
        raise InvalidValue(f"{where}.closed_at", closed.isoformat(), expected)
    entries = _distinct(moved.pop(key, []))
    told = given.get("stage")
    if not is_unknown(told):
        stage = _stage(f"{where}.stage", told, kinds)
        if not entries or (entries[-1].stage != stage and kinds[stage] != "open"):
            at = created if kinds[stage] == "open" else closed
            entries = (*entries, Entry(stage, at))
    outcome: Ending = kinds[entries[-1].stage] if entries else "open"
    if outcome == "open":
        closed = None
    elif closed is None:
        closed = entries[-1].at
    elif len(entries) > 1:
        closed = _closed(f"{where}.closed_at", given.get("closed_at"), entries[-2].at)
    value, own = _value(where, given), given.get("probability")
    probability = None if is_unknown(own) else share(f"{where}.probability", own)
    facts = _facts(where, given)
    return Track(key, created, entries, outcome, closed, value, probability, facts)


def _distinct(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Leave out changes into the stage that the lead stood in."""
    found: list[Entry] = []
    here = None
    for entry in entries:
        if entry[0] != here:
            found.append(entry)
            here = entry[0]
    return tuple(found)


def _value(where: str, row: Row) -> Money | None:
    given: Any = row.get("value")
    if is_unknown(given):
        return None
    value = given if isinstance(given, Money) else None
    if value is None:
        currency = row.get("currency")
        if is_unknown(currency):
            expected = "Money, or a number beside a currency"
            raise InvalidValue(f"{where}.value", shown(given), expected)
        try:
            value = Money(given, str(currency))
        except InvalidValue as error:
            raise InvalidValue(
                f"{where}.value", f"{shown(given)}, {shown(currency)}", error.expected, error.hint
            ) from None
    if value.amount < 0:
        raise InvalidValue(f"{where}.value", str(value), "an amount of zero or more")
    return value


def _facts(where: str, row: Row) -> Frozen[FieldValue]:
    facts = {}
    for key, value in row.items():
        if key not in _OWN:
            known = value if type(value) is str else field_value(f"{where}.{key}", value)
            if known is not None:
                facts[key] = known
    return Frozen(facts) if facts else EMPTY


# --- an earlier instant ---


def _rewound(track: Track, moment: datetime, kinds: Mapping[str, Ending]) -> Track | None:
    if track.created_at is not None and track.created_at > moment:
        return None
    closed = track.closed_at
    last = track.entries[-1].at if track.entries else None
    if (last is None or last <= moment) and (closed is None or closed <= moment):
        return track
    entries = tuple(entry for entry in track.entries if entry.at is None or entry.at <= moment)
    if not entries and track.created_at is None:
        return None
    outcome: Ending = kinds[entries[-1].stage] if entries else "open"
    closed = entries[-1].at if outcome != "open" else None
    return attrs.evolve(track, entries=entries, outcome=outcome, closed_at=closed)
