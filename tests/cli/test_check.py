from __future__ import annotations

from pathlib import Path

import pytest

from leadflow.presets import disposition_policy
from leadflow.serialization import dump_policy
from tests.cli.conftest import ROSTER, ROUTER, Put, Run


def test_a_valid_model_is_described(run: Run, behaviour: Path) -> None:
    assert run("check", behaviour) == (
        0,
        f"{behaviour}: model engagement version 1 is valid: 8 rules, rater TimelineAndSize\n",
        "",
    )


def test_what_is_surely_not_meant_is_a_warning_and_no_failure(run: Run, put: Put) -> None:
    model = put(
        "m.toml",
        'name = "m"\ngroups = [{ name = "idle", at_most = 5 }]\n'
        '[[rules]]\nname = "nothing"\npoints = 0\nwhen = { tag = "vip" }\n',
    )
    code, out, err = run("check", model)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{model}: model m version 1 is valid: 1 rule, 1 group, no rater",
        "  warning: rules[0].points: 'nothing' gives 0 points",
        "  warning: groups[0]: no rule belongs to 'idle'",
    ]


def test_every_problem_is_listed_with_its_path_however_many(run: Run, put: Put) -> None:
    rule = '[[rules]]\nname = "r{0}"\npoints = "5"\nwhen = {{ tag = "vip" }}\n'
    model = put("m.toml", 'name = "m"\n' + "".join(rule.format(n) for n in range(150)))
    code, out, err = run("check", model)
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == f"{model}: 150 problems"
    assert [line.split(":")[0] for line in err.splitlines()[1:]] == [
        f"  rules[{n}].points" for n in range(150)
    ]


def test_one_problem_is_one_problem(run: Run, put: Put) -> None:
    code, _, err = run("check", put("m.toml", "name = 5"))
    assert code == 2
    assert "m.toml: 2 problems" in err or "m.toml: 1 problem\n" in err


def test_a_missing_model_is_one_problem(run: Run, tmp_path: Path) -> None:
    code, _, err = run("check", tmp_path / "none.toml")
    assert code == 2
    assert "none.toml: 1 problem\n  " in err
    assert "Traceback" not in err


def test_a_document_beyond_the_limits_is_refused(run: Run, put: Put) -> None:
    code, _, err = run("check", put("m.toml", "#" * 1_100_000))
    assert code == 2
    assert "1,048,576" in err


def test_a_hostile_document_does_not_reach_the_terminal(run: Run, put: Put) -> None:
    code, _, err = run("check", put("m.toml", '"\\u001b[2J" = 1\nname = "\\u202ea"\n'))
    assert code == 2
    assert not {"\x1b", "\u202e"} & set(err)


def test_a_model_in_json_is_checked_too(run: Run, put: Put) -> None:
    model = put(
        "m.json", '{"name": "m", "rules": [{"name": "r", "points": 5, "when": {"tag": "v"}}]}'
    )
    assert run("check", model)[0] == 0


def test_a_valid_pipeline_is_described(run: Run, pipeline: Path) -> None:
    assert run("check", pipeline) == (
        0,
        f"{pipeline}: pipeline sales is valid: 4 stages (2 open, 1 won, 1 lost), 4 moves\n",
        "",
    )


def test_a_pipeline_in_json_is_told_by_its_keys(run: Run, put: Put) -> None:
    stages = '[{"key": "new"}, {"key": "rest", "kind": "on_hold"}, {"key": "won", "kind": "won"}]'
    path = put("p.json", f'{{"key": "p", "stages": {stages}, "linear": true}}')
    code, out, _ = run("check", path)
    assert code == 0
    assert out.startswith(f"{path}: pipeline p is valid: 3 stages (1 open, 1 on hold, 1 won), ")


def test_every_problem_of_a_pipeline_is_listed_with_its_path(run: Run, put: Put) -> None:
    path = put(
        "p.toml",
        'key = "p"\nstages = [{key = "new", expcted = "1 day"}, {key = "won", kind = "won"}]\n'
        '[moves]\nnew = ["wn"]\n',
    )
    code, out, err = run("check", path)
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == f"{path}: 2 problems"
    assert "\n  stages[0].expcted: unknown key" in err
    assert "\n  moves.new[0]: there is no stage 'wn': did you mean 'won'?" in err


