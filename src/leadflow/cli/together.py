"""Many leads at once: the answers of one by one, with the rules worked out by Polars.

Polars tells which leads are alike: those to which every rule and limit gave the same. One of them is
scored and put into words by the model itself, and the others share its answer. Leads that are alike in
all that the rater asks share a rating. A row that this cannot be done for is read, scored and rated
alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, assert_never, cast

import attrs
import polars as pl

from leadflow.cli.batches import MOST_KEPT, Answers, Batch, Parts, in_batches
from leadflow.cli.ranking import Judged, judge
from leadflow.cli.run import Run
from leadflow.cli.sheet import Form
from leadflow.conditions import All, AnyOf, Condition, Followed, Happened, Not, always
from leadflow.conditions.matching import fields_of
from leadflow.errors import EngineRefused, LeadflowError
from leadflow.frames import score_frame
from leadflow.frames.leads import lead_column
from leadflow.lead import Lead
from leadflow.scoring import (
    Categories,
    Readiness,
    Rule,
    Score,
    ScoringModel,
    Thresholds,
    TimelineAndSize,
)
from leadflow.serialization import Scoring
from leadflow.serialization.rejects import Reject
from leadflow.serialization.rows import Record
from leadflow.serialization.tables import LeadRows

BATCH = 10_000
"""Rows that are held at a time."""
_NO_FIELDS = frozenset({"tags", "deal_value_currency"})
"""Columns of a frame that are no fields of a lead."""
_GIVEN_BY_THE_SCORE = frozenset({"score", "win_probability"})
_NAMED = ("name", "company")


@attrs.frozen(eq=False)
class _Scored:
    """A score that many leads share, and what is written of it."""

    score: Score
    before: Any
    after: Any
    asked: tuple[int, int]
    """What a rater may ask of it."""


@attrs.frozen(eq=False)
class _Rating:
    """A rating that many leads share, and what is written of it."""

    rating: str
    piece: Any


@attrs.frozen(eq=False)
class _Answered:
    """What came out for the rows of a batch; a rating of None is for leads that cannot be rated."""

    batch: Batch
    ids: list[str]
    scored: list[_Scored]
    ratings: list[_Rating | None]

    @property
    def places(self) -> dict[int, int]:
        """The places of the rows by the lines they start on."""
        rated = zip(self.batch.records, self.ratings, strict=True)
        return {
            record.line: place for place, (record, rating) in enumerate(rated) if rating is not None
        }


@attrs.define(eq=False)
class Together:
    """A pass over the rows of a file, many at once; counts how many were scored together, and alone.

    `form` is how rows are written, None where none are.
    """

    run: Run
    rows: LeadRows
    form: Form | None
    together: int = 0
    alone: int = 0
    refusal: str = ""
    _model: ScoringModel = attrs.field(init=False)
    _asked: tuple[str, ...] = attrs.field(init=False)
    _of_rater: tuple[list[str], bool] = attrs.field(init=False)
    _parts: Parts | None = None
    _scores: dict[str, _Scored] = attrs.field(factory=dict)
    _ratings: dict[Any, _Rating | None] = attrs.field(factory=dict)
    _written: dict[str, Answers] = attrs.field(factory=dict)
    _met: set[str] = attrs.field(factory=lambda: {"id"})

    def __attrs_post_init__(self) -> None:
        model = self.run.scoring.model
        self._model = _plain(model)
        asked = frozenset[str]().union(*(fields_of(rule.asks) for rule in model.rules))
        self._asked = tuple(sorted(asked))
        self._of_rater = _asked_by(self.run.scoring)

    @property
    def engine(self) -> str:
        """Say what scored the leads, and why it was not Polars where it was not."""
        if not self.alone:
            return "scored by Polars"
        if not self.together:
            return f"scored lead by lead: {self.refusal}"
        return f"scored by Polars, {self.alone:,} of them lead by lead: {self.refusal}"

    def through(self, items: Iterable[Record | Reject]) -> Iterator[list[Any]]:
        """Judge the leads of the rows, and hand on what is written of them.

        Raises `InvalidValue` at the end when no lead has the outcome field.
        """
        for batch in in_batches(items, BATCH):
            yield self._judged(batch)
        self.run.summary.check()

    def _judged(self, items: list[Record | Reject]) -> list[Any]:
        """Judge rows in their order; those that have no answer yet, alone."""
        answered = self._answered([item for item in items if isinstance(item, Record)])
        places = answered.places if answered else {}
        ids = answered.ids if answered else []
        rows = self._rows(answered) if answered and self.form else []
        kept: list[int] = []
        written: list[Any] = []
        for item in items:
            if isinstance(item, Reject):
                self.rows.report(item)
                continue
            place = places.get(item.line)
            if place is None:
                written += self._alone(item)
            elif self.rows.is_first(item, ids[place]):
                kept.append(place)
                if rows:
                    written.append(rows[place])
        if answered:
            self._count(answered, kept)
        return written

    def _alone(self, record: Record) -> list[Any]:
        lead = self.rows.read(record)
        if lead is None or not self.rows.is_first(record, lead.id):
            return []
        judged = self.run.judged(lead)
        if judged is None:
            return []
        self.alone += 1
        return [self.form.whole(judged)] if self.form else []

    def _answered(self, records: list[Record]) -> _Answered | None:
        """Answer for the rows that can all be read; None where the engine refuses."""
        if not records:
            return None
        if self._parts is None:
            self._parts = Parts.of(self.rows, self.rows.layout(records[0]))
        batch = self._parts.good(records)
        if not batch.records:
            return None
        try:
            alike = self._alike(batch)
        except (LeadflowError, pl.exceptions.PolarsError) as error:
            self.refusal = self.refusal or self._reason(error)
            return None
        scored = self._scored(alike, batch)
        return _Answered(batch, batch.values("id"), scored, self._rated(scored, batch))

    def _reason(self, error: Any) -> str:
        """Word a refusal, with the rule's own name."""
        rule = getattr(error, "rule", "")
        if rule:
            named = self.run.scoring.model.rules[int(rule[1:])].name
            return str(attrs.evolve(error, rule=named))
        return str(error)

    def _alike(self, batch: Batch) -> list[str]:
        """Write for each row which rules and limits gave it what; texts that are equal are alike."""
        _check_names(self._asked)
        frame = pl.DataFrame(_columns(batch, {"id", "tags", *self._asked}))
        found = score_frame(self._model, frame, as_of=self.run.as_of, explain=True)
        return cast("list[str]", found["because"].to_list())

    def _scored(self, alike: list[str], batch: Batch) -> list[_Scored]:
        if len(self._scores) > MOST_KEPT:
            self._scores.clear()
        for key, place in {key: place for place, key in enumerate(alike)}.items():
            if key not in self._scores:
                self._scores[key] = self._score(self._lead(batch, place))
        return [self._scores[key] for key in alike]

    def _lead(self, batch: Batch, place: int) -> Lead:
        return cast("Lead", self.rows.read(batch.records[place]))

    def _score(self, lead: Lead) -> _Scored:
        scoring = self.run.scoring
        score = scoring.model.score(lead, as_of=self.run.as_of)
        grade = score.grade(scoring.grid) if scoring.grid else None
        judged = Judged(lead, score, None, grade)
        before, after = self.form.of_score(judged) if self.form else (None, None)
        return _Scored(score, before, after, (score.points, score.engagement))

    def _rated(self, scored: list[_Scored], batch: Batch) -> list[_Rating | None]:
        if len(self._ratings) > MOST_KEPT:
            self._ratings.clear()
        fields, by_score = self._of_rater
        fields = [key for key in fields if key in batch.parts.by_name]
        asked = [one.asked for one in scored] if by_score else [None] * len(scored)
        keys = list(zip(asked, *map(batch.cells, fields), strict=True))
        first = {key: place for place, key in enumerate(keys)}
        new = {key: place for key, place in first.items() if key not in self._ratings}
        values = {key: batch.values(key) for key in fields} if new else {}
        for key, place in new.items():
            known = {key: found[place] for key, found in values.items()}
            self._ratings[key] = self._rate(scored[place].score, known)
        return [self._ratings[key] for key in keys]

    def _rate(self, score: Score, known: Mapping[str, Any]) -> _Rating | None:
        """Rate a lead that has the score, and no more than the rater asks."""
        rater, rated = self.run.scoring.rater, None
        parts = self._parts.by_name if self._parts else {}
        given: dict[str, Any] = {"id": "L", "events": [score.event]}
        fields: dict[str, Any] = {}
        for key, value in known.items():
            if value is not None:
                (fields if parts[key].is_field else given)[key] = value
        lead = self.rows.build(given, fields)
        try:
            rated = rater.rate(lead, as_of=self.run.as_of) if rater else None
        except LeadflowError:
            return None
        judged = Judged(lead, score, rated, None)
        return _Rating(judged.rating, self.form.of_rating(judged) if self.form else None)

    def _count(self, answered: _Answered, kept: list[int]) -> None:
        """Take the leads that were judged together into what the run counts and keeps."""
        run, batch = self.run, answered.batch
        self.together += len(kept)
        self._met |= batch.met(kept, self._met)
        points = [answered.scored[place].score.points for place in kept]
        ratings = [one.rating for one in map(answered.ratings.__getitem__, kept) if one]
        outcomes = batch.values(run.summary.outcome or "")
        run.summary.add_many(points, ratings, [outcomes[place] for place in kept], self._met)
        run.questions.add_many(len(kept), self._met, _types(batch, run.questions.fields, kept))
        ids = [answered.ids[place] for place in kept]
        for place in run.best.places(points, ids):
            run.best.add(self._one(batch, kept[place]))
        asked = run.asked.place(ids)
        if asked is not None:
            run.asked.found = self._one(batch, kept[asked])

    def _one(self, batch: Batch, place: int) -> Judged:
        return judge(self._lead(batch, place), self.run.scoring, self.run.as_of)

    def _rows(self, answered: _Answered) -> list[Any]:
        """Put the rows together; None for leads that cannot be rated."""
        form = cast("Form", self.form)
        names, companies = (self._pieces(name, answered.batch) for name in _NAMED)
        return [
            rating and form.row((key, name, company, scored.before, rating.piece, scored.after))
            for key, name, company, scored, rating in zip(
                map(form.key, answered.ids),
                names,
                companies,
                answered.scored,
                answered.ratings,
                strict=True,
            )
        ]

    def _pieces(self, name: str, batch: Batch) -> list[Any]:
        """Write the name or the company of each lead."""
        form = cast("Form", self.form)
        part = batch.parts.by_name.get(name)
        if part is None:
            return [form.piece({name: None})] * len(batch.records)
        if name not in self._written:
            values = part.values
            self._written[name] = Answers(lambda cell: form.piece({name: values.ask(cell)}))
        self._written[name].trim()
        return self._written[name].of(batch.cells(name))


