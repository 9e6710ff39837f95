"""The stages in which leads stand and that no pipeline knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from leadflow.cli.screen import line
from leadflow.errors import did_you_mean
from leadflow.lead import Lead
from leadflow.markup import counted
from leadflow.pipeline import Pipeline

_SHOWN = 12


def unknown_stages(
    leads: Iterable[Lead], pipelines: Sequence[Pipeline], consequence: str
) -> list[str]:
    r"""Word which stages no pipeline knows, with what may be meant; nothing if all are known.

    >>> from leadflow.presets import status_pipeline
    >>> leads = [Lead("L-1", stage="first_contct"), Lead("L-2", stage="new")]
    >>> print(*unknown_stages(leads, [status_pipeline()], "worked all the same"), sep="\n")
    warning: the stage of 1 lead is in no pipeline that was given:
      first_contct (1): did you mean 'first_contact'?
      (worked all the same)
    """
    met = Counter((lead.pipeline, lead.stage) for lead in leads if lead.stage is not None)
    known = {(key, each.key) for one in pipelines for each in one.stages for key in (one.key, None)}
    unknown = [(place, count) for place, count in met.most_common() if place not in known]
    if not unknown:
        return []
    total = sum(count for _, count in unknown)
    found = [f"warning: the stage of {counted(total, 'lead')} is in no pipeline that was given:"]
    found += [
        f"  {_worded(pipeline, stage or '', pipelines, count)}"
        for (pipeline, stage), count in unknown[:_SHOWN]
    ]
    if len(unknown) > _SHOWN:
        found.append(f"  … and {len(unknown) - _SHOWN:,} more")
    return [line(text) for text in [*found, f"  ({consequence})"]]


def _worded(pipeline: str | None, stage: str, pipelines: Sequence[Pipeline], count: int) -> str:
    named = {each.key: each for each in pipelines}
    if pipeline is not None and pipeline not in named:
        return f"{stage} of pipeline {pipeline} ({count:,}): {did_you_mean(pipeline, named)}"
    meant = pipelines if pipeline is None else [named[pipeline]]
    keys = [each.key for known in meant for each in known.stages]
    return f"{stage} ({count:,}): {did_you_mean(stage, keys)}"
