"""From plain data to values and back, strictly; and the same as a cattrs converter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar, get_args, get_origin, overload

from cattrs import Converter

from leadflow.actions import ACTION_TYPES, Action
from leadflow.automation import (
    Branch,
    Content,
    Form,
    Planned,
    SendWindow,
    Sequence,
    Split,
    Step,
    Trigger,
    When,
)
from leadflow.automation.trigger import TRIGGERS
from leadflow.calendars import WorkingHours
from leadflow.conditions import Condition, LeadSchema
from leadflow.conditions.node import CONDITION_TYPES
from leadflow.contact import Cap, ContactRules
from leadflow.disposition import DispositionPolicy, Qualifier, Reason, Segment
from leadflow.errors import InvalidValue, shown
from leadflow.events import EVENT_TYPES, Event, Rejected
from leadflow.lead import Lead
from leadflow.limits import DEFAULT_LIMITS, Limits
from leadflow.money import Money, Rates
from leadflow.pipeline import OfferCheck, Pipeline, ResponseLimits, Stage, WorkOrder
from leadflow.playbook import Outcome, Playbook, Procedure
from leadflow.routing import (
    Absence,
    Band,
    Held,
    Pool,
    Quota,
    Rep,
    Roster,
    Router,
    RoutingRule,
    Strategy,
    Turns,
    WhenAbsent,
    WinRates,
    Workload,
)
from leadflow.scoring import (
    Calibration,
    Categories,
    Category,
    Contribution,
    Expiry,
    Fade,
    Grid,
    Group,
    HalfLife,
    Readiness,
    Rule,
    Score,
    ScoringModel,
    Thresholds,
    TimelineAndSize,
    Unmatched,
)
from leadflow.serialization.actions import ACTION
from leadflow.serialization.automations import TRIGGER, WHEN
from leadflow.serialization.conditions import CONDITION
from leadflow.serialization.forms import (
    CALIBRATION,
    CATEGORY,
    CONTRIBUTION,
    EVENT,
    FADE,
    GRID,
    GROUP,
    LEAD,
    MODEL,
    RATER,
    RATES,
    REJECTED,
    RULE,
    SCHEMA,
    SCORE,
    SCORING,
    UNMATCHED,
    EventShape,
    Rating,
    Scoring,
)
from leadflow.serialization.outcomes import HELD, OUTCOME, PLANNED
from leadflow.serialization.parsing import check_tree
from leadflow.serialization.parts import (
    CAP,
    CONTACT_RULES,
    CONTENT,
    FORM,
    PROCEDURE,
    RESPONSE_LIMITS,
    SPLIT,
    WORK_ORDER,
)
from leadflow.serialization.pipelines import OFFER_CHECK, PIPELINE, STAGE, WORKING_HOURS
from leadflow.serialization.playbooks import PLAYBOOK
from leadflow.serialization.policies import POLICY, QUALIFIER, REASON, SEGMENT
from leadflow.serialization.problems import read, told
from leadflow.serialization.records import snake
from leadflow.serialization.rosters import ABSENCE, QUOTA, REP, ROSTER, TURNS, WORKLOAD
from leadflow.serialization.routers import POOL, ROUTER, ROUTING_RULE, WHEN_ABSENT
from leadflow.serialization.sequences import BRANCH, SEND_WINDOW, SEQUENCE, STEP
from leadflow.serialization.shapes import (
    DATE,
    FLAG,
    INSTANT,
    MONEY,
    NUMBER,
    REAL,
    SPAN,
    TEXT,
    WHOLE,
    Shape,
)
from leadflow.serialization.strategies import BAND, STRATEGIES, STRATEGY, WIN_RATES
from leadflow.span import Span

T = TypeVar("T")

SHAPES: Mapping[Any, Shape] = {
    Lead: LEAD,
    Event: EVENT,
    Condition: CONDITION,
    Action: ACTION,
    Fade: FADE,
    Rating: RATER,
    Scoring: SCORING,
    ScoringModel: MODEL,
    Rule: RULE,
    Group: GROUP,
    Grid: GRID,
    Calibration: CALIBRATION,
    LeadSchema: SCHEMA,
    Score: SCORE,
    Contribution: CONTRIBUTION,
    Unmatched: UNMATCHED,
    Category: CATEGORY,
    Rates: RATES,
    Rejected: REJECTED,
    HalfLife: FADE,
    Expiry: FADE,
    Thresholds: RATER,
    TimelineAndSize: RATER,
    Readiness: RATER,
    Categories: RATER,
    Money: MONEY,
    Span: SPAN,
    Pipeline: PIPELINE,
    Stage: STAGE,
    OfferCheck: OFFER_CHECK,
    WorkingHours: WORKING_HOURS,
    Router: ROUTER,
    RoutingRule: ROUTING_RULE,
    Pool: POOL,
    WhenAbsent: WHEN_ABSENT,
    Strategy: STRATEGY,
    Band: BAND,
    WinRates: WIN_RATES,
    Roster: ROSTER,
    Rep: REP,
    Absence: ABSENCE,
    Quota: QUOTA,
    Workload: WORKLOAD,
    Turns: TURNS,
    DispositionPolicy: POLICY,
    Reason: REASON,
    Qualifier: QUALIFIER,
    Segment: SEGMENT,
    Playbook: PLAYBOOK,
    Procedure: PROCEDURE,
    When: WHEN,
    Trigger: TRIGGER,
    Sequence: SEQUENCE,
    Step: STEP,
    Branch: BRANCH,
    SendWindow: SEND_WINDOW,
    Split: SPLIT,
    Content: CONTENT,
    Form: FORM,
    ContactRules: CONTACT_RULES,
    Cap: CAP,
    ResponseLimits: RESPONSE_LIMITS,
    WorkOrder: WORK_ORDER,
    Planned: PLANNED,
    Held: HELD,
    Outcome: OUTCOME,
    **{kind: EventShape((snake(kind),)) for kind in EVENT_TYPES},
    **dict.fromkeys(CONDITION_TYPES, CONDITION),
    **dict.fromkeys(STRATEGIES, STRATEGY),
    **dict.fromkeys(ACTION_TYPES, ACTION),
    **dict.fromkeys(TRIGGERS, TRIGGER),
}
"""What can be read and written, by class; a union stands for any of its classes."""
_STRICT: Mapping[type, Shape] = {
    str: TEXT,
    bool: FLAG,
    int: WHOLE,
    float: REAL,
    Decimal: NUMBER,
    date: DATE,
    datetime: INSTANT,
}


def shape_of(kind: Any) -> Shape:
    """Find the plain form of a class, or of one of the unions Event, Condition and Action."""
    try:
        return SHAPES[kind]
    except (KeyError, TypeError):
        expected = "a class that has a plain form, such as Lead, Event, Score or ScoringModel"
        raise InvalidValue("class to read or write", shown(kind), expected) from None


def meaning(kind: Any) -> str:
    """Name a class, or one of the unions, in a message."""
    if isinstance(kind, type):
        return snake(kind).replace("_", " ")
    unions = {
        Event: "event",
        Condition: "condition",
        Action: "action",
        Trigger: "trigger",
        Fade: "fade",
    }
    return unions.get(kind, "rater")


@overload
def from_data(data: object, cls: type[T], *, limits: Limits = ...) -> T: ...
@overload
def from_data(data: object, cls: Any, *, limits: Limits = ...) -> Any: ...
def from_data(data: object, cls: Any, *, limits: Limits = DEFAULT_LIMITS) -> Any:
    """Read a value of a class, or of a union such as Event or Condition, from plain data.

    Strict: nothing is coerced, unknown keys are refused. Raises `InvalidDefinition` with all
    problems and their paths, `LimitExceeded` for data that is nested too deep or holds too much, and
    `InvalidValue` for a class without a plain form.

    >>> from leadflow.events import Event
    >>> from_data({"event": "tagged", "tag": "vip", "at": "2026-03-01T09:00:00Z"}, Event).tag
    'vip'
    """
    shape, what = shape_of(cls), meaning(cls)
    check_tree(what, data, limits)
    return checked(read(what, shape.read, data), cls)


def checked(value: Any, cls: Any) -> Any:
    """Make sure that a value read by the shape of a union is of the class that was asked for."""
    if isinstance(cls, type) and not isinstance(value, cls):
        raise InvalidValue("plain data", meaning(type(value)), f"the form of {meaning(cls)}")
    return value


def to_data(value: object) -> Any:
    """Write a value as plain data: tables, lists, text, numbers, true, false and null.

    What `from_data` reads back is equal, each field value with its own type. Numbers that a JSON
    number would not hold exactly, dates and datetimes without a declared type are tagged:
    ``{"decimal": "0.10"}``, ``{"date": "2026-01-01"}``, ``{"datetime": "2026-01-01T09:00:00Z"}``; an
    amount of money in a condition is ``{"money": "100.00 EUR"}``. Raises `InvalidValue` for a value
    that has no plain form.

    >>> to_data(Lead("L-1", fields={"employees": 20}))
    {'id': 'L-1', 'fields': {'employees': 20}}
    """
    return shape_of(type(value)).write(value, native=False)


def condition_from_data(data: object, path: str = "") -> Condition:
    """Read a condition from plain data; the paths of problems start at `path`.

    Raises `InvalidDefinition` with all problems, `LimitExceeded` for data that is nested too deep.

    >>> print(condition_from_data({"field": "employees", "between": [50, 1000]}))
    employees is between 50 and 1000
    """
    check_tree("condition", data, DEFAULT_LIMITS)
    condition: Condition = read(
        "condition", lambda place, given: CONDITION.read(place.within(path), given), data
    )
    return condition


def condition_to_data(condition: Condition) -> dict[str, Any]:
    """Write a condition as plain data that any JSON library takes.

    >>> from leadflow import activity, field
    >>> condition_to_data(field("employees").between(50, 1_000))
    {'field': 'employees', 'between': [50, 1000]}
    >>> condition_to_data(activity("page_viewed", page="/pricing").never())
    {'activity': 'page_viewed', 'where': {'page': '/pricing'}, 'at_most': 0}
    """
    return CONDITION.write(condition, native=False)


def make_converter() -> Converter:
    """Make a cattrs converter that knows leadflow's values and coerces nothing.

    For hosts that structure classes of their own which hold leadflow's. Errors are those of
    `from_data`. Change it as you like: each call makes a new one.

    >>> make_converter().structure({"id": "L-1"}, Lead).id
    'L-1'
    """
    converter = Converter(detailed_validation=False, forbid_extra_keys=True)
    for kind, shape in (*SHAPES.items(), *_STRICT.items()):
        converter.register_structure_hook(kind, _structure(shape, kind))
        if isinstance(kind, type) and kind not in (str, bool, int, float):
            converter.register_unstructure_hook(kind, _unstructure(shape))
    converter.register_structure_hook_factory(_is_list, lambda kind: _listing(converter, kind))
    return converter


def _structure(shape: Shape, cls: Any) -> Callable[[Any, Any], Any]:
    what = meaning(cls)

    def hook(data: Any, _: Any) -> Any:
        check_tree(what, data, DEFAULT_LIMITS)
        return checked(read(what, shape.read, data), cls)

    return hook


def _unstructure(shape: Shape) -> Callable[[Any], Any]:
    return lambda value: shape.write(value, native=False)


def _is_list(kind: Any) -> bool:
    """Tell a list, or a tuple of one type and any length, from tuples of several types."""
    return get_origin(kind) is list or get_args(kind)[1:] == (Ellipsis,)


def _listing(converter: Converter, kind: Any) -> Callable[[Any, Any], Any]:
    """Structure a list of anything, item by item, from nothing but a list."""
    origin, item = get_origin(kind), get_args(kind)[0]

    def hook(data: Any, _: Any) -> Any:
        if not isinstance(data, list | tuple):
            raise InvalidValue("list", told(data), "a list")
        return origin(converter.structure(inner, item) for inner in data)

    return hook
