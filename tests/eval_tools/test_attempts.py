"""Attempts at evaluations: played together as one by one, counted without overlap, with a null."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from eval_tools.accounts.life import live
from eval_tools.attempts.chance import effective_number, wilson
from eval_tools.attempts.lives import Desk, Horizon
from eval_tools.attempts.null import closed_form
from eval_tools.attempts.plan import Stake, plan
from eval_tools.attempts.table import Tried, rows_of
from eval_tools.cli.main import main
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.rollout.accounts import player
from futures_env import DrawdownMode, Fees, Lock, PayoutRules, account_rules

RANDOM = baseline(Baseline.RANDOM_LEGAL)
EASY = replace(
    account_rules("apex-eod-50k"),
    name="easy",
    profit_target=400,
    fees=Fees(evaluation=100, reset=50, activation=130, verified_on="2026-11-01"),
    funded=replace(
        account_rules("apex-eod-50k-funded"),
        name="easy-funded",
        payouts=PayoutRules(qualifying_days=1, qualifying_day_profit=50, split=0.9, max_payouts=2),
        best_day_share=0,
        best_day_effect="",
    ),
)
WAITS = replace(EASY, name="waits", best_day_share=0.5, best_day_effect="blocks_pass")


@pytest.fixture(scope="module")
def tried(desk) -> Tried:
    attempts = plan([EASY, WAITS], [Stake(contracts=2), Stake(risk_usd=900)], [1, 2, 3, 4], 3)
    players = Desk(desk.env, RANDOM, desk.params, Horizon(evaluation=9, funded=9), seed=4)
    return Tried(attempts=attempts, lives=players.live(attempts))


def test_start_days_are_spread_or_drawn_by_seed() -> None:
    def days(seed: int | None, number: int = 6) -> list[int]:
        attempts = plan([EASY], [Stake(contracts=1)], range(10, 60), number, seed)
        return [one.session for one in attempts]

    assert days(None) == [10, 20, 30, 39, 49, 59]
    assert days(3) == days(3) == sorted(set(days(3)))
    assert len(days(3)) == 6
    assert days(3) != days(4)
    assert set(days(3)) <= set(range(10, 60))
    assert days(3, 99) == list(range(10, 60))


def test_lives_played_together_are_those_played_one_by_one(desk, tried) -> None:
    for attempt, life in tried:
        params = attempt.stake.apply(desk.params)
        alone = live(attempt.rules, player(desk.env, RANDOM, params, seed=4), attempt.session)
        assert (alone.end, alone.payouts, alone.costs) == (life.end, life.payouts, life.costs)
        stages = [*alone.evaluations, *alone.funded], [*life.evaluations, *life.funded]
        for one, other in zip(*stages, strict=True):
            assert one.verdict == other.verdict
            decided = one.verdict.bar + 1
            for name in ("balance", "floor", "exit_reason", "entry_contracts"):
                mine, yours = (getattr(stage.path, name)[:decided] for stage in (one, other))
                assert np.array_equal(mine, yours), name
    assert {life.evaluations[0].verdict.outcome.name for _, life in tried} >= {"PASSED"}
    assert sum(len(life.payouts) for _, life in tried) > 0


def test_sizes_and_start_days(tried) -> None:
    assert [one.session for one, _ in tried][:3] == [1, 3, 4]
    sizes = {str(one.stake): life.evaluations[0].path.entry_contracts.max() for one, life in tried}
    assert sizes["2 x"] == 2
    assert sizes["900 USD"] > 2


def test_a_row_says_how_often_and_what_for(tried) -> None:
    rows = rows_of(tried, None, 0.9)
    assert [(row.rules, row.size) for row in rows] == [
        ("easy", "2 x"), ("easy", "900 USD"), ("waits", "2 x"), ("waits", "900 USD"),
    ]  # fmt: skip
    for row in rows:
        table = tried.of(row.rules, row.size).table
        assert row.passing.share == (table["outcome"] == "passed").mean()
        assert row.passing.attempts == sum(row.outcomes.values()) == 3
        assert row.passing.low <= row.passing.share <= row.passing.high
        assert row.passing.effective <= 3
        assert row.unknown == ()
        kept = 0.9 * table["paid_usd"] - 100 - 130 * (table["outcome"] == "passed")
        assert row.net_usd == pytest.approx(kept.mean(), abs=0.02)
        assert row.driftless is None
    unknown = replace(tried.lives[0], costs=replace(tried.lives[0].costs, unknown=("evaluation",)))
    first = Tried(attempts=tried.attempts[:1], lives=[unknown])
    (row,) = rows_of(first, first, 0.9)
    assert (row.net_usd, row.unknown) == (None, ("evaluation fee",))
    assert row.driftless == row.passing


@pytest.mark.parametrize(
    ("first", "sessions", "number"),
    [
        ([0, 1, 2], [10, 10, 10], 1.2),
        ([0, 10, 20], [10, 10, 10], 3),
        ([20, 0, 10], [10, 10, 10], 3),
        ([0, 50], [10, 10], 2),
        ([0, 1], [100, 1], 100 / 50.5),
        ([5], [3], 1),
    ],
)
def test_overlapping_attempts_do_not_count_as_many(first, sessions, number) -> None:
    assert effective_number(np.array(first), np.array(sessions)) == pytest.approx(number)


@pytest.mark.parametrize(("passed", "number"), [(0, 12), (3, 12), (40, 40), (17, 90)])
def test_the_interval_is_wilsons(passed, number) -> None:
    ends = binomtest(passed, number).proportion_ci(0.9, method="wilson")
    assert wilson(passed / number, number, 0.9) == pytest.approx((ends.low, ends.high))


def test_the_closed_forms_of_the_literature() -> None:
    plain = replace(
        account_rules("apex-legacy-50k"),
        profit_target=3_000, drawdown=2_000, min_days=0, max_days=0, lock=Lock.NONE,
    )  # fmt: skip
    trailing = closed_form(plain)
    assert (round(trailing.value, 3), trailing.exact) == (0.223, True)
    static = closed_form(replace(plain, drawdown_mode=DrawdownMode.STATIC))
    assert (static.value, static.exact) == (0.4, True)
    locked = closed_form(replace(plain, lock=Lock.START))
    assert (locked.value, locked.exact) == (0.4, False)
    end_of_day = closed_form(replace(plain, drawdown_mode=DrawdownMode.END_OF_DAY))
    assert (end_of_day.value, end_of_day.exact) == (0.4, False)
    assert closed_form(replace(plain, min_days=7)).exact is False
    assert closed_form(EASY.funded) is None


@pytest.mark.thorough
def test_attempts_from_the_command_line(tmp_path, capsys) -> None:
    arguments = ["attempts", "--policy", "tests.eval_tools.test_own_policies:with_jax"]
    arguments += ["--sessions", "26", "--market-seed", "3", "--rules", "apex-eod-50k"]
    arguments += ["topstep-50k", "--contracts", "4", "--attempts", "3", "--days", "3"]
    arguments += ["--out", str(tmp_path), "--run-id", "x"]
    assert main(arguments) == 1  # topstep is flat by 16:10
    assert "topstep-50k: positions must be flat by 16:10" in capsys.readouterr().err
    arguments[arguments.index("topstep-50k")] = "tradeify-select-50k"
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    numbers = json.loads((tmp_path / "x" / "metrics.json").read_text())
    assert [row["rules"] for row in numbers["rows"]] == ["apex-eod-50k", "tradeify-select-50k"]
    for row in numbers["rows"]:
        assert row["driftless"]["attempts"] == row["passing"]["attempts"] == 3
    assert (tmp_path / "x" / "summary.txt").read_text() in printed
    assert "evaluation fee" in printed
    assert len(pd.read_parquet(tmp_path / "x" / "attempts.parquet")) == 6
    page = (tmp_path / "x" / "report.html").read_text("utf-8")
    assert "SYNTHETIC" in page.upper()
    assert page.index("passes most often") < page.index("Which firm, which size")
    assert page.count("<figure") == 1 + 2  # odds, and a fan for each rule set
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith("eval-tools: "), "refused before anything is read"
    short = [*arguments[:-2], "--sessions", "8"]
    assert main(short) == 0
    found = capsys.readouterr()
    assert "20 are needed to warm up the features; going on without the null" in found.err
    assert main([*arguments[:-2], "--risk", "0"]) == 2
    assert main([*arguments[:-2], "--rules", "apex-eod-50k-funded"]) == 2
    assert "is not an evaluation" in capsys.readouterr().err
