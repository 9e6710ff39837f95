"""Rosters of any reps with any past, routers over all strategies, leads and instants.

The pools of names are small on purpose, so that rules, reps and leads often meet.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, get_args
from zoneinfo import ZoneInfo

import attrs
from hypothesis import strategies as st

from leadflow import Lead, Money, field
from leadflow.calendars import WorkingHours
from leadflow.conditions import Condition, always
from leadflow.events import Assignment, Overridden
from leadflow.money import Rates
from leadflow.routing import (
    Absence,
    Band,
    ByBand,
    ByScore,
    ByTerritory,
    Closed,
    EvenValue,
    FirstOf,
    InTurn,
    KeepOwner,
    LeastLoaded,
    LeastRecent,
    Pool,
    Quota,
    Rep,
    Roster,
    Router,
    RoutingRule,
    Seeded,
    Strategy,
    Weighted,
    WhenAbsent,
    WinRates,
)
from leadflow.routing.rep import Period
from leadflow.routing.rule import AllAway

# Two days later, the clocks of Europe go forward.
START = datetime(2026, 3, 27, 8, tzinfo=UTC)
IDS = ("ann", "Ben", "ben", "cho", "zoë")
TEAMS = ("emea", "inside")
SKILLS = ("saas", "cloud")
LANGUAGES = ("de", "pl")
PLACES = ("DE", "PL", "US")
ZONES = ("UTC", "Europe/Warsaw", "Asia/Kolkata", "Pacific/Apia")
RULES = ("first", "second", "third")
RATES = Rates("EUR", {"USD": "0.5"})
TURNS: tuple[Strategy, ...] = (InTurn(), LeastRecent(), Weighted())
"""The strategies that take turns."""


@cache
def instants() -> st.SearchStrategy[datetime]:
    """Draw instants of two weeks from `START` on, mostly full hours, in several zones."""
    hours = st.sampled_from((0, 0, 1, 2, 9, 16, 22, 24, 40, 41, 48, 65, 7 * 24, 14 * 24))
    ticks = st.sampled_from((0, 0, 0, -1, 1)).map(lambda n: timedelta(microseconds=n))
    zones = st.sampled_from([ZoneInfo(zone) for zone in ZONES])
    return st.builds(
        lambda hour, tick, zone: (START + timedelta(hours=hour) + tick).astimezone(zone),
        hours,
        ticks,
        zones,
    )


@cache
def working_hours() -> st.SearchStrategy[WorkingHours]:
    """Draw hours of days and nights, with holidays, in several zones."""
    days = st.sampled_from(("mon-fri", "sat, sun", "mon-sun", "wed"))
    blocks = st.sampled_from(("9:00-17:00", "8:00-12:00, 13:00-16:00", "22:00-06:00", "2:30-3:30"))
    weeks = st.builds(lambda day, block: {day: block}, days, blocks)
    holidays = st.lists(st.dates(date(2026, 3, 26), date(2026, 4, 12)), max_size=3)
    return st.builds(WorkingHours, weeks, st.sampled_from(ZONES), holidays)


@cache
def absences() -> st.SearchStrategy[Absence]:
    """Draw absences of whole days, and between two instants."""
    first = st.dates(date(2026, 3, 25), date(2026, 4, 10))
    days = st.builds(
        lambda start, length: Absence(start, start + timedelta(days=length), "on leave"),
        first,
        st.sampled_from((0, 1, 6)),
    )
    hours = st.builds(
        lambda start, length: Absence(start, start + timedelta(hours=length)),
        instants(),
        st.sampled_from((1, 3, 24, 50)),
    )
    return days | hours


@cache
def quotas() -> st.SearchStrategy[Quota]:
    """Draw quotas of calendar periods and rolling ones."""
    most = st.integers(0, 4)
    periods = st.builds(
        lambda most, per: Quota(most, per=per), most, st.sampled_from(get_args(Period))
    )
    spans = st.sampled_from(("2 hours", "24 hours", "3 days"))
    return periods | st.builds(lambda most, within: Quota(most, within=within), most, spans)


def some(names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Draw some of these names, each once."""
    return st.lists(st.sampled_from(names), unique=True)


@st.composite
def reps(draw: st.DrawFn, id: str | None = None) -> Rep:
    """Draw a rep with any attributes."""
    given: dict[str, st.SearchStrategy[Any]] = {
        "team": st.sampled_from(TEAMS),
        "territories": some(PLACES),
        "skills": some(SKILLS),
        "languages": some(LANGUAGES),
        "weight": st.integers(1, 4),
        "capacity": st.integers(0, 8),
        "quotas": st.lists(quotas(), max_size=2),
        "hours": working_hours(),
        "away": st.lists(absences(), max_size=2),
        "time_zone": st.sampled_from(ZONES),
        "active": st.sampled_from((True, True, True, False)),
    }
    key = draw(st.sampled_from(IDS)) if id is None else id
    return Rep(key, **draw(st.fixed_dictionaries({}, optional=given)))


