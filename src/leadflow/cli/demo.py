"""``leadflow demo``: the bundled sample, scored and rated, and the day's work with it."""

from __future__ import annotations

import argparse

from leadflow.cli.ranking import Best, explanation, who
from leadflow.cli.run import Asked, Run
from leadflow.cli.screen import Column, Screen, line, table
from leadflow.cli.summary import Summary
from leadflow.cli.work import first, heading, left_out
from leadflow.lead import Lead
from leadflow.markup import fit
from leadflow.pipeline import Pipeline, board, standing, worklist
from leadflow.sample import AS_OF, sample_file
from leadflow.serialization import load_pipeline, load_scoring
from leadflow.serialization.tables import Columns, read_activities, read_leads, with_activities

_LISTED = 12


def demo(_: argparse.Namespace) -> int:
    """Show the sample: the day's work, how the leads are spread, and why the first comes first."""
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
    work = worklist(rated, AS_OF, pipeline=pipeline)
    screen.say(run.heading(), heading(work, AS_OF))
    screen.say("", *first(work, _LISTED, screen))
    screen.say("", *left_out(work))
    screen.say("", "All leads by rating", *run.summary.lines())
    screen.say("", "Where every lead stands", *_standing(pipeline, rated))
    chosen = work[0]
    screen.say("", line(f"Why {who(chosen.lead)}, comes first"), line(f"  {chosen.because}"))
    screen.say(*explanation(judged[chosen.lead.id]))
    stands = standing(chosen.lead, pipeline, as_of=AS_OF).explain().split("\n")
    screen.say(*(fit(line(text), screen.columns) for text in stands))
    return 0


def _standing(pipeline: Pipeline, leads: list[Lead]) -> list[str]:
    columns = [Column("stage"), Column("leads", right=True), Column("deal value", right=True)]
    rows = [
        (each.stage.label, f"{len(each.leads):,}", each.worth)
        for each in board(pipeline, leads).columns
    ]
    return table(columns, rows)
