from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadflow import Lead
from leadflow.automation.split import Split
from leadflow.conditions import field
from leadflow.errors import InvalidValue, NaiveDatetime
from leadflow.events import FieldsSet
from leadflow.learning.experiments import arms_of, split_test

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ANSWERED = field("answered").equals(True)
SPLIT = Split("subject", {"question": 1, "statement": 1})


def leads(count: int = 40) -> list[Lead]:
    found = []
    for number in range(count):
        lead = Lead(f"L-{number}", fields={"answered": number % 4 == 0})
        event = SPLIT.event(lead, NOW)
        assert event is not None
        found.append(lead.after(event))
    return found


@pytest.mark.parametrize("split", [SPLIT, "subject", "split_subject"])
def test_arms_are_counted_from_leads(split: Split | str) -> None:
    found = arms_of(leads(), split, ANSWERED, as_of=NOW)
    assert list(found) == ["question", "statement"]
    for arm, share in found.items():
        numbers = [n for n in range(40) if SPLIT.arm(f"L-{n}") == arm]
        assert (share.hits, share.of) == (sum(n % 4 == 0 for n in numbers), len(numbers))
    assert len(split_test(found).comparisons) == 1


def test_the_order_of_the_leads_does_not_matter() -> None:
    given = leads()
    assert arms_of(given, SPLIT, ANSWERED, as_of=NOW) == arms_of(
        given[::-1], SPLIT, ANSWERED, as_of=NOW
    )


def test_any_field_may_hold_the_arm() -> None:
    given = [Lead("1", fields={"page": "short"}), Lead("2", fields={"page": "long"}), Lead("3")]
    found = arms_of(given, "page", ANSWERED, as_of=NOW)
    assert {arm: (share.hits, share.of) for arm, share in found.items()} == {
        "long": (0, 1),
        "short": (0, 1),
    }


def test_an_arm_of_a_split_without_leads_is_there() -> None:
    found = arms_of([], SPLIT, ANSWERED, as_of=NOW)
    assert {arm: share.of for arm, share in found.items()} == {"question": 0, "statement": 0}
    assert not arms_of([], "subject", ANSWERED, as_of=NOW)


def test_what_comes_later_has_not_happened() -> None:
    later = NOW + timedelta(days=1)
    given = [lead.after(FieldsSet({"answered": True}, later)) for lead in leads()]
    before = arms_of(given, SPLIT, ANSWERED, as_of=NOW)
    after = arms_of(given, SPLIT, ANSWERED, as_of=later)
    assert sum(share.hits for share in before.values()) == 10
    assert sum(share.hits for share in after.values()) == 40


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("sbject", r"split: expected a Split, .* got 'sbject' \(did you mean 'subject'\?\)"),
        ("", "split: expected a name that is not blank"),
        (7, "split: expected text, got 7"),
        ("answered", "lead 'L-0' field 'answered': expected the name of an arm, got True"),
    ],
)
def test_a_split_that_nobody_is_in_is_refused(split: Any, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        arms_of(leads(2), split, ANSWERED, as_of=NOW)


def test_what_is_no_outcome_and_no_lead_is_refused() -> None:
    with pytest.raises(InvalidValue, match="outcome: expected a condition"):
        arms_of(leads(2), SPLIT, "answered", as_of=NOW)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match=r"leads\[0\]: expected a Lead"):
        arms_of(["L-1"], SPLIT, ANSWERED, as_of=NOW)  # type: ignore[list-item]
    with pytest.raises(NaiveDatetime):
        arms_of(leads(2), SPLIT, ANSWERED, as_of=datetime(2026, 3, 1))
