"""Who answers: leadflow, what one would write by hand, and the peers, each in its quickest way.

A contender is made from rules and leads outside of the clock: rules are compiled, leads are brought
into the form that it reads fastest. What is timed is one call that answers for all its leads.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any, TypeAlias

import attrs

from benchmarks.data import TYPICAL, Asked, Values, leads, many_rules, varied_leads
from leadflow import Lead, field
from leadflow.scoring import Rule, ScoringModel

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Answer: TypeAlias = Callable[[], list[int]]
Make: TypeAlias = Callable[[Sequence[Asked], Sequence[Values]], Answer]


@attrs.frozen
class Contender:
    """A name, the way it is asked, what makes it, and how many leads and rules it can bear."""

    name: str
    way: str
    make: Make
    module: str = "leadflow"
    share: int = 1
    """It is given one lead in so many."""
    only: tuple[Asked, ...] | None = None
    """The only rules that it knows, if it is not made from data."""

    @property
    def is_here(self) -> bool:
        """Whether what it needs is installed."""
        return find_spec(self.module) is not None


def model_of(rules: Sequence[Asked]) -> ScoringModel:
    """Write the rules in leadflow's words."""
    return ScoringModel(
        "benchmark",
        rules=[
            Rule(
                f"rule {place}",
                asked.points,
                when=getattr(field(asked.field), asked.word)(*asked.given),
            )
            for place, asked in enumerate(rules)
        ],
    )


def leads_of(values: Iterable[Values]) -> list[Lead]:
    """Make leads of plain values."""
    return [Lead(f"L-{place}", fields=given) for place, given in enumerate(values)]


def leadflow(rules: Sequence[Asked], values: Sequence[Values]) -> Answer:
    """Fold the rules into look-ups."""
    points, leads = model_of(rules).points, leads_of(values)
    return lambda: [points(lead, as_of=NOW) for lead in leads]


def by_hand(_: Sequence[Asked], values: Sequence[Values]) -> Answer:
    """Take the function written out for the thirty rules."""
    return lambda: [points_by_hand(lead) for lead in values]


def points_by_hand(lead: Mapping[str, Any]) -> int:  # noqa: C901, PLR0912, PLR0915 (that is the point)
    """Give the points of the thirty rules, as one would write them without a library."""
    points = 0
    if lead["country"] in ("US", "CA"):
        points += 10
    if lead["country"] in ("DE", "AT", "CH"):
        points += 8
    if lead["country"] == "BR":
        points += 3
    if lead["industry"] == "software":
        points += 12
    if lead["industry"] in ("finance", "insurance"):
        points += 9
    if lead["industry"] == "education":
        points -= 4
    if lead["industry"] == "agency":
        points -= 6
    if lead["channel"] == "referral":
        points += 15
    if lead["channel"] == "trade fair":
        points += 8
    if lead["channel"] in ("ads", "list"):
        points -= 3
    if lead["seniority"] in ("owner", "chief"):
        points += 20
    if lead["seniority"] == "director":
        points += 14
    if lead["seniority"] == "intern":
        points -= 10
    if lead["tool"] == "none":
        points += 6
    if lead["tool"] == "rival":
        points += 4
    if 50 <= lead["employees"] <= 1_000:
        points += 20
    if lead["employees"] >= 1_001:
        points += 12
    if lead["employees"] <= 49:
        points -= 8
    if lead["revenue"] >= 10_000:
        points += 10
    if 1_000 <= lead["revenue"] <= 9_999:
        points += 5
    if lead["pages_viewed"] >= 1:
        points += 2
    if lead["pages_viewed"] >= 5:
        points += 5
    if lead["pages_viewed"] >= 20:
        points += 8
    if lead["emails_opened"] == 0:
        points -= 3
    if lead["emails_opened"] >= 1:
        points += 1
    if lead["emails_opened"] >= 10:
        points += 4
    if lead["downloads"] >= 1:
        points += 5
    if 3 <= lead["downloads"] <= 10:
        points += 5
    if lead["meetings"] >= 1:
        points += 20
    if lead["meetings"] >= 2:
        points += 10
    return points


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": operator.eq,
    "at_least": operator.ge,
    "at_most": operator.le,
}


def closures(rules: Sequence[Asked], values: Sequence[Values]) -> Answer:
    """Make one small function of each rule."""
    tests = [(_closure(asked), asked.points) for asked in rules]

    def points(lead: Values) -> int:
        total = 0
        for test, given in tests:
            if test(lead):
                total += given
        return total

    return lambda: [points(lead) for lead in values]


