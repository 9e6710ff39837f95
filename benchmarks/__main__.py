"""Run every case and write what came out."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from benchmarks import (
    allocation,
    cases,
    contact,
    duplicates,
    frame_metrics,
    machines,
    pipelines,
    playbooks,
    reports,
    rosters,
    routing,
    worklists,
)
from benchmarks.contenders import agreeing
from benchmarks.frames import cases as frames
from benchmarks.frames import peers
from benchmarks.report import how_fast, page

HERE = Path(__file__).parent


def main() -> None:
    """Print the page; keep it and the page of the documentation, unless the run is a short one."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer leads and rounds; keep nothing")
    parser.add_argument("--output", type=Path, help="where to keep the page")
    parser.add_argument("--docs", type=Path, help="where to keep the page of the documentation")
    asked = parser.parse_args()
    agreeing()
    agreeing(peers.OTHERS)
    machines.agreeing(machines.movers())
    worklists.agreeing(worklists.leads(2_000))
    rosters.agreeing()
    allocation.agreeing(allocation.QUICK)
    contact.agreeing(contact.leads(2_000))
    duplicates.agreeing(duplicates.leads(2_000))
    playbooks.agreeing()
    reports.agreeing()
    frame_metrics.agreeing()
    size = cases.QUICK if asked.quick else cases.Size()
    one_by_one = cases.sections(size)
    on_pipelines = pipelines.sections(pipelines.QUICK if asked.quick else pipelines.Size())
    on_routing = [
        *routing.sections(routing.QUICK if asked.quick else routing.Size()),
        *allocation.sections(allocation.QUICK if asked.quick else allocation.Size()),
    ]
    on_closing = [
        *contact.sections(contact.QUICK if asked.quick else contact.Size()),
        *duplicates.sections(duplicates.QUICK if asked.quick else duplicates.Size()),
    ]
    on_playbooks = playbooks.sections(playbooks.QUICK if asked.quick else playbooks.Size())
    on_reports = [
        *reports.sections(reports.QUICK if asked.quick else reports.Size()),
        *frame_metrics.sections(frame_metrics.QUICK if asked.quick else frame_metrics.Size()),
    ]
    on_frames = frames.sections(frames.QUICK if asked.quick else frames.Size())
    note = f"{size.rounds} rounds" + (", a short run" if asked.quick else "")
    chapters = {
        "Dataframes": on_frames,
        "One lead at a time": one_by_one,
        "Pipelines and the day's work": on_pipelines,
        "Routing": on_routing,
        "Contact and duplicates": on_closing,
        "Playbooks": on_playbooks,
        "Reports and metrics": on_reports,
    }
    everything = [
        *one_by_one,
        *on_pipelines,
        *on_routing,
        *on_closing,
        *on_playbooks,
        *on_reports,
        *on_frames,
    ]
    pages = {
        asked.output or HERE / "RESULTS.md": page(everything, note),
        asked.docs or HERE.parent / "docs" / "how-fast.md": how_fast(chapters, note),
    }
    print(next(iter(pages.values())))
    kept = [asked.output, asked.docs] if asked.quick else pages
    for path, text in pages.items():
        if path in kept:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
