"""How points fade."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import InvalidValue, LimitExceeded
from leadflow.scoring import Expiry, HalfLife
from leadflow.span import Span


def test_25_points_with_a_half_life_of_14_days_are_25_13_and_6() -> None:
    table = HalfLife("14 days").table(25)
    assert (table[0], table[14], table[28]) == (25, 13, 6)


def test_a_half_life_ends_where_the_points_round_to_nothing() -> None:
    table = HalfLife("14 days").table(25)
    assert table[-1] == 1
    # 25 x 2^(-d/14) is 0.5 on day 79.01: the last day that rounds to 1 is day 79.
    assert len(table) == 80


def test_negative_points_fade_like_positive_ones() -> None:
    half_life = HalfLife("14 days")
    assert half_life.table(-25) == tuple(-points for points in half_life.table(25))


def test_a_half_life_of_one_day_halves_every_day() -> None:
    assert HalfLife("1 day").table(10) == (10, 5, 3, 1, 1)


def test_no_points_have_an_empty_table() -> None:
    assert HalfLife("14 days").table(0) == ()
    assert Expiry("14 days").table(0) == ()


def test_an_expiry_keeps_all_points_up_to_and_on_its_last_day() -> None:
    assert Expiry("2 days").table(-7) == (-7, -7, -7)


def test_a_span_object_works_like_its_text() -> None:
    assert HalfLife(Span(days=14)) == HalfLife("2 weeks")


def test_fading_says_what_it_does() -> None:
    assert str(HalfLife("14 days")) == "halving every 14 days"
    assert str(Expiry("1 week")) == "expiring after 7 days"


@pytest.mark.parametrize("fade", [HalfLife, Expiry])
@pytest.mark.parametrize(
    ("span", "words"),
    [
        ("1 month", "1 month"),
        ("12 hours", "12 hours"),
        ("soon", "soon"),
        (14, "14"),
        ("0 days", "empty"),
    ],
)
def test_a_span_that_is_not_whole_days_is_refused(
    fade: type[HalfLife | Expiry], span: str, words: str
) -> None:
    with pytest.raises(InvalidValue) as refusal:
        fade(span)
    assert f"{fade.__name__}.span" in str(refusal.value)
    assert words in str(refusal.value)


def test_ten_years_are_the_longest_fading() -> None:
    assert len(Expiry("3660 days").table(1)) == 3_661
    with pytest.raises(LimitExceeded, match="3,660"):
        Expiry("3661 days")


@given(points=st.integers(-1_000_000, 1_000_000), days=st.integers(1, 400))
def test_law_fading_never_rises_and_never_changes_sign(points: int, days: int) -> None:
    table = HalfLife(Span(days=days)).table(points)
    sizes = [abs(left) for left in table]
    assert sizes == sorted(sizes, reverse=True)
    assert all(left * points > 0 for left in table)


@given(points=st.integers(1, 10**9), days=st.integers(1, 60), day=st.integers(0, 300))
def test_law_fading_is_the_formula_rounded_half_up(points: int, days: int, day: int) -> None:
    table = HalfLife(Span(days=days)).table(points)
    left = table[day] if day < len(table) else 0
    # points x 2^(-day / days), compared without roots: x <= y exactly when x^days <= y^days.
    low, high = 2 * left - 1, 2 * left + 1
    scaled = (2 * points) ** days
    assert low < 0 or low**days * 2**day <= scaled
    assert scaled < high**days * 2**day