def _plain(model: ScoringModel) -> ScoringModel:
    """Write a model as it is for leads without activities, with numbers for names.

    Numbers, so that no two texts of rules and groups can be mistaken for each other.
    """
    groups = {group.name: f"g{place}" for place, group in enumerate(model.groups)}
    rules = [
        Rule(
            f"r{place}",
            rule.points,
            when=~always() if rule.when is None else _without_activities(rule.when),
            group=rule.group and groups[rule.group],
        )
        for place, rule in enumerate(model.rules)
    ]
    named = [attrs.evolve(group, name=groups[group.name]) for group in model.groups]
    return ScoringModel("plain", rules, named, model.floor, model.ceiling)


def _without_activities(condition: Condition) -> Condition:
    """Answer what a condition asks of activities where there are none."""
    match condition:
        case All() | AnyOf():
            parts = map(_without_activities, condition.conditions)
            return attrs.evolve(condition, conditions=list(parts))
        case Not():
            return Not(_without_activities(condition.condition))
        case Happened():
            return ~always() if condition.at_least else always()
        case Followed():
            return ~always()
        case _:
            return condition


def _check_names(asked: Iterable[str]) -> None:
    for key in asked:
        if key in _NO_FIELDS:
            reason = f"the model asks about {key!r}, which is no field of a lead"
            raise EngineRefused("Polars", reason, "take it out of the model")


