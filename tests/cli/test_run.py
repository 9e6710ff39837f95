from __future__ import annotations

from leadflow.cli.run import Asked


def test_an_id_with_its_first_letters_wrong_is_recognised_by_its_end() -> None:
    asked = Asked("l-1234", ids=[f"L-{number}" for number in range(1_000, 9_999)])
    assert max(asked.ids, key=asked._likeness) == "L-1234"


def test_without_an_id_to_explain_no_ids_are_kept() -> None:
    asked = Asked(None)
    asked.add(None)  # type: ignore[arg-type]
    assert asked.ids == []


def test_the_id_is_looked_for_among_many() -> None:
    asked = Asked("L-2")
    assert asked.place(["L-0", "L-1"]) is None
    assert asked.place(["L-1", "L-2"]) == 1
    assert asked.ids == ["L-0", "L-1"]


def test_without_an_id_to_explain_none_is_looked_for_among_many() -> None:
    asked = Asked(None)
    assert asked.place(["L-1"]) is None
    assert asked.ids == []
