"""Every example in the README, the docs and the docstrings is a test.

Examples of one file share a namespace and run in their order. A `python` block runs as a script, or
as a session with its output when it starts with `>>>`; so does a `pycon` block, and in a docstring
a session outside of any block. `<!-- skip: next -->` before a block leaves it out.
"""

from __future__ import annotations

import gc
import re
from doctest import ELLIPSIS
from typing import TYPE_CHECKING

import pytest
from sybil import Sybil
from sybil.evaluators.doctest import DocTestEvaluator
from sybil.parsers.abstract.doctest import DocTestStringParser
from sybil.parsers.markdown import (
    ClearNamespaceParser,
    CodeBlockParser,
    PythonCodeBlockParser,
    SkipParser,
)
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer
from sybil.sybil import SybilCollection
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sybil import Document, Region
    from sybil.typing import Parser
    from xdist.remote import Producer

FENCED = RawFencedCodeBlockLexer(info_pattern=re.compile(r"[^\n]*\n"))
SESSIONS = DocTestStringParser(DocTestEvaluator(ELLIPSIS))
PYCON = CodeBlockParser("pycon", SESSIONS.evaluator)


def sessions_in_blocks(document: Document) -> Iterator[Region]:
    """Find the sessions in `pycon` blocks."""
    for block in PYCON(document):
        for session in SESSIONS(block.parsed, document.path):
            session.adjust(block, block.parsed)
            yield session


def sessions_outside_blocks(document: Document) -> Iterator[Region]:
    """Find the sessions that stand in a docstring without a fence."""
    blocks = [(block.start, block.end) for block in FENCED(document)]
    for session in SESSIONS(document.text, document.path):
        if not any(start <= session.start < end for start, end in blocks):
            yield session


MARKDOWN: list[Parser] = [
    PythonCodeBlockParser(doctest_optionflags=ELLIPSIS),
    sessions_in_blocks,
    SkipParser(),
    ClearNamespaceParser(),
]

pytest_collect_file = SybilCollection(
    (
        Sybil(MARKDOWN, patterns=["README.md"]),
        # tests/spark runs the page that is left out here.
        Sybil(MARKDOWN, path="docs", patterns=["*.md"], excludes=["how-to/cluster.md"]),
        Sybil([*MARKDOWN, sessions_outside_blocks], path="src/leadflow", patterns=["*.py"]),
    )
).pytest()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long tests: at the end one worker would wait for the other's."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """Collect garbage seldom: the tests are many, stay until the end, and are gone through each time."""
    gc.set_threshold(100_000, 50, 50)


class ExamplesTogether(LoadScopeScheduling):  # type: ignore[misc]
    """Deal the tests out one by one, but the examples of one file to one worker, in their order."""

    def _split_scope(self, nodeid: str) -> str:
        path, _, name = nodeid.partition("::")
        return path if name.startswith("line:") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ExamplesTogether:
    """Deal out the tests of a run with several workers."""
    return ExamplesTogether(config, log)
