"""Duplicates: what leads share, which are one, and what becomes of them."""

from __future__ import annotations

import itertools
import pickle
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from leadflow import Lead, activity, merge
from leadflow.contact import may_contact
from leadflow.disposition.duplicates import (
    DEFAULT_KEYS,
    Duplicate,
    Duplicates,
    Match,
    MatchKey,
    by_email,
    by_name_and_company,
    by_phone,
    find_duplicates,
)
from leadflow.errors import ConflictingEvents, InvalidValue, LeadflowError, LimitExceeded
from leadflow.events import Activity, Disposition, Erased, FieldsSet, Note
from leadflow.scoring import Rule, ScoringModel

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def lead(id: str, created_at: datetime | None = None, /, **fields: Any) -> Lead:
    return Lead(id, created_at, fields=fields)


def texts(key: MatchKey, **fields: Any) -> list[str]:
    return list(key.of(lead("L-7", **fields)))


def ids(found: Duplicates) -> list[tuple[str, str]]:
    return [(pair.first, pair.second) for pair in found]


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def nothing(_: Lead) -> list[str]:
    return []


def sharing(**values: list[str]) -> list[Lead]:
    """Make leads in a row, each with the texts of its name."""
    return [lead(id, x=" ".join(words)) for id, words in values.items()]


WORDS = MatchKey("word", lambda lead: str(lead.fields.get("x", "")).split())


# --- e-mail ---


@pytest.mark.parametrize(
    "written",
    [
        "ada@example.org",
        " Ada@Example.ORG\n",
        "mailto:ada@example.org",
        "MAILTO:Ada@example.org?subject=Hello",
        "Ada <ada@example.org>",
        '"Lovelace, Ada" <ada@example.org>',
        "Ada (home) <ada@example.org>;",
        "'ada@example.org'.",
        "ada\uff20example.org",
        "\uff41\uff44\uff41@example.org",
    ],
)
def test_an_address_is_the_same_however_it_is_written(written: str) -> None:
    assert texts(by_email(), email=written) == ["ada@example.org"]


def test_a_sign_that_stands_for_letters_is_those_letters() -> None:
    assert texts(by_email(), email="\u2121@x.pl") == ["tel@x.pl"]


@pytest.mark.parametrize(
    "written",
    ["", " ", "n/a", "ada at example.org", "@", "ada@", "@example.org", "a@b@c", "Žofie", 7, True],
)
def test_what_has_no_at_between_two_parts_is_no_address(written: Any) -> None:
    assert texts(by_email(), email=written) == []


def test_several_addresses_in_one_field_or_in_several_all_count() -> None:
    key = by_email("email", "work_email")
    assert texts(key, email="a@x.pl, B@x.pl", work_email="c@x.pl", other="d@x.pl") == [
        "a@x.pl", "b@x.pl", "c@x.pl",
    ]  # fmt: skip


def test_composed_and_decomposed_and_upper_and_lower_case_are_one_address() -> None:
    spelled = ["Ž\u00f6fie\u0390@x.pl", "Z\u030co\u0308fie\u03b9\u0308\u0301@x.pl"]
    found = {texts(by_email(), email=form)[0] for one in spelled for form in (one, one.upper())}
    assert len(found) == 1


# --- phone ---


@pytest.mark.parametrize(
    "written",
    [
        "+48 22 123 45 67",
        "0048-22-123-45-67",
        "(+48) 22/123.45.67",
        "tel:+48-22-123-45-67",
        "+48 (0)22 123 45 67",
        "+48 22 123 45 67 x12",
        "+48 22 123 45 67, ext. 12",
        "+48 22 123 45 67 Extension: 1234",
        "+48 22 123 45 67 wew. 5",
        "+48 22 123 45 67 #9",
        "\uff0b\uff14\uff18 22 123 45 67",
        "+٤٨ ٢٢ ١٢٣ ٤٥ ٦٧",
        48221234567,
        48221234567.0,
        Decimal(48221234567),
        "48 22 123 45 67",
    ],
)
def test_a_number_with_its_code_is_the_same_however_it_is_written(written: Any) -> None:
    assert texts(by_phone(), phone=written) == ["48221234567"]
    assert texts(by_phone(country_code="48"), phone=written) == ["48221234567"]


@pytest.mark.parametrize("written", ["22 123 45 67", "022 123 45 67", 221234567, "22-1234567x3"])
def test_the_country_code_is_put_before_a_number_without_one(written: Any) -> None:
    assert texts(by_phone(country_code="+48"), phone=written) == ["48221234567"]
    assert texts(by_phone(), phone=written) != ["48221234567"]


