"""The ready playbooks by the names they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.playbook import Playbook
from leadflow.presets import (
    category_playbook,
    disposition_playbook,
    pipeline_playbook,
    scoring_playbook,
    status_playbook,
)

PRESETS: Mapping[str, Callable[[], Playbook]] = {
    "scoring": scoring_playbook,
    "categories": category_playbook,
    "statuses": status_playbook,
    "disposition": disposition_playbook,
    "pipeline": pipeline_playbook,
}


def preset(name: str) -> Playbook:
    """Build a ready playbook by its name; raises `InvalidValue` with the closest for an unknown one.

    >>> preset("scoring").name
    'scoring and handover'
    """
    build = PRESETS.get(name)
    if build is None:
        expected = "one of " + ", ".join(PRESETS)
        raise InvalidValue("--preset", shown(name), expected, did_you_mean(name, PRESETS))
    return build()
