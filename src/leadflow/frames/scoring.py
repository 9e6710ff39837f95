"""Scoring a dataframe: the same points as lead by lead, and what they are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from string import ascii_uppercase
from typing import Any

import attrs
import narwhals.stable.v2 as nw

from leadflow.conditions import Condition
from leadflow.errors import EngineRefused, InvalidValue, shown
from leadflow.frames.expressions import added, asked_by, every, stepped
from leadflow.frames.matching import Prepared
from leadflow.frames.source import MARK, ROW, Part, Source
from leadflow.scoring import Calibration, Grid, Group, Rule, ScoringModel
from leadflow.scoring.rule import Dimension
from leadflow.scoring.score import ContributionKind

_PLACE = f"{MARK}place"


@attrs.frozen(eq=False)
class Line:
    """One thing that may add points: a rule, or a limit; where, how often and how many."""

    rule: str
    kind: ContributionKind
    dimension: Dimension
    present: nw.Expr
    times: nw.Expr
    points: nw.Expr
    fixed: int | None = None
    """The points of a rule that gives them once."""


def score_frame(
    model: ScoringModel,
    leads: Any,
    activities: Any = None,
    *,
    as_of: datetime,
    id: str = "id",
    explain: bool = False,
) -> Any:
    """Score every lead of a dataframe: adds points, fit and engagement to the caller's columns.

    With a calibrated model ``win_probability`` is added too, with `explain` the column ``because``:
    the contributions in one text. `leads` has one row per lead and a column for each field of the
    model; `activities` one row per activity with the columns lead, kind and at, and its data. Where
    `leads` has the column engagement_reset_at, as `leads_to_frame` writes it, activities up to that
    instant score nothing, dispositions excepted; a reset after `as_of` has not happened. What comes
    in goes out; a Polars LazyFrame, a DuckDB relation and a PySpark DataFrame stay queries. The
    answer is that of ``model.score(lead)``, to the point.

    Raises `MissingColumn`, `WrongColumn`, `ColumnClash` or `EngineRefused` before anything runs.

    >>> import polars as pl
    >>> from datetime import datetime, timezone
    >>> from leadflow import activity, field
    >>> model = ScoringModel(
    ...     "inbound",
    ...     rules=[
    ...         Rule("mid-market", +20, when=field("employees").between(50, 1_000)),
    ...         Rule("opened", +2, each=activity("email_opened"), limit=3),
    ...     ],
    ... )
    >>> now = datetime(2026, 3, 1, tzinfo=timezone.utc)
    >>> leads = pl.DataFrame({"id": ["L-1", "L-2"], "employees": [120, None]})
    >>> opened = pl.DataFrame({"lead": ["L-1"] * 2, "kind": "email_opened", "at": now})
    >>> score_frame(model, leads, opened, as_of=now, explain=True).rows()
    [('L-1', 120, 23, 20, 3, 'mid-market +20; opened x2 +4; opened (rule limit) -1'), ('L-2', None, 0, 0, 0, '')]
    """
    _check_model(model)
    made = ["points", "fit", "engagement"]
    made += [] if model.calibration is None else ["win_probability"]
    made += ["because"] if explain else []
    Source.of("leads", leads).check_new(made)
    ready = _prepared(model, leads, activities, as_of=as_of, id=id)
    sums = _sums(model)
    rows = _scored(model, ready, sums, explain=explain)
    if explain:
        rows = rows.with_columns(_because(_lines(model, ready, sums)).alias("because"))
    if model.calibration is not None:
        chance = _probability(model.calibration, nw.col("points"))
        rows = rows.with_columns(chance.alias("win_probability"))
    return ready.with_results(rows, made)


def contributions_frame(
    model: ScoringModel, leads: Any, activities: Any = None, *, as_of: datetime, id: str = "id"
) -> Any:
    """List what every score of a dataframe is made of: lead, rule, kind, times, points.

    One row for each contribution, in the order of the leads and of the model; a lazy frame's rows
    come in the engine's order. `kind` is rule, rule limit, group limit, floor or ceiling, so the
    points of a lead's rows always add up to its score. `times` counts what earned points.

    Raises as `score_frame` does.

    >>> import polars as pl
    >>> from datetime import datetime, timezone
    >>> from leadflow import field
    >>> model = ScoringModel(
    ...     "m", [Rule("big", +20, when=field("size").at_least(5))], ceiling=15
    ... )
    >>> leads = pl.DataFrame({"id": ["L-1", "L-2"], "size": [9, 1]})
    >>> now = datetime(2026, 3, 1, tzinfo=timezone.utc)
    >>> contributions_frame(model, leads, as_of=now).rows()
    [('L-1', 'big', 'rule', 1, 20), ('L-1', 'ceiling', 'ceiling', 1, -5)]
    """
    _check_model(model)
    ready = _prepared(model, leads, activities, as_of=as_of, id=id)
    sums = _sums(model)
    rows = _scored(model, ready, sums, explain=True)
    lines = _lines(model, ready, sums)
    order = [_PLACE] if ready.source.is_lazy else [ROW, _PLACE]
    shared = {name: nw.col(name) for name in order[:-1]}
    shared["lead"] = nw.col(ready.columns.key.name)
    made = [
        Part(
            line.present,
            {_PLACE: place, "rule": line.rule, "kind": line.kind},
            {"times": line.times, "points": line.points},
        )
        for place, line in enumerate(lines)
    ]
    return ready.source.of_results(ready.source.stacked(rows, shared, made), order)


def sql(model: ScoringModel, leads: Any, activities: Any = None, *, as_of: datetime) -> str:
    """Write the DuckDB query that scores a relation, to be read and run by the host itself.

    `leads` and `activities` are DuckDB relations, such as ``connection.table("leads")``; the query
    names their tables. Raises `EngineRefused` for other frames, and as `score_frame` does.
    """
    scored = score_frame(model, leads, activities, as_of=as_of)
    if Source.of("leads", leads).kind != "duckdb":
        raise EngineRefused(type(leads).__name__, "no SQL is written here", "use DuckDB relations")
    return str(scored.sql_query())


def grade(scored: Any, grid: Grid) -> Any:
    """Add the column ``grade`` to a scored frame: a letter for fit, a number for engagement.

    Where fit or engagement is null, so is the grade.

    >>> import polars as pl
    >>> scored = pl.DataFrame({"id": ["L-1"], "fit": [25], "engagement": [60]})
    >>> grade(scored, Grid(fit=(40, 20), engagement=(50, 10)))["grade"].to_list()
    ['B1']
    """
    if not isinstance(grid, Grid):
        raise InvalidValue("grade", shown(grid), "a Grid")
    letters = stepped(grid.fit, nw.col("fit"), [nw.lit(letter) for letter in ascii_uppercase])
    numbers = [nw.lit(str(place + 1)) for place in range(len(grid.engagement) + 1)]
    made = nw.concat_str(letters, stepped(grid.engagement, nw.col("engagement"), numbers))
    return _added(scored, ["fit", "engagement"], "grade", made)


def win_probability(scored: Any, calibration: Calibration) -> Any:
    """Add the column ``win_probability`` to a scored frame, from its points; null stays null.

    >>> import polars as pl
    >>> chances = Calibration(below=0.14, steps=[(20, 0.46), (45, 0.87)])
    >>> win_probability(pl.DataFrame({"points": [44]}), chances)["win_probability"].to_list()
    [0.46]
    """
    if not isinstance(calibration, Calibration):
        raise InvalidValue("win_probability", shown(calibration), "a Calibration")
    made = _probability(calibration, nw.col("points"))
    return _added(scored, ["points"], "win_probability", made)


def _added(scored: Any, read: Sequence[str], name: str, made: nw.Expr) -> Any:
    source = Source.of("scored leads", scored)
    source.check_new([name])
    rows, columns = source.read(dict.fromkeys(read, ""), read[0])
    for field in read:
        if columns[field].sort != "integer":
            raise columns[field].wrong("whole points, as score_frame gives them")
    known = nw.when(every([columns[field].is_known for field in read])).then(made)
    return source.with_results(rows.with_columns(known.alias(name)), [name])


def _check_model(model: object) -> None:
    if not isinstance(model, ScoringModel):
        raise InvalidValue("model", shown(model), "a ScoringModel")


def _prepared(
    model: ScoringModel, leads: Any, activities: Any, *, as_of: datetime, id: str
) -> Prepared:
    return Prepared.of(leads, activities, as_of=as_of, id=id, asked=model.rules, engaged=True)


def _limited(rule: Rule, points: nw.Expr) -> nw.Expr:
    if rule.limit is None:
        return points
    if rule.limit > 0:
        return points.clip(upper_bound=rule.limit)
    return points.clip(lower_bound=rule.limit)


@attrs.frozen(eq=False)
class Sum:
    """The rules of a group, or those of a dimension that are in none: they are added up together."""

    dimension: Dimension
    group: Group | None
    rules: tuple[tuple[int, Rule], ...]
    once: str
    """The column of what the rules with `when` come to."""

    @property
    def paid_once(self) -> list[tuple[str, int]]:
        """Where rules are met, and what they give then."""
        return [(_met(place), rule.points) for place, rule in self.rules if rule.when is not None]

    def total(self, ready: Prepared) -> nw.Expr:
        """Add up the rules, each with its limit, and none of the group's."""
        each = [rule for _, rule in self.rules if rule.when is None]
        points = [_limited(rule, ready.behaviours.earned(rule)[1]) for rule in each]
        return added([*([nw.col(self.once)] if self.paid_once else []), *points])

    def held(self, total: nw.Expr) -> nw.Expr:
        """Hold a total within the limits of the group."""
        return (
            total if self.group is None else _held(total, self.group.at_least, self.group.at_most)
        )