@cache
def moneys() -> st.SearchStrategy[Money]:
    """Draw amounts in two currencies."""
    return st.builds(
        Money, st.sampled_from(("0", "1", "2.50", "100")), st.sampled_from(("EUR", "USD"))
    )


@cache
def entries() -> st.SearchStrategy[Assignment | Closed]:
    """Draw what happened before `START`, by rules and by hand, also to reps who have left."""
    at = st.sampled_from((0, 0, 1, 5, 23, 24, 50)).map(lambda hours: START - timedelta(hours=hours))
    units, value, rep = st.integers(0, 3), st.none() | moneys(), st.sampled_from(IDS)
    rule = st.sampled_from((None, *RULES))
    assigned = st.builds(Assignment, rep, at, rule=rule, units=units, value=value)
    return assigned | assigned | st.builds(Closed, rep, at, value, units)


@st.composite
def rosters(draw: st.DrawFn, most: int = 5) -> Roster:
    """Draw a roster of one rep or several, with and without a past."""
    ids = draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=most, unique=True))
    staff = [draw(reps(id=key)) for key in ids]
    history = draw(st.lists(entries(), max_size=8))
    return Roster(staff).after(*sorted(history, key=lambda entry: entry.at))


@st.composite
def free_rosters(draw: st.DrawFn) -> Roster:
    """Draw a roster of reps without limits or a past, some of them away for a while."""
    ids = draw(st.lists(st.sampled_from(IDS), min_size=2, unique=True))
    away: Any = st.just([]) | st.lists(absences(), max_size=2)
    return Roster(Rep(key, weight=draw(st.integers(1, 4)), away=draw(away)) for key in ids)


@st.composite
def busy_rosters(draw: st.DrawFn) -> Roster:
    """Draw a roster of one or two reps with quotas and hours, who were given much of late."""
    ids = draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=2, unique=True))
    limits = st.lists(quotas(), min_size=1, max_size=2)
    hours, away = st.none() | working_hours(), st.lists(absences(), max_size=1)
    zones = st.none() | st.sampled_from(ZONES)
    staff = [
        Rep(key, quotas=draw(limits), hours=draw(hours), away=draw(away), time_zone=draw(zones))
        for key in ids
    ]
    ago = st.sampled_from((0, 1, 2, 5, 23, 24)).map(lambda n: START - timedelta(hours=n))
    given = st.builds(Assignment, st.sampled_from(ids), ago, units=st.integers(1, 2))
    history = draw(st.lists(given, min_size=1, max_size=8))
    return Roster(staff).after(*sorted(history, key=lambda entry: entry.at))


@cache
def takers() -> st.SearchStrategy[Strategy]:
    """Draw strategies that have somebody for every lead."""
    by_hand = st.booleans()
    return st.one_of(
        st.builds(InTurn, count_by_hand=by_hand),
        st.builds(LeastRecent, count_by_hand=by_hand),
        st.builds(Weighted, count_by_hand=by_hand),
        st.just(LeastLoaded()),
        st.builds(EvenValue, open=st.booleans(), rates=st.just(RATES)),
        st.builds(Seeded, st.sampled_from(("spring", "autumn"))),
    )


@st.composite
def _bands(draw: st.DrawFn) -> list[Band]:
    drawn = draw(st.lists(st.sampled_from((0, 10, 51)), min_size=1, max_size=3, unique=True))
    kind: Any = draw(st.sampled_from((int, lambda cut: Money(cut, "EUR"))))
    cuts = [kind(cut) for cut in sorted(drawn)]
    to: Any = st.lists(st.sampled_from(IDS), min_size=1, max_size=4, unique=True)
    ends: list[Any] = [None, *cuts, None]
    first = draw(st.sampled_from((0, 1)))
    bands = [
        Band(draw(to), at_least=low, under=high)
        for low, high in zip(ends[first:], ends[first + 1 :], strict=False)
    ]
    return list(draw(st.permutations(bands)))


@cache
def selective() -> st.SearchStrategy[Strategy]:
    """Draw strategies that have nobody for some leads."""
    regions = {"west": ["DE", "US"], "PL": ["PL"]}
    rates = WinRates({"ann": {"": (1, 2)}, "ben": {"": (1, 2)}, "cho": {"": (1, 9)}})
    return st.one_of(
        st.builds(ByTerritory, st.just("country"), st.sampled_from((None, regions)), then=takers()),
        st.builds(
            ByBand,
            st.sampled_from(("employees", "deal_value")),
            _bands(),
            then=takers(),
            rates=st.sampled_from((None, RATES)),
        ),
        st.builds(
            ByScore,
            st.just("score"),
            cuts=st.sampled_from(([70], [70, 40])),
            win_rates=st.just(rates),
            then=takers(),
        ),
        st.builds(KeepOwner, st.sampled_from(("owner", "account_owner"))),
    )