@pytest.mark.parametrize(
    ("code", "written", "number"),
    [
        ("48", "48 362 12 34", "48483621234"),  # too short to have the code already
        ("48", "+1 660 485 0224", "16604850224"),  # from elsewhere
        ("48", "+49 (0)30 901820", "4930901820"),
        ("1", "(660) 485-0224", "16604850224"),
        ("1", "1-660-485-0224", "16604850224"),
        ("39", "06 1234 5678", "39612345678"),
        ("39", "+39 06 1234 5678", "39612345678"),
        (None, "022 123 45 67", "0221234567"),
        (None, "fax 22 123 45 67", "221234567"),
        (None, "5550 fax 123", "5550123"),
    ],
)
def test_numbers_of_other_lands_and_habits(code: str | None, written: str, number: str) -> None:
    assert texts(by_phone(country_code=code), phone=written) == [number]


@pytest.mark.parametrize("code", [None, "48"])
@pytest.mark.parametrize(
    "written",
    [
        *("", "n/a", "123456", "ext. 1234567890", "000 000 000", "111-111-1111", "+0000000000"),
        *("1" * 6 + "x1", "1234567890123456", "call 112", True, 1.5, Decimal("7123456.5"), -5),
        *(NOON, NOON.date(), 10**18),
    ],
)
def test_too_few_too_many_or_one_repeated_digit_are_no_number(
    code: str | None, written: Any
) -> None:
    expected = ["1234567890"] if written == "ext. 1234567890" else []
    found = texts(by_phone(country_code=code), phone=written)
    assert [number.removeprefix(code or "") for number in found] == expected


def test_one_repeated_digit_after_the_country_code_is_no_number() -> None:
    assert texts(by_phone(country_code="48"), phone="+48 555 555 555") == []


def test_seven_digits_are_a_number_and_fifteen() -> None:
    assert texts(by_phone("phone", "mobile"), phone="5550123", mobile="1" * 14 + "2") == [
        "5550123", "111111111111112",
    ]  # fmt: skip


def test_one_leads_phone_may_be_anothers_mobile() -> None:
    found = find_duplicates([lead("L-1", phone="22 123 45 67"), lead("L-2", mobile="221234567")])
    assert ids(found) == [("L-1", "L-2")]
    assert str(found.pairs[0]) == "L-2 may be L-1: phone 221234567"


# --- name and company ---


@pytest.mark.parametrize(
    "name",
    [
        "Žofie Łoś-Novák",
        "zofie los novak",
        "NOVÁK, Žofie Łoś",
        "Z\u030cofie  \u0141os\u0301 Nova\u0301k",
        "Zofie Los_Novak",
        "Zo.fie Lo's Nova’k",
    ],
)
@pytest.mark.parametrize(
    "company",
    [
        *("Écu", "ECU Ltd.", "Ecu, Inc.", "écu Sp. z o.o.", "Ecu Sp.z o. o. Sp. k.", "Ecu S.A."),
        *("Ecu GmbH & Co. KG", "ECU s. r. o.", "Ecu s.r.o.", "Ecu B.V.", "Ecu oy", "Ecu PLC"),
        *("Ecu LLC", "Ecu AG", "Ecu co"),
    ],
)
def test_a_name_and_company_are_the_same_however_they_are_written(name: str, company: str) -> None:
    found = texts(by_name_and_company(), name=name, company=company)
    assert found == ["los novak zofie, ecu"]


@pytest.mark.parametrize(
    ("company", "read"),
    [
        ("AG", "ag"),
        ("Co. Ltd.", "co"),
        ("Inc Magazine", "inc magazine"),
        ("3M", "3m"),
        (365, "365"),
        ("Heslop's", "heslops"),
        ("STRASSE 7", "strasse 7"),
        ("Straße 7", "strasse 7"),
        ("株式会社", "株式会社"),
        ("राम", "राम"),
    ],
)
def test_a_company_keeps_its_words_but_the_legal_form_at_its_end(company: Any, read: str) -> None:
    assert texts(by_name_and_company(), name="Ada", company=company) == [f"ada, {read}"]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Ada"},
        {"company": "Ecu"},
        {"name": "???", "company": "Ecu"},
        {"name": "Ada", "company": "–"},
        {"first_name": "Ada", "company": "Ecu"},
        {"name": "Ada", "company": "x" * 501},
        {"name": True, "company": "Ecu"},
    ],
)
def test_both_name_and_company_must_be_known(fields: dict[str, Any]) -> None:
    assert texts(by_name_and_company(), **fields) == []


