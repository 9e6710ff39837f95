"""The leads of a real export: who is in it twice, and what its words for a status mean here."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest

from leadflow import Lead
from leadflow.contact import may_contact
from leadflow.disposition import revisit
from leadflow.disposition.duplicates import (
    Duplicates,
    by_email,
    by_name_and_company,
    by_phone,
    find_duplicates,
)
from leadflow.events import Outcome
from leadflow.presets import disposition_policy

pytestmark = pytest.mark.real_data
DATA = Path(os.environ.get("LEADFLOW_DATA", "../shared/data")) / "zoho_crm"
EXPORTED = datetime(2021, 4, 16, tzinfo=UTC)
KEYS = (
    by_email("Email"),
    by_phone("Mobile", "Phone", country_code="1"),
    by_name_and_company("Last Name", "Company"),
)
POLICY = disposition_policy(verifiers=["data desk"])
CLOSED: dict[str, tuple[Outcome, str]] = {
    "Junk Lead": ("unqualified", "bad_data"),
    "Lost Lead": ("unqualified", "not_interested"),
    "Contact in Future": ("unqualified", "not_ready"),
}
"""What the words of the export mean."""
OPEN = {"Not Contacted", "Attempted to Contact", "Contacted", "Pre Qualified"}
"""Work in progress; how often contact was attempted is not in the export, so nobody is unreachable."""


@cache
def rows() -> tuple[dict[str, str], ...]:
    with (DATA / "Leads.csv").open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


def planted() -> list[dict[str, str]]:
    """Every tenth lead by e-mail once more, and every thirteenth by phone, written in another way."""
    by_email = [
        {"LEADID": f"E-{row['LEADID']}", "Email": f'"{row["Last Name"]}" <{row["Email"].upper()}>'}
        for row in rows()[::10]
    ]
    return by_email + [
        {"LEADID": f"P-{row['LEADID']}", "Phone": "+1 " + row["Mobile"].replace("-", ".")}
        for row in rows()[::13]
    ]


def leads(given: Iterable[dict[str, str]]) -> list[Lead]:
    return [
        Lead(
            row["LEADID"],
            _instant(row["Created Time"]) if "Created Time" in row else None,
            owner=row.get("Lead Owner"),
            fields={key: row.get(key) for key in ("Email", "Mobile", "Phone", "Last Name", "Company")},
        )
        for row in given
    ]  # fmt: skip


def _instant(written: str) -> datetime:
    return datetime.strptime(written, "%d %b, %Y %H:%M:%S").replace(tzinfo=UTC)


@cache
def found(with_planted: bool = False) -> Duplicates:
    return find_duplicates(leads([*rows(), *(planted() if with_planted else ())]), KEYS)


def pairs_by_key(of: Duplicates) -> Counter[str]:
    return Counter(match.key for pair in of for match in pair.because)


def repeats(texts: Iterable[object]) -> int:
    """How many of the texts were there before, counted by hand."""
    return sum(count - 1 for count in Counter(texts).values())


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.lower())


# --- duplicates ---


def test_no_address_and_no_number_is_in_the_export_twice() -> None:
    assert len(rows()) == len(found().leads) == 3_900
    assert repeats(row["Email"].strip().lower() for row in rows()) == 0
    assert repeats(re.sub(r"\D", "", row["Mobile"]) for row in rows()) == 0
    assert set(pairs_by_key(found())) == {"name and company"}


def test_a_last_name_and_a_company_are_in_it_thirteen_times_more_of_people_who_differ() -> None:
    people = Counter((plain(row["Last Name"]), plain(row["Company"])) for row in rows())
    assert repeats(people.elements()) == pairs_by_key(found())["name and company"] == 13
    assert sum(count > 1 for count in people.values()) == len(found().groups) == 12
    address = {row["LEADID"]: row["Email"].partition("@")[0] for row in rows()}
    assert all(address[pair.first] != address[pair.second] for pair in found())


def test_leads_planted_by_e_mail_and_by_phone_are_all_found() -> None:
    given = [*rows(), *planted()]
    addresses = [row["Email"].lower().partition("<")[2].rstrip(">") or row["Email"].lower()
                 for row in given if "Email" in row]  # fmt: skip
    numbers = [re.sub(r"\D", "", row[key])[-10:]
               for row in given for key in ("Mobile", "Phone") if key in row]  # fmt: skip
    by_key = pairs_by_key(found(with_planted=True))
    assert by_key["e-mail"] == repeats(addresses) == 390
    assert by_key["phone"] == repeats(numbers) == 300
    assert by_key["name and company"] == 13


def test_planted_leads_are_in_the_groups_of_those_they_repeat() -> None:
    sources = Counter(row["LEADID"].partition("-")[2] for row in planted())
    assert Counter(sources.values()) == {1: 630, 2: 30}
    keys = KEYS[:2]
    groups = find_duplicates(leads([*rows(), *planted()]), keys).groups
    assert {group[0]: len(group) - 1 for group in groups} == sources


def test_merged_they_are_the_leads_of_the_export_again_and_know_more() -> None:
    merged = find_duplicates(leads([*planted(), *rows()]), KEYS[:2]).merged()
    assert {lead.id for lead in merged} == {row["LEADID"] for row in rows()}
    assert len(merged) == 3_900
    assert sum("Phone" in lead.fields for lead in merged) == 300
    assert sum(len(lead.merged_ids) for lead in merged) == 690
    assert not find_duplicates(merged, KEYS[:2])


# --- dispositions by status ---


@cache
def closed() -> tuple[Lead, ...]:
    found = []
    for row, lead in zip(rows(), leads(rows()), strict=True):
        if row["Lead Status"] in CLOSED:
            outcome, reason = CLOSED[row["Lead Status"]]
            disposition = POLICY.close(lead, outcome, reason, at=EXPORTED)
            found.append(lead.after(disposition, *POLICY.follow_up(lead, disposition)))
    return tuple(found)


def test_every_status_of_the_export_has_a_meaning() -> None:
    statuses = Counter(row["Lead Status"] for row in rows())
    assert set(statuses) == OPEN | set(CLOSED)
    assert statuses == {
        "Contact in Future": 781,
        "Contacted": 780,
        "Pre Qualified": 776,
        "Lost Lead": 392,
        "Not Contacted": 392,
        "Attempted to Contact": 391,
        "Junk Lead": 388,
    }


def test_the_dispositions_are_as_many_as_the_statuses_they_stand_for() -> None:
    standing = [lead.disposition for lead in closed()]
    reasons = Counter(each.reason for each in standing if each)
    statuses = Counter(row["Lead Status"] for row in rows())
    assert reasons == {CLOSED[word][1]: statuses[word] for word in CLOSED}
    assert reasons == {"not_ready": 781, "not_interested": 392, "bad_data": 388}
    assert sum(statuses[word] for word in OPEN) == len(rows()) - len(closed()) == 2_339


def test_whom_the_policy_closes_for_good_waits_or_is_verified() -> None:
    codes = Counter(may_contact(lead, None, EXPORTED).code for lead in closed())
    assert codes["never_contact"] == 392
    assert Counter(task.kind for lead in closed() for task in lead.tasks) == {"verify_contact": 388}
    waits = {lead.disposition.contact_again for lead in closed() if lead.disposition}
    assert waits == {None, date(2021, 7, 16)}


def test_three_months_later_those_who_were_not_ready_come_up_again() -> None:
    assert revisit(closed(), datetime(2021, 7, 15, 12, tzinfo=UTC)) == ()
    again = revisit(closed(), datetime(2021, 7, 16, 12, tzinfo=UTC))
    assert Counter((each.disposition.reason, each.why) for each in again) == {
        ("not_ready", "date"): 781
    }
