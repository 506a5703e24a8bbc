"""Markets as the environment sees them: from a file to the observation, one market or many."""

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import futures_env
from futures_env.market.table import MarketData
from futures_env.phases import PHASES
from futures_env.types import EnvParams, EnvState

STEPS = 300


@pytest.fixture(scope="module")
def markets() -> list[MarketData]:
    """Two markets of unequal length and different contracts."""
    return [
        futures_env.synthetic_market("NQ", sessions=6, seed=1),
        futures_env.synthetic_market("MGC", sessions=5, seed=3),
    ]


def episodes(params: EnvParams, rows: jax.Array) -> dict[str, jax.Array]:
    """300 random actions from each start row, in one batch: one entry per figure compared."""
    env = futures_env.FuturesEnv(2, market=params.market)

    def episode(given: EnvParams, row: jax.Array) -> dict[str, jax.Array]:
        here = replace(given, start_row=row)
        _, state = env.reset(jax.random.key(0), here)

        def step(state: EnvState, key: jax.Array) -> tuple[EnvState, dict[str, jax.Array]]:
            action = jax.random.randint(key, (), 0, 6)
            obs, state, reward, _, info = env.step_env(key, state, action, here)
            seen = {"obs": obs, "reward": reward, "equity": info["equity_cents"]}
            return state, seen | {"pnl": info["trade_pnl_cents"]}

        return jax.lax.scan(step, state, jax.random.split(jax.random.key(7), STEPS))[1]

    # as an argument: constants would be folded, and divide differently
    return jax.jit(jax.vmap(episode, in_axes=(None, 0)))(params, rows)


@pytest.fixture(scope="module")
def runs(markets: list[MarketData]) -> list[tuple[dict, dict]]:
    """Each market's run alone, and its part of the batch over the joined markets."""
    joined = futures_env.concat_markets(markets)
    params = futures_env.FuturesEnv(2, market=joined).default_params
    rows = joined.starts[np.asarray(joined.start_offsets)[:-1] + 250]
    together = episodes(params, rows)
    pairs = []
    for number, market in enumerate(markets):
        alone = futures_env.FuturesEnv(2, market=market).default_params
        single = episodes(alone, market.starts[250:251])
        pairs.append(
            ({k: v[0] for k, v in single.items()}, {k: v[number] for k, v in together.items()})
        )
    return pairs


FLOOR_DISTANCE = 220 + PHASES[2].scalars.index("floor_distance")


def test_a_batch_over_joined_markets_equals_the_single_runs(runs) -> None:
    """Observations, rewards, trades and equity, bit for bit, with each market's own costs."""
    for alone, together in runs:
        for name in alone:
            one, two = np.array(alone[name]), np.array(together[name])
            if name == "obs":
                one, two = (np.delete(obs, FLOOR_DISTANCE, axis=1) for obs in (one, two))
            np.testing.assert_array_equal(one, two, name)
        assert (np.asarray(alone["pnl"]) != 0).any(), "each market must trade"


def test_floor_distance_is_the_same_in_a_batch(runs) -> None:
    """The one column whose divisor all lanes share."""
    for alone, together in runs:
        one, two = (np.asarray(run["obs"])[:, FLOOR_DISTANCE] for run in (alone, together))
        np.testing.assert_array_equal(one, two)


def test_noise_after_t_leaves_the_observation_at_t(frame: pd.DataFrame, tmp_path: Path) -> None:
    """File -> checks -> features -> session filter -> observation, on a 5-minute market too."""
    cut = pd.Timestamp("2015-02-10 14:00", tz="America/New_York")
    assert isinstance(cut, pd.Timestamp)
    noisy = frame.copy()
    late = (frame["timestamp"] >= cut).to_numpy()
    noisy.loc[late, ["open", "high", "low", "close"]] += 250.0
    noisy.loc[late, "volume"] *= 3
    seen = []
    for name, table in (("clean", frame), ("noisy", noisy)):
        path = tmp_path / f"{name}.csv.gz"
        table.to_csv(path, index=False)
        market = futures_env.load_market(path, bar_minutes=5)
        row = int(np.searchsorted(np.asarray(market.minute), cut.timestamp() // 60)) - 1
        env = futures_env.FuturesEnv(1, market=market)
        params = replace(env.default_params, start_row=jnp.int32(row))
        seen.append([env.reset(jax.random.key(0), params)[0]])
        params = replace(env.default_params, start_row=jnp.int32(row + 1))
        seen[-1].append(env.reset(jax.random.key(0), params)[0])
    np.testing.assert_array_equal(np.asarray(seen[0][0]), np.asarray(seen[1][0]))
    assert (np.asarray(seen[0][1]) != np.asarray(seen[1][1])).any(), "the noise must be visible"
