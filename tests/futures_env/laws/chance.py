"""Fair games: markets of one-tick random walks, and money counted without recording steps."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from futures_env import ContractTable, EnvParams, EnvState, FuturesEnv, MarketData

Policies = Callable[[EnvState, EnvParams, jax.Array, jax.Array], jax.Array]
"""(state, params, mask, random bits) -> the action of each policy."""


class Walk(NamedTuple):
    """Shape of a random-walk market."""

    sessions: int
    bars_per_session: int
    ticks_per_bar: int


def random_walk_market(seed: int, shape: Walk, *, order_known: bool) -> MarketData:
    """Bars cut from one walk of one-tick steps; each opens at the close before it.

    The ATR is 2 ticks throughout, a tick is worth one dollar and nothing costs anything.
    """
    rng = np.random.default_rng(seed)
    bars = shape.sessions * shape.bars_per_session
    steps = rng.integers(0, 2, (bars, shape.ticks_per_bar), np.int8) * 2 - 1
    within = np.cumsum(steps, axis=1, dtype=np.int8)
    path = np.concatenate([np.zeros((bars, 1), np.int8), within], axis=1)
    open_ = np.concatenate([[0], np.cumsum(within[:-1, -1], dtype=np.int32)]).astype(np.int32)
    low_first = path.argmin(axis=1) < path.argmax(axis=1)
    in_session = np.arange(bars) % shape.bars_per_session
    session = (np.arange(bars) // shape.bars_per_session).astype(np.int32)
    to_flat = (shape.bars_per_session - 1 - in_session).astype(np.int32)
    return MarketData.from_columns(
        open=jnp.asarray(open_),
        high=jnp.asarray(open_ + path.max(axis=1)),
        low=jnp.asarray(open_ + path.min(axis=1)),
        close=jnp.asarray(open_ + path[:, -1]),
        volume=jnp.ones(bars, jnp.float32),
        atr=jnp.full(bars, 2.0, jnp.float32),
        features=jnp.zeros((bars, 1)),
        minute=jnp.arange(bars, dtype=jnp.int32),
        date=jnp.asarray(session),
        session=jnp.asarray(session),
        segment=jnp.zeros(bars, jnp.int32),
        bars_to_flat=jnp.asarray(to_flat),
        session_last=jnp.asarray(to_flat == 0),
        entry_ok=jnp.asarray(to_flat > 0),
        extreme_order=jnp.asarray(order_known * np.where(low_first, 1, 2), jnp.int8),
        market=jnp.zeros(bars, jnp.int8),
        starts=jnp.zeros(1, jnp.int32),
        start_offsets=jnp.asarray([0, 1], jnp.int32),
        contract_table=ContractTable(
            tick_size=jnp.ones(1, jnp.float32),
            tick_value_cents=jnp.full(1, 100, jnp.int32),
            commission_cents=jnp.zeros(1, jnp.int32),
            slippage_ticks=jnp.zeros(1, jnp.int32),
        ),
    )


def fair_params(env: FuturesEnv, **changes: float) -> EnvParams:
    """No costs, limits out of reach: what is won or lost is the fills' doing alone."""
    free = {
        "commission_usd": 0.0,
        "slippage_ticks": 0,
        "stop_slippage_ticks": 0,
        "target_through_ticks": 0,
        "max_stop_usd": 0.0,
        "stop_atr_multiple": 1.0,
        "target_ratio": 1.5,
        "trail_atr_multiple": 1.0,
        "start_balance": 100_000.0,
        "profit_target": 90_000.0,
        "drawdown": 90_000.0,
        "lock": 0,
        "end_on_pass": False,
        "max_steps_in_episode": 2**30,
    } | changes
    default = env.default_params
    return replace(
        default,
        **{name: jnp.asarray(x, getattr(default, name).dtype) for name, x in free.items()},
    )


class Tally(NamedTuple):
    """Trades of one lane, P&L in ticks; float32 sums of small integers are exact."""

    trades: jax.Array
    total: jax.Array
    squares: jax.Array


@partial(jax.jit, static_argnums=(0, 1, 6))
def tally(
    env: FuturesEnv,
    policies: Policies,
    params: EnvParams,
    which: jax.Array,
    first_rows: jax.Array,
    key: jax.Array,
    steps: int,
) -> Tally:
    """Play one policy from each row over ``steps`` bars; a failed account begins anew in place.

    A position still open at the end counts as a trade closed at the last close: a fair game
    stopped at a fixed time is still fair.
    """

    def lane(row: jax.Array, key: jax.Array) -> Tally:
        def step(
            carry: tuple[EnvState, Tally], bits: jax.Array
        ) -> tuple[tuple[EnvState, Tally], None]:
            state, sums = carry
            action = policies(state, params, env.action_mask(state, params), bits)[which]
            _, state, _, terminated, info = env.step_env(key, state, action, params)
            sums = _added(sums, info["trade_closed"], info["trade_pnl_cents"])
            fresh = env.state_at(state.row, params)
            state = jax.tree.map(lambda new, old: jnp.where(terminated, new, old), fresh, state)
            return (state, sums), None

        zero = jnp.float32(0)
        bits = jax.random.bits(key, (steps,), jnp.uint32)
        begin = (env.state_at(row, params), Tally(zero, zero, zero))
        (state, sums), _ = jax.lax.scan(step, begin, bits)
        return _added(sums, state.side != 0, state.equity_cents - state.balance_cents)

    return jax.vmap(lane)(first_rows, jax.random.split(key, len(first_rows)))


def _added(sums: Tally, closed: jax.Array, pnl_cents: jax.Array) -> Tally:
    ticks = jnp.where(closed, pnl_cents // 100, 0).astype(jnp.float32)
    return Tally(sums.trades + closed, sums.total + ticks, sums.squares + ticks**2)
