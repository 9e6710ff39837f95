"""The cases of pipelines: moving leads, keeping them, and the day's worklist."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import attrs

from benchmarks import machines, worklists
from benchmarks.contenders import NOW
from benchmarks.report import Section, Target
from benchmarks.timing import Timed, take_turns
from leadflow import Lead
from leadflow.pipeline import worklist


@attrs.frozen
class Size:
    """How much is measured."""

    moves: int = 1_500
    rounds: int = 15
    kept: int = 2_000
    leads: tuple[int, int] = (10_000, 100_000)
    many_rounds: int = 9


QUICK = Size(150, 3, 200, (1_000, 10_000), 3)


def sections(size: Size) -> list[Section]:
    """Run every case, one after the other."""
    return [moving(size), keeping(size), working(size)]


def moving(size: Size) -> Section:
    """Compare a move, from the stored stage to the stored new one."""
    asked, found = machines.jobs(size.moves), machines.movers()
    timed: dict[str, Timed] = {one.name: (partial(one.move, asked), len(asked)) for one in found}
    times = take_turns(timed, size.rounds)
    rows: list[tuple[object, ...]] = [
        (one.name, one.way, times.micro(one.name), times.ratio(one.name, "leadflow"))
        for one in found
    ]
    targets = [
        Target(
            f"a move with {one.name} takes so many times the time of leadflow",
            one.promised,
            "at least",
            times.ratio(one.name, "leadflow"),
        )
        for one in found
        if one.promised is not None
    ]
    text = (
        "From a stored stage to the stored new stage: what is needed for one lead is built, the lead is"
        " moved, and its new stage is read. Every move of one table comes in turn: five open stages in a"
        " line, each leading to the other four, to won and to lost. The libraries are spared their"
        " automatic transitions, and take a lead's id only where they have a place for it. leadflow is"
        " timed to the decision, for `change.to` is what is stored; the row below it also makes the lead"
        " after the change. A single object that is set anew for each lead is quick, but keeps none."
    )
    summary = f"A move from a stored stage to the next: {times.micro('leadflow')} microseconds of processor time."
    header = ("who", "how", "time", "times leadflow")
    return Section("Moves", text, header, rows, targets, summary)


def keeping(size: Size) -> Section:
    """Compare the memory of leads that are kept in their stages."""
    stored = machines.kept(size.kept)
    found = [(one, one.keep) for one in machines.movers() if one.keep is not None]
    sizes = {one.name: machines.bytes_each(keep, stored) for one, keep in found}
    times = {name: each / sizes["leadflow"] for name, each in sizes.items()}
    rows: list[tuple[object, ...]] = [
        (one.name, one.way, f"{sizes[one.name]:,.0f}", f"{times[one.name]:.1f}") for one, _ in found
    ]
    targets = [
        Target(
            f"a lead kept with {one.name} takes so many times the memory of leadflow, in whole times",
            10,
            "at least",
            int(times[one.name]),
        )
        for one, _ in found
        if one.promised is not None
    ]
    text = (
        f"Bytes a lead, over {len(stored):,} leads that are kept in a stage with what the library needs for"
        " the next move, by `tracemalloc`. What is made once for all leads (a pipeline, a class, a shared"
        " machine) does not count, nor do the ids."
    )
    header = ("who", "how", "bytes", "times leadflow")
    return Section("Memory of a lead in its stage", text, header, rows, targets)


def working(size: Size) -> Section:
    """Compare a worklist with `sorted` and a key written by hand, on fewer and on more leads."""
    drawn = worklists.leads(max(size.leads))
    asked: dict[str, Callable[[list[Lead]], object]] = {
        "leadflow": partial(worklist, as_of=NOW, pipeline=worklists.PIPELINE),
        "by hand": worklists.by_hand,
    }
    timed: dict[str, Timed] = {
        f"{name} {count}": (partial(run, drawn[:count]), count)
        for count in size.leads
        for name, run in asked.items()
    }
    times = take_turns(timed, size.many_rounds)
    few, many = size.leads
    rows: list[tuple[object, ...]] = [
        (
            name,
            *(times.micro(f"{name} {count}") for count in size.leads),
            *(times.ratio(f"{name} {count}", f"by hand {count}") for count in size.leads),
            times.ratio(f"{name} {many}", f"{name} {few}"),
        )
        for name in asked
    ]
    targets = [
        Target(
            f"a worklist over {count:,} leads, times by hand",
            5,
            "at most",
            times.ratio(f"leadflow {count}", f"by hand {count}"),
        )
        for count in size.leads
    ]
    grown = times.ratio(f"leadflow {many}", f"leadflow {few}")
    targets.append(
        Target(f"a lead among {many:,} on a worklist, times among {few:,}", 1.5, "at most", grown)
    )
    on_it = len(worklists.by_hand(drawn))
    text = (
        "Leads with up to twelve events each: page views, calls answered or not, e-mails sent and opened,"
        " tasks set and done, stage changes. A third are hot; they live in four time zones, or nobody knows"
        f" where. {on_it:,} of {many:,} have work that day; the others are closed, not due, asleep, or"
        " without an address. By hand, one function reads the log of every open lead once, leaves those out and gives the"
        " others their key for the sort; it knows this pipeline and these kinds of events alone, no snoozes,"
        " dispositions, opt-outs or late events, and gives no reasons. The order is the same to the last"
        " lead. leadflow returns every lead on the list or left out, with its next action and what its"
        " reasons are made of; their words are made when they are asked for."
    )
    header = (
        "who",
        *(f"{count:,} leads" for count in size.leads),
        *(f"times by hand, {count:,}" for count in size.leads),
        f"{many:,} to {few:,}",
    )
    summary = (
        f"The day's worklist of {many:,} leads:"
        f" {times.seconds(f'leadflow {many}', many)} seconds of processor time."
    )
    return Section("Worklist", text, header, rows, targets, summary)
