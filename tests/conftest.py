"""What every test may use: an instant to stand at, and how long properties are tried."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings

# What is about to land is judged by the same examples every time; elsewhere each run tries others.
SAME_EXAMPLES = bool(os.environ.get("CI"))

for profile, max_examples in {"brief": 15, "dev": 30, "thorough": 100}.items():
    settings.register_profile(
        profile,
        max_examples=max_examples,
        deadline=None,
        derandomize=SAME_EXAMPLES,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


@pytest.fixture
def now() -> datetime:
    """The instant at which most tests stand."""
    return datetime(2026, 3, 1, 12, tzinfo=UTC)
