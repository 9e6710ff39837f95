"""Contact data checked by email-validator and phonenumbers."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest

from examples import contact_check
from examples.contact_check import EmailCheck, PhoneCheck
from leadflow import Lead
from leadflow.disposition import ContactCheck, ContactReport, check_contacts

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def report(region: str | None = None, **fields: str | int) -> ContactReport:
    checks: list[ContactCheck] = [EmailCheck(), PhoneCheck(region)]
    return check_contacts(Lead("L-7", fields=fields), checks, as_of=NOON)


@pytest.mark.parametrize(
    "email", ["ada@@x", "ada@localhost", "ada", "@example.com", "a b@example.com"]
)
def test_what_is_no_e_mail_address_is_told(email: str) -> None:
    found = report(email=email)
    assert [bad.field for bad in found.bad] == ["email"]
    assert not found.is_reachable


@pytest.mark.parametrize("phone", ["+48 12", "123", "no number", "+1 000 000 0000"])
def test_what_is_no_phone_number_is_told(phone: str) -> None:
    found = report(phone=phone)
    assert [(bad.field, bad.channel) for bad in found.bad] == [("phone", "phone")]


def test_good_ones_are_fine_without_asking_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    found = report(email="ada@example.com", phone="+48 22 123 45 67", mobile="+48601234567")
    assert (found.fine, found.bad, found.missing) == (("phone", "mobile", "email"), (), ())


def test_the_country_of_the_lead_says_how_its_number_is_read() -> None:
    assert report(phone="030 123456").bad
    assert report(phone="030 123456", country="DE").is_reachable
    assert report("PL", phone="22 123 45 67").is_reachable
    assert report("DE", phone="22 123 45 67", country="PL").is_reachable


@pytest.mark.parametrize("country", ["pl", " PL ", "Poland", ""])
def test_a_country_that_is_no_code_does_not_make_a_number_bad(country: str) -> None:
    assert report("PL", phone="22 123 45 67", country=country).fine == ("phone",)


def test_the_example_prints_what_is_wrong_and_what_follows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    contact_check.main()
    said = capsys.readouterr().out
    assert "L-1: fine: phone, email" in said
    assert "phone '12': no such number can exist" in said
    assert "task verify_contact (Verify the contact data), for data desk" in said
