"""Eight workers assign leads at once through PostgreSQL; see `examples/routing_workers.py`.

    python -m examples.routing_postgres postgresql+psycopg://user@127.0.0.1/database

Needs SQLAlchemy and psycopg, and a database whose tables leads, assignments and roster it may make
anew. `LOCK` keeps other workers from writing assignments until the end of the transaction; people may
go on reading.
"""

from __future__ import annotations

import sys

from sqlalchemy import Engine, create_engine

from examples.routing_workers import WORKERS, show

LOCK = "LOCK TABLE assignments IN SHARE ROW EXCLUSIVE MODE"


def engine_for(address: str) -> Engine:
    """Connect to a database, with a connection for each worker."""
    return create_engine(address, pool_size=WORKERS)


def main(address: str) -> None:
    """Work in a database that is there."""
    engine = engine_for(address)
    try:
        show(engine, LOCK)
    finally:
        engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1])
