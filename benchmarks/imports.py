"""What an import costs and what it loads, each time in a new interpreter."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "json", "csv", "cattrs", "tomllib", "narwhals", "pandas", "polars", "pyarrow", "duckdb",
    "numpy", "sklearn", "hypothesis", "tqdm",
)  # fmt: skip
"""What a plain import has no business with."""


def seconds(modules: str) -> float:
    """Time an import statement, without the start of the interpreter."""
    timed = f"from time import process_time as t; s = t(); import {modules}; print(t() - s)"
    return float(_run(timed))


def heavy(modules: str) -> list[str]:
    """List the heavy modules that an import loads and a bare interpreter does not."""
    listing = (
        f"import sys; was = set(sys.modules); import {modules}; print(*set(sys.modules) - was)"
    )
    loaded = {name.partition(".")[0] for name in _run(listing).split()}
    return sorted(loaded.intersection(HEAVY))


def _run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return done.stdout
