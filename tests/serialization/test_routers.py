from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from leadflow import Lead, Money, activity, field
from leadflow.errors import InvalidDefinition, InvalidValue, LimitExceeded
from leadflow.limits import DEFAULT_LIMITS, Limits
from leadflow.money import Rates
from leadflow.routing import (
    Band,
    ByBand,
    ByScore,
    ByTerritory,
    Choice,
    EvenValue,
    FirstOf,
    InTurn,
    KeepOwner,
    LeastLoaded,
    LeastRecent,
    Pool,
    Router,
    RoutingRule,
    Seeded,
    Strategy,
    Weighted,
    WhenAbsent,
    WinRates,
)
from leadflow.serialization import (
    dump_router,
    dumps,
    from_data,
    json_schema,
    load_router,
    loads,
    to_data,
)
from leadflow.serialization.parsing import Format
from tests.routing_strategies import World, strategies, worlds

FORMATS: tuple[Format, ...] = ("toml", "json")
ROUTER = Router(
    [
        RoutingRule(
            "large",
            when=field("employees").at_least(500) & activity("demo_requested"),
            to=["rep-1", "rep-2"],
            by=FirstOf(KeepOwner("account_owner"), LeastRecent(count_by_hand=True)),
            when_absent=WhenAbsent(catch_up=2, fallback="rep-1"),
            units=3,
            overflow=True,
        ),
        RoutingRule(
            "DACH",
            when=field("country").one_of("DE", "AT"),
            to=Pool(team="emea", skills=["saas"], languages=[field("language")]),
            by=ByTerritory("country", {"DACH": ("DE", "AT")}, then=Weighted()),
            when_absent=WhenAbsent(all_away="ignore"),
            units=field("effort"),
        ),
        RoutingRule(
            "sized",
            to="inside",
            by=ByBand(
                "employees",
                [Band(("rep-1",), under=50), Band(("rep-2",), at_least=50)],
                then=Seeded("s"),
            ),
        ),
        RoutingRule(
            "scored",
            by=ByScore(
                "score", cuts=[70, 40], win_rates=WinRates({"rep-1": {"PL": (1, 2)}}, by="country")
            ),
        ),
        RoutingRule(
            "valued", by=EvenValue(open=True, rates=Rates("EUR", {"USD": "0.920"})), overflow=True
        ),
        RoutingRule("in turn", by=InTurn(count_by_hand=True)),
    ],
    otherwise=RoutingRule("the rest", by=LeastLoaded()),
)
TOML = """\
[[rules]]
name = "large"
when = { all = [{ field = "employees", at_least = 500 }, { activity = "demo_requested" }] }
to = { reps = ["rep-1", "rep-2"] }
by = { first_of = [{ keep_owner = { field = "account_owner" } }, { least_recent = { count_by_hand = true } }] }
when_absent = { catch_up = 2, fallback = "rep-1" }
units = 3
overflow = true

[[rules]]
name = "DACH"
when = { field = "country", one_of = ["DE", "AT"] }
to = { team = "emea", skills = ["saas"], languages = [{ field = "language" }] }
by = { by_territory = { field = "country", territories = { DACH = ["DE", "AT"] }, then = "weighted" } }
when_absent = { all_away = "ignore" }
units = { field = "effort" }

[[rules]]
name = "sized"
to = { team = "inside" }
by = { by_band = { field = "employees", bands = [{ to = ["rep-1"], under = 50 }, { to = ["rep-2"], at_least = 50 }], then = { seeded = { seed = "s" } } } }

[[rules]]
name = "scored"
by = { by_score = { field = "score", cuts = [70, 40], win_rates = { counts = { rep-1 = { PL = [1, 2] } }, by = "country" } } }

[[rules]]
name = "valued"
by = { even_value = { open = true, rates = { base = "EUR", rates = { USD = 0.920 } } } }
overflow = true

[[rules]]
name = "in turn"
by = { in_turn = { count_by_hand = true } }

[otherwise]
name = "the rest"
by = "least_loaded"
"""


