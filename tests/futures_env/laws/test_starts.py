"""An episode draws its market evenly, then one of that market's start rows."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from tests.futures_env.laws.playing import env_of
from tests.futures_env.parity.markets import random_market, to_market_data

RESETS = 8192


def test_start_rows_are_drawn_by_market_then_by_row() -> None:
    leaves = random_market(np.random.default_rng(1), segments_per_market=1, sessions=10)
    kept = np.sort(np.random.default_rng(2).choice(leaves["starts"], 40, replace=False))
    counts = np.bincount(leaves["market"][kept], minlength=4)
    assert len(set(counts.tolist())) > 1
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    market = to_market_data(leaves | {"starts": kept, "start_offsets": offsets})
    env = env_of(1)
    params = replace(env.default_params, market=market)

    def row(key: jax.Array) -> jax.Array:
        return env.reset_env(key, params)[1].row

    rows = np.asarray(jax.jit(jax.vmap(row))(jax.random.split(jax.random.key(3), RESETS)))
    drawn, times = np.unique(rows, return_counts=True)
    np.testing.assert_array_equal(drawn, kept)
    expected = RESETS / 4 / counts[leaves["market"][kept]]
    assert (np.abs(times - expected) <= 5 * np.sqrt(expected)).all()

    fixed = replace(params, start_row=jnp.int32(kept[0] + 1))
    _, state = env.reset_env(jax.random.key(4), fixed)
    assert state.row == kept[0] + 1
