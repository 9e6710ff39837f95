"""The pipeline: a literal table of moves, and the one way through it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import TypeVar

import attrs

from leadflow.conditions import All
from leadflow.errors import (
    MOST_PROBLEMS,
    Blocker,
    InvalidDefinition,
    InvalidValue,
    MoveRefused,
    Problem,
    did_you_mean,
    shown,
)
from leadflow.events import Conversion, Disposition, Reopened, StageChange
from leadflow.events.facts import ENDS
from leadflow.lead import Dealings, Lead
from leadflow.lead.log import following
from leadflow.limits import DEFAULT_LIMITS
from leadflow.markup import counted, table
from leadflow.pipeline.offer import Offer
from leadflow.pipeline.stage import Stage
from leadflow.values import LABEL, NAME, Frozen, checks, flag, instant, listed, name, names

_FITTING = {
    "lost": frozenset({"unqualified", "removed", "lost"}),
    "won": frozenset({"won", "qualified", "converted"}),
}
"""The outcomes of a disposition that fit a closed stage."""
_SHOWN = 100
_C = TypeVar("_C", StageChange, Reopened)
UNREACHABLE = "unreachable"
"""The reason of a disposition that needs the attempts of the stage to be made."""
_MOVES = (StageChange, Reopened, Conversion)
_ORDERED = (*_MOVES, Disposition)


def _stages(values: Iterable[Stage]) -> tuple[Stage, ...]:
    return listed("Pipeline.stages", values)


def _moves(values: Mapping[str, Iterable[str]]) -> Frozen[tuple[str, ...]]:
    if not isinstance(values, Mapping):
        raise InvalidValue("Pipeline.moves", shown(values), "a mapping from a stage to its moves")
    found: dict[str, tuple[str, ...]] = {}
    for given, to in values.items():
        key = name("Pipeline.moves", given)
        if key in found:
            raise InvalidValue("Pipeline.moves", shown(given), "each stage once")
        found[key] = names(f"Pipeline.moves.{key}", to)
    return Frozen(found)


def _starts(values: Iterable[str]) -> tuple[str, ...]:
    return names("Pipeline.starts", values)


@attrs.frozen
class NextMove:
    """A stage that a lead could go to from where it stands, and what still stands against it.

    `reopening` tells that it takes `Pipeline.reopen`, for the lead is closed.
    """

    to: Stage
    blockers: tuple[Blocker, ...]
    reopening: bool = False

    @property
    def is_free(self) -> bool:
        """Whether nothing stands against it."""
        return not self.blockers


@attrs.frozen(repr=False, field_transformer=checks)
class Pipeline:
    """Stages and the moves between them.

    `moves` is the whole table: for each stage, where a lead may go from there. `starts` names the
    stages that a lead without a stage may enter, the first one unless given. A closed stage (won,
    lost) leads to other closed stages of its kind, and by `reopen` to what else it lists. A lead
    that a disposition closed in an open stage is not moved on, but reopened: into that stage or one
    that it leads to.

    To enter a stage a lead needs the fields that it `requires`; for an open or won stage also those
    of all open stages listed before it.

    ``for stage in pipeline`` goes through the stages, ``"new" in pipeline`` asks for a key,
    ``pipeline["new"]`` finds the stage, ``len(pipeline)`` counts them.

    Raises `InvalidDefinition` with all problems: a stage given twice, a move to or from a stage that
    is not there, a stage that nothing leads to, one that never leads to a closed one, no closed
    stage, more stages than `leadflow.limits.Limits` allows.

    >>> from datetime import UTC
    >>> pipeline = Pipeline(
    ...     "sales",
    ...     [
    ...         Stage("new"),
    ...         Stage("working"),
    ...         Stage("won", kind="won"),
    ...         Stage("lost", kind="lost"),
    ...     ],
    ...     {"new": ["working", "lost"], "working": ["won", "lost"]},
    ... )
    >>> pipeline.move(Lead("L-7", stage="new"), "working", datetime(2026, 3, 1, tzinfo=UTC)).to
    'working'
    """

    key: str = attrs.field(metadata=NAME)
    stages: tuple[Stage, ...] = attrs.field(converter=_stages)
    moves: Mapping[str, tuple[str, ...]] = attrs.field(converter=_moves)
    label: str = attrs.field(kw_only=True, metadata=LABEL)
    starts: tuple[str, ...] = attrs.field(kw_only=True, converter=_starts)

    @label.default
    def _key_as_label(self) -> str:
        return self.key

    @starts.default
    def _first_stage(self) -> tuple[str, ...]:
        return tuple(stage.key for stage in self.stages[:1] if isinstance(stage, Stage))

    def __attrs_post_init__(self) -> None:
        problems = tuple(islice(self._problems(), MOST_PROBLEMS))
        if problems:
            raise InvalidDefinition(f"pipeline {self.key!r}", problems)

    @classmethod
    def linear(
        cls,
        key: str,
        stages: Iterable[Stage],
        *,
        label: str | None = None,
        starts: Iterable[str] | None = None,
        skip: bool = True,
        back: bool = True,
        reopen: bool = True,
    ) -> Pipeline:
        """Build the usual pipeline, of stages in their order.

        An open stage leads to every open stage after it, and to every one before it; without `skip`
        only to the next, and to won stages from the last one alone; without `back` never to earlier
        ones. Open stages and stages on hold lead to each other and to every lost stage. Won stages
        lead to the won stages after them. With `reopen`, a closed lead can be reopened into every
        open stage. `label` and `starts` are as for `Pipeline`.

        Raises as `Pipeline` does, and `InvalidValue` for an option that is not True or False.

        >>> steps = [Stage("new"), Stage("talking"), Stage("won", kind="won")]
        >>> Pipeline.linear("sales", steps, back=False, reopen=False).moves
        {'new': ('talking', 'won'), 'talking': ('won',), 'won': ()}
        """
        given = _stages(stages)
        # Of too many stages no moves are drawn up: they are refused, and the table would be huge.
        known = [stage for stage in given[: DEFAULT_LIMITS.stages] if isinstance(stage, Stage)]
        line = _Line(
            known,
            skip=flag("Pipeline.linear skip", skip),
            back=flag("Pipeline.linear back", back),
            reopen=flag("Pipeline.linear reopen", reopen),
        )
        moves = {stage.key: line.moves(stage) for stage in known}
        named = {"label": label, "starts": starts}
        given_names = {name: value for name, value in named.items() if value is not None}
        return cls(key, given, moves, **given_names)  # type: ignore[arg-type]  # each by its name

    def _problems(self) -> Iterator[Problem]:
        most = DEFAULT_LIMITS.stages
        if len(self.stages) > most:
            yield Problem("stages", f"at most {most:,} stages, got {len(self.stages):,}")
            return
        for place, stage in enumerate(self.stages):
            if not isinstance(stage, Stage):
                yield Problem(f"stages[{place}]", f"expected a Stage, got {shown(stage)}")
                return
        yield from self._repeated()
        dangling = list(islice(self._dangling(), MOST_PROBLEMS))
        yield from dangling
        if not any(stage.is_closed for stage in self.stages):
            yield Problem("stages", "expected a closed stage (kind won or lost), got none")
        elif not dangling:
            yield from self._astray()

    def _repeated(self) -> Iterator[Problem]:
        seen: dict[str, int] = {}
        for place, stage in enumerate(self.stages):
            first = seen.setdefault(stage.key, place)
            if first != place:
                yield Problem(
                    f"stages[{place}].key", f"{stage.key!r} is the key of stages[{first}] too"
                )

    def _dangling(self) -> Iterator[Problem]:
        known = self._by_key
        if not self.starts:
            yield Problem("starts", "expected a stage to start in, got none")
        for key in self.starts:
            if key not in known:
                yield Problem("starts", _no_stage(key, known))
        for key, targets in self.moves.items():
            if key not in known:
                yield Problem(f"moves.{key}", _no_stage(key, known))
            for place, to in enumerate(targets):
                if to not in known:
                    yield Problem(f"moves.{key}[{place}]", _no_stage(to, known))
                elif to == key:
                    yield Problem(f"moves.{key}[{place}]", "a stage cannot lead to itself")

    def _astray(self) -> Iterator[Problem]:
        reached = _spread(self.starts, self.moves)
        back: dict[str, list[str]] = {}
        for key, targets in self.moves.items():
            for to in targets:
                back.setdefault(to, []).append(key)
        ending = _spread((stage.key for stage in self.stages if stage.is_closed), back)
        for place, stage in enumerate(self.stages):
            if stage.key not in reached:
                yield Problem(f"stages[{place}]", f"nothing leads to {stage.key!r}")
            if stage.key not in ending:
                why = (
                    "has no way out"
                    if not self.moves.get(stage.key)
                    else "never leads to a closed stage"
                )
                yield Problem(f"stages[{place}]", f"{stage.key!r} {why}")

    @cached_property
    def _by_key(self) -> dict[str, Stage]:
        return {stage.key: stage for stage in self.stages}

    @cached_property
    def _required(self) -> dict[str, tuple[str, ...]]:
        """The fields that each stage asks for, with those of the stages before it."""
        gathered: dict[str, None] = {}
        required: dict[str, tuple[str, ...]] = {}
        for stage in self.stages:
            own = dict.fromkeys(stage.requires)
            if stage.kind == "open":
                gathered |= own
            counts = stage.kind in ("open", "won")
            required[stage.key] = tuple(gathered | own if counts else own)
        return required

    def __iter__(self) -> Iterator[Stage]:
        return iter(self.stages)

    def __len__(self) -> int:
        return len(self.stages)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self._by_key

    def __getitem__(self, key: str) -> Stage:
        """Find a stage by its key; raises `InvalidValue` with the closest key for an unknown one."""
        stage = self._by_key.get(key) if isinstance(key, str) else None
        if stage is None:
            hint = did_you_mean(key, self._by_key) if isinstance(key, str) else ""
            where = f"stage of pipeline {self.key!r}"
            raise InvalidValue(where, shown(key), "the key of a stage", hint)
        return stage

    def stage_of(self, lead: Lead) -> Stage | None:
        """Find the stage a lead stands in; None if it stands in another pipeline, or nowhere.

        A lead whose stage is known and whose pipeline is not stands here if there is such a stage.
        """
        place = _a_lead(lead).values
        if place.get("pipeline", self.key) != self.key:
            return None
        return self._by_key.get(place.get("stage"))  # type: ignore[arg-type]  # a stage is text

    def required(self, key: str) -> tuple[str, ...]:
        """Return the fields that must be known of a lead that is to enter a stage.

        >>> steps = [
        ...     Stage("new", requires=["source"]),
        ...     Stage("won", kind="won", requires=["deal_value"]),
        ... ]
        >>> Pipeline.linear("sales", steps).required("won")
        ('source', 'deal_value')
        """
        return self._required[self[key].key]

    def move(
        self,
        lead: Lead,
        to: str,
        at: datetime,
        by: str | None = None,
        reason: str | None = None,
        *,
        offer: Offer | None = None,
    ) -> StageChange:
        """Decide to move a lead to another stage; `lead.after(change)` then makes it so.

        Raises `MoveRefused` with everything that stands against it, `InvalidValue` for a stage that
        is not there, `NaiveDatetime` for an instant without a zone.
        """
        return self._decided(StageChange, lead, to, at, by, reason, offer)

    def reopen(
        self,
        lead: Lead,
        to: str,
        at: datetime,
        by: str | None = None,
        reason: str | None = None,
        *,
        offer: Offer | None = None,
    ) -> Reopened:
        """Decide to bring a closed lead back, into a stage that its closed stage leads to.

        The disposition that closed it stands no longer, and stays in the log. Raises as `move` does.
        """
        return self._decided(Reopened, lead, to, at, by, reason, offer)

    def _decided(
        self,
        kind: type[_C],
        lead: Lead,
        to: str,
        at: datetime,
        by: str | None,
        reason: str | None,
        offer: Offer | None,
    ) -> _C:
        moment = instant("at", at)
        found = self._against(lead, to, moment, offer, reopening=kind is Reopened)
        here = lead.stage
        if found:
            raise MoveRefused(lead.id, here, to, tuple(found))
        return kind(
            to, moment, from_=here, pipeline=self.key, by=by, reason=reason,
            sequence=following(lead.events, moment, _ORDERED),
        )  # fmt: skip

    def blockers(
        self,
        lead: Lead,
        to: str,
        *,
        at: datetime,
        offer: Offer | None = None,
        reopening: bool = False,
    ) -> tuple[Blocker, ...]:
        """List all that stands against a move; empty exactly when `move` (or `reopen`) succeeds.

        Raises `InvalidValue` for a stage that is not there, for an offer where the stage checks none,
        and for what is no lead; `NaiveDatetime` for an instant without a zone.
        """
        moment, comes_back = instant("at", at), flag("reopening", reopening)
        return tuple(self._against(lead, to, moment, offer, reopening=comes_back))

    def next_moves(
        self, lead: Lead, *, at: datetime, offer: Offer | None = None
    ) -> tuple[NextMove, ...]:
        """List where a lead could go from where it stands, each with what is still required.

        `offer` is checked for the stages that check one. Raises `InvalidValue` for what is no lead or
        offer, `NaiveDatetime` for an instant without a zone.

        >>> from datetime import UTC
        >>> steps = [
        ...     Stage("new"),
        ...     Stage("offer", requires=["deal_value"]),
        ...     Stage("won", kind="won"),
        ... ]
        >>> pipeline = Pipeline.linear("sales", steps)
        >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        >>> for move in pipeline.next_moves(Lead("L-7", stage="new"), at=noon):
        ...     print(move.to.key, *move.blockers)
        offer deal_value is not known
        won deal_value is not known
        """
        here = self.stage_of(lead)
        moment = instant("at", at)
        found = []
        for to, reopening in self._ways(lead.rewind(moment), here):
            stage = self._by_key[to]
            asked = None if stage.offer is None else offer
            against = self._against(lead, to, moment, asked, reopening=reopening)
            found.append(NextMove(stage, tuple(against), reopening))
        return tuple(found)

    def _ways(self, lead: Lead, here: Stage | None) -> Iterator[tuple[str, bool]]:
        """Name the stages to go to, and whether that is to reopen the lead."""
        onward = self.moves.get(here.key, ()) if here else self.starts
        for to in onward:
            stage = self._by_key[to]
            comes_back = _comes_back(lead, here, stage)
            if not comes_back:
                yield to, False
            if comes_back or (_is_ended(lead) and not stage.is_closed):
                yield to, True
        if here is not None and not here.is_closed and _is_ended(lead):
            yield here.key, True

    def without(self, key: str) -> Pipeline:
        """Return the pipeline without a stage; what led to it leads to where it led.

        A lead that is closed and reopened on the way is no shortcut: no two stages are joined by it.
        Fields that only this stage required are required no longer. Raises `InvalidValue` for an
        unknown stage and `InvalidDefinition` if what is left is no pipeline. Leads that stand there
        are the host's to move first.

        >>> steps = [Stage("new"), Stage("demo"), Stage("won", kind="won")]
        >>> Pipeline.linear("sales", steps, skip=False).without("demo").moves["new"]
        ('won',)
        """
        gone = self[key].key
        stages = [stage for stage in self.stages if stage.key != gone]
        moves = {
            start: _rejoined(start, to, gone, self._beyond(start, gone))
            for start, to in self.moves.items()
            if start != gone
        }
        starts = _rejoined("", self.starts, gone, self._first_open(self.moves.get(gone, ())))
        return attrs.evolve(self, stages=stages, moves=moves, starts=starts)

    def _beyond(self, start: str, gone: str) -> Iterator[str]:
        """Find where a stage may lead past another, without closing and reopening on the way."""
        here, out = self._by_key[start], self._by_key[gone]
        for key in self.moves.get(gone, ()):
            to = self._by_key[key]
            closes_first = out.is_closed and out.kind not in (here.kind, to.kind)
            closes_again = here.is_closed and not out.is_closed and to.is_closed
            if not closes_first and not closes_again:
                yield key

    def _first_open(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Choose, in the order of the stages, the first open one of these."""
        among = set(keys)
        found = (s.key for s in self.stages if s.key in among and not s.is_closed)
        return tuple(islice(found, 1))

    def _against(
        self, lead: Lead, to: str, at: datetime, offer: Offer | None, *, reopening: bool
    ) -> list[Blocker]:
        target = self[to]
        values = _a_lead(lead).values
        here = values.get("stage")
        then = lead.rewind(at) if lead.events else lead
        found: list[Blocker] = []
        if values.get("pipeline", self.key) != self.key:
            because = f"the lead stands in pipeline {lead.pipeline!r}, not in {self.key!r}"
            found.append(Blocker("other_pipeline", because))
        else:
            found += self._off_the_table(then, here, target, reopening=reopening)  # type: ignore[arg-type]
        if (came := values.get("created_at")) is not None and at < came:  # type: ignore[operator]
            found.append(_too_early(at, "the lead came in", came))  # type: ignore[arg-type]
        if lead.events:
            found += _out_of_order(lead, at, _ORDERED if reopening else _MOVES)
        if target.kind == "lost" or target.asks_disposition:
            found += self._without_disposition(then, target)
        for field in self._required[to]:
            if field not in then.values:
                found.append(Blocker("missing_field", f"{field} is not known", field))
        if target.entry is not None:
            found += _unmet(target, then, at)
        if target.offer is not None or offer is not None:
            found += _against_the_offer(target, then, offer)
        return found

    def _off_the_table(
        self, lead: Lead, here: str | None, target: Stage, *, reopening: bool
    ) -> Iterator[Blocker]:
        if here is None:
            if reopening and not _is_ended(lead):
                yield Blocker("not_closed", "the lead has not begun; move it")
            elif target.key not in self.starts:
                listed = ", ".join(self.starts)
                yield Blocker("not_a_move", f"a lead without a stage starts in {listed}")
            if not reopening and _comes_back(lead, None, target):
                yield Blocker("closed", "the lead is closed; reopen it")
            return
        stage = self._by_key.get(here)
        if stage is None:
            yield Blocker("unknown_stage", f"{_no_stage(here, self._by_key)} in {self.key!r}")
            return
        stays = stage == target and reopening and _is_ended(lead)
        if target.key not in self.moves.get(here, ()) and not stays:
            listed = ", ".join(self.moves.get(here, ())) or "no other stage"
            yield Blocker("not_a_move", f"{here!r} leads to {listed}")
        if _comes_back(lead, stage, target):
            if not reopening:
                yield Blocker("closed", f"the lead is closed in {here!r}; reopen it")
        elif reopening and (target.is_closed or not _is_ended(lead)):
            yield Blocker("not_closed", f"going from {here!r} to {target.key!r} is a move")

    def _without_disposition(self, lead: Lead, target: Stage) -> Iterator[Blocker]:
        here, disposition = self.stage_of(lead), lead.disposition
        entered = None if here is None or here.is_closed else _last_move(lead)
        is_stale = disposition and entered and disposition.at < entered.at
        if target.asks_disposition:
            yield from _unfit(target, disposition, entered if is_stale else None)
        if here is None or here.attempts is None or disposition is None or is_stale:
            return
        if (disposition.reason or "").casefold() != UNREACHABLE:
            return
        made = Dealings.of(lead).tries
        if made < here.attempts:
            because = f"{made} of {here.attempts} attempts made; not yet {UNREACHABLE}"
            yield Blocker("attempts", because)

    def __repr__(self) -> str:
        return f"Pipeline({self.key!r}, {counted(len(self), 'stage')})"

    def _repr_html_(self) -> str:
        rows = [
            (
                stage.key,
                stage.label,
                stage.kind,
                stage.expected or "",
                "" if stage.probability is None else f"{stage.probability:.0%}",
                ", ".join(stage.requires),
                ", ".join(self.moves.get(stage.key, ())),
            )
            for stage in self.stages[:_SHOWN]
        ]
        more = (
            f", the first {_SHOWN} of {counted(len(self), 'stage')} shown"
            if len(self) > _SHOWN
            else ""
        )
        header = ("stage", "label", "kind", "expected", "probability", "requires", "leads to")
        return table(f"pipeline {self.label}{more}", header, rows)


