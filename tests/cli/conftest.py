from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from leadflow.cli import main
from leadflow.sample import sample_file

LEADS = "id,name,company\nA,Ada,Blue Mesa\nB,Ben,Oakham Tools\n"
ACTIVITIES = """\
lead,kind,at,email,content,page
A,content_downloaded,2026-02-01T10:00Z,,guide,
A,content_downloaded,2026-02-02T10:00Z,,checklist,
A,content_downloaded,2026-02-03T10:00Z,,case-study,
A,email_opened,2026-02-01T11:00Z,welcome-1,,
A,email_opened,2026-02-02T11:00Z,welcome-2,,
A,email_opened,2026-02-03T11:00Z,welcome-3,,
A,email_opened,2026-02-03T12:00Z,welcome-3,,
A,email_clicked,2026-02-01T11:05Z,welcome-1,,
A,email_clicked,2026-02-02T11:05Z,welcome-2,,
A,email_clicked,2026-02-03T11:05Z,welcome-3,,
A,trial_started,2026-02-04T09:00Z,,,
B,page_viewed,2026-02-05T09:00Z,,,/pricing
B,email_opened,2026-02-05T10:00Z,welcome-1,,
B,email_opened,2026-02-06T10:00Z,welcome-2,,
"""
THRESHOLDS = """
[rater.thresholds]
hot = 60
warm = 15
"""
FIT = """\
name = "fit"

[[rules]]
name = "mid-market"
points = 20
when = { field = "employees", between = [50, 1000] }
"""
FIT_COLUMNS = """\
[fields]
employees = { column = "employees", kind = "number" }
"""

PIPELINE = """\
key = "sales"
label = "Sales"

[[stages]]
key = "new"
label = "New"
respond_within = "10 minutes"

[[stages]]
key = "first_contact"
label = "שיחה ראשונה"
follow_up = "2 days"
attempts = 2

[[stages]]
key = "won"
kind = "won"

[[stages]]
key = "lost"
kind = "lost"

[moves]
new = ["first_contact", "lost"]
first_contact = ["won", "lost"]
"""

ROUTER = """\
[[rules]]
name = "large"
when = { field = "deal_value", at_least = { money = "1000 EUR" } }
to = { reps = ["rep-1"] }
by = "even_value"
overflow = true

[[rules]]
name = "spoken"
when = { field = "language", is_known = true }
to = { team = "inside", languages = [{ field = "language" }] }
"""
ROSTER = """\
[[reps]]
id = "rep-1"
team = "inside"
languages = ["de"]
capacity = 2

[[reps]]
id = "rep-2"
team = "inside"
languages = ["de", "pl"]
away = [{ start = 2026-03-01, end = 2026-03-04, reason = "on leave" }]
"""

ENGINE = re.compile(r"^scored (?:by Polars|lead by lead).*\n", re.MULTILINE)
"""The line that says which engine ran."""

Run = Callable[..., tuple[int, str, str]]
Put = Callable[[str, str], Path]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line and return the exit code, what was printed, and the complaints.

    The line about the engine is left out; its own tests look at it.
    """

    def command(*argv: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in argv])
        printed = capsys.readouterr()
        return code, printed.out, ENGINE.sub("", printed.err)

    return command


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Write a file and return its path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


@pytest.fixture
def router(put: Put) -> Path:
    return put("router.toml", ROUTER)


@pytest.fixture
def roster(put: Put) -> Path:
    return put("roster.toml", ROSTER)


@pytest.fixture
def leads(put: Put) -> Path:
    return put("leads.csv", LEADS)


@pytest.fixture
def activities(put: Put) -> Path:
    return put("activities.csv", ACTIVITIES)


@pytest.fixture
def behaviour() -> Path:
    """The points of the worked example, as the sample ships them."""
    return sample_file("model.toml")


@pytest.fixture
def rated(put: Put, behaviour: Path) -> Path:
    """The same points, rated by thresholds."""
    rules = behaviour.read_text(encoding="utf-8").partition("[rater.")[0]
    return put("rated.toml", rules + THRESHOLDS)


@pytest.fixture
def fit(put: Put) -> Path:
    return put("fit.toml", FIT)


@pytest.fixture
def fit_columns(put: Put) -> Path:
    return put("fit_columns.toml", FIT_COLUMNS)


@pytest.fixture
def pipeline(put: Put) -> Path:
    return put("pipeline.toml", PIPELINE)
