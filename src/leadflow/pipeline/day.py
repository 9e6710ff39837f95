"""A working day: the instant, whose midnight counts, and the pipelines and rules in force."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import cached_property
from typing import TypeAlias

import attrs

from leadflow.calendars import WorkingHours, local_date
from leadflow.contact import DEFAULT_RULES, ContactRules
from leadflow.errors import InvalidDefinition, InvalidValue, Problem, shown
from leadflow.lead import Lead
from leadflow.pipeline.pipeline import Pipeline
from leadflow.pipeline.stage import Stage
from leadflow.span import Span
from leadflow.values import INSTANT, TIME_ZONE, checks, instance

Pipelines: TypeAlias = Pipeline | Iterable[Pipeline] | None
"""One pipeline, several side by side, or none."""


def pipelines_of(given: Pipelines) -> tuple[Pipeline, ...]:
    """Take one pipeline or several, each with a key of its own.

    Raises `InvalidValue` for anything else and `InvalidDefinition` for a key that occurs twice.
    """
    if given is None or isinstance(given, Pipeline):
        return () if given is None else (given,)
    if not isinstance(given, Iterable) or isinstance(given, str):
        raise InvalidValue("pipelines", shown(given), "a Pipeline, or a list of them")
    found = tuple(given)
    keys = set()
    for place, pipeline in enumerate(found):
        if not isinstance(pipeline, Pipeline):
            raise InvalidValue(f"pipelines[{place}]", shown(pipeline), "a Pipeline")
        if pipeline.key in keys:
            problem = Problem(
                f"pipelines[{place}].key", f"{pipeline.key!r} is that of an earlier one"
            )
            raise InvalidDefinition("pipelines", (problem,))
        keys.add(pipeline.key)
    return found


def working(given: object) -> WorkingHours | None:
    """Take working hours, or None for plain time; raises `InvalidValue` for anything else."""
    if given is not None and not isinstance(given, WorkingHours):
        hint = "such as WorkingHours({'mon-fri': '09:00-17:00'}, 'Europe/Warsaw')"
        raise InvalidValue("hours", shown(given), "WorkingHours, or None for plain time", hint)
    return given


def end_of(span: Span, start: datetime, hours: WorkingHours | None) -> datetime | None:
    """Find when a span from an instant on is over; None beyond the year 9999, where nothing is late.

    With `hours`, in working time, but for a span with months: those are calendar months.

    >>> from datetime import UTC
    >>> end_of(Span(months=1), datetime(2026, 3, 1, tzinfo=UTC), None)
    datetime.datetime(2026, 4, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        end = span.after(start)  # never later than in working time, and quick to tell if too late
        return end if hours is None or span.months else hours.deadline(start, span)
    except InvalidValue:
        return None


@attrs.frozen(field_transformer=checks)
class Day:
    """The instant a day's work is asked about, and what holds for it.

    `zone` is the time zone whose midnight begins a day, the rep's for instance; without it, each
    lead's own, and UTC where that is not known.
    """

    as_of: datetime = attrs.field(metadata=INSTANT)
    pipelines: tuple[Pipeline, ...] = attrs.field(default=(), converter=pipelines_of)
    rules: ContactRules = attrs.field(default=DEFAULT_RULES, metadata=instance(ContactRules))
    zone: str | None = attrs.field(default=None, metadata=TIME_ZONE)

    @cached_property
    def _dates(self) -> dict[str | None, date]:
        return {}

    @cached_property
    def _stages(self) -> dict[tuple[str | None, str], Stage]:
        """Every stage by the keys of its pipeline and its own, and the first of each key."""
        found: dict[tuple[str | None, str], Stage] = {}
        for pipeline in self.pipelines:
            for stage in pipeline.stages:
                found[pipeline.key, stage.key] = stage
                found.setdefault((None, stage.key), stage)
        return found

    @cached_property
    def _starts(self) -> frozenset[tuple[str | None, str | None]]:
        """The keys, as in `_stages`, of the stages where leads come in."""
        found: dict[tuple[str | None, str | None], bool] = {}
        for pipeline in self.pipelines:
            for stage in pipeline.stages:
                comes_in = stage.key in pipeline.starts
                found[pipeline.key, stage.key] = comes_in
                found.setdefault((None, stage.key), comes_in)
        return frozenset(place for place, comes_in in found.items() if comes_in)

    def zone_of(self, lead: Lead) -> str | None:
        """Tell whose midnight counts for a lead."""
        return self.zone or lead.time_zone

    def today(self, lead: Lead) -> date:
        """Tell which date it is for a lead."""
        zone = self.zone or lead.time_zone
        found = self._dates.get(zone)
        if found is None:
            found = self._dates[zone] = local_date(self.as_of, zone)
        return found

    def date_of(self, moment: datetime, lead: Lead) -> date:
        """Tell which date an instant has for a lead."""
        return local_date(moment, self.zone_of(lead))

    def stage_of(self, lead: Lead) -> Stage | None:
        """Find the stage that a lead stands in, in whichever pipeline; None if none knows it."""
        return self.stage_at(lead.pipeline, lead.stage)

    def stage_at(self, pipeline: str | None, stage: str | None) -> Stage | None:
        """Find a stage by its key, in the pipeline of a key or, for None, the first that has it."""
        return self._stages.get((pipeline, stage))  # type: ignore[arg-type]  # none has None

    def is_start(self, pipeline: str | None, stage: str | None) -> bool:
        """Tell whether leads come in at a stage; without pipelines nothing says otherwise."""
        return not self.pipelines or (pipeline, stage) in self._starts

    def is_beginning(self, lead: Lead) -> bool:
        """Tell whether a lead stands where leads come in, or nowhere yet."""
        stage = lead.stage
        return stage is None or self.is_start(lead.pipeline, stage)
