"""``leadflow demo``: the bundled sample through a playbook: scores, the day's work, and whose it is."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

import attrs

from leadflow.automation import Planned
from leadflow.cli.plans import counts, first_planned, headline, ratings
from leadflow.cli.presets import preset
from leadflow.cli.ranking import who
from leadflow.cli.routes import assigned, held
from leadflow.cli.routes import heading as routed_heading
from leadflow.cli.screen import Column, Screen, line, table
from leadflow.cli.work import first, heading, left_out
from leadflow.events import Assignment, Rated, describe
from leadflow.lead import Lead
from leadflow.markup import fit
from leadflow.pipeline import Pipeline, board, standing
from leadflow.playbook import Outcome, Playbook, Reviewed
from leadflow.routing import Roster, Routed
from leadflow.sample import AS_OF, sample_file
from leadflow.scoring import Score
from leadflow.serialization import load_pipeline, load_roster, load_router, load_scoring
from leadflow.serialization.tables import Columns, read_activities, read_leads, with_activities
from leadflow.values import Frozen

_LISTED = 5
_ASSIGNED = 3
_HELD = 1
_PLANNED = 2


def demo(_: argparse.Namespace) -> int:
    """Show the sample: the day's work, who gets it, where leads stand, and why the first is first."""
    screen = Screen.of_process()
    columns = Columns.load(sample_file("columns.toml"))
    of_activities = Columns.load(sample_file("activity_columns.toml"))
    leads = with_activities(
        read_leads(sample_file("leads.csv"), columns),
        read_activities(sample_file("activities.csv"), of_activities),
    )
    playbook, roster = _playbook(), load_roster(sample_file("roster.toml"))
    reviewed = playbook.review(leads, AS_OF, roster=roster)
    work = playbook.worklist(reviewed.leads, AS_OF)
    outcomes = {outcome.lead.id: outcome for outcome in reviewed}
    screen.say(headline(reviewed, playbook.name, f"{AS_OF:%Y-%m-%d %H:%M} UTC"))
    screen.say(heading(work, AS_OF), "", *first(work, _LISTED, screen), "", *left_out(work))
    routed = _routed(reviewed, roster)
    asked = len(routed.assignments) + len(routed.held)
    screen.say("", routed_heading(routed, f"{asked:,} open leads without an owner"))
    screen.say(*assigned(routed, _ASSIGNED, screen), *held(routed, _HELD, screen))
    screen.say("", "What the playbook planned", *counts(_planned(reviewed)))
    screen.say(*first_planned(reviewed.to_do, _PLANNED, screen))
    screen.say("", "All leads by rating", *ratings(reviewed.leads))
    screen.say("", "Where every lead stands", *_standing(playbook.pipelines[0], reviewed.leads))
    chosen = work[0]
    screen.say("", line(f"Why {who(chosen.lead)}, comes first"), line(f"  {chosen.because}"))
    screen.say(*_explained(outcomes[chosen.lead.id], screen))
    stands = standing(chosen.lead, playbook.pipelines[0], as_of=AS_OF).explain().split("\n")
    screen.say(*(fit(line(text), screen.columns) for text in stands))
    return 0


def _playbook() -> Playbook:
    """Take the ready playbook of statuses, with the sample's own points, reps and stages."""
    scoring = load_scoring(sample_file("model.toml"))
    return attrs.evolve(
        preset("statuses"),
        scoring=scoring.model,
        rater=scoring.rater,
        router=load_router(sample_file("router.toml")),
        pipelines=[load_pipeline(sample_file("pipeline.toml"))],
    )


def _routed(reviewed: Reviewed, roster: Roster) -> Routed:
    """Gather who got which lead, and who is held."""
    given = {
        outcome.lead.id: decision
        for outcome in reviewed
        for decision in outcome.decisions
        if isinstance(decision, Assignment)
    }
    waiting = tuple(outcome.held for outcome in reviewed if outcome.held is not None)
    return Routed(Frozen(given), waiting, reviewed.roster or roster)


def _planned(reviewed: Reviewed) -> Iterator[Planned]:
    return (planned for outcome in reviewed for planned in outcome.actions)


def _explained(outcome: Outcome, screen: Screen) -> list[str]:
    """Say where the points come from, and why the lead is rated so."""
    decided = (one for one in outcome.decisions if isinstance(one, Score | Rated))
    texts = [one.explain() if isinstance(one, Score) else describe(one) for one in decided]
    return [fit(line(text), screen.columns) for each in texts for text in each.split("\n")]


def _standing(pipeline: Pipeline, leads: Iterable[Lead]) -> list[str]:
    columns = [Column("stage"), Column("leads", right=True), Column("deal value", right=True)]
    rows = [
        (each.stage.label, f"{len(each.leads):,}", each.worth)
        for each in board(pipeline, leads).columns
    ]
    return table(columns, rows)
