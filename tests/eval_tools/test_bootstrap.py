"""Intervals of mean daily P&L against arch as oracle, and their coverage."""

import numpy as np
import pytest
from arch.bootstrap import CircularBlockBootstrap
from scipy import stats

from eval_tools.measures.bootstrap import default_block_length, expanded_level, mean_interval


@pytest.mark.parametrize(("days", "length"), [(23, 3), (40, 1), (12, 12)])
def test_equals_the_percentile_interval_of_arch(days: int, length: int) -> None:
    values = np.random.default_rng(days).standard_t(4, size=days)
    ours = mean_interval(values, block_length=length, num_resamples=400, seed=7)

    oracle = CircularBlockBootstrap(length, values, seed=np.random.default_rng(7))
    level = expanded_level(0.95, -(-days // length))
    low, high = oracle.conf_int(np.mean, reps=400, method="percentile", size=level).ravel()

    assert (ours.low, ours.high) == (pytest.approx(low), pytest.approx(high))
    assert ours.mean == pytest.approx(values.mean())
    assert ours.block_length == length


def test_expanded_level_is_that_of_student_t_with_the_unbiased_deviation() -> None:
    wanted = stats.norm.cdf(np.sqrt(10 / 9) * stats.t.ppf(0.975, 9)) * 2 - 1
    assert expanded_level(0.95, 10) == pytest.approx(wanted)
    assert expanded_level(0.95, 10**7) == pytest.approx(0.95, abs=1e-5)


def test_covers_the_mean_of_few_heavy_tailed_days_at_its_nominal_rate() -> None:
    rng = np.random.default_rng(5)
    trials = 600
    covered = sum(
        mean_interval(rng.standard_t(4, size=20), num_resamples=300, seed=trial).covers(0.0)
        for trial in range(trials)
    )
    assert 0.925 < covered / trials < 0.975


def test_blocks_widen_the_interval_of_dependent_days() -> None:
    rng = np.random.default_rng(0)
    values = np.convolve(rng.normal(size=400), np.ones(5), mode="valid")
    single = mean_interval(values, block_length=1)
    blocks = mean_interval(values, block_length=20)
    assert blocks.high - blocks.low > 1.5 * (single.high - single.low)


def test_the_seed_decides() -> None:
    values = np.arange(20.0)
    assert mean_interval(values, seed=1) == mean_interval(values, seed=1)
    assert mean_interval(values, seed=1) != mean_interval(values, seed=2)
    assert default_block_length(20) == 3


def test_one_day_has_no_width() -> None:
    one = mean_interval([4.0])
    assert (one.low, one.mean, one.high) == (4.0, 4.0, 4.0)


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([], {}, "one value per day"),
        ([[1.0]], {}, "one value per day"),
        ([1.0, 2.0], {"level": 1.0}, "level must lie between 0 and 1"),
        ([1.0, 2.0], {"block_length": 3}, r"block_length must lie in 1\.\.2"),
    ],
)
def test_refuses(values: list, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mean_interval(values, **options)
