"""Run every case and write what came out."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from benchmarks.cases import QUICK, Size, sections
from benchmarks.contenders import agreeing
from benchmarks.report import page


def main() -> None:
    """Print the page; keep it too, unless the run is a short one."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer leads and rounds; keep nothing")
    parser.add_argument("--output", type=Path, help="where to keep the page")
    asked = parser.parse_args()
    agreeing()
    results = Path(__file__).with_name("RESULTS.md")
    output = asked.output or (None if asked.quick else results)
    size = QUICK if asked.quick else Size()
    text = page(sections(size), f"{size.rounds} rounds" + (", a short run" if asked.quick else ""))
    print(text)
    if output:
        output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
