"""How large a definition, a value and a log may be."""

from __future__ import annotations

import attrs


@attrs.frozen
class Limits:
    """Bounds that keep hostile or mistaken input from using up time and memory.

    Pass your own to the readers of documents; constructors use `DEFAULT_LIMITS`.
    """

    depth: int = 64
    """Levels of nesting in a condition or a document."""
    condition_nodes: int = 20_000
    """Nodes in one condition: room for 10,000 alternatives, and for what holds them together."""
    choices: int = 10_000
    """Values in one `one_of`."""
    definition_nodes: int = 100_000
    """Nodes in all conditions of a model or playbook together."""
    rules: int = 10_000
    """Rules in one model."""
    document_bytes: int = 1_048_576
    """Size of a TOML or JSON document."""
    key_parts: int = 16
    """Parts of a dotted TOML key."""
    stages: int = 500
    """Stages in one pipeline."""
    points: int = 1_000_000_000
    """The largest magnitude of the points of a rule, limit, floor or ceiling."""
    fading_days: int = 250_000
    """Days in the fading tables of one model together."""
    id_length: int = 200
    """Characters in an id, a name or a key."""
    value_bytes: int = 65_536
    """UTF-8 size of one text value."""
    integer: int = 2**63 - 1
    """The largest magnitude of a whole number."""
    decimal_places: int = 38
    """Digits, and places after the point, of a decimal number."""
    events: int = 100_000
    """Events in the log of one lead."""


DEFAULT_LIMITS = Limits()
