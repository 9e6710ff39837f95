"""The page on clusters is run as it stands."""

from __future__ import annotations

from doctest import NORMALIZE_WHITESPACE
from pathlib import Path
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:PySpark does not yet")]
DOCS = Path(__file__).parents[2] / "docs"


def test_every_block_of_the_page_on_clusters_runs_and_shows_what_it_says(spark: Any) -> None:
    parser = PythonCodeBlockParser(doctest_optionflags=NORMALIZE_WHITESPACE)
    document = Sybil([parser]).parse(DOCS / "how-to" / "cluster.md")
    document.namespace["spark"] = spark
    examples = list(document.examples())
    for example in examples:
        example.evaluate()
    assert len(examples) > 5
