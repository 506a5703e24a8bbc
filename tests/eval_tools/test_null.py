"""The policy on a matched martingale, beside what it did on the bars."""

from dataclasses import asdict

import pytest

from eval_tools.evaluation import Evaluation, baseline_contenders, evaluate
from eval_tools.policies.baselines import Baseline
from eval_tools.report.html import render_report
from eval_tools.report.metrics import metrics
from eval_tools.report.summary import summary_text
from futures_env import synthetic_market
from futures_env.data.synthetic.matched import matched_martingale


@pytest.fixture(scope="module")
def judged(desk) -> Evaluation:
    # twenty sessions and more warm up the features; rows before them are the same as the desk's
    market = synthetic_market("NQ", sessions=24, seed=3)
    params = desk.params.replace(market=market)
    kinds = [Baseline.ALWAYS_FLAT, Baseline.MOVING_AVERAGE_CROSS]
    flat, cross = baseline_contenders(desk.env, params, kinds)
    return evaluate(cross, [flat], desk.sessions, null=matched_martingale(market, 0))


def test_the_null_is_the_same_policy_on_the_same_sessions(judged) -> None:
    null, own = judged.null, judged.subject
    assert [one.slice for one in null.sessions] == [one.slice for one in own.sessions]
    assert null.coverage.share == 1.0
    assert len(null.trades) > 10
    assert not null.daily.equals(own.daily)


def test_it_is_shown_beside_the_rest(judged, desk) -> None:
    numbers = metrics(judged)
    assert numbers["null"]["mean_daily_pnl"] == asdict(judged.null.interval)
    assert numbers["null"]["net_pnl_usd"] == judged.null.daily.sum()
    assert "null (martingale)" in summary_text(numbers)
    assert "on a matched martingale (null)" in render_report(judged, numbers)


def test_without_it_nothing_is_said_of_it(failing) -> None:
    numbers = metrics(failing)
    assert numbers["null"] is None
    assert "martingale" not in summary_text(numbers)
    assert "martingale" not in render_report(failing, numbers)
