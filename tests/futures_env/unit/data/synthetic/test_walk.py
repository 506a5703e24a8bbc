"""The byte-wise walk against a plain walk, one sub-step at a time."""

import numpy as np
import pytest

from futures_env.data.synthetic.random_walk import COARSE, FINE, ByteTable, walk_bars


def plain_steps(table: ByteTable, byte: int) -> list[int]:
    """The sub-steps a byte stands for, from its bits."""
    bits = [(byte >> i) & 1 for i in range(8)]
    if table is FINE:
        return [bits[i] + bits[i + 1] - 1 for i in range(0, 8, 2)]
    return [2 * bit - 1 for bit in bits[2:]] + [bits[0] + bits[1] - 1]


@pytest.mark.parametrize("table", [FINE, COARSE], ids=["fine", "coarse"])
def test_bars_are_those_of_the_plain_walk(table: ByteTable) -> None:
    """Open, high, low, close and which extreme came first, also for bars that do not move."""
    lengths = np.random.default_rng(1).integers(0, 6, 400)
    bars = walk_bars(np.random.default_rng(2), table, lengths)
    raw = iter(np.random.default_rng(2).integers(0, 256, lengths.sum(), np.uint8).tolist())
    price = 0
    for row, length in enumerate(lengths.tolist()):
        path = [price]
        for _ in range(length):
            for step in plain_steps(table, next(raw)):
                assert abs(step) <= 1
                path.append(path[-1] + step)
        high_first = path.index(max(path)) < path.index(min(path))
        seen = (bars.open[row], bars.high[row], bars.low[row], bars.close[row])
        assert seen == (price, max(path), min(path), path[-1])
        assert bars.extreme_order[row] == (2 if high_first else 1)
        price = path[-1]


@pytest.mark.parametrize("table", [FINE, COARSE], ids=["fine", "coarse"])
def test_the_tables_are_symmetric(table: ByteTable) -> None:
    """Flipping the bits mirrors the path, so every sub-step has mean 0."""
    flipped = np.arange(256)[::-1]
    np.testing.assert_array_equal(table.move[flipped], -table.move)
    np.testing.assert_array_equal(table.high[flipped], -table.low)
    np.testing.assert_array_equal(table.high_step[flipped], table.low_step)
    steps = np.array([plain_steps(table, byte) for byte in range(256)])
    assert (steps.sum(axis=0) == 0).all()
    assert table.variance == steps.var(axis=0).sum()


def test_planted_drift_has_the_asked_size() -> None:
    """Mean move per bar equals the drift within 4 standard errors, in both directions."""
    lengths = np.full(40_000, 60)
    for sign in (-1.0, 1.0):
        bars = walk_bars(np.random.default_rng(3), COARSE, lengths, np.full(40_000, sign * 5.0))
        move = bars.close - bars.open
        assert abs(move.mean() - sign * 5.0) < 4.0 * move.std() / 200.0