def test_a_whole_name_is_that_of_a_first_and_a_last_name() -> None:
    found = find_duplicates(
        [
            lead("L-1", name="Lovelace Ada", company="Ecu"),
            lead("L-2", first_name="Ada", last_name="Lovelace", company="Ecu Ltd"),
        ]
    )
    assert found.pairs[0].because == (Match("name and company", "ada lovelace, ecu"),)


def test_the_fields_of_the_name_and_the_company_can_be_told() -> None:
    row = {"Given Name": "Ada", "Last Name": "Lovelace", "Account": "Ecu"}
    both = by_name_and_company(["Given Name", "Last Name"], "Account")
    assert texts(both, **row) == ["ada lovelace, ecu"]
    assert texts(by_name_and_company("Last Name", company="Account"), **row) == ["lovelace, ecu"]


# --- finding ---


def test_a_pair_found_by_several_keys_is_one_with_the_reason_of_each() -> None:
    ada = {"email": "ada@x.pl", "phone": "22 123 45 67", "name": "Ada", "company": "Ecu"}
    [pair] = find_duplicates([lead("L-2", **ada), lead("L-1", **ada)])
    assert pair == Duplicate(
        "L-1",
        "L-2",
        (
            Match("e-mail", "ada@x.pl"),
            Match("phone", "221234567"),
            Match("name and company", "ada, ecu"),
        ),
    )


def test_of_several_texts_of_one_key_a_reason_names_the_first_in_the_alphabet() -> None:
    found = find_duplicates(sharing(a=["c", "b", "d"], b=["d", "b", "c"]), [WORDS])
    assert found.pairs == (Duplicate("a", "b", (Match("word", "b"),)),)


def test_the_first_of_a_pair_came_in_first_and_unknown_dates_come_last() -> None:
    leads = [
        lead("L-1", x="k"),
        lead("L-2", NOON, x="k"),
        lead("L-3", NOON - DAY, x="k"),
        lead("L-0", NOON, x="k"),
        lead("L-9", datetime.max.replace(tzinfo=UTC), x="k"),
    ]
    found = find_duplicates(leads, [WORDS])
    assert found.groups == (("L-3", "L-0", "L-2", "L-9", "L-1"),)
    assert ids(found) == [("L-3", each) for each in ("L-0", "L-2", "L-9", "L-1")]
    [united] = found.merged()
    assert united.id == "L-3"


def test_leads_are_in_a_group_over_others_too_and_groups_are_in_order() -> None:
    leads = sharing(a=["1"], b=["2"], c=["3"], d=["2", "3"], e=["4"], f=["1"], g=["2", "1"])
    found = find_duplicates(leads, [WORDS])
    assert ids(found) == [("a", "f"), ("a", "g"), ("b", "d"), ("b", "g"), ("c", "d")]
    assert found.groups == (("a", "b", "c", "d", "f", "g"),)
    assert find_duplicates(leads[:6], [WORDS]).groups == (("a", "f"), ("b", "c", "d"))


def test_any_order_of_the_leads_finds_the_same() -> None:
    leads = sharing(a=["1"], b=["2"], c=["2", "1"], d=["3"])
    found = find_duplicates(leads, [WORDS])
    for order in itertools.permutations(leads):
        assert find_duplicates(order, [WORDS]) == found
        assert find_duplicates(order, [WORDS]).merged() == found.merged()


def test_thousands_of_one_text_are_each_paired_with_the_first() -> None:
    leads = [lead(f"L-{place:04}", phone="22 123 45 67") for place in range(3_000)]
    found = find_duplicates(leads)
    assert len(found) == 2_999
    assert {pair.first for pair in found} == {"L-0000"}
    [united] = found.merged()
    assert len(united.merged_ids) == 2_999


def test_a_long_chain_of_leads_is_one_group() -> None:
    leads = [lead(f"L-{place:04}", x=f"{place} {place + 1}") for place in range(3_000)]
    for order in (leads, leads[::-1], leads[::2] + leads[1::2]):
        [group] = find_duplicates(order, [WORDS]).groups
        assert len(group) == 3_000