def _closure(asked: Asked) -> Callable[[Any], bool]:
    name, first, last = asked.field, asked.given[0], asked.given[-1]
    if asked.word == "between":
        return lambda lead: first <= lead[name] <= last
    if asked.word == "one_of":
        allowed = frozenset(asked.given)
        return lambda lead: lead[name] in allowed
    compare = _ORDERS[asked.word]
    return lambda lead: compare(lead[name], first)


def datalogic(rules: Sequence[Asked], values: Sequence[Values]) -> Answer:
    """Compile one sum; parse the leads ahead; keep a session; take the result as an int."""
    from datalogic_py import DataHandle, Engine

    engine = Engine()
    rule = engine.compile({"+": [{"if": [logic(asked), asked.points, 0]} for asked in rules]})
    handles = [DataHandle(lead) for lead in values]
    ask = engine.session().evaluate_int
    return lambda: [ask(rule, handle) for handle in handles]


def datalogic_unprepared(rules: Sequence[Asked], values: Sequence[Values]) -> Answer:
    """Compile one sum; hand in the leads as dicts, the form in which a Python program has them."""
    from datalogic_py import Engine

    terms = [{"if": [logic(asked), asked.points, 0]} for asked in rules]
    ask = Engine().compile({"+": terms}).evaluate
    return lambda: [ask(lead) for lead in values]


def logic(asked: Asked) -> dict[str, Any]:
    """Write a condition as JsonLogic."""
    value, first = {"var": asked.field}, asked.given[0]
    match asked.word:
        case "between":
            return {"<=": [first, value, asked.given[-1]]}
        case "one_of":
            return {"in": [value, list(asked.given)]}
        case "equals":
            return {"===": [value, first]}
        case _:
            return {">=" if asked.word == "at_least" else "<=": [value, first]}


def zen(rules: Sequence[Asked], values: Sequence[Values]) -> Answer:
    """Compile one sum; hand in the leads as JSON text, which it reads faster than a dict."""
    from zen import compile_expression

    terms = (f"{_expression(asked, '[{}..{}]')} ? {asked.points} : 0" for asked in rules)
    ask = compile_expression(f"sum([{', '.join(terms)}])").evaluate
    texts = [json.dumps(lead) for lead in values]
    return lambda: [int(ask(text)) for text in texts]


def rule_engine(rules: Sequence[Asked], values: Sequence[Values]) -> Answer:
    """Compile every rule in one context, and add up those that match."""
    from rule_engine import Context
    from rule_engine import Rule as Compiled

    context = Context()
    between = "{field} >= {} and {field} <= {}"
    tests = [
        (Compiled(_expression(asked, between), context=context), asked.points) for asked in rules
    ]
    return lambda: [sum(given for rule, given in tests if rule.matches(lead)) for lead in values]


_SIGNS = {"equals": "==", "at_least": ">=", "at_most": "<="}


def _expression(asked: Asked, between: str) -> str:
    if asked.word == "between":
        stretch = between.format(*asked.given, field=asked.field)
        return stretch if "{field}" in between else f"{asked.field} in {stretch}"
    if asked.word == "one_of":
        return f"{asked.field} in {list(asked.given)}"
    return f"{asked.field} {_SIGNS[asked.word]} {asked.given[0]!r}"


LEADFLOW = Contender("leadflow", "`model.points(lead, as_of=)` over `Lead`s", leadflow)
OTHERS = (
    Contender(
        "datalogic-py",
        "one compiled sum, `Session.evaluate_int` over `DataHandle`s",
        datalogic,
        "datalogic_py",
    ),
    Contender(
        "datalogic-py, dicts",
        "one compiled sum, `Rule.evaluate` over dicts",
        datalogic_unprepared,
        "datalogic_py",
    ),
    Contender(
        "zen-engine",
        "one compiled expression, `evaluate` over JSON text",
        zen,
        "zen",
    ),
    Contender(
        "rule-engine",
        "every rule compiled, `Rule.matches` over dicts",
        rule_engine,
        "rule_engine",
        share=50,
    ),
    Contender("closures", "one closure a rule over dicts", closures),
    Contender("by hand", "an if-chain over dicts", by_hand, only=TYPICAL),
)


def agreeing(others: Iterable[Contender] = OTHERS) -> list[str]:
    """Name the contenders that are here, having checked that they give leadflow's points."""
    typical, varied, rules = leads(300), varied_leads(100), many_rules(300)
    here = [one for one in others if one.is_here]
    for one in here:
        same = one.make(TYPICAL, typical)() == LEADFLOW.make(TYPICAL, typical)()
        if same and one.only is None:
            same = one.make(rules, varied)() == LEADFLOW.make(rules, varied)()
        if not same:
            raise SystemExit(f"{one.name} gives other points than leadflow")
    return [one.name for one in here]
