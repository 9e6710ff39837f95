"""The plain form of routers and their rules."""

from __future__ import annotations

from typing import Any

import attrs

from leadflow.conditions import Always, FieldRef
from leadflow.routing import Pool, Router, RoutingRule, WhenAbsent
from leadflow.serialization.conditions import CONDITION
from leadflow.serialization.problems import Place
from leadflow.serialization.records import each_checked, record
from leadflow.serialization.shapes import (
    NAME,
    WHOLE,
    Definitions,
    Key,
    ListOf,
    Optional,
    Record,
    Shape,
    note_repeated,
    table,
)
from leadflow.serialization.strategies import STRATEGY, check_plain

_FIELD = Record("field", {"field": Key("name", NAME, required=True)}, FieldRef)


@attrs.frozen
class _OrField:
    """A value, or a table that names the lead's field which holds it."""

    inner: Shape

    def read(self, place: Place, data: object) -> Any:
        """Read a table as the field."""
        return (_FIELD if isinstance(data, dict) else self.inner).read(place, data)

    def write(self, value: Any, *, native: bool) -> Any:
        """Write the field as a table."""
        shape = _FIELD if isinstance(value, FieldRef) else self.inner
        return shape.write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe both."""
        return {"anyOf": [self.inner.schema(definitions), _FIELD.schema(definitions)]}


@attrs.frozen
class _PoolShape(Record):
    """A pool; one form only, where Python has shorter ones."""

    def read(self, place: Place, data: object) -> Any:
        """Read the table."""
        expected = 'a table such as { team = "emea" } or { reps = ["rep-1"] }'
        return super().read(place, table(place, data, expected))


_NEEDS = ListOf(_OrField(NAME), "a list of names")
_POOL = record(
    Pool,
    {
        "skills": _NEEDS,
        "languages": _NEEDS,
        **each_checked(Pool, reps=ListOf(NAME, "a list of reps' ids")),
    },
)
POOL = _PoolShape(_POOL.what, _POOL.keys, Pool)
WHEN_ABSENT = record(WhenAbsent, each_checked(WhenAbsent, catch_up=WHOLE))
ROUTING_RULE = record(
    RoutingRule,
    {
        "when": CONDITION,
        "to": POOL,
        "by": STRATEGY,
        "when_absent": WHEN_ABSENT,
        **each_checked(RoutingRule, units=_OrField(WHOLE)),
    },
)
_ROUTER = Record(
    "router",
    {
        "rules": Key("rules", ListOf(ROUTING_RULE, "a list of rules"), required=True),
        "otherwise": Key("otherwise", Optional(ROUTING_RULE)),
    },
    Router,
)


@attrs.frozen
class RouterShape:
    """A router: its rules in order, and `otherwise`."""

    what = "a router"

    def read(self, place: Place, data: object) -> Router:
        """Read all rules, then look at them together."""
        given = table(place, data)
        reader = attrs.evolve(_ROUTER, salvage=lambda at, found: _salvage(at, found, given))
        router: Router = reader.read(place, given)
        return router

    def write(self, value: Router, *, native: bool) -> dict[str, Any]:
        """Write the rules, once all strategies are known to have a plain form."""
        for index, rule in enumerate(value.rules):
            check_plain(f"rules[{index}].by", rule.by)
        if value.otherwise is not None:
            check_plain("otherwise.by", value.otherwise.by)
        return _ROUTER.write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the keys."""
        return _ROUTER.schema(definitions)


ROUTER = RouterShape()


def _salvage(place: Place, found: dict[str, Any], given: dict[str, Any]) -> None:
    """Check what belongs together in a router of which something was bad; bad rules count by name."""
    rules = given.get("rules")
    rows = dict(enumerate(rules)) if isinstance(rules, list | tuple) else {}
    placed = {f"rules[{index}]": row for index, row in rows.items()}
    note_repeated(place, "name", {**placed, "otherwise": given.get("otherwise")})
    otherwise = found.get("otherwise")
    if otherwise is not None and otherwise.when != Always():
        place.within("otherwise.when").note(f"expected no condition, got {otherwise.when}")