def test_a_document_with_rules_is_a_model_whatever_else_it_has(run: Run, put: Put) -> None:
    _, _, err = run("check", put("m.toml", 'name = "m"\nrules = []\nstages = []\n'))
    assert "stages: unknown key" in err


def test_a_valid_router_is_described(run: Run, router: Path, put: Put) -> None:
    assert run("check", router) == (
        0,
        f"{router}: router is valid: 2 rules, nothing otherwise\n",
        "",
    )
    _, out, _ = run("check", put("r.toml", ROUTER + '\n[otherwise]\nname = "the rest"\n'))
    assert out.endswith("router is valid: 2 rules, otherwise the rest\n")


def test_a_valid_roster_is_described(run: Run, roster: Path, put: Put) -> None:
    words = "roster version 0 is valid: 2 reps, 1 team, 0 units open"
    assert run("check", roster) == (0, f"{roster}: {words}\n", "")
    later = put("r.json", '{"version": 3, "reps": [{"id": "a", "active": false}], "workloads": {"a": {"open": 1}}}')  # fmt: skip
    words = "roster version 3 is valid: 1 rep (1 not active), 0 teams, 1 unit open"
    assert run("check", later) == (0, f"{later}: {words}\n", "")


def test_a_valid_disposition_policy_is_described(run: Run, put: Put) -> None:
    text = dump_policy(disposition_policy("pl", verifiers=["data desk"]))
    policy = put("dispositions.toml", text)
    words = "disposition policy is valid: 8 reasons, 1 verifier, 3 actions"
    assert run("check", policy) == (0, f"{policy}: {words}\n", "")


def test_a_policy_that_asks_for_verifiers_and_names_none_is_warned_about(
    run: Run, put: Put
) -> None:
    policy = put("dispositions.toml", dump_policy(disposition_policy()))
    status, said, _ = run("check", policy)
    assert status == 0
    assert "warning: verifiers: nobody is named, so 'bad_data' can never be given" in said
    least = put("p.json", '{"reasons": [{"key": "timing"}]}')
    words = "disposition policy is valid: 1 reason, 0 verifiers, 0 actions"
    assert run("check", least) == (0, f"{least}: {words}\n", "")


def test_every_problem_of_a_disposition_policy_is_listed_with_its_path(run: Run, put: Put) -> None:
    text = '[[reasons]]\nkey = "timing"\ncontact_agian = "3 months"\n[next]\nwno = []\n'
    code, out, err = run("check", put("p.toml", text))
    assert (code, out) == (2, "")
    assert "p.toml: 2 problems\n  reasons[0].contact_agian: unknown key" in err
    assert "\n  next.wno: unknown key \"wno\": did you mean 'won'?" in err


def test_what_is_surely_not_meant_in_a_router_is_a_warning(run: Run, put: Put) -> None:
    router = put("r.toml", '[[rules]]\nname = "all"\n\n' + ROUTER)
    code, out, err = run("check", router)
    assert (code, err) == (0, "")
    assert out.splitlines()[1:] == [
        f"  warning: rules[{n}].when: {name!r} is never reached: 'all' takes every lead it could get"
        for n, name in ((1, "large"), (2, "spoken"))
    ]


def test_a_router_is_checked_with_a_roster(run: Run, router: Path, roster: Path, put: Put) -> None:
    code, out, err = run("check", router, "--roster", roster)
    assert (code, err, len(out.splitlines())) == (0, "", 1)
    other = put("other.toml", ROSTER.replace("rep-1", "rep-9").replace("inside", "outside"))
    code, out, err = run("check", router, "--roster", other)
    assert (code, err) == (0, "")
    first, second = out.splitlines()[1:]
    assert first.startswith("  warning: rules[0].to: expected a rep of the roster, got 'rep-1'")
    assert second.startswith("  warning: rules[1].to: expected a team of the roster, got 'inside'")


