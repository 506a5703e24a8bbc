"""Several markets in one evaluation: each is judged as it would be alone."""

from html import escape

import gymnax
import jax.numpy as jnp
import pytest

from eval_tools.conditions.market import market_names
from eval_tools.evaluation import Options, baseline_contenders, evaluate
from eval_tools.outcome import Evaluation
from eval_tools.pipeline.ranges import divide, sessions_of_each
from eval_tools.policies.baselines import Baseline
from eval_tools.report.html import render_report
from eval_tools.report.metrics import metrics
from eval_tools.report.summary import summary_text
from eval_tools.rollout.sessions import sessions_between
from eval_tools.verdict import Finding
from futures_env import concat_markets, synthetic_market

KINDS = [Baseline.ALWAYS_FLAT, Baseline.ALWAYS_LONG]


@pytest.fixture(scope="module")
def markets() -> list:
    return [synthetic_market("NQ", sessions=6, seed=3), synthetic_market("ES", sessions=5, seed=1)]


def judged(market, symbol: str) -> Evaluation:
    env, params = gymnax.make(f"Futures{symbol}-Phase2", market=market)
    params = params.replace(drawdown=jnp.float32(15_000.0))
    flat, long = baseline_contenders(env, params, KINDS)
    return evaluate(long, [flat], sessions_between(market, 20), Options(seed=5))


@pytest.fixture(scope="module")
def both(markets) -> Evaluation:
    return judged(concat_markets(markets), "Multi")


@pytest.mark.thorough
def test_each_market_is_judged_as_it_would_be_alone(markets, both) -> None:
    assert [one.name for one in both.markets] == ["NQ", "ES"]
    for found, market in zip(both.markets, markets, strict=True):
        alone = judged(market, found.name)
        assert alone.markets == ()
        assert found.subject.daily.equals(alone.subject.daily)
        assert found.subject.interval == alone.subject.interval
        assert found.paired == alone.paired
        assert (found.verdict.finding, found.verdict.headline) == (
            alone.verdict.finding,
            alone.verdict.headline,
        )
        assert len(found.subject.trades) == len(alone.subject.trades)
        assert [one.net_cents for one in found.subject.accounts] == [
            one.net_cents for one in alone.subject.accounts
        ]
    total = sum(one.subject.daily.sum() for one in both.markets)
    assert both.subject.daily.sum() == pytest.approx(total)


@pytest.mark.thorough
def test_every_market_stands_in_numbers_summary_and_page(both) -> None:
    numbers = metrics(both)
    assert [(one["name"], one["sessions"]) for one in numbers["markets"]] == [("NQ", 5), ("ES", 4)]
    assert all(one["finding"] in set(Finding) for one in numbers["markets"])
    text, page = summary_text(numbers), render_report(both, numbers)
    for one in numbers["markets"]:
        title = f"{one['name']}, {one['sessions']} sessions, {one['first_session']} to"
        assert title in text
        assert f"<h3>{title}" in page
        assert escape(one["headline"]) in page
        assert one["headline"] in " ".join(text.split())


def test_one_market_has_no_section_of_its_own(failing) -> None:
    numbers = metrics(failing)
    assert numbers["markets"] == []
    assert "EACH MARKET" not in summary_text(numbers)
    assert "Each market on its own" not in render_report(failing, numbers)


def test_names_of_markets(markets) -> None:
    nq, es = markets
    assert market_names(concat_markets([nq, es, nq])) == ["NQ/0", "ES", "NQ/2"]


def test_a_market_that_lacks_a_range_is_named() -> None:
    long, short = (synthetic_market("NQ", n, seed=3) for n in (24, 16))
    whole = concat_markets([long, short])
    assert sessions_of_each(long, divide(long)) == {"NQ": {"train": 5, "validation": 2, "test": 15}}
    with pytest.raises(ValueError, match=r"NQ/1 has 7 sessions in the test range .* at least 15"):
        sessions_of_each(whole, divide(whole))
