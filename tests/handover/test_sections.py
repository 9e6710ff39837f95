"""What each section of a brief tells."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from leadflow import Activity, Lead
from leadflow.contact import ContactRules
from leadflow.events import (
    Assignment,
    Disposition,
    Note,
    Overridden,
    Rated,
    Reopened,
    Scored,
    TaskSet,
)
from leadflow.handover import Brief, brief
from leadflow.lead import merge
from leadflow.scoring import Score
from tests.handover.leads import MATERIALS, MODEL, NOW, SALES, ago, converted, full_lead


def whole() -> Brief:
    lead = full_lead()
    score = MODEL.score(lead, as_of=NOW)
    return brief(lead, score, as_of=NOW, materials=MATERIALS, pipelines=SALES)


def part(found: Brief, title: str) -> list[str]:
    """Read a section's lines back from the text."""
    for section in str(found).split("\n\n"):
        head, *lines = section.splitlines()
        if head.partition(" (")[0] == title:
            return [line.removeprefix("  ") for line in lines]
    return []


SECTIONS = [
    (
        "Who",
        [
            "id: L-7",
            "source: trade fair",
            "created at: 2026-02-12 09:00 UTC",
            "owner: ann",
            "pipeline: sales",
            "stage: working",
            "rating: hot",
            "lifecycle: mql",
        ],
    ),
    ("Contact data", ["name: Ada Nowak", "email: ada@example.com", "phone: +1 212 555 0100"]),
    (
        "Calling now",
        [
            "local time: 2026-03-04 04:00 in America/New_York",
            "decent hour: no",
            "may call: no",
            "because: outside mon-sun 08:00-20:00 America/New_York",
            "until: 2026-03-04 13:00 UTC",
        ],
    ),
    (
        "Where it stands",
        [
            "stage: In work",
            "age: red: 10 days in working, of 5 days expected",
            "next: call_back on 2026-03-04 09:00 UTC: task T-2",
        ],
    ),
    ("Where it can go", ["Offer  budget is not known", "New  nothing is missing"]),
    ("Deal", ["deal value: 24,000 EUR", "due: 2026-06-01", "stage: working", "probability: 20.0%"]),
    (
        "Score",
        [
            "points: 63",
            "fit: 20",
            "engagement: 43",
            "model: inbound",
            "version: 1",
            "at: 2026-03-04 09:00 UTC",
            "win probability: 25.0%",
        ],
    ),
    (
        "Why this score",
        [
            "+40  asked for a demo  demo_requested within 30 days",
            "+20  mid-market  employees is between 50 and 1000",
            "+4  opened an e-mail  each email_opened  (times 2)",
            "-1  opened an e-mail  at most +3  (kind rule limit)",
        ],
    ),
    (
        "Assignment",
        [
            "rep: ann",
            "at: 2026-02-18 09:00 UTC",
            "rule: EMEA",
            "strategy: InTurn",
            "because: next after ben; speaks Polish",
        ],
    ),
    ("Passed over", ["ben  on leave  (code away)", "cho  (code at_capacity)"]),
    (
        "Open tasks",
        [
            "2026-03-04 09:00 UTC  call back  (task T-2; set at 2026-03-02 09:00 UTC)",
            "2026-03-09  demo  show it  (task T-1; rep ann; set at 2026-03-02 09:00 UTC)",
            "task  (task T-4; set at 2026-03-02 09:00 UTC)",
        ],
    ),
    (
        "Notes",
        [
            "2026-03-02 09:00 UTC  Budget comes in April.",
            (
                "2026-02-22 09:00 UTC  Needs single sign-on by June."
                "  (topic security; source call; need must-have; by ann)"
            ),
        ],
    ),
    (
        "Material",
        [
            "Food industry  https://example.com/food.pdf?a=1&b=2  (for industry is 'food')",
            "Price list  sheets/prices.pdf",
        ],
    ),
    (
        "Attempts",
        [
            "email  (attempts 2; answered 0; last 2026-03-01 09:00 UTC; last kind email sent)",
            (
                "phone  (attempts 3; answered 1; last 2026-02-22 09:00 UTC; last kind call;"
                " last answered yes)"
            ),
        ],
    ),
    (
        "Site activity",
        [
            "2026-02-17 09:00 UTC  demo requested  form = demo",
            "2026-02-16 09:00 UTC  page viewed  page = /pricing, seconds = 95",
            "2026-02-16 08:00 UTC  content downloaded  content = guide",
        ],
    ),
    (
        "Content",
        [
            "2026-02-17 08:00 UTC  webinar  content = tour",
            "2026-02-16 08:00 UTC  content downloaded  content = guide",
        ],
    ),
    (
        "E-mails",
        [
            "not told which  (sent 1; replied 1; last 2026-03-01 21:00 UTC)",
            "welcome  (sent 1; opened 2; clicked 1; last 2026-02-15 09:00 UTC)",
        ],
    ),
    ("Segments and tags", ["segment: mid-market", "tags: food fair; vip"]),
    ("Other fields", ["discount: 0.15", "employees: 120", "industry: food"]),
]


