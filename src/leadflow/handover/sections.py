"""What a brief tells of a lead, section by section."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from leadflow.calendars import local
from leadflow.conditions import always
from leadflow.contact import Permission
from leadflow.errors import MESSAGE_LENGTH
from leadflow.events import (
    Activity,
    Assignment,
    Conversion,
    Event,
    Note,
    Overridden,
    Rated,
    Rejected,
    Scored,
    TaskSet,
    describe,
)
from leadflow.handover.document import Cell, Facts, Link, Listing, Section, Told
from leadflow.handover.material import Material
from leadflow.lead import Lead
from leadflow.markup import one_line
from leadflow.pipeline import NextAction, NextMove, Standing
from leadflow.scoring import Contribution, Score
from leadflow.scoring.score import largest_first

_LAST = datetime.max.replace(tzinfo=UTC)
_REACTIONS = ("opened", "clicked", "forwarded", "replied", "bounced", "unsubscribed")


def _known_of(lead: Lead, keys: Iterable[str]) -> dict[str, Cell]:
    found = lead.fields
    return {key: found[key] for key in keys if key in found}


def _share(value: float | None) -> Cell:
    return None if value is None else Told(value, f"{value:.1%}")


def _often(times: int) -> Cell:
    return Told(times, f"{times:,}" if times else "")


def _spaced(kind: str) -> Cell:
    return Told(kind, one_line(kind.replace("_", " ")))


def _at_length(words: str) -> Cell:
    return Told(words, one_line(words, MESSAGE_LENGTH) or '""')


def _newest_first(events: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(events)[::-1]


# --- who it is, and where it stands ---


def who(lead: Lead) -> Facts:
    """Tell which lead it is, whose, how it is rated, and where it came from."""
    values: dict[str, Cell] = {
        "id": lead.id,
        "merged_ids": tuple(sorted(lead.merged_ids)),
        "source": lead.source,
        "created_at": lead.created_at,
        "owner": lead.owner,
        "pipeline": lead.pipeline,
        "stage": lead.stage,
        "rating": lead.rating,
        "rated_because": _rated_because(lead),
        "lifecycle": lead.lifecycle,
    }
    return Facts("who", "Who", values)


def _rated_because(lead: Lead) -> tuple[str, ...]:
    """Tell why a person or a rater gave the rating that stands; nothing if the log does not say."""
    override = lead.override("rating")
    if override is not None:
        return (override.reason,)
    last = next((event for event in reversed(lead.events) if isinstance(event, Rated)), None)
    return () if last is None else last.because


def contact(lead: Lead, keys: Iterable[str]) -> Facts:
    """Tell how to reach the lead: the fields of these names."""
    return Facts("contact", "Contact data", _known_of(lead, keys))


def calling(as_of: datetime, zone: str | None, call: Permission) -> Facts:
    """Tell what time it is where the lead is, and whether it may be called now."""
    is_decent = not any(refusal.code == "asleep" for refusal in call.refusals)
    values: dict[str, Cell] = {
        "local_time": None if zone is None else local(as_of, zone),
        "time_zone": Told(zone, ""),
        "decent_hour": None if zone is None else is_decent,
        "may_call": call.allowed,
        "because": tuple(map(str, call.refusals)),
        "until": call.until,
    }
    return Facts("calling", "Calling now", values)


def stands(lead: Lead, standing: Standing | None, action: NextAction) -> Facts:
    """Tell where the lead stands, what is next, and how it ended if it did."""
    stage, ending = action.stage, lead.disposition
    values: dict[str, Cell] = {
        "stage": None if stage is None else stage.label,
        "age": None if standing is None else str(standing.age),
        "next": str(action),
        "outcome": None if ending is None else ending.outcome,
        "reason": None if ending is None else ending.reason,
        "note": None if ending is None or ending.note is None else _at_length(ending.note),
        "contact_again": action.dealings.waits_until,
    }
    return Facts("stands", "Where it stands", values)


def moves(standing: Standing | None) -> Listing:
    """List where the lead can go, and what is still required for it."""
    found = () if standing is None else standing.moves
    return Listing("moves", "Where it can go", ("to", "needs"), found, _move, bare=2)


def _move(move: NextMove) -> tuple[Cell, ...]:
    needs = "; ".join(map(str, move.blockers))
    words = one_line(needs, MESSAGE_LENGTH) or "nothing is missing"
    return (move.to.label, Told(needs or None, words))


def deal(lead: Lead, action: NextAction) -> Facts:
    """Tell what is known of the deal, in the currency it was told in."""
    last = next((e for e in reversed(lead.events) if isinstance(e, Conversion)), None)
    values: dict[str, Cell] = {
        "deal_value": lead.deal_value,
        "due": lead.due,
        "expected_close": None if last is None else last.expected_close,
        "stage": lead.stage,
        "probability": None if action.stage is None else _share(action.stage.probability),
        "deal": None if last is None else last.deal,
    }
    return Facts("deal", "Deal", values)


# --- why it is worth the work, and whose work it is ---


def score(lead: Lead, given: Score | None) -> tuple[Section, Section]:
    """Tell the score and what it is made of; without one, the latest that the log tells of."""
    found = given or next((e for e in reversed(lead.events) if isinstance(e, Scored)), None)
    chance = lead.win_probability
    if found is None:
        values: dict[str, Cell] = {"points": lead.score}
    else:
        chance = chance if found.win_probability is None else found.win_probability
        values = {"points": found.points, "fit": found.fit, "engagement": found.engagement}
        values |= {"model": found.model, "version": found.version}
        values["at"] = found.as_of if isinstance(found, Score) else found.at
    empty = dict.fromkeys(("points", "fit", "engagement", "model", "version", "at"))
    facts = Facts("score", "Score", empty | values | {"win_probability": _share(chance)})
    rows = largest_first(given.contributions) if given else ()
    columns = ("points", "rule", "because", "times", "kind", "dimension")
    return facts, Listing(
        "contributions", "Why this score", columns, tuple(rows), _contribution, bare=3
    )


def _contribution(given: Contribution) -> tuple[Cell, ...]:
    return (
        Told(given.points, f"{given.points:+,d}"),
        given.rule,
        given.because,
        Told(given.times, "" if given.times == 1 else f"{given.times:,}"),
        Told(given.kind, "" if given.kind == "rule" else given.kind),
        Told(given.dimension, ""),
    )


def assignment(lead: Lead) -> tuple[Section, Section]:
    """Tell who owns the lead, by which decision, why, and who was passed over."""
    found = _deciding(lead)
    values: dict[str, Cell] = dict.fromkeys(
        ("rep", "at", "rule", "strategy", "because", "by", "until")
    )
    values["rep"] = lead.owner
    match found:
        case Overridden():
            values |= {"because": (found.reason,), "until": found.until}
        case Assignment():
            because = found.because
            values |= {"rule": found.rule, "strategy": found.strategy, "because": because}
        case Conversion():
            values["because"] = (describe(found),)
        case _:
            pass
    if found is not None:
        values |= {"at": found.at, "by": found.by}
    rejected = found.rejected if isinstance(found, Assignment) else ()
    columns = ("rep", "because", "code")
    passed = Listing("passed_over", "Passed over", columns, rejected, _rejected, bare=2)
    return Facts("assignment", "Assignment", values), passed


def _deciding(lead: Lead) -> Assignment | Conversion | Overridden | None:
    """Find the event that says who owns the lead: an override that stands before all others."""
    held = lead.override("owner")
    if held is not None:
        return held
    for event in reversed(lead.events):
        if isinstance(event, Assignment) or (isinstance(event, Conversion) and event.owner):
            return event
    return None


def _rejected(given: Rejected) -> tuple[Cell, ...]:
    return (given.rep, given.because or None, given.code)


# --- what was done ---


def tasks(action: NextAction) -> Listing:
    """List the open tasks: the one that is due first, first."""
    found = sorted(action.dealings.tasks.values(), key=_due)
    columns = ("due", "kind", "title", "task", "rep", "set_at")
    return Listing("tasks", "Open tasks", columns, found, _task, bare=3)


def _due(task: TaskSet) -> tuple[datetime, str]:
    """Order by date, which counts as the start of that day in UTC; without one comes last."""
    due = task.due
    if due is not None and not isinstance(due, datetime):
        due = datetime(due.year, due.month, due.day, tzinfo=UTC)
    return (due or _LAST, task.task)


def _task(given: TaskSet) -> tuple[Cell, ...]:
    return (given.due, _spaced(given.kind), given.title, given.task, given.rep, given.at)


def notes(lead: Lead) -> Listing:
    """List the notes, the newest first."""
    found = _newest_first(event for event in lead.events if isinstance(event, Note))
    columns = ("at", "text", "topic", "source", "need", "by")
    return Listing("notes", "Notes", columns, found, _note, bare=2)


def _note(given: Note) -> tuple[Cell, ...]:
    return (given.at, _at_length(given.text), given.topic, given.source, given.need, given.by)


def attempts(action: NextAction) -> Listing:
    """List by channel how often the lead was contacted; the channel used last comes first."""
    found: dict[str | None, list[Activity]] = {}
    for attempt in reversed(action.dealings.attempts):
        found.setdefault(attempt.channel, []).append(attempt)
    columns = ("channel", "attempts", "answered", "last", "last_kind", "last_answered")
    return Listing("attempts", "Attempts", columns, tuple(found.values()), _attempts)


def _attempts(given: Sequence[Activity]) -> tuple[Cell, ...]:
    last = given[0]
    answered = sum(attempt.answered is True for attempt in given)
    return (last.channel, len(given), answered, last.at, _spaced(last.kind), last.answered)


def activity(lead: Lead) -> tuple[Section, Section, Section]:
    """List what the lead did on the site, the content it took, and the e-mails it was sent."""
    on_site = _newest_first(each for each in lead.activities if each.channel == "web")
    content = _newest_first(filter(_is_content, lead.activities))
    columns = ("at", "kind", "data")
    mail = ("email", "sent", *_REACTIONS, "last")
    return (
        Listing("site", "Site activity", columns, on_site, _done, bare=3),
        Listing("content", "Content", columns, content, _done, bare=3),
        Listing("emails", "E-mails", mail, tuple(_emails(lead)), tuple),
    )


def _is_content(given: Activity) -> bool:
    return given.kind.startswith("content_") or "content" in given.data


def _done(given: Activity) -> tuple[Cell, ...]:
    return (given.at, _spaced(given.kind), given.data)


def _emails(lead: Lead) -> Iterator[tuple[Cell, ...]]:
    """Count what became of each e-mail, by the key email of the data; the latest comes first.

    Those that name none are one row, for nobody can tell which of them was opened.
    """
    found: dict[str | None, dict[str, int]] = {}
    last: dict[str | None, datetime] = {}
    for each in reversed(lead.activities):
        what = _became(each)
        if what is None:
            continue
        name = each.data.get("email")
        key = None if name is None else str(name)
        counts = found.setdefault(key, {})
        counts[what] = counts.get(what, 0) + 1
        last.setdefault(key, each.at)
    for key, counts in found.items():
        which: Cell = Told(None, "not told which") if key is None else key
        yield (which, *(_often(counts.get(what, 0)) for what in ("sent", *_REACTIONS)), last[key])


def _became(given: Activity) -> str | None:
    """Tell what happened to an e-mail to the lead; None if this is none."""
    if given.channel == "email" and given.direction == "out":
        return "sent"
    reaction = given.kind.removeprefix("email_")
    return reaction if reaction in _REACTIONS and reaction != given.kind else None


# --- what else is known ---


def segments(lead: Lead, keys: Iterable[str]) -> Facts:
    """Tell the segments, from the fields of these names, and the tags."""
    found = _known_of(lead, keys) | {"tags": tuple(sorted(lead.tags))}
    return Facts("segments", "Segments and tags", found)


def fields(lead: Lead, without: frozenset[str]) -> Facts:
    """Tell every field of one's own that no other section tells, by name."""
    found = {key: value for key, value in sorted(lead.fields.items()) if key not in without}
    return Facts("fields", "Other fields", found, any_number=True)


def materials(picked: Sequence[Material]) -> Listing:
    """List the material, and for whom it is meant."""
    columns = ("title", "link", "for")
    return Listing("materials", "Material", columns, picked, _material, bare=2)


def _material(given: Material) -> tuple[Cell, ...]:
    meant = Told("always", "") if given.when == always() else _at_length(str(given.when))
    return (given.title, Link(given.link), meant)


def timeline(lead: Lead) -> Listing:
    """List everything that happened, the oldest first."""
    columns = ("at", "what")
    return Listing(
        "timeline", "Timeline", columns, lead.events, _happened, bare=2, oldest_first=True
    )


def _happened(given: Event) -> tuple[Cell, ...]:
    return (given.at, _at_length(describe(given)))
