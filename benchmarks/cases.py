"""The cases: what is compared, on how many leads, and what is promised."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from benchmarks import histories, imports
from benchmarks.contenders import LEADFLOW, NOW, OTHERS, Contender, leads_of, model_of
from benchmarks.data import TYPICAL, Value, leads, many_rules, varied_leads
from benchmarks.report import Section, Target
from benchmarks.timing import Spread, Timed, Times, take_turns

YARDSTICK = "yardstick"
TIMES_FASTER = {"datalogic-py": 1.3, "zen-engine": 3.0, "rule-engine": 60.0}


@attrs.frozen
class Size:
    """How much is measured."""

    leads: int = 10_000
    rounds: int = 25
    many_leads: int = 1_000
    many_rounds: int = 9
    history_events: int = 20_000
    imports: int = 15


QUICK = Size(1_000, 5, 100, 3, 2_000, 5)


def sections(size: Size) -> list[Section]:
    """Run every case, one after the other."""
    return [typical(size), growth(size), contributions(size), history(size), importing(size)]


def here() -> list[Contender]:
    """List the contenders whose package is installed."""
    return [contender for contender in (LEADFLOW, *OTHERS) if contender.is_here]


def yardstick(values: Sequence[dict[str, Value]]) -> Callable[[], int]:
    """Return a plain loop over the same data."""

    def run() -> int:
        known = 0
        for lead in values:
            for value in lead.values():
                if value is not None:
                    known += 1
        return known

    return run


def typical(size: Size) -> Section:
    """Compare points alone under thirty rules."""
    values = leads(size.leads)
    timed: dict[str, Timed] = {YARDSTICK: (yardstick(values), len(values))}
    asked = [one for one in here() if one.only in (None, TYPICAL)]
    for one in asked:
        part = values[: max(1, len(values) // one.share)]
        timed[one.name] = (one.make(TYPICAL, part), len(part))
    times = take_turns(timed, size.rounds)
    rows: list[tuple[object, ...]] = [
        (
            one.name,
            one.way,
            timed[one.name][1],
            times.micro(one.name),
            times.ratio(one.name, "leadflow"),
        )
        for one in asked
    ]
    rows.append(
        (
            YARDSTICK,
            "a plain loop over every value",
            len(values),
            times.micro(YARDSTICK),
            times.ratio(YARDSTICK, "leadflow"),
        )
    )
    targets = [
        Target(
            f"{name} takes so many times the time of leadflow, 30 rules",
            bound,
            "at least",
            times.ratio(name, "leadflow"),
        )
        for name, bound in TIMES_FASTER.items()
        if name in timed
    ]
    text = (
        "30 rules, 20 of them on fields and 10 on counts of activities that are fields for everybody;"
        " 11 fields, all known. Rules are compiled and leads prepared outside of the clock; slow peers"
        " are given fewer leads."
    )
    header = ("who", "how", "leads", "time", "times leadflow")
    return Section("Points", text, header, rows, targets)


def growth(size: Size) -> Section:
    """Ask 30, 300 and 3,000 rules over the same fields."""
    values = varied_leads(size.many_leads)
    asked = [one for one in here() if one.only is None]
    counts = (30, 300, 3_000)
    timed: dict[str, Timed] = {YARDSTICK: (yardstick(values), len(values))}
    for count in counts:
        rules = many_rules(count)
        for one in asked:
            part = values[: _bearable(one, count, len(values))]
            timed[f"{one.name} {count}"] = (one.make(rules, part), len(part))
    times = take_turns(timed, size.many_rounds)
    rows: list[tuple[object, ...]] = [
        (
            one.name,
            *(times.micro(f"{one.name} {count}") for count in counts),
            _grown(times, one.name),
        )
        for one in asked
    ]
    rows.append((YARDSTICK, *[times.micro(YARDSTICK)] * 3, ""))
    text = (
        f"Equality and range rules, half and half, over the same 11 fields; {len(values):,} leads,"
        " but fewer for who needs long: a lead in ten from 300 rules on for the peers, and a lead in"
        " a hundred or less for rule-engine."
    )
    header = ("who", "30 rules", "300 rules", "3,000 rules", "3,000 to 30")
    target = Target(
        "leadflow with 3,000 rules, times leadflow with 30", 2, "at most", _grown(times, "leadflow")
    )
    return Section("Many rules", text, header, rows, [target])


def _grown(times: Times, name: str) -> Spread:
    return times.ratio(f"{name} 3000", f"{name} 30")


def _bearable(one: Contender, rules: int, most: int) -> int:
    if one is LEADFLOW:
        return most
    return max(3, most // one.share // (1 if rules == 30 else 10))


def contributions(size: Size) -> Section:
    """Compare the whole score with the points alone."""
    model, given = model_of(TYPICAL), leads_of(leads(size.leads))
    points, score = model.points, model.score

    def all_points() -> None:
        for lead in given:
            points(lead, as_of=NOW)

    def all_scores() -> None:
        for lead in given:
            score(lead, as_of=NOW)

    timed = {"points": (all_points, len(given)), "score": (all_scores, len(given))}
    times = take_turns(timed, size.rounds)
    ratio = times.ratio("score", "points")
    rows: list[tuple[object, ...]] = [
        ("`model.points`", times.micro("points"), 1),
        ("`model.score`", times.micro("score"), ratio),
    ]
    text = "The same 30 rules: a `Score` with its contributions, beside the points alone."
    target = Target("score with its contributions, times points", 3, "at most", ratio)
    return Section("Contributions", text, ("what", "time", "times points"), rows, [target])


def history(size: Size) -> Section:
    """Score leads with 10, 100 and 1,000 activities."""
    rows: list[tuple[object, ...]] = []
    targets: list[Target] = []
    for length in (10, 100, 1_000):
        logs = histories.histories(max(5, size.history_events // length), length)
        runs, renew = histories.turns(logs)
        times = take_turns(
            {name: (run, len(logs)) for name, run in runs.items()}, size.many_rounds, renew
        )
        first, again = times.ratio("first", "by hand"), times.ratio("again", "by hand")
        rows.append((length, len(logs), *(times.micro(name) for name in runs), first, again))
        targets += [
            Target(
                f"a lead's first scoring with {length:,} activities, times by hand",
                3,
                "at most",
                first,
            ),
            Target(
                f"scoring it again with {length:,} activities, times by hand", 3, "at most", again
            ),
        ]
    text = (
        "Six rules that give points for each activity of a kind, with limits, beside a loop over"
        " `collections.Counter`. The first scoring of a lead builds its index of activities by kind;"
        " scoring it again finds the index. The loop by hand counts each time."
    )
    header = (
        "activities",
        "leads",
        "by hand",
        "first",
        "again",
        "first to by hand",
        "again to by hand",
    )
    return Section("Histories", text, header, rows, targets)


def importing(size: Size) -> Section:
    """Import in new interpreters."""
    taken: dict[str, list[float]] = {"attrs, cattrs": [], "leadflow": [], "leadflow.scoring": []}
    for turn in range(size.imports + 1):
        for modules, found in taken.items():
            second = imports.seconds(modules)
            if turn:
                found.append(second)
    times = Times(taken)
    rows: list[tuple[object, ...]] = [
        (
            f"`import {name}`",
            Spread.of([1_000 * one for one in taken[name]]),
            times.ratio(name, "attrs, cattrs"),
            ", ".join(imports.heavy(name)) or "none",
        )
        for name in taken
    ]
    text = "Milliseconds of the statement in a new interpreter, and which heavy modules it loads."
    targets = [
        Target(
            "`import leadflow`, times `import attrs, cattrs`",
            3,
            "at most",
            times.ratio("leadflow", "attrs, cattrs"),
        ),
        Target(
            "heavy modules that `import leadflow` loads",
            0,
            "at most",
            len(imports.heavy("leadflow")),
        ),
    ]
    return Section(
        "Import", text, ("statement", "time", "times attrs, cattrs", "loads"), rows, targets
    )
