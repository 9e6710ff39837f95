"""Typed columns with awkward values, models about them, and the frames of every kind they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random  # noqa: TID251 (every draw comes from a seed)
from typing import Any

import attrs
import duckdb
import pandas as pd
import polars as pl
from hypothesis import strategies as st

from leadflow import Activity, Lead, Money, activity, all_of, always, any_of, field, tag
from leadflow.conditions import Condition, Happened
from leadflow.events import Disposition, Event, Note
from leadflow.frames import matches_frame
from leadflow.scoring import Calibration, Expiry, Group, HalfLife, Rule, ScoringModel

NOW = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)
TODAY = NOW.date()
ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati")
_OFFSETS = (UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-11, minutes=-30)))
_HOURS = (-24 * 60, -24 * 31, -24 * 30, -24 * 7, -61, -49, -48, -37, -36, -24, -13, -12, 0, 1, 12)
_DAYS = (
    -400,
    -366,
    -365,
    -60,
    -59,
    -32,
    -31,
    -30,
    -29,
    -28,
    -8,
    -7,
    -2,
    -1,
    0,
    1,
    2,
    7,
    30,
    31,
    61,
)
INSTANTS = [
    (NOW + timedelta(hours=hours, minutes=-30, seconds=second)).astimezone(zone)
    for hours in _HOURS
    for second in (0, -1)
    for zone in _OFFSETS
]
POOLS: dict[str, list[Any]] = {
    "int": [0, 1, -1, 2, 10, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63) + 1],
    "small": [0, 1, -1, 2, 100, 127, -128],
    "float": [0.0, -0.0, 0.1, 0.3, 0.1 + 0.2, 1.0, -1.5, 2.0, 2.0**53, float("nan"), 9.5, 1e300],
    "decimal": [
        Decimal(text)
        for text in (
            "0", "0.1", "0.10", "1.0", "0.30000000000000004", "9007199254740993", "9.5", "-1.5",
            "0.00000000000000001",
        )
    ],
    "text": [
        "", "a", "A", "ab", "abc", "1", "True", "/pricing", "web", "\u00e9", "e\u0301",
        "\u0131", "\u0130", "i", "\u00df", "ss", "\u1e9e", "\U0001f98a", "a\u00a0", "%", "_", "a.b",
    ],
    "bool": [True, False],
    "date": [*(TODAY + timedelta(days) for days in _DAYS), date.min, date.max],
    "datetime": INSTANTS,
}  # fmt: skip
KINDS = {
    "int": "number", "small": "number", "float": "number", "decimal": "number", "text": "text",
    "bool": "bool", "date": "date", "datetime": "datetime",
}  # fmt: skip
SORTS = tuple(POOLS)
_CONSTANTS = {
    "number": [
        *POOLS["int"], *POOLS["decimal"], 0.5, 0.1, 0.3, Decimal("9223372036854775806.5"),
        Decimal("0.000000000000000000001"), 200, -300,
    ],
    "text": POOLS["text"],
    "bool": POOLS["bool"],
    "date": POOLS["date"],
    "datetime": POOLS["datetime"],
}  # fmt: skip
_SPANS = (
    "1 day",
    "7 days",
    "30 days",
    "1 month",
    "2 months",
    "1 month 1 day",
    "1 year",
    "9999 years",
)
_EVENTS = ("open", "click", "visit")
_TOLD = ("note", "disposition")
_TOLD_SORTS = dict.fromkeys(("topic", "need", "text", "outcome", "reason"), "text")
_KINDS = (*_EVENTS, *_EVENTS, *_TOLD)
RESET = "engagement_reset_at"
TYPES: dict[str, Any] = {
    "int": pl.Int64,
    "small": pl.Int8,
    "float": pl.Float64,
    "decimal": pl.Decimal(38, 17),
    "text": pl.String,
    "bool": pl.Boolean,
    "date": pl.Date,
    "datetime": pl.Datetime("us", "UTC"),
    "texts": pl.List(pl.String),
}
Rows = list[dict[str, Any]]


@attrs.frozen
class Case:
    """Leads and activities as rows, the sorts of their columns, and a zone for the datetimes."""

    sorts: dict[str, str]
    data: dict[str, str]
    rows: Rows
    log: Rows
    zone: str

    @property
    def leads(self) -> list[Lead]:
        """The same as leads."""
        logs: dict[str, Rows] = {}
        for one in self.log:
            logs.setdefault(one["lead"], []).append(one)
        return [_lead(row, logs.get(row["id"], [])) for row in self.rows]

    @property
    def lead_sorts(self) -> dict[str, str]:
        """The sort of every column of the leads."""
        own = {"deal_value": "decimal", "deal_value_currency": "text", "tags": "texts"}
        return {"id": "text", **self.sorts, **own, RESET: "datetime"}

    @property
    def log_sorts(self) -> dict[str, str]:
        """The sort of every column of the activities."""
        own = {"lead": "text", "kind": "text", "at": "datetime", "channel": "text"}
        return {**own, "answered": "bool", **self.data, **_TOLD_SORTS}


def _lead(row: dict[str, Any], log: Rows) -> Lead:
    given = {name: value for name, value in row.items() if name != RESET}
    amount, currency = given.pop("deal_value"), given.pop("deal_value_currency")
    events = [event_of(one) for one in log]
    return Lead(
        given.pop("id"),
        deal_value=None if amount is None else Money(amount, currency),
        tags=given.pop("tags") or (),
        fields=given,
        events=events,
    )


def event_of(one: dict[str, Any]) -> Event:
    """Make an activity, a note or a disposition of a row."""
    match one["kind"]:
        case "note":
            return Note(one["text"], one["at"], topic=one["topic"], need=one["need"])
        case "disposition":
            given = {"reason": one["reason"], "resets_engagement": one["resets"]}
            return Disposition(one["outcome"], one["at"], **given)
        case _:
            return activity_of(one)


def activity_of(one: dict[str, Any]) -> Activity:
    """Make an activity of a row."""
    own = {name: one[name] for name in ("channel", "answered")}
    data = {k: v for k, v in one.items() if k not in ("lead", "kind", "at", *own)}
    return Activity(one["kind"], one["at"], direction=None, **own, data=data)


def case(
    random: Random,
    size: int,
    events: int,
    sorts: dict[str, str] | None = None,
    data: dict[str, str] | None = None,
) -> Case:
    """Draw leads and activities, with columns of the given sorts or of a few."""
    sorts = sorts or {name: random.choice(SORTS) for name in "abcd"}
    data = data or {"page": "text", "n": random.choice(SORTS)}
    rows: Rows = []
    for place in range(size):
        row: dict[str, Any] = {"id": f"L-{place}"}
        row |= {name: _maybe(random, POOLS[sort]) for name, sort in sorts.items()}
        amount = _maybe(random, [Decimal(0), Decimal(1), Decimal("9.50"), Decimal(10)])
        currency = None if amount is None else random.choice(["EUR", "USD"])
        row |= {"deal_value": amount, "deal_value_currency": currency}
        row["tags"] = random.choice([None, [], ["vip"], ["partner", "vip"]])
        rows.append(row)
    log: Rows = []
    for _ in range(events):
        one: dict[str, Any] = {
            "lead": f"L-{random.randrange(size + 1)}",
            "kind": random.choice(_KINDS),
        }
        one |= {"at": random.choice(INSTANTS), "channel": None, "answered": None}
        one |= dict.fromkeys([*data, *_TOLD_SORTS])
        log.append(one | (_told(random, one["kind"]) or _data(random, data)))
    for row in rows:
        row[RESET] = _reset(one for one in log if one["lead"] == row["id"])
    return Case(sorts, data, rows, log, random.choice(ZONES))


def _data(random: Random, data: dict[str, str]) -> dict[str, Any]:
    own = {"channel": _maybe(random, ["web", "a"]), "answered": _maybe(random, [True, False])}
    return own | {name: _maybe(random, POOLS[sort]) for name, sort in data.items()}


def _told(random: Random, kind: str) -> dict[str, Any]:
    """Draw what a note or a disposition says; none that changes a value of the lead."""
    if kind == "note":
        need = _maybe(random, ["must-have", "nice-to-have"])
        topic = _maybe(random, ["price", "security"])
        return {"text": random.choice(POOLS["text"]), "topic": topic, "need": need}
    if kind == "disposition":
        outcome, reason = random.choice(["lost", "qualified"]), _maybe(random, ["price", "timing"])
        return {"outcome": outcome, "reason": reason, "resets": random.random() < 0.6}
    return {}


def _reset(log: Iterable[dict[str, Any]]) -> datetime | None:
    """Find the reset that stands now, or else one to come: a frame has room for one."""
    resets = [one["at"] for one in log if one.get("resets")]
    return max((at for at in resets if at <= NOW), default=max(resets, default=None))


def _maybe(random: Random, pool: Sequence[Any]) -> Any:
    return None if random.random() < 0.2 else random.choice(pool)


def leaf(random: Random, sorts: dict[str, str]) -> Condition:
    """Draw a condition about one or two columns, of a kind that they hold."""
    name = random.choice(list(sorts))
    kind, one = KINDS[sorts[name]], field(name)
    words = ["equals", "one_of", "known", "unknown", "two"]
    words += {"number": ["order", "between"], "text": ["part"] * 3}.get(kind, [])
    words += ["order", "between", "dated", "dated"] if kind in ("date", "datetime") else []
    word, pool = random.choice(words), _CONSTANTS[kind]
    if word == "two":
        other = field(random.choice([k for k, s in sorts.items() if KINDS[s] == kind]))
        if kind in ("text", "bool"):
            return one.equals(other)
        return _order(random, one, other) if random.random() < 0.8 else one.equals(other)
    if word == "order":
        return _order(random, one, random.choice(pool))
    if word == "between":
        low, high = sorted([random.choice(pool), random.choice(pool)], key=_key)
        return one.between(low, high)
    if word == "one_of":
        return one.one_of(*random.choices(pool, k=random.randint(1, 4)))
    if word == "part":
        part = random.choice(["contains", "starts_with", "ends_with"])
        found: Condition = getattr(one, part)(random.choice([text for text in pool if text]))
        return found
    if word == "dated":
        near = random.choice(["in_last", "in_next", "older_than"])
        dated: Condition = getattr(one, near)(random.choice(_SPANS))
        return dated
    if word == "equals":
        return one.equals(random.choice(pool))
    return one.is_known() if word == "known" else one.is_unknown()


def _key(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value


def _order(random: Random, one: Any, value: Any) -> Condition:
    word = random.choice(["at_least", "at_most", "more_than", "less_than"])
    found: Condition = getattr(one, word)(value)
    return found


def _money(random: Random) -> Condition:
    value = field("deal_value")
    low, high = sorted(random.choices([0, 1, 9, 10, 11], k=2))
    code = random.choice(["EUR", "USD"])
    amount, more = Money(low, code), Money(high, code)
    choices: list[Condition] = [value.equals(amount), value.one_of(amount, Money("9.5", "USD"))]
    choices += [value.between(amount, more), value.more_than(amount), value.at_most(more)]
    choices += [value.is_known(), value.is_unknown(), value.at_least(value), value.less_than(value)]
    return random.choice(choices)


def tree(random: Random, draw: Callable[[], Condition], depth: int = 2) -> Condition:
    """Draw a combination of conditions."""
    shape = random.randrange(6) if depth else 5
    if shape == 0:
        return ~tree(random, draw, depth - 1)
    if shape in (1, 2):
        parts = [tree(random, draw, depth - 1) for _ in range(random.randint(1, 3))]
        return all_of(*parts) if shape == 1 else any_of(*parts)
    return draw()


def step(random: Random, data: dict[str, str]) -> Happened:
    """Draw an activity that happened."""
    kind = random.choice(_KINDS)
    found = activity(kind)
    own = _TOLD_SORTS if kind in _TOLD else {**data, "channel": "text", "answered": "bool"}
    if random.random() < 0.4:
        found = found.where(tree(random, lambda: leaf(random, own), 1))
    return found.within(random.choice(_SPANS)) if random.random() < 0.4 else found


def condition(random: Random, of: Case) -> Condition:
    """Draw any condition about a case."""

    def draw() -> Condition:
        word = random.randrange(10)
        if word < 5:
            return leaf(random, of.sorts)
        if word == 5:
            return _money(random)
        if word == 6:
            plain: list[Condition] = [tag("vip"), tag("partner"), always()]
            return random.choice(plain)
        if word == 7:
            days = random.choice([None, "1 day", "2 days", "30 days"])
            return step(random, of.data).then(step(random, of.data), within=days)
        least = random.randint(0, 3)
        most = random.choice([None, least, least + 1]) if least else random.randint(0, 2)
        return step(random, of.data).times(least, most)

    return tree(random, draw)


def model(random: Random, of: Case) -> ScoringModel:
    """Draw a model about a case."""
    rules = [_rule(random, of, place) for place in range(random.randint(1, 8))]
    return ScoringModel(
        "m",
        rules,
        groups=[
            Group("fit", at_most=random.randint(0, 40)),
            Group("engagement", at_most=30, at_least=-random.randint(0, 40)),
        ],
        floor=random.choice([None, -30, 0]),
        ceiling=random.choice([None, 30, 60]),
        calibration=random.choice([None, Calibration(0.1, [(0, 0.2), (10, 0.3), (25, 0.9)])]),
    )


def _rule(random: Random, of: Case, place: int) -> Rule:
    points, name = random.randint(-50, 50), f"rule {place}"
    if random.random() < 0.6:
        when = condition(random, of)
        dimension = Rule("probe", 1, when=when).dimension
        return Rule(name, points, when=when, group=random.choice([None, dimension]))
    limit = random.choice([None, random.randint(1, 60)])
    return Rule(
        name,
        points,
        each=step(random, of.data),
        limit=(limit if points > 0 else -limit) if limit and points else None,
        distinct=random.choice([None, None, *of.data, "answered", "topic"]),
        fade=random.choice([None, HalfLife("3 days"), HalfLife("30 days"), Expiry("31 days")]),
        group=random.choice([None, "engagement"]),
    )


randoms = st.integers(0, 2**63).map(Random)


def polars(rows: Rows, sorts: dict[str, str], zone: str = "UTC") -> pl.DataFrame:
    """Make a Polars frame."""
    columns = []
    for name, sort in sorts.items():
        values = [row[name] for row in rows]
        if sort == "datetime":
            values = [None if v is None else v.astimezone(UTC) for v in values]
        column = pl.Series(name, values, TYPES[sort])
        columns.append(column.dt.convert_time_zone(zone) if sort == "datetime" else column)
    return pl.DataFrame(columns)


def pandas_numpy(rows: Rows, sorts: dict[str, str], zone: str = "UTC") -> pd.DataFrame:
    """Make a pandas frame as it was before nullable types: objects wherever numpy has no null."""
    made = {}
    for name, sort in sorts.items():
        values = [row[name] for row in rows]
        has_null = any(value is None for value in values)
        if sort == "float":
            # All whole, one beyond 2^53 and one missing: refused, for they may have been integers.
            made[name] = pd.Series(values, dtype="object" if _like_cut(values) else "float64")
        elif sort in ("int", "small") and not has_null:
            made[name] = pd.Series(values, dtype="int64" if sort == "int" else "int8")
        elif sort == "datetime" and zone != "Asia/Kathmandu":
            utc = [None if v is None else v.astimezone(UTC) for v in values]
            made[name] = pd.Series(utc, dtype="datetime64[us, UTC]").dt.tz_convert(zone)
        elif sort == "text" and name != "id":
            made[name] = pd.Series(values, dtype="object" if has_null else "category")
        else:
            made[name] = pd.Series(values, dtype="object")
    return _indexed(made, len(rows))


def _like_cut(values: Sequence[float | None]) -> bool:
    known = [value for value in values if value is not None and value == value]  # noqa: PLR0124
    is_large = 2**53 <= max(map(abs, known), default=0) <= 2**63
    return is_large and len(known) < len(values) and all(map(float.is_integer, known))


def _indexed(made: dict[str, Any], size: int) -> pd.DataFrame:
    frame = pd.DataFrame(made)
    frame.index = pd.Index(range(size, 0, -1))
    return frame


def pandas_nullable(rows: Rows, sorts: dict[str, str], zone: str = "UTC") -> pd.DataFrame:
    """Make a pandas frame of nullable types."""
    dtypes = {"int": "Int64", "small": "Int8", "float": "Float64", "text": "string"}
    dtypes |= {"bool": "boolean", "datetime": f"datetime64[us, {zone}]"}
    made = {}
    for name, sort in sorts.items():
        values = [row[name] for row in rows]
        if sort == "datetime":
            values = [None if v is None else v.astimezone(UTC) for v in values]
            made[name] = pd.Series(values, dtype="datetime64[us, UTC]").dt.tz_convert(zone)
        else:
            made[name] = pd.Series(values, dtype=dtypes.get(sort, "object"))
    return _indexed(made, len(rows))


def duck(connection: Any) -> Callable[..., Any]:
    """Make DuckDB relations of a connection."""
    connection.execute("SET TimeZone = 'UTC'")

    def make(rows: Rows, sorts: dict[str, str], zone: str = "UTC") -> Any:
        return connection.from_arrow(polars(rows, sorts, zone).to_arrow())

    return make


def pandas_arrow(rows: Rows, sorts: dict[str, str], zone: str = "UTC") -> pd.DataFrame:
    """Make a pandas frame of Arrow's types."""
    return polars(rows, sorts, zone).to_pandas(use_pyarrow_extension_array=True)


