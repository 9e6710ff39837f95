"""``leadflow worklist``: the day's work, in its order, and who is left out."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from datetime import datetime

import attrs

from leadflow.cli.arguments import as_of
from leadflow.cli.input import check_files, leads, with_progress
from leadflow.cli.ranking import Best
from leadflow.cli.rejects import SOME_REJECTED, Rejects
from leadflow.cli.run import Asked, Run
from leadflow.cli.screen import Screen, line
from leadflow.cli.stages import unknown_stages
from leadflow.cli.summary import Summary
from leadflow.cli.work import FORMS, ORDERS, first, heading, left_out, left_out_listing, write
from leadflow.contact import DEFAULT_RULES, ContactRules
from leadflow.errors import InvalidValue, MixedCurrencies, did_you_mean, shown
from leadflow.lead import Lead
from leadflow.pipeline import Pipeline, Worklist, WorkOrder
from leadflow.pipeline import worklist as planned
from leadflow.scoring import TimelineAndSize
from leadflow.serialization import Scoring, load_pipeline, load_scoring
from leadflow.serialization.rejects import OnReject
from leadflow.values import name, time_zone

_ADDRESSES = frozenset().union(*DEFAULT_RULES.addresses.values())
_NO_PHONES = (
    f"warning: no lead has {' or '.join(DEFAULT_RULES.addresses['phone'])}: "
    "calls are planned as if everybody could be called"
)
_NO_STAGE = "they are worked as if they stood in no stage"


def worklist(arguments: argparse.Namespace) -> int:
    """Print a day's work: 0, or 1 if some rows were rejected."""
    screen = Screen.of_process()
    check_files(arguments, FORMS)
    rejects = Rejects(arguments.rejects)
    plan = _Plan.of(arguments)
    run = plan.run(rejects.of(arguments.file))
    try:
        found = with_progress(leads(arguments, rejects), screen)
        work = plan.work(found if run is None else (each.noted for each in run.through(found)))
    finally:
        rejects.write()
    if arguments.out is not None:
        write(arguments.out, work)
    screen.say(*_report(arguments, work, plan.as_of, screen))
    screen.out.flush()  # what went wrong stands beneath the report where both go to one place
    screen.warn(*rejects.lines(), *(run.questions.lines() if run else []), *plan.warnings(work))
    return SOME_REJECTED if rejects.count else 0


@attrs.frozen
class _Plan:
    """What the work is planned by; remembers whose work it saw."""

    pipelines: Sequence[Pipeline]
    scoring: Scoring | None
    as_of: datetime
    zone: str | None
    order: WorkOrder
    rep: str | None
    owners: set[str] = attrs.field(init=False, factory=set)
    unasked: set[str] = attrs.field(init=False, factory=set)

    @classmethod
    def of(cls, given: argparse.Namespace) -> _Plan:
        """Load all that is given; raises `LeadflowError`."""
        return cls(
            [load_pipeline(path) for path in given.pipeline],
            None if given.model is None else load_scoring(given.model),
            as_of(given.as_of),
            None if given.zone is None else time_zone("--zone", given.zone),
            ORDERS[given.order],
            None if given.rep is None else name("--rep", given.rep),
        )

    def run(self, set_aside: OnReject) -> Run | None:
        """Prepare what scores and rates the leads; None without a model."""
        if self.scoring is None:
            return None
        return Run(self.scoring, self.as_of, Best(0), Summary(), Asked(None), set_aside)

    def work(self, found: Iterable[Lead]) -> Worklist:
        """Plan the work; raises `InvalidValue` where currencies cannot be compared."""
        rater = self.scoring.rater if self.scoring else None
        everyone = list(found)
        self.owners.update(lead.owner for lead in everyone if lead.owner is not None)
        try:
            return planned(
                everyone,
                self.as_of,
                self.rep,
                pipeline=self.pipelines,
                order=self.order,
                rules=self._rules(everyone),
                rates=rater.rates if isinstance(rater, TimelineAndSize) else None,
                zone=self.zone,
            )
        except MixedCurrencies as error:
            currencies = " and ".join(error.currencies)
            hint = "a --model whose rater has rates converts them"
            raise InvalidValue(
                "the deal values", currencies, "one currency to order them in", hint
            ) from None

    def _rules(self, everyone: Iterable[Lead]) -> ContactRules:
        """Ask for an address only where the file holds any: other files leave them to the host."""
        known = {key for lead in everyone for key in _ADDRESSES if key in lead.values}
        kept = {
            channel: keys
            for channel, keys in DEFAULT_RULES.addresses.items()
            if not known.isdisjoint(keys)
        }
        self.unasked.update(DEFAULT_RULES.addresses.keys() - kept.keys())
        return ContactRules(addresses=kept)

    def warnings(self, work: Worklist) -> list[str]:
        """Say which stages are unknown, and that the rep is, where nothing is the rep's."""
        everyone = [each.lead for each in (*work, *work.left_out)]
        found = unknown_stages(everyone, self.pipelines, _NO_STAGE)
        if everyone and "phone" in self.unasked:
            found.append(_NO_PHONES)
        if self.rep is not None and not everyone:
            hint = did_you_mean(self.rep, self.owners)
            found.append(line(f"warning: nothing is the work of {shown(self.rep)}: {hint}"))
        return found


def _report(
    arguments: argparse.Namespace, work: Worklist, moment: datetime, screen: Screen
) -> list[str]:
    """Say what is to be done, and who is left out."""
    found = [heading(work, moment)]
    parts = [first(work, arguments.top, screen), left_out(work)]
    if arguments.left_out and work.left_out:
        parts.append(left_out_listing(work.left_out, screen))
    for part in filter(None, parts):
        found += ["", *part]
    return found
