"""Loads leadflow before the engines: under coverage, compiling it after them has crashed workers."""

from __future__ import annotations

import leadflow.scoring  # noqa: F401 (loaded here so that it comes first)
