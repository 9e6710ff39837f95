"""Scoring documents, policies and actions, and plain data that may be anything."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from leadflow import Money
from leadflow.actions import (
    Action,
    Assign,
    Convert,
    CreateTask,
    Dispose,
    Enrol,
    Move,
    Notify,
    SendMessage,
    SetField,
    Tag,
    Unsubscribe,
    Untag,
    Withdraw,
)
from leadflow.conditions import LeadSchema, always
from leadflow.disposition import DispositionPolicy, Reason
from leadflow.disposition.reason import OUTCOMES
from leadflow.money import Rates
from leadflow.scoring import (
    Calibration,
    Categories,
    Category,
    Expiry,
    Grid,
    Group,
    HalfLife,
    Readiness,
    Rule,
    ScoringModel,
    Thresholds,
    TimelineAndSize,
)
from leadflow.serialization import Scoring
from tests.condition_strategies import conditions, money, steps, values

WORDS = ("field", "between", "all", "any", "not", "when", "rules", "name", "points", "event", "at",
         "id", "fields", "tags", "events", "merged", "activity", "where", "within", "first", "then",
         "rater", "thresholds", "grid", "date", "datetime", "decimal", "money", "equals", "schema",
         "groups", "calibration", "steps", "tag", "tagged", "activities", "kind", "data", "values")  # fmt: skip


def names() -> st.SearchStrategy[str]:
    """Draw names in any script, quotes and backslashes among them."""
    odd = st.sampled_from(['a "b" \\ c', "größe", "日本", "#x = [1]", "x.y", "'''"])
    return odd | st.text("abcxyz \"'\\.#[]{}=é", min_size=1, max_size=8).filter(str.strip)


@st.composite
def rules(draw: st.DrawFn, name: str, groups: tuple[str, ...] = ()) -> Rule:
    """Draw a rule of either kind, with any of its options."""
    points = draw(st.integers(1, 1_000_000_000)) * draw(st.sampled_from((1, -1)))
    group = draw(st.sampled_from([None, *groups]))
    if draw(st.booleans()):
        return Rule(name, points, when=draw(conditions()))
    limit = draw(st.none() | st.integers(1, 100))
    return Rule(
        name,
        points,
        each=draw(steps()),
        limit=None if limit is None else limit * (1 if points > 0 else -1),
        distinct=draw(st.none() | names()),
        fade=draw(st.sampled_from([None, HalfLife("2 weeks"), Expiry("14 days")])),
        group=group,
    )


@st.composite
def models(draw: st.DrawFn) -> ScoringModel:
    """Draw a model with any of its parts."""
    groups = [
        Group(f"g{n}", at_most=20 * n, at_least=draw(st.sampled_from([None, -5]))) for n in range(2)
    ]
    keys = tuple(group.name for group in groups)
    count = draw(st.integers(1, 3))
    steps_up = st.lists(st.integers(-50, 100), min_size=1, max_size=4, unique=True).map(sorted)
    calibration = st.builds(
        lambda below, at, share: Calibration(below, [(points, share) for points in at]),
        st.floats(0, 1), steps_up, st.floats(0, 1),
    )  # fmt: skip
    schema = draw(st.none() | st.just(True))
    found = [draw(rules(f"{place} {draw(names())}", keys)) for place in range(count)]
    if schema:
        found = [Rule("only", 5, when=always())]
    return ScoringModel(
        draw(names()),
        found,
        groups,
        floor=draw(st.none() | st.integers(-100, 0)),
        ceiling=draw(st.none() | st.integers(0, 100)),
        version=draw(names()),
        calibration=draw(st.none() | calibration),
        schema=LeadSchema({"größe": "number", "x.y": date}, {"call": {"seconds": int}}) if schema else None,
    )  # fmt: skip


def raters() -> st.SearchStrategy[Any]:
    """Draw a rater of each class."""
    rates = st.sampled_from([None, Rates("EUR", {"USD": "0.920", "JPY": "0.0061", "GBP": "2"})])
    sizes = st.sampled_from(["small", "medium", "large"])
    large = st.sampled_from(["50000", "10000.01", "12345678901234567890.12345678901"[:30]])
    timeline = st.builds(
        TimelineAndSize, st.sampled_from(["3 months", "2 weeks"]), rates=rates,
        medium=st.just(Money("10000.00", "EUR")), hot_from=sizes, warm_from=sizes,
        large=st.just(Money("50000", "EUR")) | large.filter(lambda d: len(d) < 19).map(lambda d: Money(d, "EUR")),
    )  # fmt: skip
    categories = st.builds(
        lambda when, name, procedure: Categories(
            [Category(f"1 {name}", when, procedure=procedure, task="call"), Category("rest", always())]
        ),
        conditions(), names(), st.none() | st.text(st.characters(codec="utf-8"), max_size=9),
    )  # fmt: skip
    thresholds = st.builds(
        Thresholds, st.integers(60, 99), st.integers(0, 30), leave_hot=st.none() | st.just(50)
    )
    readiness = st.builds(
        Readiness, st.integers(40, 99), st.integers(0, 30), silence=st.just("6 weeks")
    )
    return st.one_of(timeline, categories, thresholds, readiness)


def scorings() -> st.SearchStrategy[Scoring]:
    """Draw whole documents."""
    grids = st.just(Grid((40, 20), (50, 10)))
    return st.builds(Scoring, models(), st.none() | raters(), st.none() | grids)


def _settings() -> st.SearchStrategy[SetField]:
    """Draw what sets a field to a value of any type, or one of the attributes; or unknown again."""
    attributes = {
        "source": st.text("ab é", max_size=4),
        "deal_value": money(),
        "due": st.dates(),
        "time_zone": st.sampled_from(["Europe/Warsaw", "UTC"]),
    }
    floats = st.sampled_from([0.1, -0.0, 1.0, 1e15, 2.5e-7, 1 / 3])
    special = st.sampled_from([*attributes]).flatmap(
        lambda field: st.builds(SetField, st.just(field), st.none() | attributes[field])
    )
    return special | st.builds(SetField, names(), st.none() | values() | floats)


def actions() -> st.SearchStrategy[Action]:
    """Draw an action of each kind, with any of its options."""
    later = st.sampled_from([None, "1 day", "2 hours", "1 year 6 months"])
    texts = st.text(st.characters(codec="utf-8"), max_size=9)
    channels = st.sampled_from(["email", "chat", "größe"])
    reasons = st.none() | names()
    return st.one_of(
        st.builds(CreateTask, names(), st.none() | texts, after=later, rep=st.none() | names()),
        st.builds(Tag, names()),
        st.builds(Untag, names()),
        st.builds(Notify, names(), texts),
        st.builds(Enrol, names(), after=later),
        st.builds(Withdraw, names()),
        st.builds(Assign, st.none() | names()),
        st.builds(Move, names(), st.none() | texts),
        _settings(),
        st.builds(SendMessage, st.none() | names(), channels),
        st.just(Unsubscribe()),
        st.builds(Dispose, st.sampled_from(OUTCOMES), reasons, st.none() | texts),
        st.builds(Convert, names()),
    )


@st.composite
def reasons(draw: st.DrawFn, key: str) -> Reason:
    """Draw a reason with any of the consequences that go together."""
    final = draw(st.booleans())
    comes_back = not final and draw(st.booleans())
    attempts = draw(st.none() | st.integers(1, 9))
    channels = st.lists(st.sampled_from(["email", "phone", "größe"]), max_size=3)
    return Reason(
        key,
        draw(st.just(key) | names()),
        keep=comes_back or draw(st.booleans()),
        contact_again=draw(st.sampled_from(["3 months", "10 days", None])) if comes_back else None,
        never_contact=["ALL", "sms"] if final else draw(channels),
        verify_contact=comes_back and draw(st.booleans()),
        needs_note=draw(st.booleans()),
        attempts=attempts,
        within=draw(st.sampled_from([None, "30 days", "36 hours"])) if attempts else None,
        resets_engagement=draw(st.booleans()),
        back_to=draw(st.none() | names()),
        next=draw(st.lists(actions(), max_size=3)),
        outcomes=draw(st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=3)),
    )


@st.composite
def policies(draw: st.DrawFn) -> DispositionPolicy:
    """Draw a disposition policy with any of its parts."""
    keys = [f"{draw(names())} {place}" for place in range(draw(st.integers(1, 3)))]
    return DispositionPolicy(
        [draw(reasons(key)) for key in keys],
        verifiers=draw(st.lists(names(), max_size=2)),
        next=draw(
            st.dictionaries(st.sampled_from(OUTCOMES), st.lists(actions(), max_size=2), max_size=3)
        ),
    )


def anything() -> st.SearchStrategy[Any]:
    """Draw plain data of any form, with words that mean something here in wrong places."""
    text = st.sampled_from(WORDS) | st.text(max_size=8)
    dates = st.sampled_from(
        [date(2026, 1, 1), datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)]
    )
    leaf = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), text, dates, st.binary(max_size=3),
        st.decimals(allow_nan=True), st.just(Decimal("1E+999999")), st.just("2026-01-01T09:00:00Z"),
    )  # fmt: skip
    keys = text | st.integers(0, 3)
    return st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)
    )
