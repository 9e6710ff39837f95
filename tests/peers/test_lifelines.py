"""The curves of survival and of incidence, held to those of lifelines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.survival import aalen_johansen, kaplan_meier

pytestmark = pytest.mark.lifelines

CAUSES = ("won", "lost")
AGES = st.floats(0.01, 500, allow_nan=False, allow_infinity=False)
UNTIED = st.lists(
    st.tuples(AGES, st.sampled_from([*CAUSES, None])),
    min_size=1,
    max_size=40,
    unique_by=lambda row: row[0],
)


@given(UNTIED)
def test_survival_and_its_band_are_those_of_lifelines(rows: list[tuple[float, str | None]]) -> None:
    from lifelines import KaplanMeierFitter

    days, ended = [days for days, _ in rows], [cause is not None for _, cause in rows]
    found, known = kaplan_meier(days, ended), KaplanMeierFitter().fit(days, ended)
    for place, age in enumerate(found.times):
        low, high = known.confidence_interval_.loc[age]
        assert found.at(age) == pytest.approx(float(known.predict(age)), abs=1e-9)
        if 0 < found.survival[place] < 1:
            assert found.low[place] == pytest.approx(low, abs=1e-9)
            assert found.high[place] == pytest.approx(high, abs=1e-9)
    if all(abs(each - 0.5) > 1e-9 for each in found.survival):  # exactly half: theirs may round up
        median = known.median_survival_time_
        assert found.median == (None if median == float("inf") else pytest.approx(median))


@given(UNTIED)
def test_incidence_is_that_of_lifelines(rows: list[tuple[float, str | None]]) -> None:
    from lifelines import AalenJohansenFitter

    days, causes = [days for days, _ in rows], [cause for _, cause in rows]
    found = aalen_johansen(days, causes)
    codes = [CAUSES.index(cause) + 1 if cause else 0 for cause in causes]
    for code in sorted(set(codes) - {0}):
        fitter = AalenJohansenFitter(calculate_variance=False).fit(days, codes, code)
        for age, share in fitter.cumulative_density_.iloc[:, 0].items():
            assert found.at(CAUSES[code - 1], age) == pytest.approx(float(share), abs=1e-9)
