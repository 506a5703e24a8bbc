"""Rule-based policies that stand beside every result."""

from enum import IntEnum

import jax
import jax.numpy as jnp
from flax import struct

from eval_tools.policies.policy import Context
from futures_env.codes import Action
from futures_env.core.bars import Bar, read_bar
from futures_env.market.table import MarketData

OPENING_RANGE_BARS = 30
"""Bars of the opening range; a break of it is traded."""

FAST_BARS, SLOW_BARS = 5, 20
"""Windows of the two simple moving averages of the cross."""


class Baseline(IntEnum):
    """The baselines; the value selects the rule inside one compiled function."""

    ALWAYS_FLAT = 0
    RANDOM_LEGAL = 1
    ALWAYS_LONG = 2
    ALWAYS_SHORT = 3
    OPENING_RANGE_BREAKOUT = 4
    MOVING_AVERAGE_CROSS = 5


@struct.dataclass
class BaselinePolicy:
    """All baselines in one pytree: what the rule wants when that is legal, else HOLD.

    Attributes:
        kind: () int32, ``Baseline``.
    """

    kind: jax.Array

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.policies.policy.Policy``."""
        del obs
        market, row = context.params.market, context.state.row
        wishes = {
            Baseline.ALWAYS_FLAT: jnp.int32(Action.HOLD),
            Baseline.RANDOM_LEGAL: jax.random.categorical(key, jnp.where(mask, 0.0, -jnp.inf)),
            Baseline.ALWAYS_LONG: jnp.int32(Action.BUY),
            Baseline.ALWAYS_SHORT: jnp.int32(Action.SELL),
            Baseline.OPENING_RANGE_BREAKOUT: _order(_breakout(market, row)),
            Baseline.MOVING_AVERAGE_CROSS: _order(_average_cross(market, row)),
        }
        wanted = jnp.stack([wishes[kind].astype(jnp.int32) for kind in Baseline])[self.kind]
        return jnp.where(mask[wanted], wanted, jnp.int32(Action.HOLD))


def baseline(kind: Baseline) -> BaselinePolicy:
    """The policy of one baseline.

    Always long and always short enter whenever an entry is legal. The opening-range breakout
    enters when a close leaves the range of the session's first 30 bars; the moving-average cross
    when SMA(5) crosses SMA(20). None of them manages a position: the bracket does.
    """
    return BaselinePolicy(kind=jnp.int32(kind))


def _order(direction: jax.Array) -> jax.Array:
    """BUY for +1, SELL for -1, HOLD for 0."""
    return jnp.where(direction > 0, Action.BUY, jnp.where(direction < 0, Action.SELL, Action.HOLD))


def _bars(market: MarketData, rows: jax.Array) -> Bar:
    """Several bars, leaves (n,)."""
    return jax.vmap(read_bar, (None, 0))(market, rows)


def _breakout(market: MarketData, row: jax.Array) -> jax.Array:
    """+1 or -1 on the bar whose close first leaves the opening range, else 0."""
    age = read_bar(market, row).session_age
    opening = _bars(market, row - age + jnp.arange(OPENING_RANGE_BARS))
    top, bottom = jnp.max(opening.high), jnp.min(opening.low)
    now, before = read_bar(market, row).close, read_bar(market, row - 1).close
    up = (now > top) & (before <= top)
    down = (now < bottom) & (before >= bottom)
    return jnp.where(age >= OPENING_RANGE_BARS, up.astype(jnp.int32) - down, 0)


def _average_cross(market: MarketData, row: jax.Array) -> jax.Array:
    """+1 or -1 on the bar where the fast average crosses the slow one, else 0.

    Compared as FAST x sum of slow against SLOW x sum of fast, in integers and relative to the
    present close, so that nothing rounds or overflows.
    """
    closes = _bars(market, row - SLOW_BARS + jnp.arange(SLOW_BARS + 1)).close
    moves = closes - closes[-1]

    def lead(last: int) -> jax.Array:
        fast = jnp.sum(moves[last - FAST_BARS : last])
        slow = jnp.sum(moves[last - SLOW_BARS : last])
        return jnp.sign(SLOW_BARS * fast - FAST_BARS * slow)

    now, before = lead(SLOW_BARS + 1), lead(SLOW_BARS)
    crossed = (now != 0) & (now != before)
    in_session = read_bar(market, row).session_age >= SLOW_BARS
    return jnp.where(crossed & in_session, now, 0)