ENGINES: dict[str, Callable[..., Any]] = {
    "polars": polars,
    "polars lazy": lambda *given: polars(*given).lazy(),
    "pandas numpy": pandas_numpy,
    "pandas nullable": pandas_nullable,
    "pandas arrow": pandas_arrow,
    "pyarrow": lambda *given: polars(*given).to_arrow(),
    "duckdb": duck(duckdb.default_connection()),
}


def rows_of(frame: Any) -> list[dict[str, Any]]:
    """Return a result's rows, whatever kind it is."""
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, duckdb.DuckDBPyRelation):
        frame = frame.pl()
    if isinstance(frame, pd.DataFrame):
        return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False)]
    found: list[dict[str, Any]] = (
        frame.to_pylist() if hasattr(frame, "to_pylist") else frame.to_dicts()
    )
    return found


def asked(
    condition: Condition, sorts: dict[str, str], rows: Rows, engine: str, zone: str = "UTC"
) -> list[bool]:
    """Ask a condition of rows as a frame of one kind, in the order of the rows."""
    rows = [{"id": f"L-{place}", **row} for place, row in enumerate(rows)]
    frame = ENGINES[engine](rows, {"id": "text", **sorts}, zone)
    found = rows_of(matches_frame(condition, frame, as_of=NOW))
    by_id = {row["id"]: row["matches"] for row in found}
    return [by_id[row["id"]] for row in rows]
