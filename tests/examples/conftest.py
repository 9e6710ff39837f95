"""A PostgreSQL server of the tests' own: on loopback, in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "30",
    # What is lost when the machine fails does not matter here.
    "fsync": "off",
}
OWNER = "postgres"
"""Who runs the server when root runs the tests, for it refuses root; Debian's package brings them."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a server and return its address, as SQLAlchemy reads it."""
    with tempfile.TemporaryDirectory(prefix="leadflow-postgres-") as folder:
        owner = OWNER if os.geteuid() == 0 else None
        if owner:
            shutil.chown(folder, owner, owner)
        data, port = Path(folder, "data"), free_port()
        settings = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
        run("initdb", "--username=leads", "--auth=trust", "--no-sync", data, owner=owner)
        log = ("--log", Path(folder, "log"))
        server = ("pg_ctl", "--pgdata", data, "--wait", "--silent")
        run(*server, *log, "--options", f"{settings} -p {port}", "start", owner=owner)
        try:
            yield f"postgresql+psycopg://leads@127.0.0.1:{port}/postgres"
        finally:
            run(*server, "--mode", "immediate", "stop", owner=owner)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def run(program: str, *arguments: str | Path, owner: str | None) -> None:
    """Run one of the server's programs, from the folder that LEADFLOW_POSTGRES names or the PATH."""
    folder = os.environ.get("LEADFLOW_POSTGRES")
    command = [str(Path(folder, program)) if folder else program, *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, user=owner, group=owner, cwd="/"
    )
    assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
