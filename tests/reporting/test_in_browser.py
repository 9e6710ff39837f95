"""The report page in a real browser: nothing in its console, nothing loaded, at home on any screen."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from leadflow.reporting import page
from tests.reporting.made import full_report

pytestmark = pytest.mark.browser


def chromium(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the browser without a window, a profile of its own and a way into the network."""
    program = os.environ["LEADFLOW_CHROMIUM"]
    command = [
        program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}",
        *arguments,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(page(full_report()), encoding="utf-8")
    return path


def test_the_console_stays_empty_and_nothing_is_loaded(tmp_path: Path, written: Path) -> None:
    log = tmp_path / "net.json"
    run = chromium(
        tmp_path, "--enable-logging=stderr", "--v=0", f"--log-net-log={log}", "--dump-dom",
        written.as_uri(),
    )  # fmt: skip
    assert "CONSOLE" not in run.stderr
    asked = set(re.findall(r'"url":"([^"]+)"', log.read_text("utf-8")))
    outside = {url for url in asked if "127.0.0.1" not in url and url.startswith(("http", "ws"))}
    from_page = {url for url in outside if "google" not in url and "gvt1" not in url}
    assert from_page == set()
    assert "<h1" in run.stdout


def test_a_page_that_does_load_something_would_be_caught(tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<script>console.log('seen')</script><img src='http://leadflow.test/x.png'>")
    log = tmp_path / "net.json"
    run = chromium(
        tmp_path,
        "--enable-logging=stderr",
        "--v=0",
        f"--log-net-log={log}",
        "--dump-dom",
        bad.as_uri(),
    )
    assert "CONSOLE" in run.stderr
    assert "leadflow.test" in log.read_text("utf-8")


@pytest.mark.parametrize("width", [390, 768, 1200])
def test_the_page_is_never_wider_than_the_screen(tmp_path: Path, width: int) -> None:
    frame, inner = tmp_path / "frame.html", tmp_path / "inner.html"
    # A window cannot be as narrow as a phone; a frame can.
    html = re.sub(r"<meta http-equiv=[^>]+>", "", page(full_report()))
    tell = "<script>parent.postMessage(document.documentElement.scrollWidth, '*')</script></body>"
    inner.write_text(html.replace("</body>", tell), encoding="utf-8")
    hear = "addEventListener('message', told => document.body.setAttribute('wide', told.data))"
    frame.write_text(
        f"<body style='margin:0'><script>{hear}</script>"
        f"<iframe src='{inner.as_uri()}' style='width:{width}px;height:800px;border:0'></iframe>"
    )
    run = chromium(tmp_path, "--virtual-time-budget=5000", "--dump-dom", frame.as_uri())
    found = re.search(r'wide="(\d+)"', run.stdout)
    assert found is not None
    assert int(found.group(1)) <= width


def test_it_can_be_seen_and_printed(tmp_path: Path, written: Path) -> None:
    picture, paper = tmp_path / "page.png", tmp_path / "page.pdf"
    chromium(tmp_path, f"--screenshot={picture}", "--window-size=1200,900", written.as_uri())
    chromium(tmp_path, f"--print-to-pdf={paper}", written.as_uri())
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000
    assert paper.read_bytes().startswith(b"%PDF")