def problems(source: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        load_router(source, **options)
    return {problem.path: problem.message for problem in caught.value.problems}


@cache
def validator(cls: Any) -> Draft202012Validator:
    return Draft202012Validator(json.loads(json.dumps(json_schema(cls))))


# --- there and back ---


@given(worlds())
def test_law_what_is_dumped_loads_as_an_equal_router(world: World) -> None:
    router = world.router
    for again in (
        load_router(dump_router(router)),
        load_router(dump_router(router, format="json")),
        from_data(to_data(router), Router),
        loads(dumps(router), Router),
    ):
        assert again == router
        assert repr(again) == repr(router)
    again = load_router(dump_router(router))
    assert again.assign_all(world.leads, world.roster, world.at) == router.assign_all(
        world.leads, world.roster, world.at
    )


@given(worlds())
def test_law_every_part_survives_and_whatever_is_written_is_valid_by_the_schema(
    world: World,
) -> None:
    validator(Router).validate(json.loads(dumps(world.router)))
    for rule in world.router.rules:
        parts: list[Any] = [rule, rule.to, rule.when_absent, rule.by]
        for part in parts:
            assert loads(dumps(part), type(part)) == part
            kind: Any = type(part)
            validator(kind).validate(json.loads(dumps(part)))


@given(strategies())
def test_law_a_strategy_is_written_in_one_way(strategy: Strategy) -> None:
    again = from_data(to_data(strategy), Strategy)
    assert again == strategy
    assert to_data(again) == to_data(strategy)


def test_a_router_reads_as_people_write_it() -> None:
    assert dump_router(ROUTER) == TOML
    assert load_router(TOML) == ROUTER
    assert load_router(dump_router(ROUTER, format="json")) == ROUTER


def test_what_is_as_usual_is_not_written() -> None:
    plain = Router([RoutingRule("all", by=FirstOf(KeepOwner(), InTurn()))])
    assert to_data(plain) == {
        "rules": [{"name": "all", "by": {"first_of": ["keep_owner", "in_turn"]}}]
    }
    assert to_data(Router([], RoutingRule("rest"))) == {"rules": [], "otherwise": {"name": "rest"}}


@pytest.mark.parametrize(
    "word", ["in_turn", "least_recent", "weighted", "least_loaded", "even_value", "keep_owner"]
)
def test_a_strategy_with_defaults_for_everything_is_a_word(word: str) -> None:
    strategy: Any = from_data(word, Strategy)
    assert to_data(strategy) == word
    validator(Strategy).validate(word)
    with pytest.raises(InvalidDefinition, match=f'expected "{word}" alone, for it has no options'):
        from_data({word: {}}, Strategy)
    assert not validator(Strategy).is_valid({word: {}})


@pytest.mark.parametrize(
    ("bound", "written"),
    [
        (Money("7.50", "EUR"), "7.50 EUR"),
        (5, 5),
        ("0.10", {"decimal": "0.10"}),
        ("1." + "3" * 37, {"decimal": "1." + "3" * 37}),
    ],
)
def test_bounds_are_exact_numbers_or_money(bound: Any, written: Any) -> None:
    at = Decimal(bound) if isinstance(bound, str) else bound
    band = Band(("ann",), at_least=at)
    assert to_data(band) == {"to": ["ann"], "at_least": written}
    router = Router([RoutingRule("r", by=ByBand("value", [band]))])
    for form in FORMATS:
        again: Any = load_router(dump_router(router, format=form)).rules[0].by
        assert again == router.rules[0].by
        assert str(again.bands[0].at_least) == str(at)


def test_a_file_is_read_by_its_name(tmp_path: Path) -> None:
    for form in FORMATS:
        path = tmp_path / f"router.{form}"
        path.write_text(dump_router(ROUTER, format=form), encoding="utf-8")
        assert load_router(path) == load_router(str(path)) == ROUTER
    with pytest.raises(LimitExceeded, match=r"router\.toml"):
        load_router(tmp_path / "router.toml", limits=Limits(document_bytes=100))


def test_a_source_and_a_format_are_checked() -> None:
    with pytest.raises(InvalidValue, match="a path, text or bytes"):
        load_router(5)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="did you mean 'json'"):
        dump_router(ROUTER, format="jsn")  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="a Router"):
        dump_router(TOML)  # type: ignore[arg-type]
    with pytest.raises(InvalidDefinition, match=r"^router document: rules: .* missing"):
        load_router("")


