"""The labels of presets in several languages."""

from __future__ import annotations

from collections.abc import Mapping

from leadflow.values import name, word


def labels(language: str, known: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """Choose the labels of a language; raises `InvalidValue` for one that is not there.

    >>> labels("en", {"en": {"new": "New"}})
    {'new': 'New'}
    """
    return known[word("language", name("language", language), tuple(known))]