def _columns(batch: Batch, names: Iterable[str]) -> Iterator[pl.Series]:
    for key in names:
        values = batch.values(key)
        if key == "deal_value":
            codes = [None if value is None else value.currency for value in values]
            yield lead_column("deal_value_currency", codes)
            values = [None if value is None else value.amount for value in values]
        yield lead_column(key, values)


def _asked_by(scoring: Scoring) -> tuple[list[str], bool]:
    """Tell what a rater asks: which of the lead's values, and whether the score too."""
    match scoring.rater:
        case None:
            return [], False
        case Thresholds():
            return ["rating"], True
        case Readiness():
            return [], True
        case TimelineAndSize():
            return ["due", "deal_value"], False
        case Categories() as rater:
            conditions = [category.when for category in rater.categories]
            fields = frozenset[str]().union(*map(fields_of, conditions))
            return sorted({"tags", *fields}), not fields.isdisjoint(_GIVEN_BY_THE_SCORE)
        case _ as rater:
            assert_never(rater)


def _types(batch: Batch, fields: Iterable[str], kept: Sequence[int]) -> dict[str, set[type]]:
    """Tell of which types the values of some fields are."""
    kinds = {key: set(map(type, map(batch.values(key).__getitem__, kept))) for key in fields}
    return {key: found - {type(None)} for key, found in kinds.items()}
