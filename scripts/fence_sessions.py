"""Show a session (`>>>`) in a docstring as code: in Markdown, without a fence, it is a quotation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import griffe

if TYPE_CHECKING:
    from typing import Any

FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,}).*?^[ \t]*\1", re.MULTILINE | re.DOTALL)
SESSION = re.compile(r"^(?P<indent>[ \t]*)>>> .*\n?(?:^[ \t]*\S.*\n?)*", re.MULTILINE)
# A section whose sessions griffe shows as code by itself.
EXAMPLES = re.compile(r"^[ \t]*Examples?:[ \t]*$", re.MULTILINE)


def fenced(text: str) -> str:
    """Return a docstring with a fence around each session that has none."""
    blocks = [block.span() for block in FENCED.finditer(text)]

    def fence(session: re.Match[str]) -> str:
        if any(start <= session.start() < end for start, end in blocks):
            return session.group()
        indent = session["indent"]
        return f"{indent}```pycon\n{session.group().rstrip()}\n{indent}```\n"

    return text if EXAMPLES.search(text) else SESSION.sub(fence, text)


class FenceSessions(griffe.Extension):
    """Fence the sessions of every docstring that is loaded."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change one docstring."""
        if obj.docstring:
            obj.docstring.value = fenced(obj.docstring.value)
