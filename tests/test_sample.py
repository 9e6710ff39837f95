from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from leadflow.lead import Lead
from leadflow.presets import status_pipeline
from leadflow.sample import AS_OF, PLACES, Dice, _working_day, generate, sample_file, write
from leadflow.serialization import load_pipeline, load_roster, load_router, load_scoring
from leadflow.serialization.tables import Columns, read_activities, read_leads, with_activities


@pytest.fixture(scope="module")
def sample() -> tuple[Lead, ...]:
    return generate()


def test_the_shipped_files_are_what_the_generator_gives(
    sample: tuple[Lead, ...], tmp_path: Path
) -> None:
    write(tmp_path, sample)
    for name in ("leads.csv", "activities.csv"):
        shipped = sample_file(name).read_text(encoding="utf-8")
        assert (tmp_path / name).read_text(encoding="utf-8") == shipped


def test_the_shipped_files_read_back_as_the_same_leads(sample: tuple[Lead, ...]) -> None:
    columns = Columns.load(sample_file("columns.toml"))
    of_activities = Columns.load(sample_file("activity_columns.toml"))
    leads = with_activities(
        read_leads(sample_file("leads.csv"), columns),
        read_activities(sample_file("activities.csv"), of_activities),
    )
    assert tuple(leads) == sample


def test_the_same_seed_gives_the_same_leads_and_another_seed_others() -> None:
    assert generate("one", leads=20) == generate("one", leads=20)
    assert generate("one", leads=20) != generate("two", leads=20)


def test_fewer_leads_are_the_first_of_more() -> None:
    assert generate(leads=30)[:10] == generate(leads=10)


def test_the_draws_are_the_same_on_every_platform_and_python() -> None:
    assert [Dice("seed").below(str(place), 1_000) for place in range(6)] == DRAWN


DRAWN = [588, 466, 89, 273, 338, 535]


def test_draws_stay_below_their_limit_and_reach_every_number() -> None:
    assert {Dice("seed").below(str(place), 6) for place in range(200)} == set(range(6))


def test_ids_differ_and_nothing_lies_after_the_instant_of_the_sample(
    sample: tuple[Lead, ...],
) -> None:
    assert len({lead.id for lead in sample}) == len(sample) == 500
    events = [event for lead in sample for event in lead.events]
    assert len({event.id for event in events}) == len(events)
    assert max(event.at for event in events) <= AS_OF
    for lead in sample:
        assert lead.created_at is not None
        assert lead.created_at < AS_OF
        assert all(event.at > lead.created_at for event in lead.events)


def test_about_a_third_did_little(sample: tuple[Lead, ...]) -> None:
    done = [[each for each in lead.activities if each.direction == "in"] for lead in sample]
    little = sum(len(each) <= 2 for each in done)
    assert 0.3 < little / len(sample) < 0.42


def test_there_are_many_languages_scripts_and_time_zones(sample: tuple[Lead, ...]) -> None:
    assert len({lead.fields["language"] for lead in sample}) >= 12
    assert len({lead.time_zone for lead in sample}) >= 15
    letters = {letter for lead in sample for letter in str(lead.fields["name"]) if letter.isalpha()}
    scripts = {unicodedata.name(letter).split()[0] for letter in letters}
    assert {"LATIN", "HEBREW", "ARABIC", "CJK", "HANGUL", "DEVANAGARI", "CYRILLIC"} <= scripts


def test_every_place_is_drawn(sample: tuple[Lead, ...]) -> None:
    assert {lead.fields["country"] for lead in sample} == {place.country for place in PLACES}


def test_addresses_are_plain_and_lead_nowhere(sample: tuple[Lead, ...]) -> None:
    for lead in sample:
        email = str(lead.fields["email"])
        assert email.isascii()
        assert email.endswith(".example")
        assert " " not in email


def test_some_facts_are_unknown_as_in_life(sample: tuple[Lead, ...]) -> None:
    for key, least, most in (
        ("deal_value", 0.2, 0.3),
        ("due", 0.24, 0.36),
        ("employees", 0.08, 0.17),
    ):
        unknown = sum(key not in lead.values for lead in sample) / len(sample)
        assert least < unknown < most, key


def test_leads_of_one_company_agree_on_its_size(sample: tuple[Lead, ...]) -> None:
    sizes: dict[object, set[object]] = {}
    for lead in sample:
        if "employees" in lead.fields:
            sizes.setdefault(lead.fields["company"], set()).add(lead.fields["employees"])
    assert all(len(found) == 1 for found in sizes.values())


def test_deals_are_in_one_currency_and_of_all_sizes(sample: tuple[Lead, ...]) -> None:
    deals = [lead.deal_value for lead in sample if lead.deal_value]
    assert {deal.currency for deal in deals} == {"EUR"}
    assert min(deals).amount < 10_000
    assert max(deals).amount > 50_000


def test_due_dates_lie_on_both_sides_of_three_months(sample: tuple[Lead, ...]) -> None:
    days = [lead.due - AS_OF.date() for lead in sample if lead.due]
    assert min(days) < timedelta(0)
    assert max(days) > timedelta(days=92)


def test_every_behaviour_of_the_demo_occurs_with_its_data(sample: tuple[Lead, ...]) -> None:
    kinds = Counter(activity.kind for lead in sample for activity in lead.activities)
    data = {"form_submitted": "form", "email_opened": "email", "email_clicked": "email"}
    data |= {"page_viewed": "page", "content_downloaded": "content"}
    assert kinds.keys() >= {*data, "trial_started", "email_unsubscribed"}
    for lead in sample:
        for activity in lead.activities:
            assert data.get(activity.kind, "") in {"", *activity.data}


