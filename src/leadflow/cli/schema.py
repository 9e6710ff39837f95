"""``leadflow schema``: the JSON Schema of a document, for editors that complete and validate."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping

from leadflow.cli.screen import Screen
from leadflow.disposition import DispositionPolicy
from leadflow.pipeline import Pipeline
from leadflow.playbook import Playbook
from leadflow.routing import Roster, Router
from leadflow.serialization import Scoring, json_schema

DOCUMENTS: Mapping[str, type] = {
    "playbook": Playbook,
    "model": Scoring,
    "pipeline": Pipeline,
    "router": Router,
    "roster": Roster,
    "policy": DispositionPolicy,
}
"""The documents by the names they are asked for."""


def schema(arguments: argparse.Namespace) -> int:
    """Print the schema: 0."""
    described = json_schema(DOCUMENTS[arguments.document])
    Screen.of_process().say(*json.dumps(described, indent=2, ensure_ascii=False).split("\n"))
    return 0
