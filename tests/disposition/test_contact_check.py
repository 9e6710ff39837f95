"""Checks of contact data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from leadflow import Lead
from leadflow.contact import ContactRules
from leadflow.disposition import BadAddress, ContactReport, check_contacts
from leadflow.errors import InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import FieldsSet

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@attrs.define
class Asked:
    """Remembers what it was asked, and finds what it is told to find wrong."""

    wrong: dict[str, Any] = attrs.field(factory=dict)
    asked: list[tuple[str, str, str]] = attrs.field(factory=list)

    def check(self, channel: str, address: str, lead: Lead) -> Any:
        self.asked.append((channel, address, lead.id))
        return self.wrong.get(address)


def lead(**fields: Any) -> Lead:
    return Lead("L-7", fields=fields)


def test_each_address_is_asked_about_for_every_channel_and_listed_once() -> None:
    check = Asked()
    found = check_contacts(lead(phone=" 22 1 ", mobile=48601, email="a@x.pl"), check, as_of=NOON)
    assert check.asked == [
        ("phone", "22 1", "L-7"), ("sms", "22 1", "L-7"),
        ("phone", "48601", "L-7"), ("sms", "48601", "L-7"), ("email", "a@x.pl", "L-7"),
    ]  # fmt: skip
    assert found == ContactReport("L-7", ("phone", "mobile", "email"), (), ())


def test_one_bad_and_one_good_address_leave_the_lead_reachable() -> None:
    found = check_contacts(lead(phone="1", mobile="2"), Asked({"1": "too short"}), as_of=NOON)
    assert found.bad == (BadAddress("phone", "phone", "1", "too short"),)
    assert (found.fine, found.missing, found.is_reachable) == (("mobile",), ("email",), True)
    assert str(found) == "L-7: fine: mobile; phone '1': too short; not known for: email"


def test_without_any_address_or_any_that_is_right_nobody_can_be_reached() -> None:
    assert check_contacts(lead(), Asked(), as_of=NOON).missing == ("phone", "sms", "email")
    found = check_contacts(lead(email="x"), Asked({"x": "no @"}), as_of=NOON)
    assert not found.is_reachable
    assert found.missing == ("phone", "sms")


@pytest.mark.parametrize("value", ["  ", True, 1.5])
def test_what_is_no_text_and_no_whole_number_is_not_known(value: Any) -> None:
    check = Asked()
    assert "email" in check_contacts(lead(email=value), check, as_of=NOON).missing
    assert check.asked == []


def test_several_checks_add_up_and_the_first_that_finds_something_tells() -> None:
    first, second = Asked({"1": "short"}), Asked({"1": "odd", "2": "odd"})
    found = check_contacts(lead(phone="1", email="2"), [first, second], as_of=NOON)
    assert [bad.because for bad in found.bad] == ["short", "odd"]
    assert second.asked == [("email", "2", "L-7")]


def test_the_rules_say_which_fields_are_addresses() -> None:
    rules = ContactRules(addresses={"post": ["street"], "fax": []})
    check = Asked()
    found = check_contacts(lead(email="a@x.pl"), check, as_of=NOON, rules=rules)
    assert (found.fine, found.missing, check.asked) == ((), ("post",), [])
    nothing = check_contacts(lead(), check, as_of=NOON, rules=ContactRules(addresses={}))
    assert str(nothing) == "L-7: no address is asked for"


@pytest.mark.parametrize("channels", [("whatsapp", "phone"), ("phone", "whatsapp")])
def test_a_check_of_one_channel_is_heard_whichever_channel_comes_first(
    channels: tuple[str, str],
) -> None:
    class Phones:
        def check(self, channel: str, address: str, lead: Lead) -> str | None:
            return "too short" if channel == "phone" else None

    rules = ContactRules(addresses={key: ["mobile"] for key in channels})
    found = check_contacts(lead(mobile="12"), Phones(), as_of=NOON, rules=rules)
    assert (found.fine, found.bad) == ((), (BadAddress("mobile", "phone", "12", "too short"),))


def test_a_whole_number_that_a_table_holds_as_a_float_is_written_without_its_point() -> None:
    check = Asked()
    check_contacts(lead(phone=48221234567.0), check, as_of=NOON)
    assert check.asked[0] == ("phone", "48221234567", "L-7")


def test_the_lead_is_asked_about_as_it_was() -> None:
    later = Lead("L-7", events=[FieldsSet({"email": "a@x.pl"}, NOON.replace(day=3))])
    assert "email" in check_contacts(later, Asked(), as_of=NOON).missing


def test_hostile_addresses_are_shown_bounded_and_escaped() -> None:
    address = "\x1b[31m<b>" + "x" * 5_000
    found = check_contacts(lead(email=address), Asked({address: "odd\n"}), as_of=NOON)
    assert "\x1b" not in str(found)
    assert len(str(found)) < 1_000
    page = found._repr_html_()
    assert "<b>" not in page
    assert repr(found) == str(found)


def test_what_a_check_raises_comes_through() -> None:
    class Crash:
        def check(self, channel: str, address: str, lead: Lead) -> str | None:
            raise RuntimeError(channel + address + lead.id)

    with pytest.raises(RuntimeError, match=r"emaila@x\.plL-7"):
        check_contacts(lead(email="a@x.pl"), Crash(), as_of=NOON)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: check_contacts("L-7", Asked(), as_of=NOON), InvalidValue, "a Lead"),  # type: ignore[arg-type]
        (lambda: check_contacts(lead(), Asked(), as_of=NOON.replace(tzinfo=None)), NaiveDatetime, "as_of"),
        (lambda: check_contacts(lead(), Asked(), as_of=NOON, rules={}), InvalidValue, "rules"),  # type: ignore[arg-type]
        (lambda: check_contacts(lead(), len, as_of=NOON), InvalidValue, r"checks\[0\]"),  # type: ignore[arg-type]
        (lambda: check_contacts(lead(), "x@y", as_of=NOON), InvalidValue, "checks: expected a list"),  # type: ignore[arg-type]
        (lambda: check_contacts(lead(), [Asked(), 5], as_of=NOON), InvalidValue, r"checks\[1\]"),  # type: ignore[list-item]
        (lambda: check_contacts(lead(), Asked, as_of=NOON), InvalidValue, r"check\(channel, address"),  # type: ignore[arg-type]
        (
            lambda: check_contacts(lead(email="x"), Asked({"x": False}), as_of=NOON),
            InvalidValue,
            "the answer of Asked.check: expected text",
        ),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_its_place(
    call: Callable[[], object], error: type[LeadflowError], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()
