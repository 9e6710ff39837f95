"""Laws of playbook documents: what is dumped loads as an equal playbook, by one form and a schema."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from leadflow.actions import Action
from leadflow.automation import Trigger
from leadflow.errors import InvalidDefinition, LimitExceeded
from leadflow.playbook import Playbook, Procedure
from leadflow.serialization import (
    dump_playbook,
    dumps,
    from_data,
    json_schema,
    load_playbook,
    loads,
    make_converter,
    to_data,
)
from leadflow.serialization.parsing import Format
from tests.serialization.playbook_strategies import (
    contact_rules,
    contents,
    orders,
    playbooks,
    procedures,
    response_limits,
    rules_of,
    sequences,
    splits,
    triggers,
    web_forms,
    windows,
)
from tests.serialization.strategies import actions, anything

FORMATS: tuple[Format, ...] = ("toml", "json")
PARTS = st.one_of(
    rules_of(), sequences(), splits(), contents(), web_forms(), procedures(), contact_rules(),
    response_limits(), windows(), orders(),
)  # fmt: skip


@cache
def validator(cls: Any) -> Draft202012Validator:
    return Draft202012Validator(json.loads(json.dumps(json_schema(cls))))


@given(playbooks())
def test_law_what_is_dumped_loads_as_an_equal_playbook(playbook: Playbook) -> None:
    for form in FORMATS:
        written = dump_playbook(playbook, format=form)
        again = load_playbook(written)
        assert again == playbook
        assert dump_playbook(again, format=form) == written
    assert from_data(to_data(playbook), Playbook) == playbook
    assert loads(dumps(playbook), Playbook) == playbook


@given(playbooks())
def test_law_whatever_is_written_is_valid_by_the_schema(playbook: Playbook) -> None:
    validator(Playbook).validate(json.loads(dumps(playbook)))


@given(PARTS)
def test_law_every_part_has_a_plain_form_of_its_own(part: Any) -> None:
    kind: Any = type(part)
    again = loads(dumps(part), kind)
    assert again == part
    assert dumps(again) == dumps(part)
    validator(kind).validate(json.loads(dumps(part)))
    converter = make_converter()
    assert converter.structure(converter.unstructure(part), kind) == part


@given(triggers())
def test_law_a_trigger_is_read_as_one_of_the_union(trigger: Trigger) -> None:
    written = to_data(trigger)
    kinds: tuple[Any, ...] = (Trigger, type(trigger))
    for kind in kinds:
        assert from_data(written, kind) == trigger
        validator(kind).validate(written)


@given(actions())
def test_law_what_an_action_holds_comes_back_with_its_type(action: Action) -> None:
    playbook = Playbook("p", procedures=[Procedure("hot", [action])])
    for form in FORMATS:
        (again,) = load_playbook(dump_playbook(playbook, format=form)).procedures[0].then
        assert again == action
        assert type(getattr(again, "value", None)) is type(getattr(action, "value", None))


@given(playbooks(), st.data())
def test_law_anything_in_any_place_is_read_or_refused_with_paths(
    playbook: Playbook, data: st.DataObject
) -> None:
    written = to_data(playbook)
    node: Any = written
    for _ in range(data.draw(st.integers(0, 5))):
        inner = [key for key, value in _pairs(node) if isinstance(value, dict | list) and value]
        if not inner:
            break
        node = node[data.draw(st.sampled_from(inner))]
    key = data.draw(st.sampled_from([key for key, _ in _pairs(node)]))
    node[key] = data.draw(anything())
    try:
        again = from_data(written, Playbook)
    except (InvalidDefinition, LimitExceeded) as error:
        assert not isinstance(error, InvalidDefinition) or error.problems  # noqa: PT017 (either answer is right)
    else:
        assert from_data(to_data(again), Playbook) == again


def _pairs(node: Any) -> list[tuple[Any, Any]]:
    return [*(enumerate(node) if isinstance(node, list) else node.items())]