# --- where they stand, and what was done to bring them there ---

STATUS = status_pipeline()
FICTION = re.compile(
    r"\+1 202 555 01\d\d|\+44 20 7946 0\d{3}|\+49 30 23125 \d{3}|\+33 1 99 00 \d\d \d\d"
    r"|\+999 \d{3} \d{4}"
)


def calls(lead: Lead) -> list[bool | None]:
    return [each.answered for each in lead.activities_by_kind.get("call", ())]


def test_the_shipped_pipeline_is_the_preset_of_seven_statuses() -> None:
    assert load_pipeline(sample_file("pipeline.toml")) == STATUS


def test_leads_stand_in_every_stage_of_the_pipeline(sample: tuple[Lead, ...]) -> None:
    stages = Counter(lead.stage for lead in sample)
    assert stages.keys() == {stage.key for stage in STATUS.stages}
    assert min(stages.values()) >= 5


def test_a_new_lead_was_never_tried_and_every_other_was(sample: tuple[Lead, ...]) -> None:
    for lead in sample:
        assert bool(lead.attempts("phone")) == (lead.stage != "new"), lead.id


def test_a_lead_without_an_answer_was_called_one_to_seven_times(sample: tuple[Lead, ...]) -> None:
    tried = [calls(lead) for lead in sample if lead.stage == "no_answer"]
    assert not any(answered for each in tried for answered in each)
    assert {len(each) for each in tried} == set(range(1, 8))


def test_who_stands_further_on_answered_the_last_call(sample: tuple[Lead, ...]) -> None:
    for lead in sample:
        if lead.stage not in ("new", "no_answer"):
            assert calls(lead)[-1] is True, lead.id


def test_who_is_in_process_was_spoken_to_twice_where_there_was_time(
    sample: tuple[Lead, ...],
) -> None:
    spoken = Counter(sum(map(bool, calls(lead))) for lead in sample if lead.stage == "in_process")
    assert spoken.keys() <= {1, 2}
    assert spoken[2] > 2 * spoken[1]


def test_a_closed_lead_was_left_alone_for_a_working_day_or_longer(
    sample: tuple[Lead, ...],
) -> None:
    for lead in sample:
        if STATUS[str(lead.stage)].is_closed and lead.last_contacted_at:
            assert AS_OF - lead.last_contacted_at > timedelta(days=2), lead.id


def test_calls_are_made_by_day_and_on_working_days_where_the_lead_is(
    sample: tuple[Lead, ...],
) -> None:
    for lead in sample:
        for call in lead.activities_by_kind.get("call", ()):
            there = call.at.astimezone(ZoneInfo(str(lead.time_zone)))
            assert 9 <= there.hour < 17, lead.id
            assert there.weekday() < 5, lead.id


def test_e_mails_are_sent_but_not_to_those_who_unsubscribed(sample: tuple[Lead, ...]) -> None:
    mailed = [lead for lead in sample if "email_sent" in lead.activities_by_kind]
    assert len(mailed) > 100
    assert not any("email_unsubscribed" in lead.activities_by_kind for lead in mailed)


def test_phone_numbers_lead_nowhere_and_some_are_unknown(sample: tuple[Lead, ...]) -> None:
    phones = [lead.fields["phone"] for lead in sample if "phone" in lead.fields]
    assert 0.04 < 1 - len(phones) / len(sample) < 0.12
    assert all(FICTION.fullmatch(str(phone)) for phone in phones)


def test_five_reps_own_most_leads_and_nobody_some(sample: tuple[Lead, ...]) -> None:
    owners = Counter(lead.owner for lead in sample)
    assert owners.keys() == {None, "rep-1", "rep-2", "rep-3", "rep-4", "rep-5"}
    assert 0.08 < owners[None] / len(sample) < 0.18


def test_what_was_done_towards_a_lead_gives_no_points(sample: tuple[Lead, ...]) -> None:
    model = load_scoring(sample_file("model.toml")).model
    for lead in sample[:100]:
        own = [each for each in lead.activities if each.direction == "in"]
        alone = Lead(lead.id, tags=lead.tags, fields=dict(lead.fields), events=own)
        assert model.score(alone, as_of=AS_OF).points == model.score(lead, as_of=AS_OF).points


def test_a_working_day_before_a_monday_is_a_friday() -> None:
    assert [_working_day(back).day for back in (0, 1, 5, 6)] == [2, 27, 23, 20]


def test_the_shipped_router_and_roster_fit_each_other_and_the_leads(
    sample: tuple[Lead, ...],
) -> None:
    router = load_router(sample_file("router.toml"))
    roster = load_roster(sample_file("roster.toml"))
    assert router.check(roster=roster) == ()
    assert {lead.owner for lead in sample if lead.owner} == {rep.id for rep in roster}
    nobodys = [lead for lead in sample if lead.owner is None]
    routed = router.assign_all(nobodys, roster, AS_OF)
    assert {each.rule for each in routed.assignments.values()} == {"large deals", "Europe", "world"}
    assert {each.code for one in routed.held for each in one.rejected} == {
        "at_capacity",
        "away",
        "missing_language",
        "outside_hours",
        "over_quota",
    }
