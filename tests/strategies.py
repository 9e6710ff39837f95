"""What Hypothesis draws for the property tests: instants, values, events, leads.

The pools of names are small on purpose, so that drawn events meet the same fields, tags and tasks.
"""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from hypothesis import strategies as st

from leadflow import Lead, Money
from leadflow.events import (
    Activity,
    ActivityKind,
    Assignment,
    Conversion,
    Disposition,
    Erased,
    Event,
    FieldsSet,
    Note,
    Overridden,
    Qualification,
    Rated,
    Rejected,
    Reopened,
    Scored,
    Snoozed,
    StageChange,
    Tagged,
    TaskDone,
    TaskSet,
    Untagged,
)


class NotATime(datetime):
    """Like NaT of a dataframe: a datetime that is not equal to itself."""

    __hash__ = datetime.__hash__

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True


NAT = NotATime(2026, 1, 1)
EARLIEST, LATEST = datetime(2025, 1, 1), datetime(2026, 12, 31)
ZONES = (
    UTC,
    ZoneInfo("Europe/Warsaw"),
    ZoneInfo("America/New_York"),
    ZoneInfo("Asia/Kolkata"),
    ZoneInfo("Pacific/Apia"),
    timezone(timedelta(hours=-3, minutes=-30)),
)
KINDS = ("call", "page_viewed", "email_opened", "email_sent", "demo_requested", "site visit")
REPS = ("ann", "ben", "cho")
STAGES = ("new", "working", "proposal", "won")
FIELD_NAMES = ("employees", "country", "budget", "segment", "e-mail", "größe")
WORDS = ("hot", "warm", "cold")


@cache
def instants(earliest: datetime = EARLIEST, latest: datetime = LATEST) -> st.SearchStrategy[Any]:
    """Aware datetimes in several zones; on few days, so that they often coincide."""
    few = st.integers(0, 6).map(lambda n: earliest + timedelta(days=30 * n))
    naive = st.one_of(few.filter(lambda at: at <= latest), st.datetimes(earliest, latest))
    return st.builds(lambda at, zone: at.replace(tzinfo=zone), naive, st.sampled_from(ZONES))


@cache
def dates() -> st.SearchStrategy[date]:
    """Calendar days around the instants."""
    return st.dates(date(2024, 12, 1), date(2027, 6, 30))


@cache
def texts() -> st.SearchStrategy[str]:
    """Texts in any script, composed and decomposed, blank, hostile to HTML and spreadsheets."""
    drawn = st.text(st.characters(codec="utf-8"), max_size=12)
    forms = st.builds(unicodedata.normalize, st.sampled_from(["NFC", "NFD"]), drawn)
    known = st.sampled_from(["", "PL", "Žofie", "Z\u030cofie", "<b>", "=cmd()", "a\nb", "ﬁ", "İ"])
    return st.one_of(known, forms)


@cache
def numbers() -> st.SearchStrategy[int | float | Decimal]:
    """Numbers of the three kinds that are one kind, at and around where floats lose count."""
    edges: tuple[int | float | Decimal, ...] = (0, -0.0, 0.1, Decimal("0.1"), 1.0, Decimal("1.00"))
    edges += (2**53, 2**53 + 1, float(2**53), Decimal(2**53 + 1), 2**63 - 1, -(2**63) + 1)
    return st.one_of(
        st.sampled_from(edges),
        st.integers(-1_000, 1_000),
        st.floats(allow_nan=False, allow_infinity=False),
        st.decimals(-1_000_000, 1_000_000, places=2),
    )


@cache
def known_values() -> st.SearchStrategy[Any]:
    """Every kind of value that a field may hold."""
    return st.one_of(texts(), numbers(), st.booleans(), dates(), instants())


@cache
def unknown_values() -> st.SearchStrategy[Any]:
    """Every way to say that nobody knows."""
    return st.sampled_from([None, math.nan, Decimal("NaN"), Decimal("sNaN"), NAT])


@cache
def field_values() -> st.SearchStrategy[Any]:
    """What a field may be given: known in every kind, or unknown in every way."""
    return st.one_of(known_values(), unknown_values())


@cache
def fields(names: tuple[str, ...] = FIELD_NAMES) -> st.SearchStrategy[dict[str, Any]]:
    """Fields of a lead, from a small pool of names."""
    return st.dictionaries(st.sampled_from(names), field_values(), max_size=5)


@cache
def moneys() -> st.SearchStrategy[Money]:
    """Amounts of zero or more in two currencies, equal ones written differently."""
    amounts = st.sampled_from(["0", "1", "1.00", "22700", "99999.99"])
    return st.builds(Money, amounts, st.sampled_from(["EUR", "USD"]))


def _event(of: Any, **given: Any) -> st.SearchStrategy[Any]:
    sequence, by = st.none() | st.integers(-1, 2), st.none() | st.sampled_from(REPS)
    return st.builds(of, at=instants(), sequence=sequence, by=by, **given)


@cache
def activities() -> st.SearchStrategy[Activity]:
    """Activities of standard and other kinds, without an id, some with data of their own."""
    data = st.dictionaries(st.sampled_from(["page", "seconds", "content"]), field_values())
    plain = _event(Activity, kind=st.sampled_from([*KINDS, ActivityKind.VOICEMAIL]), data=data)
    contact = _event(
        Activity,
        kind=st.sampled_from(KINDS),
        channel=st.sampled_from([None, "phone", "email"]),
        direction=st.sampled_from([None, "in", "out"]),
        answered=st.sampled_from([None, True, False]),
    )
    return st.one_of(plain, contact)