# --- strategies that have no plain form ---


class Own:
    """A host's own strategy."""

    def choose(self, lead: Lead, candidates: Any, as_of: Any) -> Choice:
        return Choice(candidates[0].id, "mine")


class Mine(LeastLoaded):
    """One of ours, changed."""


@pytest.mark.parametrize(
    ("strategy", "path"),
    [
        (Own(), ""),
        (Mine(), ""),
        (FirstOf(InTurn(), Own()), ".first_of[1]"),
        (ByTerritory("country", then=Own()), ".by_territory.then"),
        (FirstOf(ByBand("n", [Band(("a",), under=5)], then=Mine())), ".first_of[0].by_band.then"),
        (ByScore("score", cuts=[5], win_rates=WinRates(), then=Own()), ".by_score.then"),
    ],
)
def test_a_strategy_of_the_host_is_refused_with_its_place(strategy: Strategy, path: str) -> None:
    router = Router([RoutingRule("a"), RoutingRule("b", by=strategy)])
    for write in (dump_router, to_data):
        with pytest.raises(InvalidValue, match="has no plain form") as caught:
            write(router)
        assert caught.value.where == f"rules[1].by{path}"
    otherwise = Router([], RoutingRule("rest", by=strategy))
    with pytest.raises(InvalidValue, match="one of InTurn, LeastRecent") as caught:
        dump_router(otherwise)
    assert caught.value.where == f"otherwise.by{path}"
    with pytest.raises(InvalidValue) as caught:
        to_data(router.rules[1])
    assert caught.value.where == f"strategy{path}"


def nested(levels: int) -> Strategy:
    rates = WinRates({"a": {"x": (1, 2)}})
    strategy: Strategy = ByScore("score", cuts=[5], win_rates=rates)
    for _ in range(levels - 2):
        strategy = FirstOf(strategy)
    return strategy


def test_strategies_within_strategies_are_read_as_deep_as_they_can_be_built() -> None:
    most = DEFAULT_LIMITS.depth - 1
    router = Router([RoutingRule("deep", by=nested(most))])
    for form in FORMATS:
        assert load_router(dump_router(router, format=form)) == router
    deeper = {"rules": [{"name": "deep", "by": {"first_of": [to_data(nested(most))]}}]}
    with pytest.raises(InvalidDefinition, match=r"rules\[0\]\.by.*: strategies within strategies"):
        from_data(deeper, Router)
    assert from_data(to_data(FirstOf(nested(most))), Strategy) == FirstOf(nested(most))


# --- what is wrong ---

