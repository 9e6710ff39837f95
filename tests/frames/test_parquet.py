from __future__ import annotations

import io
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random  # noqa: TID251 (every draw comes from a seed)
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings

from leadflow import activity, field
from leadflow.errors import (
    ColumnClash,
    InvalidValue,
    MissingColumn,
    UnreadableTable,
    WrongColumn,
)
from leadflow.frames import score_frame, score_parquet
from leadflow.scoring import Calibration, Rule, ScoringModel
from tests import frame_strategies as drawn

NOW = drawn.NOW
MODEL = ScoringModel(
    "m",
    [
        Rule("big", 20, when=field("size").at_least(5)),
        Rule("opened", 3, each=activity("open"), limit=5),
    ],
)
FIT = ScoringModel("m", MODEL.rules[:1])
LEADS = pl.DataFrame(
    {"id": ["L-1", "L-2", "L-3"], "size": [9, None, 1], "note": [b"a", b"b", None]}
)
LOG = pl.DataFrame(
    {"lead": ["L-1", "L-1", "L-3", "X"], "kind": "open", "at": [NOW, NOW, NOW, NOW]},
)


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    path = tmp_path / "leads.parquet"
    LEADS.write_parquet(path)
    return path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.parquet"
    LOG.write_parquet(path)
    return path


def many(path: Path, count: int = 5_000, rows: int = 500) -> Path:
    frame = pl.DataFrame(
        {"id": [f"L-{n}" for n in range(count)], "size": [n % 9 for n in range(count)]}
    )
    frame.write_parquet(path, row_group_size=rows)
    return path


