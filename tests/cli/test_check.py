from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Put, Run


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
