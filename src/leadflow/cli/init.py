"""``leadflow init``: a ready playbook as a document, to start from."""

from __future__ import annotations

import argparse

from leadflow.cli.input import check_end
from leadflow.cli.output import check, replaced
from leadflow.cli.presets import preset
from leadflow.cli.screen import Screen, line
from leadflow.errors import InvalidValue, shown
from leadflow.serialization import dump_playbook
from leadflow.serialization.parsing import Format

_FORMS: dict[str, Format] = {".toml": "toml", ".json": "json"}


def init(arguments: argparse.Namespace) -> int:
    """Write the document of a preset, or print it: 0. Never over a file that is there."""
    screen, target = Screen.of_process(), arguments.out
    playbook = preset(arguments.preset)
    if target is None:
        screen.say(*dump_playbook(playbook).rstrip("\n").split("\n"))
        return 0
    check_end("--out", target, _FORMS)
    check("--out", target)
    if target.exists() or target.is_symlink():
        raise InvalidValue("--out", shown(str(target), 1_000), "a file that is not there yet")
    with replaced("--out", target) as stream:
        stream.write(dump_playbook(playbook, format=_FORMS[target.suffix.lower()]))
    screen.say(line(f"{target}: the playbook {arguments.preset!r}; leadflow check looks at it"))
    return 0