BAD = [
    ('name = "large"', 'name = ""', "rules[0].name", "not blank"),
    ('name = "large"', "", "rules[0].name", "missing"),
    ('name = "large"', 'nmae = "large"', "rules[0].nmae", "did you mean 'name'?"),
    ('name = "large"', 'name = "DACH"', "rules[1].name", "'DACH' is the name of rules[0] too"),
    ('name = "the rest"', 'name = "DACH"', "otherwise.name", "is the name of rules[1] too"),
    ('name = "the rest"', 'name = "x"\nwhen = { tag = "x" }', "otherwise.when", "no condition"),
    ('name = "the rest"', 'name = "x"\nreps = ["a"]', "otherwise.reps", "unknown key"),
    ("[otherwise]", "[otherwize]", "otherwize", "did you mean 'otherwise'?"),
    ("at_least = 500", "atleast = 500", "rules[0].when.all[0].atleast", "did you mean 'at_least'?"),
    ('to = { reps = ["rep-1", "rep-2"] }', 'to = "emea"', "rules[0].to", 'a table such as { team = "emea" }'),
    ('to = { reps = ["rep-1", "rep-2"] }', 'to = ["rep-1"]', "rules[0].to", 'got ["rep-1"]'),
    ('reps = ["rep-1", "rep-2"]', "reps = []", "rules[0].to.reps", "the ids of reps"),
    ('reps = ["rep-1", "rep-2"]', 'reps = "rep-1"', "rules[0].to.reps", "a list of reps' ids"),
    ('reps = ["rep-1", "rep-2"]', 'rep = ["rep-1"]', "rules[0].to.rep", "did you mean 'reps'?"),
    ('reps = ["rep-1", "rep-2"]', 'reps = ["rep-1", 5]', "rules[0].to.reps[1]", "a name, got 5"),
    ('skills = ["saas"]', 'skills = ["saas", ""]', "rules[1].to.skills[1]", "not blank"),
    ('skills = ["saas"]', 'skills = "saas"', "rules[1].to.skills", "a list of names"),
    ('{ field = "language" }', '{ feild = "language" }', "rules[1].to.languages[0].feild", "did you mean 'field'?"),
    ('{ field = "language" }', '{ field = "" }', "rules[1].to.languages[0].field", "not blank"),
    ('{ field = "language" }', "true", "rules[1].to.languages[0]", "a name, got true"),
    ("catch_up = 2", "catch_up = -1", "rules[0].when_absent.catch_up", "at least 0"),
    ("catch_up = 2", "catch_up = 2000000", "rules[0].when_absent.catch_up", "1,000,000"),
    ("catch_up = 2", 'all_away = "ignore"', "rules[0].when_absent.all_away", "one of both"),
    ('all_away = "ignore"', 'all_away = "ignroe"', "rules[1].when_absent.all_away", "did you mean 'ignore'?"),
    ("units = 3", "units = -3", "rules[0].units", "at least 0"),
    ("units = 3", "units = 1.5", "rules[0].units", "a whole number, got 1.5"),
    ("units = 3", 'units = "effort"', "rules[0].units", "a whole number"),
    ('units = { field = "effort" }', 'units = { name = "effort" }', "rules[1].units.name", "unknown key"),
    ("overflow = true", "overflow = 1", "rules[0].overflow", "true or false, got 1"),
    ('by = "least_loaded"', 'by = "least_laoded"', "otherwise.by", "did you mean 'least_loaded'?"),
    ('by = "least_loaded"', 'by = "LeastLoaded"', "otherwise.by", "one of in_turn, least_recent"),
    ('by = "least_loaded"', 'by = "seeded"', "otherwise.by", "a table such as { seeded = { seed = ... } }"),
    ('by = "least_loaded"', 'by = "by_band"', "otherwise.by", "{ by_band = { field = ..., bands = ... } }"),
    ('by = "least_loaded"', 'by = "first_of"', "otherwise.by", "{ first_of = [...] }"),
    ('by = "least_loaded"', "by = 5", "otherwise.by", "a strategy, got 5"),
    ('by = "least_loaded"', "by = {}", "otherwise.by", "exactly one of in_turn"),
    ('by = "least_loaded"', "by = { least_loaded = {} }", "otherwise.by", '"least_loaded" alone'),
    ('by = "least_loaded"', "by = { least_loaded = { open = true } }", "otherwise.by.least_loaded.open", "unknown key"),
    ('by = "least_loaded"', "by = { leastloaded = {} }", "otherwise.by.leastloaded", "did you mean 'least_loaded'?"),
    ("first_of = [{ keep_owner", "first_of = [], x = [{ keep_owner", "rules[0].by.x", "unknown key"),
    ('"account_owner"', '""', "rules[0].by.first_of[0].keep_owner.field", "not blank"),
    ("least_recent = { count_by_hand = true }", 'least_recent = { count_by_hand = "yes" }', "rules[0].by.first_of[1].least_recent.count_by_hand", "true or false"),
    ('"DE", "AT"] }, then', '"DE"], x = ["DE"] }, then', "rules[1].by.by_territory.territories.x", "each value in one territory"),
    ('DACH = ["DE", "AT"]', 'DACH = "DE"', "rules[1].by.by_territory.territories.DACH", "a list of values"),
    ('then = "weighted"', 'then = "weigthed"', "rules[1].by.by_territory.then", "did you mean 'weighted'?"),
    ("under = 50", "under = 40", "rules[2].by.by_band.bands", "nobody gets 40"),
    ("under = 50", 'under = "40 EUR"', "rules[2].by.by_band.bands", "one currency"),
    ("under = 50", 'under = "40"', "rules[2].by.by_band.bands[0].under", "an amount"),
    ("under = 50", "under = true", "rules[2].by.by_band.bands[0].under", "a number, or an amount such as '100.00 EUR', got true"),
    ("under = 50", "under = 50, at_least = 60", "rules[2].by.by_band.bands[0].under", "above at_least"),
    ('to = ["rep-1"]', "to = []", "rules[2].by.by_band.bands[0].to", "the id of a rep"),
    ('to = ["rep-1"]', 'to = "rep-1"', "rules[2].by.by_band.bands[0].to", "a list of reps' ids"),
    ('seed = "s"', "seed = 5", "rules[2].by.by_band.then.seeded.seed", "a name, got 5"),
    ("cuts = [70, 40]", "cuts = [40, 70]", "rules[3].by.by_score.cuts", "fall from cut to cut"),
    ("cuts = [70, 40]", 'cuts = ["70"]', "rules[3].by.by_score.cuts[0]", "a number"),
    ("PL = [1, 2]", "PL = [3, 2]", "rules[3].by.by_score.win_rates.counts.rep-1.PL", "the deals won, and all closed"),
    ("PL = [1, 2]", "PL = [1]", "rules[3].by.by_score.win_rates.counts.rep-1.PL", "two numbers"),
    ("rep-1 = { PL", '"" = { PL', 'rules[3].by.by_score.win_rates.counts.""', "not blank"),
    ('by = "country" }', 'by = "country", prior = -1 }', "rules[3].by.by_score.win_rates.prior", "at least 0"),
    ("USD = 0.920", "USD = 0", "rules[4].by.even_value.rates", "above 0"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "words"), BAD)
