"""A firm of one's own in a TOML file: what it may say, and what is answered when it cannot be."""

from dataclasses import replace
from pathlib import Path

import pytest

from futures_env import ACCOUNT_RULES, account_rules, load_rules
from futures_env.cli.main import main
from futures_env.cli.rules import in_words
from futures_env.codes import DrawdownMode, Lock

FIRM = """
name = "corner-50k"
source = "the firm's page of rules"
verified_on = "2026-11-01"
start_balance = 50_000
profit_target = 3_000
drawdown = 2_000
drawdown_mode = "end_of_day"
max_contracts_mini = 2
daily_loss_limit = 1_000
tiers = [[0, 2, 1_000], [1_500, 3, 1_500]]
flat_by = "16:10"
best_day_share = 0.5
best_day_effect = "blocks_pass"

[fees]
evaluation = 99.0
verified_on = "2026-11-01"

[funded]
lock = "start_plus_100"
[funded.payouts]
qualifying_days = 5
qualifying_day_profit = 150
request_balance = 52_100
caps = [1_000, 1_500]
max_payouts = 2
split = 0.9
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "firm.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_firm_and_its_funded_account(tmp_path):
    rules = account_rules(str(written(tmp_path, FIRM)))
    assert (rules.name, rules.drawdown_mode, rules.flat_by) == (
        "corner-50k", DrawdownMode.END_OF_DAY, "16:10",
    )  # fmt: skip
    assert rules.tiers == ((0, 2, 1_000), (1_500, 3, 1_500))
    assert (rules.fees.evaluation, rules.fees.activation) == (99.0, None)
    funded = rules.funded
    assert (funded.name, funded.profit_target, funded.drawdown, funded.flat_by) == (
        "corner-50k-funded", 0, 2_000, "16:10",
    )  # fmt: skip
    assert (funded.lock, funded.best_day_effect, funded.tiers) == (Lock.START_PLUS_100, "", ())
    assert (funded.payouts.caps, funded.payouts.split) == ((1_000, 1_500), 0.9)


@pytest.mark.parametrize("name", ["apex-eod-50k", "apex-eod-50k-funded", "topstep-100k"])
def test_what_show_says_is_a_file_of_the_same_rules(name, tmp_path):
    rules = ACCOUNT_RULES[name]
    again = load_rules(written(tmp_path, in_words(rules)))
    assert replace(again, funded=rules.funded) == rules


WRONG = {
    "drawdown = 2_000": {
        "": "drawdown is missing",
        "drawdown = -5": "drawdown is -5: must be USD above 0",
        "drawdown = 60_000": "drawdown is 60,000: must be below start_balance 50,000",
        "drawdown = '2k'": "drawdown is '2k': must be USD above 0",
        "drawdow = 2_000": "drawdow: no such field; did you mean drawdown?",
    },
    'drawdown_mode = "end_of_day"': {
        'drawdown_mode = "trailing"': "drawdown_mode is 'trailing': must be one of intraday, end",
    },
    'flat_by = "16:10"': {'flat_by = "4pm"': "flat_by is '4pm': must be a New York time"},
    "best_day_share = 0.5": {
        "": "best_day_share is 0.0 and best_day_effect 'blocks_pass': give both or none",
        "best_day_share = 50": "best_day_share is 50: must be a share from 0 to 1",
    },
    "[1_500, 3, 1_500]]": {
        "[1_500, 3]]": "tiers is ((0, 2, 1000), (1500, 3)): must be at most 6 rows",
        "[0, 3, 1_500]]": "the first from 0, profits ascending",
    },
    "[[0, 2,": {"[[0, 1,": "tiers begins with [0, 1, 1000]: must be [0, 2, 1000]"},
    "max_contracts_mini = 2": {
        "max_contracts_mini = 2.5": "max_contracts_mini is 2.5: must be a whole number",
    },
    "evaluation = 99.0": {
        "evaluaton = 99.0": "fees.evaluaton: no such field; did you mean evaluation?",
        "evaluation = -1": "fees.evaluation is -1: must be USD from 0",
    },
    'evaluation = 99.0\nverified_on = "2026-11-01"': {
        "evaluation = 99.0": "fees.evaluation is given: fees.verified_on must say of which day",
    },
    'lock = "start_plus_100"': {
        "lock = 3": "[funded] lock is 3: must be one of none, start, start_plus_100",
        "profit_target = 5": "funded.profit_target is 5: a funded account does not pass",
    },
    "max_payouts = 2": {"max_payouts = 3": "payouts.caps holds 2 amounts: must be payouts.max"},
    'name = "corner-50k"': {"name = ": "not a TOML file: "},
    'verified_on = "2026-11-01"\nstart': {
        'verified_on = "soon"\nstart': "verified_on is 'soon': must be an ISO date",
    },
}


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [(before, *case) for before, cases in WRONG.items() for case in cases.items()],
)
def test_what_cannot_be_meant_names_file_field_value_and_what_is_allowed(
    before, after, message, tmp_path
):
    assert FIRM.count(before) == 1
    path = written(tmp_path, FIRM.replace(before, after))
    with pytest.raises(ValueError) as refused:
        load_rules(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert message in str(refused.value)


def test_every_problem_is_named_at_once(tmp_path):
    text = FIRM.replace("drawdown = 2_000", "drawdown = -5").replace("16:10", "noon")
    with pytest.raises(ValueError, match=r"drawdown is -5.*\n.*flat_by is 'noon'"):
        load_rules(written(tmp_path, text))


def test_the_command_line_lists_shows_and_checks(tmp_path, capsys):
    main(["rules", "list"])
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == 1 + len(ACCOUNT_RULES)
    topstep = next(line for line in listed if line.startswith("topstep-50k"))
    assert topstep.split()[1:] == ["3,000", "2,000", "end_of_day", "5", "16:10", "2026-09-24"]
    main(["rules", "show", "apex-eod-50k"])
    shown = capsys.readouterr().out
    assert "prohibits automated trading" in shown
    assert "# fees: not known" in shown
    main(["rules", "check", str(written(tmp_path, FIRM))])
    assert "corner-50k is a rule set, leads to corner-50k-funded" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        ("rules show apexx", "no rule set 'apexx': futures-env rules list names them", 2),
        ("rules check none.toml", "No such file or directory: none.toml", 1),
        ("rules foo", "futures-env rules --help", 2),
    ],
)
def test_what_the_command_line_refuses_is_one_line(words, message, code, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words.split())
    assert stop.value.code == code
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