def test_without_keys_or_leads_nothing_is_found() -> None:
    assert not find_duplicates([])
    assert not find_duplicates([lead("L-1", email="a@x.pl"), lead("L-2", email="a@x.pl")], [])
    assert find_duplicates([]).merged() == ()


def test_an_old_id_that_meets_the_id_of_another_lead_is_a_duplicate() -> None:
    both = merge(Lead("L-1", NOON), Lead("L-2"))
    found = find_duplicates([Lead("L-2"), Lead("L-3"), both], keys=[])
    assert found.pairs == (Duplicate("L-1", "L-2", (Match("merged id", "L-2"),)),)
    assert found.merged() == (both, Lead("L-3"))


def test_two_leads_with_one_old_id_are_duplicates() -> None:
    one, two = merge(Lead("L-1", NOON), Lead("X")), merge(Lead("L-2", NOON), Lead("X"))
    found = find_duplicates([two, one], keys=[])
    assert ids(found) == [("L-1", "L-2")]
    assert [each.merged_ids for each in found.merged()] == [{"L-2", "X"}]


def test_what_leads_know_from_their_log_counts_and_what_is_erased_does_not() -> None:
    told = Lead("L-1", events=[FieldsSet({"email": "a@x.pl"}, NOON)])
    gone = lead("L-2", email="a@x.pl").after(Erased(("email",), NOON))
    assert ids(find_duplicates([told, gone, lead("L-3", email="a@x.pl")])) == [("L-1", "L-3")]


# --- keys of a host ---


