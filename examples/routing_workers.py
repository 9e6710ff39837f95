"""Workers that assign leads at once, through one database and without a service between them.

The database holds three tables: the leads, one assignment for each at most, and the roster with its
version. Two ways keep the workers out of each other's hands, and either alone is enough:

- compare and swap: read the stored roster, decide, and store the assignment and the roster after it
  if the version is still the one that was read; otherwise decide again. Nobody waits; who loses has
  decided for nothing.
- a lock: one decides at a time, and the others wait. The roster is built from the assignments, so it
  need not be stored at all.

`examples/routing_sqlite.py` and `examples/routing_postgres.py` run both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

import attrs
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    select,
    text,
    update,
)

from leadflow import Lead
from leadflow.events import Assignment
from leadflow.routing import InTurn, Rep, Roster, Router, RoutingRule
from leadflow.serialization import dump_roster, dumps, load_roster, loads

WORKERS = 8
TABLES = MetaData()
LEADS = Table(
    "leads",
    TABLES,
    Column("id", String(200), primary_key=True),
    Column("document", Text, nullable=False),
)
ASSIGNMENTS = Table(
    "assignments",
    TABLES,
    # A lead has one assignment: the database itself refuses a second.
    Column("lead", ForeignKey("leads.id"), primary_key=True),
    Column("document", Text, nullable=False),
)
ROSTER = Table(
    "roster",
    TABLES,
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
)

REPS = [Rep("ada"), Rep("bo"), Rep("cy")]
ROUTER = Router([RoutingRule("inbound", by=InTurn())])
Step: TypeAlias = Callable[[Engine], bool]
"""Assigns one lead, or loses it to somebody quicker; False when there is nothing left to assign."""


def prepare(engine: Engine, leads: Iterable[Lead]) -> None:
    """Make the tables anew, and store the leads and a roster to whom nothing was given."""
    TABLES.drop_all(engine)
    TABLES.create_all(engine)
    with engine.begin() as connection:
        rows = [{"id": lead.id, "document": dumps(lead)} for lead in leads]
        connection.execute(insert(LEADS), rows)
        connection.execute(insert(ROSTER).values(row_of(Roster(REPS))))


def row_of(roster: Roster) -> dict[str, object]:
    """Write a roster as a row of its table."""
    return {"version": roster.version, "document": dump_roster(roster, format="json")}


def compare_and_swap(engine: Engine) -> bool:
    """Decide, and store the decision if nobody has stored another one meanwhile."""
    with engine.begin() as connection:
        found = connection.scalars(select(ROSTER.c.document)).one()
        roster = load_roster(found, format="json")
        decision = decide(connection, roster)
        if decision is None:
            return False
        unchanged = ROSTER.c.version == roster.version
        swap = update(ROSTER).where(unchanged).values(row_of(roster.after(decision[1])))
        if connection.execute(swap).rowcount:
            store(connection, *decision)
        return True


def locked(engine: Engine, lock: str) -> bool:
    """Decide and store while nobody else can."""
    with engine.begin() as connection:
        connection.execute(text(lock))
        decision = decide(connection, Roster.from_history(REPS, history(connection)))
        if decision is None:
            return False
        store(connection, *decision)
        return True


def decide(connection: Connection, roster: Roster) -> tuple[Lead, Assignment] | None:
    """Assign the first lead that has no assignment; None if all have one, or it is held."""
    both = LEADS.outerjoin(ASSIGNMENTS)
    waiting = select(LEADS.c.document).select_from(both).where(ASSIGNMENTS.c.lead.is_(None))
    found = connection.scalars(waiting.order_by(LEADS.c.id).limit(1)).first()
    if found is None:
        return None
    lead = loads(found, Lead)
    # The clock is read after the roster, so that a later turn never has an earlier time.
    answer = ROUTER.assign(lead, roster, as_of=datetime.now(UTC))  # noqa: TID251 (a host's clock)
    return (lead, answer) if isinstance(answer, Assignment) else None


def history(connection: Connection) -> list[Assignment]:
    """Read the assignments; `Roster.from_history` puts them in their order."""
    return [
        loads(found, Assignment) for found in connection.scalars(select(ASSIGNMENTS.c.document))
    ]


def store(connection: Connection, lead: Lead, assignment: Assignment) -> None:
    """Store a decision."""
    row = insert(ASSIGNMENTS).values(lead=lead.id, document=dumps(assignment))
    connection.execute(row)


@attrs.frozen
class Report:
    """What came of it: who has how many leads, and how many decisions it took."""

    leads: int
    given: Counter[str]
    decisions: int

    def __str__(self) -> str:
        shares = ", ".join(f"{rep} {self.given[rep]}" for rep in sorted(self.given))
        return f"{self.leads} leads, {self.decisions} decisions by {WORKERS} workers: {shares}"


def work(engine: Engine, step: Step) -> Report:
    """Let the workers assign what there is, all at once, and look at what is stored then."""
    with ThreadPoolExecutor(WORKERS) as pool:
        decisions = sum(pool.map(partial(until_done, engine), [step] * WORKERS))
    with engine.begin() as connection:
        leads = len(connection.scalars(select(LEADS.c.id)).all())
        given = Counter(assignment.rep for assignment in history(connection))
    return Report(leads, given, decisions)


def until_done(engine: Engine, step: Step) -> int:
    """Work as long as there is anything to assign; return the number of decisions."""
    decisions = 0
    while step(engine):
        decisions += 1
    return decisions


def show(engine: Engine, lock: str, leads: int = 100) -> None:
    """Run both ways and print what came of them."""
    ways: dict[str, Step] = {
        "compare and swap": compare_and_swap,
        "a lock": partial(locked, lock=lock),
    }
    for name, step in ways.items():
        prepare(engine, [Lead(f"L-{place:03}") for place in range(leads)])
        print(f"{name}: {work(engine, step)}")