@attrs.frozen
class _Line:
    """The moves of stages in a line."""

    stages: list[Stage]
    skip: bool = attrs.field(kw_only=True)
    back: bool = attrs.field(kw_only=True)
    reopen: bool = attrs.field(kw_only=True)

    def keys(self, *kinds: str) -> list[str]:
        return [stage.key for stage in self.stages if stage.kind in kinds]

    def moves(self, stage: Stage) -> tuple[str, ...]:
        opened = self.keys("open")
        match stage.kind:
            case "open":
                found = self._of_open(stage.key, opened)
            case "on_hold":
                others = [key for key in self.keys("on_hold") if key != stage.key]
                found = [*opened, *others, *self.keys("lost")]
            case _:
                ends = self.keys(stage.kind)
                found = ends[ends.index(stage.key) + 1 :] if stage.kind == "won" else []
                found += opened if self.reopen else []
        return tuple(found)

    def _of_open(self, key: str, opened: list[str]) -> list[str]:
        place = opened.index(key)
        after = opened[place + 1 :] if self.skip else opened[place + 1 : place + 2]
        before = opened[:place] if self.back else []
        won = self.keys("won") if self.skip or place == len(opened) - 1 else []
        return [*after, *before, *self.keys("on_hold"), *won, *self.keys("lost")]