def _met(place: int) -> str:
    return f"{MARK}met_{place}"


def _sums(model: ScoringModel) -> list[Sum]:
    groups = {group.name: group for group in model.groups}
    held: dict[tuple[Dimension, str | None], list[tuple[int, Rule]]] = {}
    for place, rule in enumerate(model.rules):
        held.setdefault((rule.dimension, rule.group), []).append((place, rule))
    return [
        Sum(dimension, groups[name] if name else None, tuple(rules), f"{MARK}once_{number}")
        for number, ((dimension, name), rules) in enumerate(held.items())
    ]


def _scored(
    model: ScoringModel, ready: Prepared, parts: Sequence[Sum], *, explain: bool
) -> nw.LazyFrame[Any]:
    """Add up rules, groups and dimensions, and hold the total between floor and ceiling.

    To explain it, the columns that tell which rules are met stay.
    """
    met = {
        _met(place): _condition(rule, ready.asker.ask)
        for place, rule in enumerate(model.rules)
        if rule.when is not None
    }
    paid = {part.once: part.paid_once for part in parts if part.paid_once}
    rows = ready.source.paid(ready.rows, met, paid, keep=explain) if met else ready.rows
    sums: dict[str, list[nw.Expr]] = {"fit": [], "engagement": []}
    for part in parts:
        sums[part.dimension].append(part.held(part.total(ready)))
    none = nw.lit(0, nw.Int64)
    rows = rows.with_columns(**{name: added(of) if of else none for name, of in sums.items()})
    total = _held(nw.col("fit") + nw.col("engagement"), model.floor, model.ceiling)
    return rows.with_columns(total.alias("points"))