@cache
def _settings() -> st.SearchStrategy[dict[str, Any]]:
    named = {
        "source": st.none() | texts(),
        "deal_value": st.none() | moneys(),
        "due": st.none() | dates(),
        "time_zone": st.none() | st.just("Asia/Kolkata"),
    }
    return st.builds(dict.__or__, fields(), st.fixed_dictionaries({}, optional=named))


@cache
def _decisions() -> st.SearchStrategy[Any]:
    moved = {"to": st.sampled_from(STAGES), "pipeline": st.sampled_from([None, "sales"])}
    share = st.none() | st.floats(0, 1)
    words = st.lists(st.sampled_from(["big", "soon"]), max_size=2)
    passed_over = st.lists(st.builds(Rejected, st.sampled_from(REPS), st.just("away")), max_size=1)
    until, rating, rep = st.none() | instants(), st.sampled_from(WORDS), st.sampled_from(REPS)
    owner = _event(
        Overridden, what=st.just("owner"), value=st.none() | rep, reason=texts(), until=until
    )
    return st.one_of(
        _event(Scored, points=st.integers(-50, 150), win_probability=share),
        _event(Rated, rating=rating, because=words),
        owner,
        _event(
            Overridden,
            what=st.just("rating"),
            value=st.none() | rating,
            reason=texts(),
            until=until,
        ),
        _event(Qualification, status=st.sampled_from(["mql", "sql", "returned"])),
        _event(
            Assignment,
            rep=rep,
            because=words,
            rejected=passed_over,
            units=st.integers(0, 9),
            value=st.none() | moneys(),
            rating=st.none() | rating,
            turn=st.none() | st.integers(1, 99),
            credited=st.dictionaries(rep, st.integers(-1, 3), max_size=2),
            owed=st.dictionaries(rep, st.integers(-1, 3), max_size=2),
        ),
        _event(StageChange, **moved),
        _event(Reopened, **moved),
        _dispositions(),
        _event(
            Conversion,
            pipeline=st.just("sales"),
            stage=st.sampled_from(STAGES),
            owner=st.none() | rep,
            value=st.none() | moneys(),
            expected_close=st.none() | dates(),
        ),
    )


@cache
def _dispositions() -> st.SearchStrategy[Disposition]:
    return _event(
        Disposition,
        outcome=st.sampled_from(["won", "lost", "unqualified", "removed"]),
        reason=st.none() | st.sampled_from(["price", "timing"]),
        contact_again=st.none() | dates(),
        never=st.lists(st.sampled_from(["email", "phone", "all"]), max_size=2, unique=True),
        verify_contact=st.booleans(),
        resets_engagement=st.booleans(),
        back_to=st.none() | st.sampled_from(STAGES),
    )


@cache
def _facts() -> st.SearchStrategy[Any]:
    tag, task = st.sampled_from(["vip", "it"]), st.sampled_from(["T-1", "T-2"])
    erasable = st.lists(st.sampled_from([*FIELD_NAMES, "source", "due"]), max_size=2)
    return st.one_of(
        _event(Note, text=texts()),
        _event(FieldsSet, values=_settings()),
        _event(Tagged, tag=tag),
        _event(Untagged, tag=tag),
        _event(TaskSet, task=task, due=st.one_of(st.none(), dates(), instants())),
        _event(TaskDone, task=task),
        _event(Snoozed, until=dates(), reason=texts()),
        _event(Erased, fields=erasable),
    )


@cache
def events() -> st.SearchStrategy[Event]:
    """Events of every kind, without an id."""
    return st.one_of(activities(), _facts(), _decisions())


@st.composite
def logs(draw: st.DrawFn, max_size: int = 8, prefix: str = "e") -> list[Event]:
    """Lists of events, in any order; some have an id, and no id stands for two of them.

    Logs drawn with the same prefix may use the same ids for different events.
    """
    drawn = draw(st.lists(events(), max_size=max_size))
    return [
        attrs.evolve(event, id=f"{prefix}{place}") if draw(st.booleans()) else event
        for place, event in enumerate(drawn)
    ]


@cache
def _attributes() -> st.SearchStrategy[dict[str, Any]]:
    one = st.sampled_from
    named: dict[str, st.SearchStrategy[Any]] = {
        "created_at": instants(),
        "source": texts(),
        "deal_value": moneys(),
        "due": dates(),
        "time_zone": one(["Europe/Warsaw", "America/New_York"]),
        "stage": one(STAGES),
        "pipeline": one(["sales", "leads"]),
        "owner": one(REPS),
        "rating": one(WORDS),
        "score": st.integers(-50, 150),
        "win_probability": st.floats(0, 1),
        "lifecycle": one(["lead", "mql", "customer"]),
        "tags": st.lists(one(["vip", "it", "new"]), max_size=3),
    }
    return st.fixed_dictionaries({}, optional=named)


@st.composite
def leads(draw: st.DrawFn, id: str | None = None, prefix: str = "e") -> Lead:
    """Leads with any of their attributes, fields, tags and a log."""
    key = draw(st.sampled_from(["L-1", "L-2", "L-3"])) if id is None else id
    log = draw(logs(prefix=prefix))
    return Lead(key, fields=draw(fields()), events=log, **draw(_attributes()))


@st.composite
def duplicates(draw: st.DrawFn, count: int = 3) -> list[Lead]:
    """Leads that may be merged: they share some events, and their ids never clash."""
    pool = draw(logs(max_size=10))
    found = []
    for place in range(count):
        shared = draw(st.lists(st.sampled_from(pool), max_size=8)) if pool else []
        own = draw(logs(max_size=3, prefix=f"own{place}-"))
        found.append(draw(leads(prefix=f"lead{place}-")).after(*shared, *own))
    return found
