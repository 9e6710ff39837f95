"""Goals and costs as tables: CSV, JSON lines or Parquet, bad rows set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

from leadflow.errors import InvalidValue, LeadflowError, UnreadableTable, did_you_mean
from leadflow.money import Money
from leadflow.period import Period
from leadflow.pipeline.metrics import Cost, Goal
from leadflow.serialization.cells import Notation, cell_reader
from leadflow.serialization.columns import Columns
from leadflow.serialization.rejects import OnReject, Reject, reporter
from leadflow.serialization.rows import Header, Record, Source, check_source, read_rows, source_name

T = TypeVar("T")
_Keys: TypeAlias = tuple[str, ...]
_GOAL: _Keys = ("period", "target", "currency", "rep", "what")
_COST: _Keys = ("period", "source", "campaign", "amount", "currency")
_NEEDED: dict[_Keys, _Keys] = {
    _GOAL: ("period", "target"),
    _COST: ("period", "source", "amount"),
}
_NOTATION = Notation()


def read_goals(source: Source, *, on_reject: OnReject | None = None) -> Iterator[Goal]:
    r"""Read goals from a table with the columns period, target, and if needed currency, rep, what.

    A period is written 2026-03, 2026-Q1, 2026-W11, 2026-03-09 or 2026. With a currency the target
    is money. Bad rows go to `on_reject`; without it the first one raises `RejectedRow`. Raises
    `UnreadableTable` for a table that cannot be read, or that lacks a column.

    >>> import io
    >>> table = "period,target,currency,rep\n2026-03,50000,EUR,ada\n"
    >>> print(*read_goals(io.StringIO(table)))
    ada: 50,000 EUR won in 2026-03
    """
    return _read(source, _GOAL, _goal, on_reject)


def read_costs(source: Source, *, on_reject: OnReject | None = None) -> Iterator[Cost]:
    r"""Read costs from a table with the columns period, source, amount, currency, and campaign.

    Periods and bad rows are those of `read_goals`.

    >>> import io
    >>> table = "period,source,amount,currency\n2026-03,fair,1200,EUR\n"
    >>> next(read_costs(io.StringIO(table))).amount
    Money(amount=Decimal('1200'), currency='EUR')
    """
    return _read(source, _COST, _cost, on_reject)


def _read(
    source: Source,
    columns: _Keys,
    build: Callable[[Mapping[str, str | None]], T],
    on_reject: OnReject | None,
) -> Iterator[T]:
    check_source(source)
    named = source_name(source)
    report = reporter(named, on_reject)
    text = cell_reader("text", _NOTATION)
    for row in read_rows(source, Columns()):
        if isinstance(row, Header):
            _check(named, row.names, columns)
        elif isinstance(row, Reject):
            report(row)
        else:
            found = _row(row, columns, text, build, report)
            if found is not None:
                yield found


def _check(named: str, header: _Keys, columns: _Keys) -> None:
    there = [name.strip().casefold() for name in header]
    for column in _NEEDED[columns]:
        if column not in there:
            hint = did_you_mean(column, there)
            raise UnreadableTable(named, 1, f"has no column {column!r}", hint)


def _row(
    row: Record,
    columns: _Keys,
    text: Callable[[object], Any],
    build: Callable[[Mapping[str, str | None]], T],
    report: OnReject,
) -> T | None:
    """Build what a row says; a bad one is reported and gives None."""
    cells: dict[str, str | None] = {}
    try:
        for name, cell in row.row().items():
            key = name.strip().casefold()
            if key in columns:
                cells[key] = text(str(cell) if isinstance(cell, int | Decimal) else cell)
        return build(cells)
    except LeadflowError as error:
        report(Reject(row.line, None, "", str(error), row.row()))
        return None


def _goal(cells: Mapping[str, str | None]) -> Goal:
    target, what = _amount("target", cells), cells.get("what")
    more: dict[str, Any] = {} if what is None else {"what": what}
    return Goal(target, _period(cells), rep=cells.get("rep"), **more)


def _cost(cells: Mapping[str, str | None]) -> Cost:
    amount = _amount("amount", cells)
    if not isinstance(amount, Money):
        raise InvalidValue("currency", "nothing", "the currency of the amount")
    return Cost(_period(cells), str(_given("source", cells)), amount, cells.get("campaign"))


def _given(key: str, cells: Mapping[str, str | None]) -> str:
    value = cells.get(key)
    if value is None:
        raise InvalidValue(key, "nothing", "a value")
    return value


def _period(cells: Mapping[str, str | None]) -> Period:
    return Period.parse(_given("period", cells))


def _amount(key: str, cells: Mapping[str, str | None]) -> Money | Decimal:
    number = Decimal(cell_reader("number", _NOTATION)(_given(key, cells)))
    currency = cells.get("currency")
    return number if currency is None else Money(number, currency)