def _condition(rule: Rule, ask: Callable[[Condition], nw.Expr]) -> nw.Expr:
    with asked_by(rule.name):
        return ask(rule.asks)


def _held(total: nw.Expr, least: int | None, most: int | None) -> nw.Expr:
    if least is None and most is None:
        return total
    return total.clip(lower_bound=least, upper_bound=most)


def _lines(model: ScoringModel, ready: Prepared, parts: Sequence[Sum]) -> list[Line]:
    """Describe every rule and every limit, in the order of a score's contributions."""
    lines: list[Line] = []
    for place, rule in enumerate(model.rules):
        once = rule.when is not None
        lines += [_once(rule, nw.col(_met(place)))] if once else _each(rule, ready)
    for group in model.groups:
        for part in parts:
            if part.group is group:
                over = part.held(part.total(ready)) - part.total(ready)
                lines.append(_limit(group.name, "group limit", part.dimension, over))
    return lines + _ends(model)


def _once(rule: Rule, met: nw.Expr) -> Line:
    one = met.cast(nw.Int64)
    return Line(rule.name, "rule", rule.dimension, met, one, one * rule.points, rule.points)


def _each(rule: Rule, ready: Prepared) -> list[Line]:
    times, points = ready.behaviours.earned(rule)
    lines = [Line(rule.name, "rule", rule.dimension, times > 0, times, points)]
    if rule.limit is not None:
        over = _limited(rule, points) - points
        lines.append(_limit(rule.name, "rule limit", rule.dimension, over))
    return lines


def _limit(name: str, kind: ContributionKind, dimension: Dimension, over: nw.Expr) -> Line:
    return Line(name, kind, dimension, over != 0, nw.lit(1, nw.Int64), over)


def _ends(model: ScoringModel) -> list[Line]:
    over = nw.col("points") - nw.col("fit") - nw.col("engagement")
    lines: list[Line] = []
    for word, bound in (("floor", model.floor), ("ceiling", model.ceiling)):
        if bound is not None:
            line = _limit(word, word, "fit", over)  # type: ignore[arg-type]
            present = over > 0 if word == "floor" else over < 0
            lines.append(attrs.evolve(line, present=present))
    return lines


def _because(lines: Iterable[Line]) -> nw.Expr:
    """Write the contributions of each lead as one text."""
    said = [nw.when(line.present).then(_said(line)) for line in lines]
    return nw.concat_str(*said, separator="; ", ignore_nulls=True)


def _said(line: Line) -> nw.Expr:
    if line.fixed is not None:
        return nw.lit(f"{line.rule} {line.fixed:+d}")
    limit = "" if line.kind == "rule" else f" ({line.kind})"
    sign = nw.when(line.points >= 0).then(nw.lit(" +")).otherwise(nw.lit(" "))
    often = (
        nw.when(line.times != 1)
        .then(nw.concat_str(nw.lit(" x"), line.times.cast(nw.String)))
        .otherwise(nw.lit(""))
    )
    return nw.concat_str(nw.lit(f"{line.rule}{limit}"), often, sign, line.points.cast(nw.String))


def _probability(calibration: Calibration, points: nw.Expr) -> nw.Expr:
    falling = [step[0] for step in calibration.steps][::-1]
    chances = [step[1] for step in calibration.steps][::-1]
    return stepped(falling, points, [nw.lit(chance) for chance in (*chances, calibration.below)])