@cache
def strategies() -> st.SearchStrategy[Strategy]:
    """Draw any strategy, and chains of them."""
    one = takers() | selective()
    chains = st.builds(lambda parts: FirstOf(*parts), st.lists(one, min_size=1, max_size=3))
    return st.one_of(takers(), selective(), chains)


@cache
def simple_conditions() -> st.SearchStrategy[Condition]:
    """Draw conditions that many leads meet."""
    sized = st.sampled_from((0, 10, 51)).map(field("employees").at_least)
    placed = st.sampled_from(PLACES).map(field("country").equals)
    return st.one_of(st.just(always()), sized, placed, placed.map(lambda one: ~one))


@st.composite
def pools(draw: st.DrawFn, roster: Roster) -> Pool:
    """Draw a pool of teams and reps that a roster knows."""
    ids = [rep.id for rep in roster]
    needs = st.sampled_from((*SKILLS, field("skill")))
    spoken = st.sampled_from((*LANGUAGES, field("language")))
    optional: dict[str, st.SearchStrategy[Any]] = {
        "reps": st.lists(st.sampled_from(ids), min_size=1, unique=True),
        "skills": st.just([]) | st.lists(needs, max_size=2),
        "languages": st.just([]) | st.lists(spoken, max_size=2),
    }
    if roster.teams:
        optional["team"] = st.sampled_from(sorted(roster.teams))
    return Pool(**draw(st.fixed_dictionaries({}, optional=optional)))


@st.composite
def absent_policies(draw: st.DrawFn, roster: Roster) -> WhenAbsent:
    """Draw what is to happen when reps are absent."""
    catch_up = draw(st.sampled_from((0, 0, 1, 3)))
    fallback = draw(st.none() | st.sampled_from([rep.id for rep in roster]))
    all_away: Any = "hold" if fallback else draw(st.sampled_from(get_args(AllAway)))
    return WhenAbsent(catch_up=catch_up, all_away=all_away, fallback=fallback)


@st.composite
def rules(draw: st.DrawFn, name: str, roster: Roster) -> RoutingRule:
    """Draw a rule that a roster can answer."""
    return RoutingRule(
        name,
        when=draw(simple_conditions()),
        to=draw(st.just(Pool()) | pools(roster)),
        by=draw(strategies()),
        when_absent=draw(st.just(WhenAbsent()) | absent_policies(roster)),
        units=draw(st.sampled_from((0, 1, 1, 2)) | st.just(field("effort"))),
        overflow=draw(st.booleans()),
    )


@st.composite
def routers(draw: st.DrawFn, roster: Roster) -> Router:
    """Draw a router of one rule or several, with and without a default."""
    names = RULES[: draw(st.integers(1, len(RULES)))]
    found = [draw(rules(name, roster)) for name in names]
    otherwise = draw(st.none() | rules("otherwise", roster))
    return Router(found, None if otherwise is None else attrs.evolve(otherwise, when=always()))


@st.composite
def leads(draw: st.DrawFn, id: str = "L-1") -> Lead:
    """Draw a lead that rules and strategies ask about, the owner of some set by a person."""
    fields: dict[str, st.SearchStrategy[Any]] = {
        "country": st.sampled_from((*PLACES, "FR")),
        "employees": st.sampled_from((-1, 0, 9, 10, 51)),
        "skill": st.sampled_from(SKILLS),
        "language": st.sampled_from((*LANGUAGES, " ")),
        "effort": st.sampled_from((0, 1, 3, "much")),
        "account_owner": st.sampled_from(IDS),
    }
    given: dict[str, st.SearchStrategy[Any]] = {
        "owner": st.sampled_from(IDS),
        "score": st.sampled_from((0, 40, 69, 70)),
        "deal_value": moneys(),
        "rating": st.sampled_from(("hot", "warm", "cold")),
    }
    lead = Lead(
        id,
        fields=draw(st.fixed_dictionaries({}, optional=fields)),
        **draw(st.fixed_dictionaries({}, optional=given)),
    )
    if draw(st.sampled_from((False, False, False, False, True))):
        until = draw(st.none() | instants())
        rep = draw(st.sampled_from(IDS))
        lead = lead.after(Overridden("owner", rep, START, reason="they know him", until=until))
    return lead


@st.composite
def crowds(draw: st.DrawFn, most: int = 6) -> list[Lead]:
    """Draw leads whose ids differ."""
    return [draw(leads(id=f"L-{place}")) for place in range(draw(st.integers(1, most)))]


@attrs.frozen
class World:
    """A router, the roster it is asked with, leads, and an instant."""

    router: Router
    roster: Roster
    leads: list[Lead]
    at: datetime


@st.composite
def worlds(draw: st.DrawFn, staff: st.SearchStrategy[Roster] | None = None) -> World:
    """Draw all that routing needs, with any roster unless told otherwise."""
    roster = draw(rosters() if staff is None else staff)
    return World(draw(routers(roster)), roster, draw(crowds()), draw(instants()))
