from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from leadflow.cli import command, main
from tests.cli.conftest import Run


def process(*argv: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "leadflow", *map(str, argv)],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )


def test_help_names_the_commands_and_the_exit_codes(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for word in ("score", "worklist", "route", "board", "check", "demo", "exit codes: 0 done"):
        assert word in out


READING = {"--columns", "--activities", "--activity-columns", "--as-of", "--rejects"}


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("score", READING | {"--model", "--outcome", "--top", "--explain", "--out", "--engine"}),
        (
            "worklist",
            READING
            | {
                "--pipeline",
                "--model",
                "--rep",
                "--zone",
                "--order",
                "--top",
                "--left-out",
                "--out",
            },
        ),
        ("board", READING | {"--pipeline", "--svg", "--html"}),
        (
            "route",
            READING
            | {"--router", "--roster", "--model", "--all", "--top", "--out", "--roster-out"},
        ),
        (
            "run",
            READING | {"--playbook", "--preset", "--roster", "--since", "--out", "--top"},
        ),
        ("schema", set()),
        ("init", {"--preset", "--out"}),
        ("check", {"--roster"}),
        ("demo", set()),
    ],
)
def test_each_command_has_help_that_names_its_options(
    command: str, options: set[str], run: Run
) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert set(re.findall(r"--[a-z-]+", out)) == options | {"--help"}
    assert "exit codes: 0 done" in out


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version") == (0, f"leadflow {version('leadflow')}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["scoer"],
        ["score"],
        ["score", "leads.csv"],
        ["score", "leads.csv", "--model"],
        ["score", "leads.csv", "--model", "m.toml", "--top", "-1"],
        ["score", "leads.csv", "--model", "m.toml", "--top", "many"],
        ["score", "leads.csv", "--model", "m.toml", "--ot", "x.csv"],
        ["check"],
        ["demo", "more"],
    ],
)
def test_a_wrong_call_is_exit_code_2_and_says_how_to_call(arguments: list[str], run: Run) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "usage: leadflow" in err


@pytest.mark.parametrize("stop", [SystemExit("no"), SystemExit(2)])
def test_whatever_stops_the_parser_is_a_number(
    stop: SystemExit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def halt(_: object) -> int:
        raise stop

    monkeypatch.setattr(command, "demo", halt)
    assert main(["demo"]) == 2


def test_an_interruption_is_quiet_and_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "demo", interrupted)
    assert main(["demo"]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "leads.csv"), "leads.csv: Permission denied"),
        (OSError("disk on fire"), "cannot go on: disk on fire"),
    ],
)
def test_an_error_of_the_system_is_told_without_a_traceback(
    error: OSError,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(command, "demo", fail)
    assert main(["demo"]) == 2
    assert capsys.readouterr().err == f"leadflow: {said}\n"


def test_the_module_runs_as_a_process() -> None:
    found = process("demo")
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith("500 leads reviewed")


def test_importing_the_module_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    importlib.reload(importlib.import_module("leadflow.__main__"))
    assert capsys.readouterr() == ("", "")


def test_a_process_that_cannot_run_exits_with_2_and_no_traceback(tmp_path: Path) -> None:
    found = process("score", tmp_path / "none.csv", "--model", tmp_path / "none.toml")
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("leadflow: ")
    assert "Traceback" not in found.stderr


def test_a_terminal_that_knows_no_hebrew_gets_codes_instead_of_an_error() -> None:
    found = process("demo", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.isascii()


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
def test_the_output_does_not_depend_on_the_time_zone_hash_seed_or_optimisation(zone: str) -> None:
    found = process("demo", TZ=zone, PYTHONHASHSEED="5", PYTHONOPTIMIZE="1")
    assert found.stdout == process("demo").stdout


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as closed:
        found = subprocess.run(
            [sys.executable, "-m", "leadflow", "demo"],
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
        )
    assert (found.returncode, found.stderr) == (141, b"")
