"""``leadflow demo``: the bundled sample, scored and rated, the day's work with it, and whose it is."""

from __future__ import annotations

import argparse

from leadflow.cli.ranking import Best, explanation, who
from leadflow.cli.routes import assigned, held
from leadflow.cli.routes import heading as routed_heading
from leadflow.cli.run import Asked, Run
from leadflow.cli.screen import Column, Screen, line, table
from leadflow.cli.summary import Summary
from leadflow.cli.work import first, heading, left_out
from leadflow.lead import Lead
from leadflow.markup import fit
from leadflow.pipeline import Pipeline, board, standing, worklist
from leadflow.routing import Routed
from leadflow.sample import AS_OF, sample_file
from leadflow.serialization import load_pipeline, load_roster, load_router, load_scoring
from leadflow.serialization.tables import Columns, read_activities, read_leads, with_activities

_LISTED = 12
_ASSIGNED = 5
_HELD = 2


def demo(_: argparse.Namespace) -> int:
    """Show the sample: the day's work, who gets it, where leads stand, and why the first is first."""
    screen = Screen.of_process()
    columns = Columns.load(sample_file("columns.toml"))
    of_activities = Columns.load(sample_file("activity_columns.toml"))
    leads = with_activities(
        read_leads(sample_file("leads.csv"), columns),
        read_activities(sample_file("activities.csv"), of_activities),
    )
    scoring = load_scoring(sample_file("model.toml"))
    pipeline = load_pipeline(sample_file("pipeline.toml"))
    run = Run(scoring, AS_OF, Best(0), Summary(), Asked(None))
    judged = {each.lead.id: each for each in run.through(leads)}
    rated = [each.noted for each in judged.values()]
    roster = load_roster(sample_file("roster.toml"))
    nobodys = [
        item.lead for item in worklist(rated, AS_OF, pipeline=pipeline) if item.lead.owner is None
    ]
    routed = load_router(sample_file("router.toml")).assign_all(nobodys, roster, AS_OF)
    owned = [_given(lead, routed) for lead in rated]
    work = worklist(owned, AS_OF, pipeline=pipeline)
    screen.say(run.heading(), heading(work, AS_OF))
    screen.say("", *first(work, _LISTED, screen))
    screen.say("", *left_out(work))
    screen.say("", routed_heading(routed, f"{len(nobodys):,} of these had no owner"))
    screen.say(*assigned(routed, _ASSIGNED, screen), *held(routed, _HELD, screen))
    screen.say("", "All leads by rating", *run.summary.lines())
    screen.say("", "Where every lead stands", *_standing(pipeline, owned))
    chosen = work[0]
    screen.say("", line(f"Why {who(chosen.lead)}, comes first"), line(f"  {chosen.because}"))
    screen.say(*explanation(judged[chosen.lead.id]))
    stands = standing(chosen.lead, pipeline, as_of=AS_OF).explain().split("\n")
    screen.say(*(fit(line(text), screen.columns) for text in stands))
    return 0


def _given(lead: Lead, routed: Routed) -> Lead:
    """Give a lead to the rep whom it was routed to."""
    assignment = routed.assignments.get(lead.id)
    return lead if assignment is None else lead.after(assignment)


def _standing(pipeline: Pipeline, leads: list[Lead]) -> list[str]:
    columns = [Column("stage"), Column("leads", right=True), Column("deal value", right=True)]
    rows = [
        (each.stage.label, f"{len(each.leads):,}", each.worth)
        for each in board(pipeline, leads).columns
    ]
    return table(columns, rows)
