"""Documents: text and files that hold a definition, a roster, a lead, an event or a score."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from leadflow.disposition import DispositionPolicy
from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.events import EVENT_TYPES, Event
from leadflow.lead import Lead
from leadflow.limits import DEFAULT_LIMITS, Limits
from leadflow.pipeline import Pipeline
from leadflow.playbook import Outcome, Playbook
from leadflow.routing import Roster, Router
from leadflow.serialization.converter import checked, meaning, shape_of, to_data
from leadflow.serialization.forms import SCORING, Scoring
from leadflow.serialization.parsing import Format, is_path, parse
from leadflow.serialization.pipelines import PIPELINE
from leadflow.serialization.playbooks import PLAYBOOK
from leadflow.serialization.policies import POLICY
from leadflow.serialization.problems import read
from leadflow.serialization.rosters import ROSTER
from leadflow.serialization.routers import ROUTER
from leadflow.serialization.scanning import invalid
from leadflow.serialization.shapes import Shape
from leadflow.serialization.toml import write_toml

T = TypeVar("T")
_FORMATS: tuple[Format, ...] = ("toml", "json")
_WITH_FLOATS = (Lead, Event, *EVENT_TYPES, Outcome)
"""Their values are of any type, so a JSON number with a point is a float; elsewhere it is exact."""


def load_scoring(
    source: Path | str | bytes,
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    limits: Limits = DEFAULT_LIMITS,
) -> Scoring:
    r"""Load a scoring model with its rater and grid from a TOML or JSON document.

    `source` is a path, or the document itself as text or bytes; a text of one line that ends in
    .toml or .json, in any case, is a path. Without `format` the file's name tells, else the text: JSON starts with
    a brace. Files are UTF-8, with or without a byte-order mark.

    Raises `InvalidDefinition` with all problems and their paths, or with the line and column of a
    syntax error, or when the file cannot be read; `LimitExceeded` beyond the limits.

    >>> document = 'name = "m"\nrules = [{name = "vip", points = 5, when = {tag = "vip"}}]'
    >>> load_scoring(document).model.rules[0].points
    5
    """
    scoring: Scoring = _load("scoring document", SCORING, source, format, limits)
    return scoring


def dump_scoring(
    scoring: Scoring,
    *,
    format: Format = "toml",  # noqa: A002 (the word for it)
) -> str:
    """Write a scoring model with its rater and grid as a document that reads back as equal.

    >>> from leadflow import tag
    >>> from leadflow.scoring import Rule, ScoringModel
    >>> model = ScoringModel("m", [Rule("vip", 5, when=tag("vip"))])
    >>> print(dump_scoring(Scoring(model)), end="")
    name = "m"
    version = "1"
    <BLANKLINE>
    [[rules]]
    name = "vip"
    points = 5
    when = { tag = "vip" }
    """
    if not isinstance(scoring, Scoring):
        raise InvalidValue("scoring", shown(scoring), "a Scoring")
    return _dump(SCORING, scoring, format)


def load_pipeline(
    source: Path | str | bytes,
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    limits: Limits = DEFAULT_LIMITS,
) -> Pipeline:
    r"""Load a pipeline from a TOML or JSON document.

    Its keys are those of `Pipeline`; in place of `moves` there may be ``linear = true``, or
    `linear` with the options of `Pipeline.linear`. The source is read, and errors are raised, as by
    `load_scoring`.

    >>> document = 'key = "sales"\nlinear = true\nstages = [{key = "new"}, {key = "won", kind = "won"}]'
    >>> load_pipeline(document).moves
    {'new': ('won',), 'won': ('new',)}
    """
    pipeline: Pipeline = _load("pipeline document", PIPELINE, source, format, limits)
    return pipeline


def dump_pipeline(
    pipeline: Pipeline,
    *,
    format: Format = "toml",  # noqa: A002 (the word for it)
) -> str:
    """Write a pipeline, with its whole table of moves, as a document that reads back as equal.

    >>> from leadflow.pipeline import Stage
    >>> stages = [Stage("new", expected="1 day"), Stage("won", kind="won")]
    >>> print(dump_pipeline(Pipeline("sales", stages, {"new": ["won"]})), end="")
    key = "sales"
    <BLANKLINE>
    [[stages]]
    key = "new"
    expected = "1 day"
    <BLANKLINE>
    [[stages]]
    key = "won"
    kind = "won"
    <BLANKLINE>
    [moves]
    new = ["won"]
    """
    if not isinstance(pipeline, Pipeline):
        raise InvalidValue("pipeline", shown(pipeline), "a Pipeline")
    return _dump(PIPELINE, pipeline, format)


def load_router(
    source: Path | str | bytes,
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    limits: Limits = DEFAULT_LIMITS,
) -> Router:
    r"""Load a router from a TOML or JSON document.

    Its keys are those of `Router` and `RoutingRule`. A strategy is its name in small letters, or a
    table of one key with its options. The source is read, and errors are raised, as by
    `load_scoring`.

    >>> document = (
    ...     'rules = [{name = "all", to = {team = "emea"}, by = {seeded = {seed = "s"}}}]'
    ... )
    >>> load_router(document).rules[0].by
    Seeded(seed='s')
    """
    router: Router = _load("router document", ROUTER, source, format, limits)
    return router


def dump_router(
    router: Router,
    *,
    format: Format = "toml",  # noqa: A002 (the word for it)
) -> str:
    """Write a router as a document that reads back as equal.

    Raises `InvalidValue` for a strategy that is not one of `leadflow.routing`: a host's own is
    Python, and has no plain form.

    >>> from leadflow import field
    >>> from leadflow.routing import LeastLoaded, RoutingRule
    >>> rule = RoutingRule(
    ...     "DACH", when=field("country").equals("DE"), to="emea", by=LeastLoaded()
    ... )
    >>> print(dump_router(Router([rule])), end="")
    [[rules]]
    name = "DACH"
    when = { field = "country", equals = "DE" }
    to = { team = "emea" }
    by = "least_loaded"
    """
    if not isinstance(router, Router):
        raise InvalidValue("router", shown(router), "a Router")
    return _dump(ROUTER, router, format)


def load_roster(
    source: Path | str | bytes,
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    limits: Limits = DEFAULT_LIMITS,
) -> Roster:
    r"""Load a roster, with what each rep was given so far, from a TOML or JSON document.

    The source is read, and errors are raised, as by `load_scoring`.

    >>> document = '[[reps]]\nid = "ada"\n[workloads.ada]\nopen = 3'
    >>> load_roster(document).workload("ada").open
    3
    """
    roster: Roster = _load("roster document", ROSTER, source, format, limits)
    return roster


def dump_roster(
    roster: Roster,
    *,
    format: Format = "toml",  # noqa: A002 (the word for it)
) -> str:
    """Write a roster, with workloads and version, as a document that reads back as equal.

    >>> from datetime import date
    >>> from leadflow.routing import Absence, Rep
    >>> away = Absence(date(2026, 3, 2), date(2026, 3, 6))
    >>> print(dump_roster(Roster([Rep("ada", team="emea", away=away)]).closed("ada")), end="")
    version = 1
    <BLANKLINE>
    [[reps]]
    id = "ada"
    team = "emea"
    away = [
      { start = 2026-03-02, end = 2026-03-06 },
    ]
    <BLANKLINE>
    [workloads.ada]
    """
    if not isinstance(roster, Roster):
        raise InvalidValue("roster", shown(roster), "a Roster")
    return _dump(ROSTER, roster, format)


def load_policy(
    source: Path | str | bytes,
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    limits: Limits = DEFAULT_LIMITS,
) -> DispositionPolicy:
    r"""Load a disposition policy from a TOML or JSON document.

    Its keys are those of `DispositionPolicy` and `Reason`. An action is a table: ``{ task = "call",
    title = "Ask", after = "1 day", rep = "ada" }``, of which only the task's kind is needed,
    ``{ tag = "vip" }``, ``{ untag = "vip" }``, ``{ notify = "desk", message = "Call" }`` or
    ``{ enrol = "nurture" }``. The source is read, and errors are raised, as by `load_scoring`.

    >>> document = 'reasons = [{key = "timing", contact_again = "3 months"}]'
    >>> print(load_policy(document)["timing"])
    timing: kept, contacted again after 3 months
    """
    policy: DispositionPolicy = _load("policy document", POLICY, source, format, limits)
    return policy


def dump_policy(
    policy: DispositionPolicy,
    *,
    format: Format = "toml",  # noqa: A002 (the word for it)
) -> str:
    """Write a disposition policy as a document that reads back as equal.

    >>> from leadflow.actions import Notify
    >>> from leadflow.disposition import Reason
    >>> reason = Reason("no_budget", "No budget", contact_again="6 months")
    >>> started = [Notify("fulfilment", "Start the order")]
    >>> print(dump_policy(DispositionPolicy([reason], next={"won": started})), end="")
    [[reasons]]
    key = "no_budget"
    label = "No budget"
    contact_again = "6 months"
    <BLANKLINE>
    [next]
    won = [
      { notify = "fulfilment", message = "Start the order" },
    ]
    """
    if not isinstance(policy, DispositionPolicy):
        raise InvalidValue("policy", shown(policy), "a DispositionPolicy")
    return _dump(POLICY, policy, format)


def load_playbook(
    source: Path | str | bytes,
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    limits: Limits = DEFAULT_LIMITS,
) -> Playbook:
    r'''Load a playbook from a TOML or JSON document.

    Its keys are those of `Playbook`, and each part is written as in a document of its own; `scoring`
    is a model, and `order` the list of its keys. A rule is a table with `when`, `if` and `then`:

    - Triggers: ``{ happens = "form_submitted", where = { form = "demo" } }``,
      ``{ score_reaches = 60 }``, ``{ score_falls_below = 30 }``, ``{ rating_becomes = "hot" }``,
      ``{ stage_entered = "quote", pipeline = "sales" }``, ``{ stage_overdue = "quote" }``,
      ``{ silence = "14 days" }``, ``{ date_reached = "due", before = "14 days" }``,
      ``{ follow_up_due = "call" }``, ``{ revisit_due = true }``.
    - Actions: those of `load_policy`, and ``{ withdraw = "nurture" }``, ``{ assign = "ada" }``,
      ``{ move = "quote", reason = "asked" }``, ``{ set = "employees", to = 20 }``,
      ``{ send = "welcome", channel = "email" }``, ``{ unsubscribe = true }``,
      ``{ dispose = "unqualified", reason = "not_ready" }``, ``{ convert = "sales" }``.

    True in place of the name is any stage, any kind of task, the rep whom the router chooses, and the
    content that fits. What is None in Python, though something else is usual, has a word: any number
    of rounds is ``rounds = "any"``, a limit that is none is ``cliff = "none"``.

    The source is read, and errors are raised, as by `load_scoring`, with what is wrong in every part;
    whether the parts fit each other, `Playbook.check` tells.

    >>> document = """
    ... name = "inbound"
    ... [[automations]]
    ... when = { rating_becomes = "hot" }
    ... then = [{ task = "call", after = "10 minutes" }]
    ... """
    >>> print(load_playbook(document).automations[0])
    when the rating becomes hot: task call, due after 10 minutes
    '''
    playbook: Playbook = _load("playbook document", PLAYBOOK, source, format, limits)
    return playbook


def dump_playbook(
    playbook: Playbook,
    *,
    format: Format = "toml",  # noqa: A002 (the word for it)
) -> str:
    """Write a playbook as a document that reads back as equal.

    Raises `InvalidValue` for a rater or a strategy of the host's own, which has no plain form.

    >>> from leadflow.actions import Tag
    >>> from leadflow.automation import ScoreReaches, When
    >>> ready = When(ScoreReaches(60), then=[Tag("ready")], cool_down="7 days")
    >>> print(dump_playbook(Playbook("inbound", automations=[ready])), end="")
    name = "inbound"
    version = "1"
    <BLANKLINE>
    [[automations]]
    when = { score_reaches = 60 }
    then = [
      { tag = "ready" },
    ]
    cool_down = "7 days"
    """
    if not isinstance(playbook, Playbook):
        raise InvalidValue("playbook", shown(playbook), "a Playbook")
    return _dump(PLAYBOOK, playbook, format)


def loads(text: str | bytes, cls: Any, *, limits: Limits = DEFAULT_LIMITS) -> Any:
    """Read a value of a class, or of a union such as Event or Condition, from JSON text.

    Strict as `from_data`; besides, a key may not stand twice in an object. Raises the same errors,
    and `InvalidDefinition` with line and column for what is no JSON.

    >>> from leadflow import Lead
    >>> loads('{"id": "L-1", "fields": {"employees": 20}}', Lead).fields
    {'employees': 20}
    """
    shape, what = shape_of(cls), meaning(cls)
    if not isinstance(text, str | bytes):
        raise InvalidValue("text", shown(text), "text or bytes")
    data = parse(what, text, "json", limits, exact=cls not in _WITH_FLOATS)
    return checked(read(what, shape.read, data), cls)


def dumps(value: object, *, indent: int | None = None) -> str:
    """Write a value as JSON text that `loads` reads back as equal.

    >>> from leadflow import Lead
    >>> dumps(Lead("L-1"))
    '{"id": "L-1"}'
    """
    return json.dumps(to_data(value), ensure_ascii=False, allow_nan=False, indent=indent)


def _load(what: str, shape: Shape, source: object, form: Format | None, limits: Limits) -> Any:
    given = None if form is None else _format(form)
    text = source
    if isinstance(source, Path) or is_path(source, ".toml", ".json"):
        path = Path(str(source))
        given = given or _of_name(path)
        what, text = path.name, _bytes(path, limits)
    if not isinstance(text, str | bytes):
        raise InvalidValue("source", shown(source), "a path, text or bytes")
    return read(what, shape.read, parse(what, text, given, limits))


def _dump(shape: Shape, value: object, form: Format) -> str:
    if _format(form) == "toml":
        return write_toml(shape.write(value, native=True))
    return dumps(value, indent=2) + "\n"


def _format(given: str) -> Format:
    for known in _FORMATS:
        if given == known:
            return known
    hint = did_you_mean(given, _FORMATS) if isinstance(given, str) else ""
    raise InvalidValue("format", shown(given), "toml or json", hint)


def _of_name(path: Path) -> Format | None:
    return next((known for known in _FORMATS if path.suffix.lower() == f".{known}"), None)


def _bytes(path: Path, limits: Limits) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limits.document_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise invalid(shown(str(path), 1_000)[1:-1], "", f"cannot be read: {reason}") from None
