"""The frozen benchmark: the bars by their hash, its division, its scores."""

import numpy as np
import pytest

from eval_tools import benchmark_market, benchmark_score
from eval_tools.controls.benchmark import BENCHMARKS
from eval_tools.controls.planted import SignalPolicy
from futures_env import ArgumentError, market_hash

HASHES = {
    "entry-v1": {"train": "ac3fe8a1b564fc54", "test": "dc4382b46536efa6"},
    "exit-v1": {"train": "dacc87926804d4bf", "test": "ed29f693f0eeeb18"},
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", list(BENCHMARKS))
def test_the_bars_of_a_name_never_change(name) -> None:
    """Another hash is another benchmark: give it a new name instead."""
    parts = {part: benchmark_market(name, 3.0, 5001, part) for part in ("train", "test")}
    assert {part: market_hash(one)[:16] for part, one in parts.items()} == HASHES[name]
    train, test = (np.unique(np.asarray(one.date)) for one in parts.values())
    window = BENCHMARKS[name].window
    tradable = np.asarray(parts["test"].date)[window - 1 :]
    days = np.unique(np.asarray(tradable))
    assert len(days) in (199, 200, 201)
    assert train.max() < days.min()
    assert test.min() <= days.min()


@pytest.mark.thorough
def test_the_oracle_scores_one_and_a_flat_account_nothing() -> None:
    threshold = 1.0
    score = benchmark_score(SignalPolicy(np.float32(threshold)), "entry-v1", 10.0, 5001)
    assert 0.9 < score.share <= 1.05
    flat = benchmark_score(SignalPolicy(np.float32(99.0)), "entry-v1", 10.0, 5001)
    assert (flat.share, flat.usd_per_session, flat.trades_per_session) == (0.0, 0.0, 0.0)


def test_unknown_names_and_parts_are_refused() -> None:
    with pytest.raises(ArgumentError, match="no benchmark 'entry-v0'; known: entry-v1, exit-v1"):
        benchmark_market("entry-v0", 3.0, 1, "train")
    with pytest.raises(ArgumentError, match="split 'valid': train or test"):
        benchmark_market("entry-v1", 3.0, 1, "valid")