@pytest.mark.parametrize(
    "of",
    [
        lambda lead: [str(lead.fields["vat"])],
        lambda lead: (str(lead.fields["vat"]), ""),
        lambda lead: {" ", str(lead.fields["vat"])},
        lambda lead: (text for text in [str(lead.fields["vat"])]),
    ],
)
def test_a_host_adds_a_key_and_blank_texts_match_nothing(of: Callable[[Lead], Any]) -> None:
    leads = [lead("L-1", vat="PL1"), lead("L-2", vat="PL2"), lead("L-3", vat="PL1")]
    found = find_duplicates(leads, [*DEFAULT_KEYS, MatchKey("VAT number", of)])
    assert found.pairs == (Duplicate("L-1", "L-3", (Match("VAT number", "PL1"),)),)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ("PL1", "an iterable of texts, such as a list, got 'PL1'"),
        (None, "an iterable of texts, such as a list, got None"),
        (7, "an iterable of texts, such as a list, got 7"),
        ([7], "a text, got 7 (leave out what is unknown)"),
        ([None], "a text, got None"),
        (b"PL1", "a text, got 80"),
    ],
)
def test_what_the_function_of_a_key_returns_is_checked(returned: Any, words: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        find_duplicates([lead("L-7")], [MatchKey("VAT number", lambda _: returned)])
    assert f"key 'VAT number' of lead L-7: expected {words}" in str(refused.value)


def test_what_the_function_of_a_key_raises_comes_out_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        find_duplicates([lead("L-7")], [MatchKey("odd", lambda _: [str(1 // 0)])])


# --- bad input ---


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MatchKey(" ", nothing), "MatchKey.name: expected a label that is not blank"),
        (lambda: MatchKey("a\x1bb", nothing), "without control"),
        (lambda: MatchKey(odd(7), nothing), "MatchKey.name: expected text, got 7"),
        (lambda: MatchKey("VAT", odd("vat")), "MatchKey 'VAT' of: expected a function of a lead"),
        (lambda: by_email(""), "by_email: expected a name that is not blank"),
        (lambda: by_email(odd(7)), "by_email: expected text, got 7"),
        (lambda: by_phone(odd(None)), "by_phone: expected text, got None"),
        (lambda: by_phone(country_code=""), "country_code: expected one to three digits"),
        (lambda: by_phone(country_code=odd(48)), "got 48 (such as '48')"),
        (lambda: by_phone(country_code="PL"), "got 'PL'"),
        (lambda: by_phone(country_code="048"), "got '048'"),
        (lambda: by_phone(country_code="4800"), "got '4800'"),
        (lambda: by_phone(country_code="٤٨"), "one to three digits"),
        (lambda: by_name_and_company([]), "name: expected at least one field"),
        (lambda: by_name_and_company(odd(7)), "name: expected a list of names"),
        (lambda: by_name_and_company(company=" "), "company: expected a name that is not blank"),
        (lambda: find_duplicates(odd(None)), "leads: expected an iterable of Lead"),
        (lambda: find_duplicates(odd(Lead("L-7"))), "leads: expected an iterable of Lead"),
        (lambda: find_duplicates(odd([Lead("L-7"), "L-8"])), "leads[1]: expected a Lead"),
        (
            lambda: find_duplicates([Lead("L-7"), Lead("L-8"), Lead("L-7", NOON)]),
            "leads[2].id: expected ids that differ, got 'L-7' (leads[0] has the same",
        ),
        (lambda: find_duplicates([], odd(by_email())), "keys: expected a list"),
        (lambda: find_duplicates([], odd("email")), "keys: expected a list"),
        (lambda: find_duplicates([], odd([list])), "keys[0]: expected a MatchKey"),
        (
            lambda: find_duplicates([], [by_email(), by_email("work")]),
            "keys[1].name: expected names that differ, got 'e-mail' (one key can read several",
        ),
        (
            lambda: find_duplicates([], [MatchKey("merged id", nothing)]),
            "keys[0].name: expected names that differ, got 'merged id'",
        ),
        (lambda: find_duplicates([]).merged(["stage"]), "newest: expected names other than"),
        (lambda: find_duplicates([]).merged("email"), "newest: expected a list of names"),
    ],
)
def test_bad_input_is_refused_with_its_place(make: Callable[[], object], words: str) -> None:
    with pytest.raises(LeadflowError) as refused:
        make()
    assert words in str(refused.value)


def test_a_name_of_a_key_has_an_end() -> None:
    with pytest.raises(LimitExceeded, match="label"):
        MatchKey("x" * 201, nothing)


@pytest.mark.parametrize(
    "hostile",
    ["@" * 60_000, "x" * 60_000, "\u0300\u0316" * 15_000, "a" * 499 + "@", "x1" * 250, " co" * 166],
)
def test_hostile_texts_take_no_time(hostile: str) -> None:
    fields = dict.fromkeys(("email", "phone", "name", "company"), hostile)
    leads = [lead(f"L-{place}", **fields) for place in range(20)]
    start = time.process_time()
    find_duplicates(leads)
    assert time.process_time() - start < 1


# --- what is shown ---


def test_the_report_is_bounded_and_redraws_nothing() -> None:
    nasty = MatchKey("key\u200d", lambda _: ["<b>\x1b[31m" + "x" * 100_000])
    found = find_duplicates([lead(f"L-{place:03}") for place in range(300)], [nasty])
    lines = str(found).splitlines()
    assert lines[0] == "300 leads: 299 pairs in 1 group, the first 100 pairs"
    assert len(lines) == 101
    assert max(map(len, lines)) < 300
    assert "\x1b" not in str(found) + found._repr_html_()
    assert repr(found) == str(found)
    assert found._repr_html_().count("<tr>") == 101
    assert "<b>" not in found._repr_html_()


def test_the_report_names_each_pair_and_why() -> None:
    found = find_duplicates([lead("L-1", email="a@x.pl"), lead("L-2", email="A@x.pl")])
    assert str(found) == "2 leads: 1 pair in 1 group\n  L-2 may be L-1: e-mail a@x.pl"
    for word in ("<caption>2 leads: 1 pair in 1 group", ">L-1<", ">L-2<", ">e-mail a@x.pl<"):
        assert word in found._repr_html_()


def test_ready_keys_and_what_was_found_pickle() -> None:
    for key in (*DEFAULT_KEYS, by_phone(country_code="48")):
        copy = pickle.loads(pickle.dumps(key))
        fields = {"email": "a@x.pl", "phone": "221234567", "name": "Ada", "company": "Ecu"}
        assert texts(copy, **fields) == texts(key, **fields)
    found = find_duplicates([lead("L-1", email="a@x.pl"), lead("L-2", email="a@x.pl")])
    assert pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        found.pairs = ()  # type: ignore[misc]


# --- merging ---

MODEL = ScoringModel(
    "inbound",
    [
        Rule("asked for a demo", 100, when=activity("demo_requested")),
        Rule("looked at a page", 10, each=activity("page_viewed")),
    ],
)
ASKED = lead("L-1", NOON - DAY, email="ada@x.pl").after(Activity("demo_requested", NOON - DAY))
LOOKED = lead("L-2", NOON, email="Ada@x.pl").after(
    *(Activity("page_viewed", NOON + n * DAY, id=f"v{n}") for n in range(5))
)


def points(given: Lead) -> int:
    return MODEL.points(given, as_of=NOON + 10 * DAY)


def test_the_points_of_merged_leads_are_those_of_both_logs() -> None:
    assert (points(ASKED), points(LOOKED)) == (100, 50)
    [united] = find_duplicates([LOOKED, ASKED]).merged()
    assert points(united) == 150
    assert united.id == "L-1"
    assert united.merged_ids == {"L-2"}


def test_the_same_log_twice_adds_no_points() -> None:
    again = lead("L-3", email="ada@x.pl").after(*ASKED.events, *LOOKED.events)
    copy = lead("L-4", email="ada@x.pl").after(*again.events)
    [united] = find_duplicates([again, copy, ASKED, LOOKED]).merged()
    assert points(again) == points(united) == 150
    assert len(united.events) == 6


def test_merging_in_any_order_gives_the_same_lead_with_the_same_points() -> None:
    third = lead("L-3", email="ada@x.pl", phone="22 123 45 67").after(Note("a", NOON))
    [expected] = find_duplicates([ASKED, LOOKED, third]).merged()
    for a, b, c in itertools.permutations([ASKED, LOOKED, third]):
        [both] = find_duplicates([a, b]).merged()
        assert find_duplicates([both, c]).merged() == (expected,)
    assert points(expected) == 150


def test_united_leads_stand_where_the_first_of_them_stood_and_the_others_stay() -> None:
    leads = sharing(a=["1"], b=["2"], c=["3"], d=["2"], e=["1"], f=["4"])
    found = find_duplicates(leads, [WORDS])
    merged = found.merged()
    assert [each.id for each in merged] == ["a", "b", "c", "f"]
    assert (merged[2], merged[3]) == (leads[2], leads[5])
    assert [each.merged_ids for each in merged] == [{"e"}, {"d"}, frozenset(), frozenset()]


def test_for_the_names_in_newest_the_last_known_value_wins() -> None:
    old, new = lead("L-1", NOON, x="k", size=1), lead("L-2", NOON + DAY, x="k", size=2)
    found = find_duplicates([old, new], [WORDS])
    assert [each.fields["size"] for each in found.merged()] == [1]
    assert [each.fields["size"] for each in found.merged(iter(["size"]))] == [2]


def test_leads_whose_logs_disagree_are_found_but_cannot_be_merged() -> None:
    one, two = lead("L-1", email="a@x.pl"), lead("L-2", email="a@x.pl")
    found = find_duplicates(
        [one.after(Note("a", NOON, id="n")), two.after(Note("b", NOON, id="n"))]
    )
    assert ids(found) == [("L-1", "L-2")]
    with pytest.raises(ConflictingEvents, match="'n' stands for two"):
        found.merged()


def test_a_lead_united_from_two_may_turn_out_to_be_a_third() -> None:
    leads = [
        lead("L-1", email="ada@x.pl", name="Ada Lovelace"),
        lead("L-2", email="ada@x.pl", company="Ecu"),
        lead("L-3", name="Ada Lovelace", company="Ecu"),
    ]
    found = find_duplicates(leads)
    assert found.groups == (("L-1", "L-2"),)
    again = find_duplicates(found.merged())
    assert again.groups == (("L-1", "L-3"),)
    assert not find_duplicates(again.merged())


@pytest.mark.parametrize(
    ("fields", "events", "code"),
    [
        ({}, [Disposition("unqualified", NOON, never=["email"])], "never_contact"),
        ({}, [Disposition("lost", NOON, never=["all"])], "never_contact"),
        ({"do_not_contact": True}, [], "do_not_contact"),
        ({"do_not_email": "yes"}, [], "do_not_contact"),
        ({}, [Activity("email_unsubscribed", NOON)], "unsubscribed"),
    ],
)
@pytest.mark.parametrize("id", ["L-1", "L-3"])
def test_of_duplicates_the_stricter_limit_wins(
    id: str, fields: dict[str, Any], events: list[Any], code: str
) -> None:
    lax = {"email": "ada@x.pl", "do_not_contact": False, "do_not_email": False}
    open_, closed = lead("L-2", **lax), lead(id, **lax | fields).after(*events)
    assert may_contact(open_, "email", NOON + DAY)
    for newest in ([], ["do_not_contact", "do_not_email"]):
        [united] = find_duplicates([open_, closed]).merged(newest)
        assert may_contact(united, "email", NOON + DAY).code == code
        assert united.disposition == closed.disposition
