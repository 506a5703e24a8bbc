"""Oracles of the planted edges, run through the real environment."""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import futures_env
from futures_env import Action
from futures_env.data.synthetic import edges

VOLUME = futures_env.FEATURES.index("volume")
NEVER = 1_000_000


class Score(NamedTuple):
    """Trades of one run over a whole market."""

    trades: int
    net_usd: float  # total
    error_usd: float  # standard error of the total

    def costs_per(self, trades: int, cost_usd: float) -> float:
        """Total in round-turn costs per trade."""
        return self.net_usd / trades / cost_usd


@partial(jax.jit, static_argnums=0)
def _run(
    env: futures_env.FuturesEnv,
    params: futures_env.EnvParams,
    state: futures_env.EnvState,
    threshold: jax.Array,
    trail_after: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    key = jax.random.key(0)
    signal = params.market.features[:, VOLUME]

    def step(state, _):
        here = signal[state.row]
        entry = jnp.where(here > threshold, Action.BUY, Action.HOLD)
        entry = jnp.where(here < -threshold, Action.SELL, entry)
        manage = jnp.where(state.bars_held >= trail_after, Action.TRAIL_ON, Action.HOLD)
        action = jnp.where(state.side == 0, entry, manage).astype(jnp.int32)
        _, state, _, _, info = env.step_env(key, state, action, params)
        return state, (info["trade_closed"], info["trade_pnl_cents"])

    steps = params.market.num_bars - env.config.window  # from the first start to the last row
    return jax.lax.scan(step, state, None, length=steps)[1]


def _params(
    env: futures_env.FuturesEnv, market: futures_env.MarketData, gross: bool
) -> futures_env.EnvParams:
    """An account that no trade can end, from the first start of the market on."""
    params = env.default_params
    free = {
        name: jnp.zeros_like(getattr(params, name))
        for name in (
            "commission_usd", "slippage_ticks", "stop_slippage_ticks", "target_through_ticks"
        )
    }  # fmt: skip
    big = jnp.float32(5e6)
    return replace(
        params,
        start_balance=big,
        drawdown=big / 2,
        profit_target=big,
        max_steps_in_episode=jnp.int32(NEVER * 100),
        start_row=market.starts[0],
        **(free if gross else {}),
    )


def score(
    market: futures_env.MarketData, threshold: float, trail_after: int = NEVER, gross: bool = False
) -> Score:
    """Trade the signal over the whole market.

    Args:
        market: from ``synthetic_market``.
        threshold: of the volume feature: above it buy, below its negative sell.
        trail_after: bars held before the stop trails; never by default: the fixed bracket.
        gross: without commission, slippages and through ticks.
    """
    env = futures_env.FuturesEnv(2, market=market)
    params = _params(env, market, gross)
    _, state = env.reset(jax.random.key(0), params)
    closed, pnl = _run(env, params, state, jnp.float32(threshold), jnp.int32(trail_after))
    won = np.asarray(pnl)[np.asarray(closed)] / 100.0
    return Score(len(won), float(won.sum()), float(won.std() * len(won) ** 0.5))


def cost_usd(symbol: str) -> float:
    """Round-turn cost that strengths are measured in."""
    contract = futures_env.instrument(symbol)
    return edges.round_turn_ticks(symbol) * contract.tick_value_cents / 100.0