def test_a_planted_error_is_refused_with_its_path(
    old: str, new: str, path: str, words: str
) -> None:
    assert TOML.count(old)
    found = problems(TOML.replace(old, new, 1))
    assert path in found, found
    assert words in found[path]


@pytest.mark.parametrize(
    ("source", "path", "words"),
    [
        ("rules = []", "rules", "at least one rule, got none"),
        ("rules = 5", "rules", "a list of rules, got 5"),
        ("rules = [5]", "rules[0]", "a table, got 5"),
        ("[]", "line 1, column 2", "not TOML"),
        ('{"rules": [{"name": "a", "name": "b"}]}', "rules[0].name", "each key once"),
        ('{"rules": [], "otherwise": null}', "rules", "at least one rule"),
    ],
)
def test_a_bad_document_is_refused_with_the_path(source: str, path: str, words: str) -> None:
    assert words in problems(source)[path]


def test_all_problems_are_told_at_once() -> None:
    found = problems(
        TOML.replace("units = 3", "units = -3")
        .replace("catch_up = 2", "catch_up = -2")
        .replace('name = "DACH"', 'name = "large"')
        .replace('then = "weighted"', 'then = "heavy"')
        .replace('name = "the rest"', 'name = "sized"\nwhen = { tag = "x" }')
    )
    assert list(found) == [
        "rules[0].when_absent.catch_up",
        "rules[0].units",
        "rules[1].by.by_territory.then",
        "rules[1].name",
        "otherwise.name",
        "otherwise.when",
    ]
    assert found["rules[1].name"] == "'large' is the name of rules[0] too"


def test_what_has_no_name_is_not_called_repeated() -> None:
    found = problems('{"rules": [{"by": 1}, 5, {"by": 1}], "otherwise": 5}')
    assert set(found) == {
        "rules[0].name",
        "rules[0].by",
        "rules[1]",
        "rules[2].name",
        "rules[2].by",
        "otherwise",
    }


@given(st.data())
def test_law_a_changed_document_gives_a_router_or_a_leadflow_error(data: Any) -> None:
    lines = TOML.splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    lines[place] = data.draw(st.sampled_from(["", *lines, 'by = "in_turn"', "to = {}"]))
    try:
        router = load_router("\n".join(lines))
    except InvalidDefinition as error:
        assert error.problems  # noqa: PT017 (either answer is right)
    else:
        assert load_router(dump_router(router)) == router
