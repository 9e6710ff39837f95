"""The cases of routing: an assignment beside the bare choice, more reps, who is there, and a simulation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import attrs

from benchmarks import rosters
from benchmarks.contenders import NOW
from benchmarks.report import Section, Target
from benchmarks.rosters import HANDS, Hand
from benchmarks.timing import Timed, take_turns
from leadflow import Lead
from leadflow.routing import Absence, Quota, Rep, Roster, Router

_REPS = 50
_FREE = Absence(NOW + timedelta(days=7), NOW + timedelta(days=14), "on leave")
PRESENCE: dict[str, Callable[[int], list[Rep]]] = {
    "always there": rosters.reps,
    "an absence next week": partial(rosters.reps, away=_FREE),
    "a quota for 24 hours": partial(rosters.reps, quotas=Quota(500, within="24 hours")),
    "a quota for a day": partial(rosters.reps, quotas=Quota(500, per="day")),
    "working hours in three zones": rosters.in_three_zones,
    "all of that": partial(rosters.in_three_zones, away=_FREE, quotas=Quota(500, per="day")),
}
"""What a router has to look at to know who is there."""


@attrs.frozen
class Size:
    """How much is measured."""

    leads: int = 300
    rounds: int = 25
    reps: tuple[int, ...] = (10, _REPS, 200, 800)
    fewer_leads: int = 100
    simulated: tuple[int, int] = (10_000, 100_000)
    few_rounds: int = 3


QUICK = Size(50, 3, (10, _REPS, 100), 10, (300, 3_000), 2)


def sections(size: Size) -> list[Section]:
    """Run every case, one after the other."""
    return [assigning(size), growing(size), being_there(size), simulating(size)]


def _assign(router: Router, roster: Roster, drawn: Iterable[Lead]) -> list[object]:
    return [router.assign(lead, roster, NOW) for lead in drawn]


def _assign_and_keep(router: Router, roster: Roster, drawn: Iterable[Lead]) -> Roster:
    for lead in drawn:
        answer: Any = router.assign(lead, roster, NOW)
        roster = roster.after(answer)
    return roster


def _choose(hand: Hand, drawn: Iterable[Lead]) -> list[str]:
    return [hand.choose(lead) for lead in drawn]


def assigning(size: Size) -> Section:
    """Compare an assignment with the bare choice, and both with what is kept of it."""
    drawn = rosters.leads(size.leads)
    timed: dict[str, Timed] = {}
    for name in HANDS:
        router, roster, hand = rosters.in_mid_use(name, rosters.reps(_REPS))
        timed |= {
            f"{name} leadflow": (partial(_assign, router, roster, drawn), len(drawn)),
            f"{name} by hand": (partial(_choose, hand, drawn), len(drawn)),
            f"{name} leadflow, kept": (
                partial(_assign_and_keep, router, roster, drawn), len(drawn),
            ),
            f"{name} by hand, kept": (
                partial(rosters.chosen_by_hand, hand, drawn), len(drawn),
            ),
        }  # fmt: skip
    times = take_turns(timed, size.rounds)
    ratios = {name: times.ratio(f"{name} leadflow", f"{name} by hand") for name in HANDS}
    rows: list[tuple[object, ...]] = [
        (
            name,
            times.micro(f"{name} by hand"),
            times.micro(f"{name} leadflow"),
            ratios[name],
            times.micro(f"{name} leadflow, kept"),
            times.ratio(f"{name} leadflow, kept", f"{name} by hand, kept"),
        )
        for name in HANDS
    ]
    targets = [
        Target(f"an assignment among {_REPS} reps by {name}, times by hand", 20, "at most", ratio)
        for name, ratio in ratios.items()
    ]
    text = (
        f"{_REPS} reps with weights of 1 to 3 and room enough, {rosters.DONE} leads after the beginning. By"
        " hand, one function finds the rep in plain dicts of turns, open leads or value, and nothing else:"
        " nobody asks for room, skills, absences or overrides, and nobody gives reasons. It chooses the same"
        " reps, in the same ties. leadflow answers with an `Assignment`: the rule, the strategy, why this"
        " rep, and why not each of the other reps. In the last two columns the next lead finds the one"
        " before counted: by hand in the same dicts, in leadflow in the roster after the assignment."
    )
    header = (
        "strategy",
        "by hand",
        "leadflow",
        "times by hand",
        "with the roster after",
        "times by hand",
    )
    summary = (
        f"An assignment among {_REPS} reps, with the reasons of each:"
        f" {times.micro('InTurn leadflow')} microseconds of processor time, in turn."
    )
    return Section("Assignments", text, header, rows, targets, summary)


def growing(size: Size) -> Section:
    """Measure an assignment among fewer and more reps."""
    drawn = rosters.leads(size.fewer_leads)
    timed: dict[str, Timed] = {}
    for name in HANDS:
        for count in size.reps:
            router, roster, _ = rosters.in_mid_use(name, rosters.reps(count))
            timed[f"{name} {count}"] = (partial(_assign, router, roster, drawn), count * len(drawn))
    times = take_turns(timed, size.rounds)
    most = max(size.reps)
    grown = {name: times.ratio(f"{name} {most}", f"{name} {_REPS}") for name in HANDS}
    rows: list[tuple[object, ...]] = [
        (name, *(times.micro(f"{name} {count}") for count in size.reps), grown[name])
        for name in HANDS
    ]
    targets = [
        Target(f"by {name}, a rep among {most}, times one among {_REPS}", 1.25, "at most", ratio)
        for name, ratio in grown.items()
    ]
    text = (
        "Microseconds that an assignment with its reasons takes for each rep of the roster. The last column"
        " is 1 where the time grows as the number of reps does, and less where some of the work is done once"
        " for all of them."
    )
    header = ("strategy", *(f"of {count} reps" for count in size.reps), f"{most} to {_REPS}")
    return Section("More reps", text, header, rows, targets)


def being_there(size: Size) -> Section:
    """Measure what it costs to know who is there."""
    drawn = rosters.leads(size.leads)
    routers: Mapping[str, tuple[Router, Roster, Hand]] = {
        what: rosters.in_mid_use("LeastRecent", make(_REPS)) for what, make in PRESENCE.items()
    }
    timed: dict[str, Timed] = {
        what: (partial(_assign, router, roster, drawn), len(drawn))
        for what, (router, roster, _) in routers.items()
    }
    times = take_turns(timed, size.rounds)
    first = next(iter(PRESENCE))
    rows: list[tuple[object, ...]] = [
        (what, times.micro(what), times.ratio(what, first)) for what in PRESENCE
    ]
    text = (
        f"An assignment by `LeastRecent` among {_REPS} reps who all have this. Of those with working hours a"
        " third is outside of them: each is rejected with these hours, and the turns that go by are kept for"
        " them. Hours that several reps have in common are looked at once; a quota for a day asks when the"
        " day began in the rep's time zone."
    )
    return Section("Who is there", text, ("each rep has", "time", f"times {first}"), rows, [])


def simulating(size: Size) -> Section:
    """Measure the simulation of fewer and of more leads."""
    drawn = rosters.leads(max(size.simulated))
    given: dict[str, tuple[Roster, Mapping[str, Any]]] = {
        "all assigned at once": (Roster(rosters.reps(_REPS)), {}),
        "some wait for the morning": (
            Roster(rosters.in_three_zones(_REPS)), {"works_for": "3 days"},
        ),
    }  # fmt: skip
    router = rosters.router_of(HANDS["LeastRecent"][0])
    timed: dict[str, Timed] = {
        f"{what} {count}": (
            partial(router.simulate, drawn[:count], roster, NOW, every="1 minute", **more),
            count,
        )
        for what, (roster, more) in given.items()
        for count in size.simulated
    }
    times = take_turns(timed, size.few_rounds)
    few, many = size.simulated
    grown = {what: times.ratio(f"{what} {many}", f"{what} {few}") for what in given}
    rows: list[tuple[object, ...]] = [
        (
            what,
            *(times.micro(f"{what} {count}") for count in size.simulated),
            times.seconds(f"{what} {many}", many),
            grown[what],
        )
        for what in given
    ]
    targets = [
        Target(f"a lead of {many:,} simulated, {what}, times one of {few:,}", 1.5, "at most", ratio)
        for what, ratio in grown.items()
    ]
    text = (
        f"`Router.simulate` for {_REPS} reps by `LeastRecent`: a lead comes every minute, is assigned with its"
        " reasons, and the roster goes on from there. In the second row reps have working hours in three"
        " zones, leads that come while all are at home wait, and each assigned lead is closed after three"
        " days, which asks about those that wait."
    )
    header = (
        "leads", *(f"a lead of {count:,}" for count in size.simulated), f"{many:,}, seconds",
        f"{many:,} to {few:,}",
    )  # fmt: skip
    summary = f"A simulation of {many:,} leads among {_REPS} reps: {rows[0][3]} seconds of processor time."
    return Section("Simulation", text, header, rows, targets, summary)
