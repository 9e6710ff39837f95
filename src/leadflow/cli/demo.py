"""``leadflow demo``: the bundled sample, scored, rated, ranked and explained."""

from __future__ import annotations

import argparse
from collections import deque

from leadflow.cli.ranking import Best, explanation, hot_first, who, worklist
from leadflow.cli.run import Asked, Run
from leadflow.cli.screen import Screen, line
from leadflow.cli.summary import Summary
from leadflow.sample import AS_OF, sample_file
from leadflow.serialization import load_scoring
from leadflow.serialization.tables import Columns, read_activities, read_leads, with_activities

_LISTED = 12


def demo(_: argparse.Namespace) -> int:
    """Show the sample: whom to call first, how the leads are spread, and one of them explained."""
    screen = Screen.of_process()
    columns = Columns.load(sample_file("columns.toml"))
    of_activities = Columns.load(sample_file("activity_columns.toml"))
    leads = with_activities(
        read_leads(sample_file("leads.csv"), columns),
        read_activities(sample_file("activities.csv"), of_activities),
    )
    scoring = load_scoring(sample_file("model.toml"))
    run = Run(scoring, AS_OF, Best(_LISTED, hot_first), Summary(), Asked(None))
    deque(run.through(leads), maxlen=0)
    best = list(run.best)
    screen.say(run.heading())
    screen.say("", "Whom to call first: hot before warm before cold, then by points")
    screen.say(*worklist(best, screen))
    screen.say("", "All leads by rating", *run.summary.lines())
    first = best[0]
    screen.say("", line(f"Why {who(first.lead)}, comes first"), *explanation(first))
    return 0