def _spread(starts: Iterable[str], moves: Mapping[str, Iterable[str]]) -> set[str]:
    reached = set(starts)
    rest = list(reached)
    while rest:
        found = [key for key in moves.get(rest.pop(), ()) if key not in reached]
        reached.update(found)
        rest += found
    return reached


def _rejoined(start: str, to: Iterable[str], gone: str, onward: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for key in to:
        found |= dict.fromkeys(onward) if key == gone else {key: None}
    return tuple(key for key in found if key not in (start, gone))


def _no_stage(key: str, known: Iterable[str]) -> str:
    return f"there is no stage {shown(key)}: {did_you_mean(key, known)}"


def _a_lead(lead: object) -> Lead:
    if not isinstance(lead, Lead):
        raise InvalidValue("lead", shown(lead), "a Lead", "Lead(id, stage=...) makes one")
    return lead


def _is_ended(lead: Lead) -> bool:
    """Tell whether a disposition stands that ends the work on a lead."""
    standing = lead.disposition
    return standing is not None and standing.outcome in ENDS


def _comes_back(lead: Lead, here: Stage | None, target: Stage) -> bool:
    """Tell whether going to a stage takes up a lead that was closed, by its stage or while in it."""
    if here is not None and here.is_closed:
        return target.kind != here.kind
    standing = lead.disposition
    is_worked = target.kind == "open" and (here is None or here.kind == "open")
    if not is_worked or standing is None or standing.outcome not in ENDS:
        return False
    entered = _last_move(lead)
    return entered is None or entered.at <= standing.at


def _last_move(lead: Lead) -> StageChange | Reopened | Conversion | None:
    return next((event for event in reversed(lead.events) if isinstance(event, _MOVES)), None)


def _too_early(at: datetime, what: str, then: datetime) -> Blocker:
    return Blocker("too_early", f"at {at.isoformat()} is before {what}, {then.isoformat()}")


def _out_of_order(lead: Lead, at: datetime, kinds: tuple[type, ...]) -> Iterator[Blocker]:
    """Refuse what comes before the last change, or can find no place after it at its instant."""
    last = next((event for event in reversed(lead.events) if isinstance(event, kinds)), None)
    if last is not None and at < last.at:
        what = "the last disposition" if isinstance(last, Disposition) else "the last change"
        yield _too_early(at, what, last.at)
    if (following(lead.events, at, _ORDERED) or 0) > DEFAULT_LIMITS.integer:
        because = (
            f"at {at.isoformat()} the last change has the highest sequence; none can follow it"
        )
        yield Blocker("too_early", because)


def _unfit(
    target: Stage,
    disposition: Disposition | None,
    entered: StageChange | Reopened | Conversion | None,
) -> Iterator[Blocker]:
    """Tell why a disposition does not let a lead enter: none, from before it `entered`, or another."""
    if disposition is None:
        because = f"{target.key!r} needs a disposition: why it ended, in the lead's log"
    elif entered is not None:
        because = (
            f"{target.key!r} needs a new disposition: the one of {disposition.at.isoformat()} is "
            f"from before the last change, {entered.at.isoformat()}"
        )
    elif disposition.outcome not in _FITTING.get(target.kind, {disposition.outcome}):
        because = (
            f"the lead's disposition says {disposition.outcome}, "
            f"and {target.key!r} is {target.kind}"
        )
    else:
        return
    yield Blocker("no_disposition", because)


def _unmet(target: Stage, lead: Lead, at: datetime) -> Iterator[Blocker]:
    entry = target.entry
    parts = entry.conditions if isinstance(entry, All) else (entry,)
    for part in parts:
        if part is not None and not part.matches(lead, as_of=at):
            yield Blocker("unmet_condition", f"not met: {part}")


def _against_the_offer(target: Stage, lead: Lead, offer: Offer | None) -> Iterator[Blocker]:
    if offer is not None and not isinstance(offer, Offer):
        raise InvalidValue("offer", shown(offer), "an Offer", "Offer(price, covers=[...])")
    if target.offer is None:
        raise InvalidValue(
            f"offer for stage {target.key!r}", shown(offer), "None", "the stage checks no offer"
        )
    if offer is None:
        yield Blocker("no_offer", f"{target.key!r} needs the offer, to check it")
        return
    for misfit in target.offer.misfits(lead, offer):
        yield Blocker("offer", misfit)