@pytest.mark.parametrize(("title", "lines"), SECTIONS, ids=[title for title, _ in SECTIONS])
def test_a9_each_section_is_there_with_its_content(title: str, lines: list[str]) -> None:
    assert part(whole(), title) == lines


def test_the_timeline_is_that_of_the_lead() -> None:
    lead = full_lead()
    assert part(brief(lead, as_of=NOW), "Timeline") == [
        f"… and {len(lead.events) - 20} earlier",
        *lead.timeline()[-20:],
    ]
    assert "Timeline (24)\n  " + "\n  ".join(lead.timeline()) in brief(lead, as_of=NOW).text(
        most=24
    )


def test_a_lead_of_which_nothing_is_known_has_empty_sections() -> None:
    found = brief(Lead("L-7"), as_of=NOW)
    assert part(found, "Who") == ["id: L-7"]
    assert part(found, "Calling now") == ["may call: no", "because: not known: phone, mobile"]
    assert part(found, "Where it stands") == [
        "next: call: nobody has spoken to the lead yet",
    ]  # fmt: skip
    assert str(found).splitlines()[-1] == (
        "Empty: contact data, where it can go, deal, score, why this score, assignment, passed over, "
        "open tasks, notes, material, attempts, site activity, content, e-mails, segments and tags, "
        "other fields, timeline"
    )


# --- who, calling ---


def test_a_merged_lead_tells_its_other_ids() -> None:
    found = merge(Lead("L-1", ago(5)), Lead("L-3"), Lead("L-2"))
    assert "merged ids: L-2; L-3" in part(brief(found, as_of=NOW), "Who")


def test_at_a_decent_hour_the_lead_may_be_called() -> None:
    lead = Lead("L-7", time_zone="Europe/Warsaw", fields={"phone": "5"})
    assert part(brief(lead, as_of=NOW), "Calling now") == [
        "local time: 2026-03-04 10:00 in Europe/Warsaw",
        "decent hour: yes",
        "may call: yes",
    ]


def test_where_the_time_zone_is_not_known_that_of_the_rules_counts() -> None:
    rules = ContactRules(time_zone="Asia/Tokyo", addresses={})
    data = brief(Lead("L-7"), as_of=NOW, rules=rules).data()["calling"]
    assert data == {
        "local_time": "2026-03-04T18:00:00+09:00",
        "time_zone": "Asia/Tokyo",
        "decent_hour": True,
        "may_call": True,
        "because": [],
        "until": None,
    }
    assert brief(Lead("L-7"), as_of=NOW).data()["calling"]["decent_hour"] is None


def test_contact_data_are_the_fields_named_and_the_addresses_of_the_rules() -> None:
    fields = {"name": "Ada", "chat": "@ada", "pager": "7", "phone": "5"}
    rules = ContactRules(addresses={"chat": ["chat"], "phone": ["phone"]})
    found = brief(
        Lead("L-7", fields=fields), as_of=NOW, contact_fields=["pager", "phone"], rules=rules
    )
    assert list(found.data()["contact"].items()) == [
        ("pager", "7"),
        ("phone", "5"),
        ("chat", "@ada"),
    ]
    assert found.data()["fields"] == {"name": "Ada"}


# --- where it stands, deal ---


def test_outside_the_pipelines_the_next_action_is_told_and_no_moves() -> None:
    found = brief(full_lead(), as_of=NOW)
    assert found.standing is None
    assert part(found, "Where it stands") == ["next: call_back on 2026-03-04 09:00 UTC: task T-2"]
    assert part(found, "Where it can go") == []


