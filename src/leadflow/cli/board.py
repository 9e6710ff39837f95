"""``leadflow board``: where every lead stands, as text, as a picture and as a page."""

from __future__ import annotations

import argparse
from pathlib import Path

from leadflow.cli.arguments import as_of
from leadflow.cli.input import check_files, leads, with_progress
from leadflow.cli.output import replaced
from leadflow.cli.rejects import SOME_REJECTED, Rejects
from leadflow.cli.screen import Screen
from leadflow.cli.stages import unknown_stages
from leadflow.errors import InvalidValue
from leadflow.markup import escape
from leadflow.pipeline import Board, svg
from leadflow.pipeline import board as drawn
from leadflow.serialization import load_pipeline

_ELSEWHERE = "they stand at the end of the board"
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ font-family: sans-serif; margin: 2em }} caption {{ font-weight: bold }}</style>
</head>
<body>
{board}
</body>
</html>
"""


def board(arguments: argparse.Namespace) -> int:
    """Print where every lead stands: 0, or 1 if some rows were rejected."""
    screen = Screen.of_process()
    check_files(arguments)
    if len(arguments.pipeline) > 1:
        count = f"{len(arguments.pipeline)} of them"
        raise InvalidValue("--pipeline", count, "one, for a board shows one pipeline")
    rejects = Rejects(arguments.rejects)
    pipeline, moment = load_pipeline(arguments.pipeline[0]), as_of(arguments.as_of)
    try:
        found = list(with_progress(leads(arguments, rejects), screen))
    finally:
        rejects.write()
    shown = drawn(pipeline, found, as_of=moment)
    if arguments.svg is not None:
        _write("--svg", arguments.svg, svg(pipeline, found, as_of=moment))
    if arguments.html is not None:
        _write("--html", arguments.html, _page(shown))
    screen.say(*str(shown).split("\n"))
    screen.out.flush()  # what went wrong stands beneath the board where both go to one place
    screen.warn(*rejects.lines(), *unknown_stages(shown.elsewhere, [pipeline], _ELSEWHERE))
    return SOME_REJECTED if rejects.count else 0


def _page(shown: Board) -> str:
    return _PAGE.format(title=escape(shown.pipeline.label), board=shown._repr_html_())


def _write(option: str, target: Path, content: str) -> None:
    with replaced(option, target) as stream:
        stream.write(content)
