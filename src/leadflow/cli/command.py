"""The entry point: runs a command and turns what goes wrong into a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from leadflow.cli.arguments import Run, parser
from leadflow.cli.board import board
from leadflow.cli.check import check
from leadflow.cli.demo import demo
from leadflow.cli.init import init
from leadflow.cli.manage import run
from leadflow.cli.report import report
from leadflow.cli.route import route
from leadflow.cli.schema import schema
from leadflow.cli.score import score
from leadflow.cli.screen import Screen, line
from leadflow.cli.worklist import worklist
from leadflow.errors import InvalidDefinition, LeadflowError

CANNOT_RUN = 2
INTERRUPTED = 130
PIPE_CLOSED = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; without arguments, those of the process."""
    try:
        runs: dict[str, Run] = {
            "score": score,
            "worklist": worklist,
            "route": route,
            "run": run,
            "board": board,
            "report": report,
            "check": check,
            "schema": schema,
            "init": init,
            "demo": demo,
        }
        arguments = parser(runs).parse_args(argv)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except SystemExit as stop:  # argparse has printed its help or its complaint
        return stop.code if isinstance(stop.code, int) else CANNOT_RUN
    except BrokenPipeError:
        return _pipe_closed()
    except KeyboardInterrupt:
        return INTERRUPTED
    except InvalidDefinition as error:
        return _cannot_run("\n  ".join(_problems(error)))
    except LeadflowError as error:
        return _cannot_run(str(error))
    except OSError as error:
        return _cannot_run(f"{error.filename or 'cannot go on'}: {error.strerror or error}")
    return code


def _cannot_run(message: str) -> int:
    Screen.of_process().warn(*map(line, f"leadflow: {message}".split("\n")))
    return CANNOT_RUN


def _problems(error: InvalidDefinition) -> list[str]:
    """Tell all problems, where the error's own message tells the first ones."""
    if len(error.problems) == 1:
        return [str(error)]
    return [f"{error.what}: {len(error.problems)} problems", *map(str, error.problems)]


def _pipe_closed() -> int:
    # Whoever read the output has gone. Python would complain once more when it flushes at the end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return PIPE_CLOSED
