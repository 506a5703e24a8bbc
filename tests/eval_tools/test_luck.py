"""Sharpe ratios against luck, backtest overfitting, seeds: published examples and oracles."""

from itertools import combinations

import numpy as np
import pytest
from arch.bootstrap import IIDBootstrap
from scipy.stats import kurtosis, skew, trim_mean

from eval_tools.measures.bootstrap import expanded_level
from eval_tools.measures.overfitting import overfitting
from eval_tools.measures.seeds import interquartile_mean, seed_interval
from eval_tools.measures.sharpe import SharpeRatio, expected_best_ratio


def test_the_deflated_sharpe_of_the_literature() -> None:
    """Bailey and Lopez de Prado (2014), "A numerical example": annualised 2.5 over 5 years."""
    found = SharpeRatio(ratio=2.5 / 250**0.5, days=1250, skew=-3.0, kurtosis=10.0)
    variance = 0.5 / 250
    assert expected_best_ratio(100, variance) == pytest.approx(0.1132, abs=5e-5)
    assert found.deflated(100, variance) == pytest.approx(0.9004, abs=5e-5)
    assert found.deflated(46, variance) == pytest.approx(0.9505, abs=5e-5)
    normal = SharpeRatio(ratio=2.5 / 250**0.5, days=1250, skew=0.0, kurtosis=3.0)
    assert normal.deflated(88, variance) == pytest.approx(0.9505, abs=1e-3)


def test_the_probabilistic_sharpe_of_the_literature() -> None:
    """Bailey and Lopez de Prado (2012): two years of monthly returns, ratio 0.458."""
    fund = SharpeRatio(ratio=0.458, days=24, skew=-2.448, kurtosis=10.164)
    assert fund.probabilistic() == pytest.approx(0.913, abs=5e-4)
    normal = SharpeRatio(ratio=0.458, days=24, skew=0.0, kurtosis=3.0)
    assert normal.probabilistic() == pytest.approx(0.982, abs=5e-4)


def test_moments_of_a_series() -> None:
    pnl = np.random.default_rng(0).standard_t(5, 200) * 100 + 20
    found = SharpeRatio.of(pnl)
    assert found is not None
    assert found.ratio == pytest.approx(pnl.mean() / pnl.std(ddof=1))
    assert (found.days, found.skew) == (200, pytest.approx(skew(pnl)))
    assert found.kurtosis == pytest.approx(kurtosis(pnl) + 3)
    assert SharpeRatio.of([1.0, 2.0]) is SharpeRatio.of(np.zeros(30)) is None


def test_more_trials_deflate_more_and_one_not_at_all() -> None:
    found = SharpeRatio(ratio=0.15, days=250, skew=-0.5, kurtosis=6.0)
    values = [found.deflated(trials) for trials in (1, 2, 10, 100)]
    assert values[0] == found.probabilistic()
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 4
    with pytest.raises(ValueError, match="at least 1 trial"):
        found.deflated(0)


def test_the_best_of_many_without_skill_is_not_called_skilled() -> None:
    """The default variance: of the best of 20 lucky ones a twentieth passes 95 %, not half."""
    rng = np.random.default_rng(1)
    passed, naive = 0, 0
    for _ in range(300):
        pnl = rng.standard_normal((120, 20))
        best = SharpeRatio.of(pnl[:, np.argmax(pnl.mean(0) / pnl.std(0))])
        assert best is not None
        passed += best.deflated(20) > 0.95
        naive += best.probabilistic() > 0.95
    assert passed / 300 < 0.05
    assert naive / 300 > 0.5


def _split_by_split(pnl: np.ndarray, blocks: int) -> float:
    """CSCV as the paper words it, one split after the other."""
    parts = np.array_split(np.arange(len(pnl)), blocks)
    logits = []
    for half in combinations(range(blocks), blocks // 2):
        inside = np.concatenate([parts[i] for i in half])
        outside = np.setdiff1d(np.arange(len(pnl)), inside)
        ratio = [pnl[rows].mean(0) / pnl[rows].std(0, ddof=1) for rows in (inside, outside)]
        best = int(np.argmax(ratio[0]))
        rank = 1 + int(np.sum(ratio[1] < ratio[1][best]))
        share = rank / (pnl.shape[1] + 1)
        logits.append(np.log(share / (1 - share)))
    return float(np.mean(np.array(logits) <= 0))


@pytest.mark.parametrize(("days", "strategies", "blocks"), [(40, 7, 8), (43, 4, 10), (12, 2, 6)])
def test_overfitting_is_what_the_paper_counts(days, strategies, blocks) -> None:
    pnl = np.random.default_rng(days).standard_normal((days, strategies))
    found = overfitting(pnl, blocks)
    assert found.probability == pytest.approx(_split_by_split(pnl, blocks))
    assert (found.days, found.strategies, found.blocks) == (days, strategies, blocks)


def test_a_real_edge_is_not_overfitted_and_luck_is() -> None:
    rng = np.random.default_rng(3)
    luck = rng.standard_normal((160, 10))
    mean = np.mean([overfitting(rng.standard_normal((160, 10))).probability for _ in range(20)])
    assert 0.35 < mean < 0.65
    edge = luck.copy()
    edge[:, 4] += 1.0
    assert overfitting(edge).probability == overfitting(edge).probability_of_loss == 0.0
    assert overfitting(edge).splits == 12_870


def test_a_strategy_that_never_trades_has_the_ratio_0() -> None:
    pnl = np.c_[np.zeros(40), np.random.default_rng(0).standard_normal(40) - 5.0]
    assert overfitting(pnl).probability == 0.0


@pytest.mark.parametrize("blocks", [3, 0, 22])
def test_wrong_blocks_are_refused(blocks) -> None:
    with pytest.raises(ValueError, match="blocks must be even, from 2 to 20"):
        overfitting(np.ones((40, 2)), blocks)


def test_the_interquartile_mean_is_that_of_the_middle_half() -> None:
    assert interquartile_mean([1, 2, 3, 4, 5, 6, 7, 1000]) == 4.5
    assert interquartile_mean([[1, 2, 3, 4], [5, 6, 7, 1000]]) == 4.5


def test_the_interval_over_seeds_is_that_of_arch() -> None:
    """rliable's own stratified bootstrap is arch's, one stratum at a time."""
    scores = np.random.default_rng(4).normal(30, 50, 10)
    mine = seed_interval(scores, num_resamples=1000, seed=7)
    theirs = IIDBootstrap(scores, seed=np.random.default_rng(7))
    means = theirs.apply(lambda x: trim_mean(x, 0.25), 1000)[:, 0]
    tail = (1 - expanded_level(0.95, 10)) / 2
    assert (mine.low, mine.high) == pytest.approx(np.quantile(means, [tail, 1 - tail]))
    assert (mine.mean, mine.num_values) == (interquartile_mean(scores), 10)


def test_strata_are_drawn_by_themselves() -> None:
    """A market that pays 1,000 more widens nothing: its seeds stay its own."""
    scores = np.random.default_rng(5).normal(0, 1, (8, 2))
    scores[:, 1] += 1000.0
    apart, together = seed_interval(scores), seed_interval(scores.ravel())
    assert apart.high - apart.low < 10 < together.high - together.low
    with pytest.raises(ValueError, match="2 or more seeds"):
        seed_interval([1.0])
