"""Conversion: a lead becomes a deal, in one call that may be repeated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, Protocol

import attrs

from leadflow.disposition.policy import MARKS, closed_already, out_of_order
from leadflow.disposition.qualification import Qualifier
from leadflow.errors import Blocker, DecisionRefused, InvalidValue, shown
from leadflow.events import Assignment, Conversion, Event, FieldsSet
from leadflow.events.facts import is_unknown
from leadflow.lead import Lead, Value, seen
from leadflow.lead.log import following
from leadflow.markup import table
from leadflow.money import Money
from leadflow.values import Frozen, instance, instant, known

_ASKED_HERE = frozenset(
    {"other_pipeline", "unknown_stage", "not_a_move", "closed", "not_closed", "too_early"}
)
"""What a pipeline says against a lead that stands elsewhere, and what is asked here."""
_OF_THE_DEAL = (
    *("lead", "pipeline", "stage", "opened_at", "id"),
    *("owner", "value", "expected_close", "source"),
)
_SHOWN = 100


class Sales(Protocol):
    """The pipeline that a conversion leads into; `leadflow.pipeline.Pipeline` is one.

    `key` names it, `starts` are the stages where a lead may enter, the first of them unless told
    otherwise, and `blockers` lists what stands against entering a stage: fields that have to be
    known, conditions that have to be met.
    """

    @property
    def key(self) -> str: ...  # noqa: D102 (see the class)
    @property
    def starts(self) -> tuple[str, ...]: ...  # noqa: D102
    def blockers(self, lead: Lead, to: str, *, at: datetime) -> tuple[Blocker, ...]: ...  # noqa: D102


def convert(  # noqa: PLR0913 (what is known of the deal, each by its name)
    lead: Lead,
    into: Sales,
    *,
    at: datetime,
    stage: str | None = None,
    owner: str | None = None,
    value: Money | None = None,
    expected_close: date | None = None,
    deal: str | None = None,
    by: str | None = None,
    qualifier: Qualifier | None = None,
) -> Conversion:
    """Decide to move a lead into the sales pipeline, as the deal it has become.

    The lead keeps its id, its fields and its whole log. Owner, value and expected close are those
    given or else the lead's own: what is known is never overwritten with something unknown. It
    enters at `stage`, one of the pipeline's starts (the first unless given), and the date of closing
    becomes its `due`. `deal` is the host's own id of the deal. With a `qualifier` that keeps an
    inbox, only an SQL is converted.

    Asked again while the lead is in that pipeline, the first conversion comes back, with whatever
    arguments; it has an id, so that ``lead.after`` takes it once.

    Raises `DecisionRefused` with all that stands against it, `InvalidValue` for what is no lead,
    pipeline or value, `NaiveDatetime` for an instant without a zone.

    >>> from datetime import UTC
    >>> from leadflow.presets import sales_pipeline
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> lead = Lead("L-7", owner="ada", deal_value=Money(9_000, "EUR"))
    >>> conversion = convert(lead, sales_pipeline(), at=noon)
    >>> conversion.stage, conversion.owner, str(conversion.value)
    ('prospecting', 'ada', '9000 EUR')
    >>> convert(lead.after(conversion), sales_pipeline(), at=noon) == conversion
    True
    """
    moment = instant("at", at)
    past, _ = seen(lead, moment)
    _asks_for_a_pipeline(into)
    if qualifier is not None:
        instance(Qualifier)["check"]("qualifier", qualifier)
    earlier = _standing(lead, into.key)
    if earlier is not None:
        return earlier
    conversion = Conversion(
        into.key,
        into.starts[0] if stage is None else stage,
        moment,
        owner=past.owner if owner is None else owner,
        deal=deal,
        value=past.deal_value if value is None else value,
        expected_close=past.due if expected_close is None else expected_close,
        by=by,
        id=_id(lead, into.key),
    )
    found = tuple(_against(lead, past, conversion, into, qualifier))
    if found:
        raise DecisionRefused(lead.id, f"convert {lead.id} into {into.key!r}", found)
    return attrs.evolve(conversion, sequence=following(lead.events, moment, MARKS))


def _asks_for_a_pipeline(into: object) -> None:
    parts = (getattr(into, part, None) for part in ("key", "starts", "blockers"))
    if isinstance(into, type) or not all(parts):
        raise InvalidValue("into", shown(into), "a Pipeline", "such as presets.sales_pipeline()")


def _conversions(lead: Lead, pipeline: str) -> list[Conversion]:
    return [
        event
        for event in lead.events
        if isinstance(event, Conversion) and event.pipeline == pipeline
    ]


def _standing(lead: Lead, pipeline: str) -> Conversion | None:
    """Find the conversion that brought a lead where it stands."""
    made = _conversions(lead, pipeline)
    return made[-1] if made and lead.pipeline == pipeline else None


def _id(lead: Lead, pipeline: str) -> str:
    """Name a conversion by its lead, its pipeline and its number; short, whatever the lead's id."""
    number = len(_conversions(lead, pipeline)) + 1
    content = "\x1f".join((lead.id, pipeline, str(number)))
    return f"conversion-{blake2b(content.encode(), digest_size=8).hexdigest()}"


