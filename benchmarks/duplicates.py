"""Who is in the list twice? Finding duplicates, beside a grouping by the same keys written by hand."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from functools import partial

import attrs

from benchmarks.report import Section, Target
from benchmarks.timing import Timed, take_turns
from leadflow import Lead
from leadflow.disposition.duplicates import DEFAULT_KEYS, find_duplicates

FIRST_NAMES = ("Ada", "Bogdan", "Chiara", "Dana", "Emil", "Freya", "Greta", "Hugo", "Ines", "Jan")
LAST_NAMES = ("Adamska", "Brown", "Costa", "Dumont", "Eriksen", "Fischer", "Garcia", "Horvat")
COMPANIES = ("Northwind", "Blue Harbour", "Ridge and Field", "Quarry", "Lantern", "Sparrow Works")
LEGAL_FORMS = ("", " Ltd.", " GmbH", " Inc", " S.A.")
AGAIN = 1 / 8
"""The share of leads that are one of those before them, spelled in another way."""


@attrs.frozen
class Size:
    """How much is measured."""

    leads: tuple[int, int] = (10_000, 100_000)
    rounds: int = 9


QUICK = Size((500, 5_000), 3)


def leads(count: int, seed: int = 7) -> list[Lead]:
    """Draw leads with an e-mail address, a phone number, a name and a company; some come again."""
    draw = random.Random(seed)
    drawn: list[dict[str, str]] = []
    for place in range(count):
        is_again = place > 0 and draw.random() < AGAIN
        drawn.append(_again(draw, draw.choice(drawn)) if is_again else _person(draw, place))
    return [Lead(f"L-{place}", fields=fields) for place, fields in enumerate(drawn)]


def _person(draw: random.Random, place: int) -> dict[str, str]:
    first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
    company = f"{draw.choice(COMPANIES)} {draw.randrange(1_000_000)}{draw.choice(LEGAL_FORMS)}"
    digits = f"{500_000_000 + place}"
    return {
        "email": f"{first}.{last}.{place}@example.org",
        "phone": f"+48 {digits[:3]}-{digits[3:6]}-{digits[6:]}",
        "name": f"{first} {last}",
        "company": company,
    }


def _again(draw: random.Random, known: dict[str, str]) -> dict[str, str]:
    """Write a lead once more, with one of the three to know it by."""
    key = draw.choice(("email", "phone", "name"))
    if key == "email":
        return {"email": known["email"].upper()} if "email" in known else dict(known)
    if key == "phone":
        return {"phone": known["phone"].replace("-", " ")} if "phone" in known else dict(known)
    if "name" not in known:
        return dict(known)
    return {
        "name": " ".join(reversed(known["name"].upper().split())),
        "company": known["company"].upper(),
    }


def by_leadflow(given: Iterable[Lead]) -> set[frozenset[str]]:
    """Find the duplicates, with the reasons of each pair."""
    return {frozenset(group) for group in find_duplicates(given).groups}


_NO_DIGITS = re.compile(r"\D+")
_LEGAL_FORM = re.compile(r" (?:ltd|gmbh|inc|sa)$")


def by_hand(given: Iterable[Lead]) -> set[frozenset[str]]:
    """Group by the same keys, normalised just as far as these leads need it; no reasons, no checks."""
    return _grouped(given, _keys)


def by_hand_with_our_keys(given: Iterable[Lead]) -> set[frozenset[str]]:
    """Group by hand, with the texts that the keys of leadflow read."""
    return _grouped(given, _our_keys)


def _keys(lead: Lead) -> list[tuple[int, str]]:
    values = lead.values
    found = []
    email = values.get("email")
    if isinstance(email, str):
        found.append((0, email.strip().lower()))
    phone = values.get("phone")
    if isinstance(phone, str):
        found.append((1, _NO_DIGITS.sub("", phone)))
    name, company = values.get("name"), values.get("company")
    if isinstance(name, str) and isinstance(company, str):
        person = " ".join(sorted(name.lower().split()))
        at = _LEGAL_FORM.sub("", company.lower().replace(".", ""))
        found.append((2, f"{person}, {at}"))
    return found


def _our_keys(lead: Lead) -> list[tuple[int, str]]:
    return [(place, text) for place, key in enumerate(DEFAULT_KEYS) for text in key.of(lead)]


def _grouped(
    given: Iterable[Lead], keys: Callable[[Lead], list[tuple[int, str]]]
) -> set[frozenset[str]]:
    firsts: dict[tuple[int, str], str] = {}
    above: dict[str, str] = {}
    for lead in given:
        id = lead.id
        for key in keys(lead):
            first = firsts.setdefault(key, id)
            if first is not id:
                above[_top(above, id)] = _top(above, first)
    groups: dict[str, list[str]] = {}
    for id in list(above):
        groups.setdefault(_top(above, id), []).append(id)
    return {frozenset(group) for group in groups.values() if len(group) > 1}


def _top(above: dict[str, str], id: str) -> str:
    while above.setdefault(id, id) != id:
        above[id] = above[above[id]]
        id = above[id]
    return id


def agreeing(given: Iterable[Lead]) -> int:
    """Count the groups, having checked that by hand they are the same ones."""
    drawn = list(given)
    groups = by_leadflow(drawn)
    if not groups == by_hand(drawn) == by_hand_with_our_keys(drawn):
        raise SystemExit("the duplicates found by hand are others")
    return len(groups)


def sections(size: Size) -> list[Section]:
    """Run the one case."""
    return [finding(size)]


def finding(size: Size) -> Section:
    """Compare with a grouping by hand, of fewer and of more leads, and of leads that are all alike."""
    few, many = size.leads
    drawn = leads(many)
    alike = [Lead(f"L-{place}", fields={"phone": "22 123 45 67"}) for place in range(many)]
    ways: dict[str, Callable[[Iterable[Lead]], object]] = {
        "leadflow": by_leadflow,
        "by hand": by_hand,
        "by hand, with the keys of leadflow": by_hand_with_our_keys,
    }
    timed: dict[str, Timed] = {
        f"{way} {count}": (partial(run, drawn[:count]), count)
        for way, run in ways.items()
        for count in size.leads
    }
    timed |= {
        f"leadflow, alike {count}": (partial(by_leadflow, alike[:count]), count)
        for count in size.leads
    }
    times = take_turns(timed, size.rounds)
    rows: list[tuple[object, ...]] = [
        (
            way,
            *(times.micro(f"{way} {count}") for count in size.leads),
            times.seconds(f"{way} {many}", many),
            times.ratio(f"{way} {many}", f"{way} {few}"),
            times.ratio(f"{way} {many}", f"by hand {many}"),
        )
        for way in (*ways, "leadflow, alike")
    ]
    targets = [
        Target(
            f"duplicates among {many:,} leads, times by hand", 5, "at most",
            times.ratio(f"leadflow {many}", f"by hand {many}"),
        ),
        *(
            Target(
                f"a lead among {many:,}, {what}, times one among {few:,}", 1.5, "at most",
                times.ratio(f"{way} {many}", f"{way} {few}"),
            )
            for way, what in (("leadflow", "duplicates sought"), ("leadflow, alike", "all alike"))
        ),
    ]  # fmt: skip
    groups = agreeing(drawn)
    text = (
        f"{many:,} leads with an e-mail address, a phone number, a name and a company; one in"
        f" {round(1 / AGAIN)} is an earlier one, written in another way and with one of the three to know it"
        f" by, which makes {groups:,} groups. By hand, one dict by e-mail, number, and name with company"
        " finds the groups, in whatever order leads come, and normalises no more than these leads need: no"
        " codes and extensions, no accents, no display names. leadflow also finds who came first, and gives"
        " the pairs with what they share. In the last row all leads have one number."
    )
    header = (
        "who", *(f"a lead of {count:,}" for count in size.leads), f"{many:,}, seconds",
        f"{many:,} to {few:,}", "times by hand",
    )  # fmt: skip
    summary = (
        f"Duplicates among {many:,} leads by e-mail, phone, and name with company: {rows[0][3]}"
        " seconds of processor time."
    )
    return Section("Duplicates", text, header, rows, targets, summary)
