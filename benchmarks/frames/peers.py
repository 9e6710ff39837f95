"""What users would pick today: rule engines that are asked lead by lead."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from benchmarks.contenders import OTHERS as LEAD_BY_LEAD
from benchmarks.contenders import Answer, Contender, logic
from benchmarks.data import CHOICES, MOST, Asked, Values

FIELDS = (*CHOICES, *MOST)


def zen_table(rules: Sequence[Asked], values: Sequence[Values]) -> Answer:
    """Make one decision table that collects every row that matches, and add up what it collects."""
    from zen import ZenEngine

    ask = ZenEngine().create_decision(json.dumps(_graph(rules))).evaluate
    return lambda: [sum(row["points"] for row in ask(lead)["result"]) for lead in values]


def _graph(rules: Sequence[Asked]) -> dict[str, Any]:
    nodes = [
        _node("leads", "inputNode"),
        _node("points", "decisionTableNode") | {"content": _table(rules)},
        _node("answer", "outputNode"),
    ]
    edges = [("leads", "points"), ("points", "answer")]
    return {
        "nodes": nodes,
        "edges": [
            {"id": f"{source} {target}", "type": "edge", "sourceId": source, "targetId": target}
            for source, target in edges
        ],
    }


def _node(name: str, kind: str) -> dict[str, Any]:
    return {"id": name, "name": name, "type": kind, "position": {"x": 0, "y": 0}}


def _table(rules: Sequence[Asked]) -> dict[str, Any]:
    empty = dict.fromkeys(FIELDS, "")
    return {
        "hitPolicy": "collect",
        "inputs": [_column(field) for field in FIELDS],
        "outputs": [_column("points")],
        "rules": [
            empty | {"_id": str(place), asked.field: _cell(asked), "points": str(asked.points)}
            for place, asked in enumerate(rules)
        ],
    }


def _column(field: str) -> dict[str, str]:
    return {"id": field, "name": field, "type": "expression", "field": field}


def _cell(asked: Asked) -> str:
    given = [json.dumps(value) for value in asked.given]
    match asked.word:
        case "between":
            return f"[{given[0]}..{given[1]}]"
        case "at_least" | "at_most":
            return f"{'>=' if asked.word == 'at_least' else '<='} {given[0]}"
        case _:
            return ", ".join(given)


def json_logic(rules: Sequence[Asked], values: Sequence[Values]) -> Answer:
    """Write one sum; hand in the leads as dicts."""
    from json_logic import jsonLogic

    rule = {"+": [{"if": [logic(asked), asked.points, 0]} for asked in rules]}
    return lambda: [jsonLogic(rule, lead) for lead in values]


OTHERS = (
    *(one for one in LEAD_BY_LEAD if one.name in ("rule-engine", "zen-engine", "datalogic-py")),
    Contender(
        "zen-engine, decision table",
        "one table that collects, `evaluate` over dicts",
        zen_table,
        "zen",
        share=5,
    ),
    Contender(
        "json-logic (panzi-json-logic)",
        "one sum, `jsonLogic` over dicts",
        json_logic,
        "json_logic",
        share=5,
    ),
)
"""Each in the quickest way that it has; the first three as they are compared lead by lead."""