def test_only_a_router_is_checked_with_a_roster(
    run: Run, roster: Path, behaviour: Path, router: Path, put: Put
) -> None:
    for document in (behaviour, roster):
        code, out, err = run("check", document, "--roster", roster)
        assert (code, out) == (2, "")
        assert "--roster: expected a router or playbook to check with the roster" in err
    code, out, err = run("check", router, "--roster", put("bad.toml", "reps = 5"))
    assert (code, out) == (2, "")
    assert "bad.toml: reps: expected a list of reps, got 5" in err


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('rules = [{ name = "a" }]', "router is valid: 1 rule"),
        ('name = "m"\nrules = [{ name = "a", by = "in_trun" }]', "rules[0].by: expected one of"),
        ('rules = []\n[otherwise]\nname = "rest"', "router is valid: 0 rules, otherwise rest"),
        ('name = "m"\nrules = [{ name = "a", to = {}, points = 5 }]', "rules[0].to: unknown key"),
        ('rules = [{ name = "a", points = 5, when = { tag = "x" } }]', "name: expected"),
        ("rules = 5", "rules: expected a list of rules, got 5"),
        ("rules = [5]", "rules[0]: expected a table, got 5"),
        ("reps = []", "at least one Rep"),
        ("workloads = { a = { opne = 3 } }", "did you mean 'open'?"),
        ('name = "m"\nrules = []\nreps = []', "reps: unknown key"),
        ("reasons = []", "at least one reason"),
        ('verifiers = ["ada"]', "reasons: expected a list of reasons, but it is missing"),
        ('next = { won = "call" }', "next.won: expected a list of actions"),
        ('name = "m"\nrules = []\nreasons = []', "reasons: unknown key"),
        ("{}", "not TOML"),
        ("", "rules"),
    ],
)
def test_what_a_document_is_its_keys_tell(text: str, what: str, run: Run, put: Put) -> None:
    _, out, err = run("check", put("any.toml", text))
    assert what in out + err


def test_every_problem_of_a_router_is_listed_with_its_path(run: Run, put: Put) -> None:
    text = ROUTER.replace('"even_value"', '"evn_value"').replace("is_known", "known")
    code, out, err = run("check", put("r.toml", text))
    assert (code, out) == (2, "")
    assert "r.toml: 2 problems\n  rules[0].by: " in err
    assert "\n  rules[1].when.known: unknown key" in err


def test_a_list_in_json_is_no_document(run: Run, put: Put) -> None:
    code, _, err = run("check", put("list.json", "[]"))
    assert code == 2
    assert "expected a table, got []" in err


PLAYBOOK = """\
name = "p"
version = "3"

[scoring]
name = "m"
rules = [{ name = "r", points = 5, when = { tag = "x" } }]

[router]
rules = [{ name = "all", to = { reps = ["rep-1"] } }]

[[automations]]
name = "vip"
when = { happens = "tagged" }
then = [{ assign = "rep-7" }, { move = "qoute" }]
"""


def test_a_playbook_is_described_and_what_its_parts_say_of_each_other_is_a_warning(
    run: Run, put: Put
) -> None:
    path = put("p.toml", PLAYBOOK)
    code, out, err = run("check", path)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{path}: playbook p version 3 is valid: 1 scoring rule, 1 automation",
        "  warning: automations[0].then[1]: no pipeline has the stage 'qoute'",
    ]


def test_a_playbook_is_checked_with_a_roster_too(run: Run, put: Put) -> None:
    roster = put("roster.toml", '[[reps]]\nid = "rep-1"\n')
    code, out, _ = run("check", put("p.toml", PLAYBOOK), "--roster", roster)
    assert code == 0
    assert "  warning: automations[0].then[0]: there is no rep 'rep-7': " in out


@pytest.mark.parametrize(
    "text",
    [
        *("automations = []", "procedures = []", "sequences = []", "splits = []", "library = []"),
        *("forms = []", "segments = []", "pipelines = []", "policy = { reasons = [] }"),
        *("[scoring]", "[qualifier]", "[router]", "[contact]", "[hours]", "[limits]"),
        *('order = ["hot"]', 'time_zone = "UTC"'),
        "rater = { thresholds = { hot = 60, warm = 30 } }\nautomations = []\nreasons = []",
    ],
)
def test_a_playbook_is_told_by_its_parts(text: str, run: Run, put: Put) -> None:
    _, out, err = run("check", put("p.toml", f'name = "p"\nnonsense = 1\n{text}\n'))
    assert out == ""
    assert "nonsense: unknown key" in err
    assert "known: automations, contact, forms, grid, hours" in err


def test_ten_problems_of_a_playbook_are_listed_with_their_paths(run: Run, put: Put) -> None:
    rule = '[[automations]]\nname = "r{0}"\nwhen = {{ tag = "x" }}\nthen = []\n'
    code, out, err = run("check", put("p.toml", "".join(rule.format(n) for n in range(10))))
    assert (code, out) == (2, "")
    assert all(f"  automations[{n}].when" in err for n in range(10))
    assert "  name: " in err
