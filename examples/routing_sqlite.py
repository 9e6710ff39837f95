"""Eight workers assign leads at once through SQLite; see `examples/routing_workers.py`.

    python -m examples.routing_sqlite

Needs SQLAlchemy. SQLite has one lock for the whole file, which writing takes by itself; `LOCK` takes
it before reading. Whoever finds it taken waits, up to the timeout.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from sqlalchemy import Engine, create_engine

from examples.routing_workers import show

LOCK = "BEGIN IMMEDIATE"


def engine_for(path: Path) -> Engine:
    """Open a database in a file."""
    return create_engine(f"sqlite:///{path}", connect_args={"timeout": 60})


def main() -> None:
    """Work in a file that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_for(Path(folder, "leads.sqlite"))
        try:
            show(engine, LOCK)
        finally:
            engine.dispose()


if __name__ == "__main__":
    main()