def _against(
    lead: Lead, past: Lead, conversion: Conversion, into: Sales, qualifier: Qualifier | None
) -> Iterator[Blocker]:
    at, to = conversion.at, conversion.stage
    of_pipeline = into.blockers(_as_told(past, conversion), to, at=at)
    yield from out_of_order(lead, at)
    yield from closed_already(past)
    if qualifier is not None and qualifier.inbox and past.lifecycle != "sql":
        now = past.lifecycle or "not known"
        yield Blocker("not_sql", f"sales has not accepted the lead; its lifecycle is {now}")
    if past.pipeline == into.key:
        yield Blocker("converted", f"the lead stands in {into.key!r} already; move it there")
    if to not in into.starts:
        yield Blocker("not_a_move", f"a lead enters {into.key!r} at {', '.join(into.starts)}")
    for blocker in of_pipeline:
        if blocker.code not in _ASKED_HERE:
            yield blocker


def _as_told(past: Lead, conversion: Conversion) -> Lead:
    """Let a lead have what its conversion tells, for what the pipeline asks about it."""
    at, told = conversion.at, {"deal_value": conversion.value, "due": conversion.expected_close}
    facts = {key: value for key, value in told.items() if value is not None}
    events: list[Event] = [FieldsSet(facts, at)] if facts else []
    events += [Assignment(conversion.owner, at)] if conversion.owner is not None else []
    return past.after(*events)


@attrs.frozen(repr=False)
class Deal:
    """What a host with a table of deals of its own writes when a lead is converted.

    `lead` is the lead's id and `id` the deal's; `opened_at` is in UTC; what is not known is None.
    `fields` are the lead's own.

    >>> deal = Deal.of(lead.after(conversion), conversion)
    >>> deal.owner, str(deal.value), deal.expected_close
    ('ada', '9000 EUR', None)
    >>> deal.filling({"owner": "bo", "value": None, "stage": " "})["stage"]
    'prospecting'
    """

    lead: str
    pipeline: str
    stage: str
    opened_at: datetime
    id: str | None
    owner: str | None
    value: Money | None
    expected_close: date | None
    source: str | None
    fields: Mapping[str, Value]

    @classmethod
    def of(cls, lead: Lead, conversion: Conversion) -> Deal:
        """Read the deal from a conversion, and from the lead what the conversion does not tell.

        Raises `InvalidValue` for what is no lead or conversion.
        """
        instance(Conversion)["check"]("conversion", conversion)
        past, _ = seen(lead, conversion.at)
        return cls(
            past.id,
            conversion.pipeline,
            conversion.stage,
            conversion.at,
            conversion.deal,
            past.owner if conversion.owner is None else conversion.owner,
            past.deal_value if conversion.value is None else conversion.value,
            past.due if conversion.expected_close is None else conversion.expected_close,
            past.source,
            past.fields,
        )

    @property
    def values(self) -> Mapping[str, Value]:
        """All that is known, by name: what the deal itself says, and the lead's fields of other names."""
        own = {key: getattr(self, key) for key in _OF_THE_DEAL}
        others = {key: value for key, value in self.fields.items() if key not in own}
        return Frozen({**others, **known(own)})

    def filling(self, existing: Mapping[str, Any]) -> Mapping[str, Value]:
        """Tell what to write onto a deal that is there already: only where it has blanks.

        `existing` maps names as in `values` to what the host has; missing, None, NaN and blank text
        are blanks. Nothing that the host knows is written over, and nothing unknown is written.
        Raises `InvalidValue` for what is no mapping.
        """
        if not isinstance(existing, Mapping):
            raise InvalidValue("existing", shown(existing), "a mapping from names to values")
        return Frozen(
            {key: value for key, value in self.values.items() if _is_blank(existing.get(key))}
        )

    def __repr__(self) -> str:
        return f"Deal(lead {shown(self.lead)}, {shown(self.pipeline)}, {shown(self.stage)})"

    def _repr_html_(self) -> str:
        return table(f"deal of lead {self.lead}", ("", ""), list(self.values.items())[:_SHOWN])


def _is_blank(value: object) -> bool:
    return is_unknown(value) or (isinstance(value, str) and not value.strip())