def test_a_closed_lead_tells_how_it_ended_unless_it_was_reopened() -> None:
    ending = Disposition(
        "lost", ago(1), reason="price", note="too\ndear", contact_again=date(2026, 9, 1)
    )
    found = brief(full_lead().after(ending), as_of=NOW)
    assert part(found, "Where it stands")[1:] == [
        "outcome: lost",
        "reason: price",
        "note: too dear",
        "contact again: 2026-09-01",
    ]
    assert found.data()["stands"]["note"] == "too\ndear"
    sooner = Disposition("lost", ago(0, 1), contact_again=date(2026, 6, 1))
    merged = brief(full_lead().after(ending, sooner), as_of=NOW)
    assert part(merged, "Where it stands")[-1] == "contact again: 2026-09-01"
    plain = brief(full_lead().after(Disposition("lost", ago(1))), as_of=NOW)
    assert part(plain, "Where it stands")[1:] == ["outcome: lost"]
    again = full_lead().after(ending, Reopened("working", ago(0, 1), pipeline="sales"))
    assert "outcome: lost" not in part(brief(again, as_of=NOW), "Where it stands")


def test_a_conversion_tells_the_deal_and_its_expected_close() -> None:
    found = brief(full_lead().after(converted()), as_of=NOW, pipelines=[SALES])
    assert part(found, "Deal") == [
        "deal value: 30,000.50 USD",
        "due: 2026-07-01",
        "expected close: 2026-07-01",
        "stage: offer",
        "deal: D-1",
    ]
    assert found.data()["deal"]["deal_value"] == {"amount": "30000.50", "currency": "USD"}


# --- score, assignment ---


def test_without_a_score_the_latest_of_the_log_is_told() -> None:
    scored = Scored(70, ago(1), fit=50, engagement=20, win_probability=0.5, model="m", version="2")
    found = brief(Lead("L-7", events=[Scored(9, ago(2)), scored]), as_of=NOW)
    assert part(found, "Score") == [
        "points: 70",
        "fit: 50",
        "engagement: 20",
        "model: m",
        "version: 2",
        "at: 2026-03-03 09:00 UTC",
        "win probability: 50.0%",
    ]
    assert part(found, "Why this score") == []


def test_without_any_score_the_points_that_the_lead_came_with_are_told() -> None:
    found = brief(Lead("L-7", score=12), as_of=NOW)
    assert part(found, "Score") == ["points: 12"]


def test_the_win_probability_of_the_score_comes_before_that_of_the_lead() -> None:
    score = Score(1, 1, 0, (), ago(1), "m", "L-7", win_probability=0.125)
    lead = Lead("L-7", win_probability=0.5)
    assert brief(lead, score, as_of=NOW).data()["score"]["win_probability"] == 0.125
    assert brief(lead, as_of=NOW).data()["score"]["win_probability"] == 0.5


def assigned(lead: Lead) -> list[str]:
    return part(brief(lead, as_of=NOW), "Assignment")


def test_an_override_stands_before_the_assignment_until_it_ends() -> None:
    until = NOW + timedelta(days=5)
    bo = Overridden("owner", "bo", ago(20), reason="old friends", by="cat", until=until)
    assert assigned(full_lead().after(bo)) == [
        "rep: bo",
        "at: 2026-02-12 09:00 UTC",
        "because: old friends",
        "by: cat",
        "until: 2026-03-09 09:00 UTC",
    ]
    for_now = Overridden("owner", "bo", ago(2), reason="fair", until=NOW)
    lifted = Overridden("owner", None, ago(1), reason="back again")
    of_rating = Overridden("rating", "hot", ago(1), reason="met the board")
    for over in ([for_now], [bo, lifted], [of_rating]):
        assert assigned(full_lead().after(*over))[:3] == [
            "rep: ann", "at: 2026-02-18 09:00 UTC", "rule: EMEA",
        ]  # fmt: skip


def test_a_conversion_that_names_an_owner_assigns_and_another_does_not() -> None:
    found = brief(full_lead().after(converted()), as_of=NOW)
    assert part(found, "Assignment") == [
        "rep: ben",
        "at: 2026-03-03 09:00 UTC",
        "because: converted into sales, stage offer",
    ]
    assert part(found, "Passed over") == []
    unnamed = type(converted())("sales", "offer", ago(1))
    assert assigned(full_lead().after(unnamed)) == assigned(full_lead())


def test_an_owner_that_the_lead_came_with_has_no_reason() -> None:
    assert assigned(Lead("L-7", owner="ann")) == ["rep: ann"]
    assert assigned(Lead("L-7", events=[Assignment("ann", ago(1), by="ann")])) == [
        "rep: ann", "at: 2026-03-03 09:00 UTC", "by: ann",
    ]  # fmt: skip


# --- what was done ---