def test_files_come_out_with_the_points_of_a_frame_beside_the_callers_columns(
    leads: Path, log: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    assert score_parquet(MODEL, leads, log, out, as_of=NOW) == 3
    expected = score_frame(MODEL, LEADS, LOG, as_of=NOW)
    assert pl.read_parquet(out).equals(expected)
    assert expected["points"].to_list() == [25, 0, 3]


def test_paths_may_be_text_and_the_id_and_the_contributions_are_as_in_a_frame(
    leads: Path, log: Path, tmp_path: Path
) -> None:
    renamed, out = str(tmp_path / "renamed.parquet"), str(tmp_path / "out.parquet")
    LEADS.rename({"id": "key"}).write_parquet(renamed)
    score_parquet(MODEL, renamed, str(log), out, as_of=NOW, id="key", explain=True)
    found = pl.read_parquet(out)
    assert found["because"].to_list() == [
        "big +20; opened x2 +6; opened (rule limit) -1",
        "",
        "opened +3",
    ]


def test_without_activities_fit_is_scored_and_a_calibration_adds_its_probability(
    leads: Path, tmp_path: Path
) -> None:
    chances = Calibration(below=0.1, steps=[(20, 0.5)])
    model = ScoringModel(
        "m", [Rule("big", 20, when=field("size").at_least(5))], calibration=chances
    )
    score_parquet(model, leads, None, tmp_path / "out.parquet", as_of=NOW)
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found["win_probability"].to_list() == [0.5, 0.1, 0.1]


@given(drawn.randoms)
@settings(max_examples=25)
def test_a_scored_file_agrees_with_the_scored_frame(random: Random) -> None:
    case = drawn.case(random, size=30, events=60)
    model = drawn.model(random, case)
    leads = drawn.polars(case.rows, case.lead_sorts, case.zone)
    log = drawn.polars(case.log, case.log_sorts, case.zone)
    with TemporaryDirectory() as folder:
        given_leads, given_log, out = (Path(folder, name) for name in ("l", "a", "o"))
        leads.write_parquet(given_leads, row_group_size=7)
        log.write_parquet(given_log, row_group_size=7)
        score_parquet(model, given_leads, given_log, out, as_of=NOW, explain=True)
        found = pl.read_parquet(out)
    assert found.equals(score_frame(model, leads, log, as_of=NOW, explain=True))


def test_the_order_of_the_leads_is_kept_over_row_groups_files_and_joins(
    tmp_path: Path, log: Path
) -> None:
    folder = tmp_path / "leads"
    folder.mkdir()
    for place in (2, 0, 1):
        ids = [f"L-{place}-{n}" for n in range(2_000)]
        part = pl.DataFrame({"id": ids, "size": [1] * 2_000})
        part.write_parquet(folder / f"{place}.parquet", row_group_size=300)
    (folder / "notes.txt").write_text("not a table")
    assert score_parquet(MODEL, folder, log, tmp_path / "out.parquet", as_of=NOW) == 6_000
    expected = [f"L-{place}-{n}" for place in range(3) for n in range(2_000)]
    assert pl.read_parquet(tmp_path / "out.parquet")["id"].to_list() == expected


@pytest.mark.parametrize("pattern", ["lea*.parquet", "*/leads-[ab].parquet"])
def test_a_pattern_means_all_files_that_fit(
    tmp_path: Path, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("", "deep"):
        (tmp_path / place).mkdir(exist_ok=True)
        for name in "ab":
            frame = pl.DataFrame({"id": [f"{place}{name}"], "size": [1]})
            frame.write_parquet(tmp_path / place / f"leads-{name}.parquet")
    start = "deep" if "/" in pattern else ""
    for given_pattern in (pattern, str(tmp_path / pattern)):
        monkeypatch.chdir(tmp_path)
        assert score_parquet(FIT, given_pattern, None, "out", as_of=NOW) == 2
        assert pl.read_parquet("out")["id"].to_list() == [f"{start}a", f"{start}b"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path, log: Path) -> None:
    LEADS.write_parquet(tmp_path / "leads[1].parquet")
    LEADS[:1].write_parquet(tmp_path / "leads1.parquet")
    given_path = tmp_path / "leads[1].parquet"
    assert score_parquet(MODEL, given_path, log, tmp_path / "out", as_of=NOW) == 3


# Progress


def test_progress_is_told_of_every_lead_piece_by_piece(tmp_path: Path, log: Path) -> None:
    told: list[int] = []
    path = many(tmp_path / "many.parquet", 400_000, 100_000)
    score_parquet(MODEL, path, log, tmp_path / "out", as_of=NOW, progress=told.append)
    assert sum(told) == 400_000
    assert len(told) > 2


def test_progress_that_breaks_off_leaves_no_file_behind(tmp_path: Path, leads: Path) -> None:
    def stop(_: int) -> None:
        raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        score_parquet(
            MODEL, leads, activities_of(tmp_path), tmp_path / "out", as_of=NOW, progress=stop
        )
    assert not list(tmp_path.glob("out*"))


def activities_of(folder: Path) -> Path:
    path = folder / "activities.parquet"
    LOG.write_parquet(path)
    return path


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("progress", "stream", "drawn_"),
    [
        (True, io.StringIO, True),
        (None, Terminal, True),
        (None, io.StringIO, False),
        (False, Terminal, False),
    ],
)
def test_a_bar_of_leads_is_drawn_when_asked_for_or_on_a_terminal(
    leads: Path,
    log: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    progress: bool | None,
    stream: Callable[[], io.StringIO],
    drawn_: bool,
) -> None:
    screen = stream()
    monkeypatch.setattr(sys, "stderr", screen)
    score_parquet(MODEL, leads, log, tmp_path / "out", as_of=NOW, progress=progress)
    assert ("leads/s" in screen.getvalue()) is drawn_


def test_without_tqdm_no_bar_is_drawn(
    leads: Path, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert score_parquet(MODEL, leads, log, tmp_path / "out", as_of=NOW, progress=True) == 3


# What is refused


def refused(error: type[Exception], leads: Any, log: Any, out: Any, **more: Any) -> str:
    with pytest.raises(error) as raised:
        score_parquet(MODEL, leads, log, out, as_of=NOW, **more)
    return str(raised.value)


@pytest.mark.parametrize(
    ("given_path", "reason"),
    [
        ("missing.parquet", "missing.parquet: cannot be opened: no such file"),
        ("none-*.parquet", "none-*.parquet: cannot be opened: no such file"),
        ("none**.parquet", "none**.parquet: cannot be opened: no such file"),
        ("a\0b", "a\\x00b: cannot be opened: no such file"),
        ("folder", "folder: is a folder without Parquet files"),
        ("text.parquet", "text.parquet: is no Parquet file: "),
        ("empty.parquet", "empty.parquet: is no Parquet file: "),
    ],
)
def test_what_cannot_be_read_is_named_as_it_was_given(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch, given_path: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("text.parquet").write_text("id,size\nL-1,5\n" * 9)
    Path("empty.parquet").touch()
    assert refused(UnreadableTable, given_path, log, "out").startswith(reason)
    LEADS.write_parquet("leads.parquet")
    assert refused(UnreadableTable, "leads.parquet", given_path, "out").startswith(reason)
    assert not Path("out").exists()


def test_a_file_that_may_not_be_opened_is_refused(
    leads: Path, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    said = refused(UnreadableTable, leads, log, tmp_path / "out")
    assert said.endswith("leads.parquet: cannot be opened: Permission denied")


@pytest.mark.parametrize("given_path", [None, 7, ["leads.parquet"]])
def test_leads_are_told_by_a_path(given_path: Any, log: Path, tmp_path: Path) -> None:
    said = refused(InvalidValue, given_path, log, tmp_path / "out")
    assert said.startswith("leads: expected a path, a folder or a pattern of Parquet files")


def test_columns_are_refused_as_in_a_frame_before_anything_is_written(
    tmp_path: Path, log: Path
) -> None:
    path, out = tmp_path / "leads.parquet", tmp_path / "out"
    LEADS.drop("size").write_parquet(path)
    assert "no column 'size'" in refused(MissingColumn, path, log, out)
    LEADS.with_columns(size=pl.lit("big")).write_parquet(path)
    refused(WrongColumn, path, log, out)
    LEADS.with_columns(Points=1).write_parquet(path)
    refused(ColumnClash, path, log, out)
    assert not list(tmp_path.glob("out*"))


def test_a_damaged_file_is_refused_and_the_earlier_result_stays(tmp_path: Path, log: Path) -> None:
    path, out = many(tmp_path / "leads.parquet", 50_000), tmp_path / "out"
    content = path.read_bytes()
    path.write_bytes(content[:20_000] + content[-20_000:])
    out.write_text("earlier")
    said = refused(UnreadableTable, path, log, out)
    assert "cannot be scored into" in said
    assert said.startswith(str(path))
    assert out.read_text() == "earlier"
    assert not list(tmp_path.glob("*.part"))


def test_files_of_other_types_are_refused(tmp_path: Path, log: Path) -> None:
    LEADS.write_parquet(tmp_path / "l1.parquet")
    LEADS.with_columns(size=pl.lit("big")).write_parquet(tmp_path / "l2.parquet")
    said = refused(UnreadableTable, tmp_path / "l?.parquet", log, tmp_path / "out")
    assert "are their columns of the same types" in said


@pytest.mark.parametrize(
    ("out", "reason"),
    [
        ("leads.parquet", "another file than those that are read, got 'leads.parquet'"),
        ("linked", "another file than those that are read, got 'linked'"),
        ("log.parquet", "another file than those that are read, got 'log.parquet'"),
        ("old.parquet", "another file than those that are read, got 'old.parquet'"),
        ("folder", "a path that can be written, got 'folder' (that is a folder)"),
        (
            "nowhere/out",
            "a path that can be written, got 'nowhere/out' (No such file or directory)",
        ),
        ("", "the path of a file to write, got ''"),
        (None, "the path of a file to write, got None"),
    ],
)
def test_a_target_that_cannot_be_written_is_refused_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: Any, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    LEADS.write_parquet("leads.parquet")
    LOG.write_parquet("log.parquet")
    LEADS.write_parquet("old.parquet.part")
    Path("linked").hardlink_to("leads.parquet")
    Path("folder").mkdir()
    leads = "old.parquet.part" if out == "old.parquet" else "leads.parquet"
    assert refused(InvalidValue, leads, "log.parquet", out) == f"out: expected {reason}"


@pytest.mark.parametrize("read", ["leads", "activities"])
@pytest.mark.parametrize("earlier", [False, True])
def test_a_target_in_a_folder_that_is_read_is_refused_before_the_next_run_reads_it(
    leads: Path, log: Path, tmp_path: Path, read: str, earlier: bool
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (leads if read == "leads" else log).rename(folder / "one.parquet")
    given_paths = (folder, log) if read == "leads" else (leads, folder)
    if earlier:
        (folder / "out.parquet").hardlink_to(folder / "one.parquet")
    (tmp_path / "link").symlink_to(folder / "new.parquet")
    for out in (folder / "out.parquet", tmp_path / "link"):
        said = refused(InvalidValue, *given_paths, out)
        assert said.startswith("out: expected a file in another folder than the one that is read")
    (folder / "out.parquet").unlink(missing_ok=True)
    assert score_parquet(MODEL, *given_paths, folder / "out.scored", as_of=NOW) == 3


@pytest.mark.parametrize("earlier", [False, True])
def test_a_target_that_is_a_link_is_written_where_it_leads(
    leads: Path, log: Path, tmp_path: Path, earlier: bool
) -> None:
    real, link = tmp_path / "deep" / "real.parquet", tmp_path / "link.parquet"
    real.parent.mkdir()
    if earlier:
        real.write_text("earlier")
    link.symlink_to(Path("deep", "real.parquet"))
    score_parquet(MODEL, leads, log, link, as_of=NOW)
    assert link.is_symlink()
    assert pl.read_parquet(real).height == 3
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_an_earlier_target_keeps_its_permissions(
    leads: Path, log: Path, tmp_path: Path, mode: int
) -> None:
    out, seen = tmp_path / "out", []
    out.touch()
    out.chmod(mode)

    def told(_: int) -> None:
        seen.append(stat.S_IMODE((tmp_path / "out.part").stat().st_mode))

    score_parquet(MODEL, leads, log, out, as_of=NOW, progress=told)
    assert set(seen) == {0o600}
    assert stat.S_IMODE(out.stat().st_mode) == mode
    assert pl.read_parquet(out).height == 3


def test_a_folder_named_like_a_file_is_not_read(leads: Path, log: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "x.parquet").mkdir(parents=True)
    said = refused(UnreadableTable, folder, log, tmp_path / "out")
    assert said.endswith("folder: is a folder without Parquet files")
    leads.rename(folder / "one.parquet")
    assert score_parquet(MODEL, folder, log, tmp_path / "out", as_of=NOW) == 3


@pytest.mark.parametrize("name", ["a\0b", "a\0/b", "x" * 300, "\ud800"])
def test_a_path_that_no_file_can_have_is_refused(leads: Path, log: Path, name: str) -> None:
    given_path = f"{leads.parent}/{name}"
    assert "a path that can be written" in refused(InvalidValue, leads, log, given_path)
    for pattern in (given_path, given_path + "*"):
        assert "cannot be opened" in refused(UnreadableTable, pattern, log, "out")


def test_a_link_to_itself_is_no_target(leads: Path, log: Path, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    said = refused(InvalidValue, leads, log, tmp_path / "loop")
    assert "a path that can be written" in said


@pytest.mark.parametrize("progress", ["yes", 1, 0, "", []])
def test_progress_is_told_by_a_truth_value_or_a_function(
    leads: Path, log: Path, tmp_path: Path, progress: Any
) -> None:
    said = refused(InvalidValue, leads, log, tmp_path / "out", progress=progress)
    assert said.startswith("progress: expected True, False, None or a function")


def test_an_error_while_running_names_the_leads_and_the_activities(
    leads: Path, tmp_path: Path
) -> None:
    path = tmp_path / "log.parquet"
    ids = [f"L-{n}" for n in range(50_000)]
    pl.DataFrame({"lead": ids, "kind": "open", "at": [NOW] * 50_000}).write_parquet(path)
    content = path.read_bytes()
    path.write_bytes(content[:20_000] + content[-20_000:])
    said = refused(UnreadableTable, leads, path, tmp_path / "out")
    assert said.startswith(f"{leads} and {path}: cannot be scored into")


def test_a_device_is_no_target(leads: Path, log: Path) -> None:
    assert "that is no plain file" in refused(InvalidValue, leads, log, "/dev/null")


def test_leads_without_activities_are_refused_where_the_model_asks_of_them(
    leads: Path, tmp_path: Path
) -> None:
    with pytest.raises(Exception, match="activities are asked about"):
        score_parquet(MODEL, leads, None, tmp_path / "out", as_of=NOW)


def test_an_age_is_counted_from_the_instant_that_is_told(
    leads: Path, log: Path, tmp_path: Path
) -> None:
    score_parquet(MODEL, leads, log, tmp_path / "out", as_of=NOW - timedelta(days=1))
    assert pl.read_parquet(tmp_path / "out")["engagement"].to_list() == [0, 0, 0]


@pytest.mark.parametrize("missing", ["narwhals", "polars"])
def test_without_the_extra_the_import_says_how_to_install_it(missing: str) -> None:
    code = f"""
import sys
sys.modules[{missing!r}] = None
try:
    import leadflow.frames
except ImportError as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    message = "leadflow.frames needs the extra 'frames' (pip install 'leadflow[frames]')"
    assert done.stdout.strip() == f"MissingExtra {message}"
