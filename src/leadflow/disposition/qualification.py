"""Qualification: marketing qualifies a lead, sales accepts it or hands it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

import attrs

from leadflow.conditions import Condition
from leadflow.conditions.node import CONDITION
from leadflow.disposition.policy import MARKS, closed_already, out_of_order
from leadflow.errors import Blocker, DecisionRefused
from leadflow.events import Activity, Conversion, FieldsSet, Note, Qualification
from leadflow.lead import Lead, leads_of, seen
from leadflow.lead.log import following
from leadflow.markup import aligned, table
from leadflow.period import Period, Unit, periods, unit_of
from leadflow.values import FLAG, calendar_date, checks, flag, instant, text

_CONFIRMED = ("has a problem that the product solves", "is able to buy")
"""What sales confirms of an SQL (A14)."""
_SHOWN = 100


@attrs.frozen(field_transformer=checks)
class Qualifier:
    """Who is a marketing qualified lead (MQL), and how sales takes it over.

    A lead that meets the condition `mql` is proposed, and so is a deal that was reopened out of its
    pipeline; only sales makes it a sales qualified lead
    (SQL), by `accept`, or returns it by `hand_back`. With an `inbox` (so unless given) leads wait
    outside the sales pipeline: only an MQL is accepted, and `convert` with this qualifier takes only
    an SQL. Without, leads are the first stage of the deals' pipeline, and any lead in it may be
    accepted in its first steps; guard the later ones with
    ``Stage(entry=field("lifecycle").one_of("sql", "opportunity"))``.

    >>> from datetime import UTC
    >>> from leadflow import field
    >>> qualifier = Qualifier(field("score").at_least(60))
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> proposed = qualifier.propose(Lead("L-7", score=76), as_of=noon)
    >>> proposed.status, proposed.because
    ('mql', ('score is at least 60',))
    """

    mql: Condition = attrs.field(metadata=CONDITION)
    inbox: bool = attrs.field(default=True, kw_only=True, metadata=FLAG)

    def propose(self, lead: Lead, *, as_of: datetime) -> Qualification | None:
        """Propose a lead as MQL; None if it does not meet the condition, or is past that already.

        A lead that was handed back is proposed again only after it has done something, or something
        became known of it, since then. A closed lead is not proposed. Raises `InvalidValue` for what
        is no lead and `NaiveDatetime`.
        """
        past, moment = seen(lead, as_of)
        if _lifecycle(past) not in (None, "lead") or any(closed_already(past)):
            return None
        if not _has_news(past) or not self.mql.matches(past, as_of=moment):
            return None
        return Qualification(
            "mql", moment, because=[str(self.mql)], sequence=following(lead.events, moment, MARKS)
        )

    def accept(
        self,
        lead: Lead,
        *,
        at: datetime,
        has_problem: bool,
        able_to_buy: bool,
        by: str | None = None,
    ) -> Qualification:
        """Accept a lead as SQL: sales has confirmed that it has the problem and is able to buy.

        Raises `DecisionRefused` with all that stands against it, a confirmation that is missing
        included; `InvalidValue` for what is no lead and `NaiveDatetime`.

        >>> lead = Lead("L-7", lifecycle="mql")
        >>> qualifier.accept(lead, at=noon, has_problem=True, able_to_buy=True, by="ada").status
        'sql'
        >>> qualifier.accept(lead, at=noon, has_problem=True, able_to_buy=False)
        Traceback (most recent call last):
        leadflow.errors.DecisionRefused: cannot accept L-7 as SQL; not confirmed: is able to buy
        """
        moment = instant("at", at)
        past, _ = seen(lead, moment)
        found = [*out_of_order(lead, moment), *closed_already(past), *self._not_waiting(past)]
        confirmed = (flag("has_problem", has_problem), flag("able_to_buy", able_to_buy))
        codes = ("problem_not_confirmed", "ability_not_confirmed")
        for code, words, yes in zip(codes, _CONFIRMED, confirmed, strict=True):
            found += [] if yes else [Blocker(code, f"not confirmed: {words}")]
        if found:
            raise DecisionRefused(lead.id, f"accept {lead.id} as SQL", tuple(found))
        place = following(lead.events, moment, MARKS)
        return Qualification("sql", moment, because=_CONFIRMED, by=by, sequence=place)

    def hand_back(
        self, lead: Lead, reason: str, *, at: datetime, by: str | None = None
    ) -> Qualification:
        """Return a lead to marketing, with the reason in words.

        Raises `DecisionRefused` if it is no MQL or SQL, or the reason is blank; else as `accept`.

        >>> qualifier.hand_back(lead, "no budget this year", at=noon, by="ada").status
        'returned'
        """
        moment = instant("at", at)
        past, _ = seen(lead, moment)
        why = text("reason", reason).strip()
        found = [*out_of_order(lead, moment), *closed_already(past)]
        now = _lifecycle(past)
        if now not in ("mql", "sql"):
            because = f"its lifecycle is {now or 'not known'}, not mql or sql"
            found.append(Blocker("not_qualified", because))
        if not why:
            found.append(Blocker("no_reason", "marketing has to know the reason"))
        if found:
            raise DecisionRefused(lead.id, f"hand {lead.id} back", tuple(found))
        place = following(lead.events, moment, MARKS)
        return Qualification("returned", moment, reason=why, by=by, sequence=place)

    def _not_waiting(self, lead: Lead) -> Iterator[Blocker]:
        now = _lifecycle(lead)
        if now == "sql":
            yield Blocker("not_mql", "it is an SQL already")
        elif now in ("opportunity", "customer", "inactive"):
            yield Blocker("not_mql", f"its lifecycle is {now}, past an SQL")
        elif self.inbox and now != "mql":
            because = f"marketing has not qualified it; its lifecycle is {now or 'not known'}"
            yield Blocker("not_mql", because)


def _lifecycle(lead: Lead) -> str | None:
    """Tell the lifecycle; a deal that was taken out of the pipeline of deals is a lead again."""
    if lead.lifecycle == "opportunity":
        made = (event for event in reversed(lead.events) if isinstance(event, Conversion))
        last = next(made, None)
        if last is not None and lead.pipeline != last.pipeline:
            return "lead"
    return lead.lifecycle


def _has_news(lead: Lead) -> bool:
    """Tell whether anything is new since a lead was handed back, if it was."""
    for event in reversed(lead.events):
        if isinstance(event, Qualification):
            return event.status != "returned"
        if isinstance(event, FieldsSet | Note) or (isinstance(event, Activity) and _tells(event)):
            return True
    return True


def _tells(activity: Activity) -> bool:
    """Tell whether a lead did something, or was spoken to; going away is no news of that kind."""
    if activity.direction == "in":
        return activity.kind not in ("email_unsubscribed", "email_bounced")
    return activity.answered is True


@attrs.frozen(field_transformer=checks)
class QualificationRow:
    """How many leads were qualified in a period, each counted once.

    `mql`, `sql` and `returned` are leads that became so in the period; `accepted` are those of its
    MQLs that sales accepted, then or later.
    """

    period: Period
    mql: int
    sql: int
    returned: int
    accepted: int

    @property
    def share(self) -> float | None:
        """The share of the period's MQLs that sales accepted; None where there are none."""
        return self.accepted / self.mql if self.mql else None