def test_tasks_come_by_their_date_then_by_id_and_those_without_one_last() -> None:
    dues: dict[str, Any] = {"D": None, "C": NOW, "E": NOW.date(), "B": NOW.date(), "A": None}
    tasks = [TaskSet(task, ago(9 - n), due=due) for n, (task, due) in enumerate(dues.items())]
    found = brief(Lead("L-7", events=tasks), as_of=NOW).data()["tasks"]
    assert [task["task"] for task in found] == ["B", "E", "C", "A", "D"]


def test_what_is_unanswered_and_what_nobody_knows_are_told_apart() -> None:
    calls = [Activity("call", ago(n), answered=answered) for n, answered in ((2, None), (1, False))]
    lead = Lead("L-7", events=[*calls, Activity("email_sent", ago(3))])
    phone, mail = brief(lead, as_of=NOW).data()["attempts"]
    assert (phone["channel"], phone["attempts"], phone["answered"]) == ("phone", 2, 0)
    assert (phone["last_answered"], mail["last_answered"]) == (False, None)


def test_a_reaction_to_an_email_counts_even_if_its_sending_is_not_in_the_log() -> None:
    kinds = ("opened", "forwarded", "bounced", "unsubscribed")
    events = [Activity(f"email_{kind}", ago(1), data={"email": 7}) for kind in kinds]
    events += [Activity("opened", ago(1)), Activity("newsletter", ago(1), channel="email")]
    [row] = brief(Lead("L-7", events=events), as_of=NOW).data()["emails"]
    assert row == {
        "email": "7",
        "sent": 0,
        "opened": 1,
        "clicked": 0,
        "forwarded": 1,
        "replied": 0,
        "bounced": 1,
        "unsubscribed": 1,
        "last": ago(1).isoformat(),
    }


def test_any_outgoing_kind_on_the_channel_is_an_email_to_the_lead() -> None:
    sent = Activity("newsletter", ago(1), channel="email", direction="out")
    [row] = brief(Lead("L-7", events=[sent]), as_of=NOW).data()["emails"]
    assert (row["email"], row["sent"]) == (None, 1)


def test_l4_a_note_is_kept_whole_in_the_data_and_told_at_length() -> None:
    words = "what was said " * 300
    found = brief(Lead("L-7", events=[Note(words, NOW), Note("", ago(1))]), as_of=NOW)
    assert [note["text"] for note in found.data()["notes"]] == [words, ""]
    first, second = part(found, "Notes")
    assert len(first) == len("2026-03-04 09:00 UTC  ") + 2_000
    assert second == '2026-03-03 09:00 UTC  ""'


def test_it_says_why_the_lead_is_rated_so() -> None:
    rated = Rated("warm", ago(2), because=["buys within 6 months"])
    lead = Lead("L-7", events=[rated])
    assert brief(lead, as_of=NOW).data()["who"]["rated_because"] == ["buys within 6 months"]
    lead = lead.after(Overridden("rating", "hot", ago(1), reason="met the board"))
    assert brief(lead, as_of=NOW).data()["who"]["rated_because"] == ["met the board"]
    assert brief(Lead("L-7", rating="hot"), as_of=NOW).data()["who"]["rated_because"] == []


# --- what else is known ---


def test_segments_are_read_from_the_fields_named() -> None:
    fields = {"segment": "a", "segments": "b", "tier": "c"}
    assert brief(Lead("L-7", fields=fields), as_of=NOW).data()["segments"] == {
        "segment": "a", "segments": "b", "tags": [],
    }  # fmt: skip
    found = brief(Lead("L-7", fields=fields), as_of=NOW, segment_fields=["tier"]).data()
    assert found["segments"] == {"tier": "c", "tags": []}
    assert found["fields"] == {"segment": "a", "segments": "b"}


def test_n4_there_may_be_any_number_of_fields() -> None:
    fields = {f"field {n:04}": n for n in range(3_000)}
    found = brief(Lead("L-7", fields=fields), as_of=NOW)
    assert found.data()["fields"] == fields
    assert part(found, "Other fields")[-1] == "… and 2,980 more"


def test_a20_the_material_picked_fits_the_lead() -> None:
    titles = [material.title for material in whole().materials]
    assert titles == ["Food industry", "Price list"]
    assert 'href="https://example.com/food.pdf?a=1&amp;b=2"' in whole().html()
    assert whole().data()["materials"][1] == {
        "title": "Price list", "link": "sheets/prices.pdf", "for": "always",
    }  # fmt: skip