@attrs.frozen(repr=False)
class Qualifications:
    """Counts of MQLs, SQLs and leads handed back, by period and without gaps."""

    rows: tuple[QualificationRow, ...]

    def __iter__(self) -> Iterator[QualificationRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        return "\n".join(aligned(_HEADER, self._cells()))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return table("qualification", _HEADER, self._cells())

    def _cells(self) -> list[Sequence[object]]:
        return [
            (
                row.period,
                row.mql,
                row.sql,
                row.returned,
                "no data" if row.share is None else f"{row.share:.0%}",
            )
            for row in self.rows[-_SHOWN:]
        ]


_HEADER = ("period", "MQL", "SQL", "returned", "MQL to SQL")


def qualifications(
    leads: Iterable[Lead],
    *,
    unit: Unit = "month",
    since: date | None = None,
    until: date | None = None,
    as_of: datetime | None = None,
) -> Qualifications:
    """Count the leads that became MQL and SQL, and those handed back, by period.

    Counted are the `Qualification` events, by their UTC dates from `since` to before `until`, so
    nothing counts as SQL that was not accepted. Events after `as_of`, if given, have not happened.
    Raises `InvalidValue` for what are no leads, dates or unit.

    >>> log = [Qualification("mql", noon), Qualification("sql", noon)]
    >>> print(qualifications([Lead("L-7", events=log), Lead("L-8", events=log[:1])]))
    period   MQL  SQL  returned  MQL to SQL
    2026-03    2    1         0         50%
    """
    chosen = unit_of("unit", unit)
    first = None if since is None else calendar_date("since", since)
    last = None if until is None else calendar_date("until", until)
    moment = None if as_of is None else instant("as_of", as_of)
    found: defaultdict[tuple[Period, str], set[str]] = defaultdict(set)
    for lead in leads_of(leads):
        for period, what in _steps(lead, chosen, first, last, moment):
            found[period, what].add(lead.id)
    if not found:
        return Qualifications(())
    seen_periods = [period for period, _ in found]
    return Qualifications(
        tuple(
            QualificationRow(period, *(len(found.get((period, what), ())) for what in _COUNTED))
            for period in periods(min(seen_periods), max(seen_periods))
        )
    )


_COUNTED = ("mql", "sql", "returned", "accepted")


def _steps(
    lead: Lead, unit: Unit, since: date | None, until: date | None, as_of: datetime | None
) -> Iterator[tuple[Period, str]]:
    """Tell what a lead became in which period; an MQL that is accepted counts in its own."""
    proposed: list[Period] = []
    for event in lead.events:
        if not isinstance(event, Qualification) or (as_of is not None and event.at > as_of):
            continue
        day = event.at.date()
        is_within = (since is None or since <= day) and (until is None or day < until)
        period = Period(unit, day)
        if is_within:
            yield period, event.status
        if event.status == "mql":
            proposed += [period] if is_within else []
        else:
            if event.status == "sql":
                yield from ((each, "accepted") for each in proposed)
            proposed = []
