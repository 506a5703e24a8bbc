"""What the agent sees: the bar window, the account, and what it may do."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from futures_env.config import EnvConfig
from futures_env.core.bars import ClosedBar
from futures_env.core.commands import Legality
from futures_env.core.rules import market_of
from futures_env.types import EnvParams, EnvState, Rules

BARS_HELD_SCALE = 390.0
"""Bars of a cash session from 09:30 to 16:00: the unit of ``bars_held`` in observations."""


def bar_window(params: EnvParams, row: jax.Array, window: int, rest: int) -> jax.Array:
    """The last ``window`` rows of features, time-major, and ``rest`` more floats to write over.

    Args:
        params: for the market.
        row: () int32, the last row of the window; at least ``window - 1`` rows lie before it.
        window: rows.
        rest: floats behind the window. They belong to bars to come: overwrite them all.

    Returns:
        (window * F + rest,) float32.

    Raises:
        ValueError: the features have too little padding for ``rest``.
    """
    features = params.market.padded_features
    columns = features.shape[1]
    spare = -(-rest // columns)
    if features.shape[0] < params.market.num_bars + spare:
        raise ValueError(
            f"padded_features has {features.shape[0]} rows for {params.market.num_bars} bars, "
            f"{spare} more are needed behind the last: build the market with from_columns"
        )
    # one dimension: compilers copy a row of a flat table as a block
    return jax.lax.dynamic_slice(
        features.reshape(-1),
        ((row - (window - 1)) * columns,),
        (window * columns + rest,),
        allow_negative_indices=False,
    )


@jax.custom_batching.custom_vmap
def overwrite(values: jax.Array, part: jax.Array, column: jax.Array | int) -> jax.Array:
    """``values`` with ``part`` in place of its columns from ``column`` on; any leading axes.

    ``jax.vmap`` would turn the update into a scatter, although it goes to the same columns of
    every row; this rule keeps it one contiguous copy. It has no reverse-mode derivative.
    """
    return jax.lax.dynamic_update_slice(values, part, (0,) * (values.ndim - 1) + (column,))


@overwrite.def_vmap
def _overwrite_many(
    axis_size: int, in_batched: list[bool], values: jax.Array, part: jax.Array, column: jax.Array
) -> tuple[jax.Array, bool]:
    wide, wide_part = (
        x if batched else jnp.broadcast_to(x, (axis_size, *x.shape))
        for x, batched in zip((values, part), in_batched[:2], strict=True)
    )
    return overwrite(wide, wide_part, column), True


def overwrite_end(values: jax.Array, parts: Sequence[jax.Array]) -> jax.Array:
    """``values`` with ``parts``, one behind the other, in place of its last columns.

    Each part is written by itself: XLA computes up to eight joined values in the loop that writes
    them; of more, each is a loop of its own on the CPU, and the joint another.
    """
    column = values.shape[-1] - sum(len(part) for part in parts)
    for part in parts:
        values = overwrite(values, part, column)
        column += len(part)
    return values


def scalars(
    params: EnvParams, rules: Rules, state: EnvState, decision_bar: ClosedBar, legal: Legality
) -> dict[str, jax.Array]:
    """Every scalar that a phase's blocks may name, each () float32."""
    in_position = state.side != 0
    atr = jnp.maximum(decision_bar.atr, jnp.float32(1e-3))

    def per_atr(ticks: jax.Array) -> jax.Array:
        return jnp.where(in_position, ticks, 0).astype(jnp.float32) / atr

    # Divisors shared by all lanes are inverted once, here: a compiler would do so by itself for
    # some batch sizes and not for others, and the last bit would depend on the batch.
    room = (state.equity_cents - state.floor_cents).astype(jnp.float32)
    per_drawdown = 1.0 / jnp.maximum(rules.drawdown_cents, 1).astype(jnp.float32)
    return {
        "side": state.side.astype(jnp.float32),
        "open_profit": per_atr(state.open_profit_ticks(decision_bar.close)),
        "stop_distance": per_atr((decision_bar.close - state.stop_price) * state.side),
        "target_distance": per_atr((state.target_price - decision_bar.close) * state.side),
        "bars_held": state.bars_held.astype(jnp.float32) * jnp.float32(1.0 / BARS_HELD_SCALE),
        "trailing": state.trailing.astype(jnp.float32),
        "break_even_moved": state.break_even_moved.astype(jnp.float32),
        "floor_distance": jnp.clip(room * per_drawdown, 0.0, 2.0),
        "can_enter": legal.can_enter.astype(jnp.float32),
        "can_break_even": legal.can_break_even.astype(jnp.float32),
        "in_position": in_position.astype(jnp.float32),
    }


def observation(
    config: EnvConfig,
    params: EnvParams,
    rules: Rules,
    state: EnvState,
    decision_bar: ClosedBar,
    legal: Legality,
) -> jax.Array:
    """Window ++ one-hot market (optional) ++ scalars at ``decision_bar``'s close, (N,) float32."""
    values = scalars(params, rules, state, decision_bar, legal)
    parts = [jnp.stack([values[name] for name in block]) for block in config.spec.blocks]
    if config.market_block:
        number = market_of(params, decision_bar)
        parts.insert(0, (jnp.arange(config.market_block) == number).astype(jnp.float32))
    rest = sum(len(part) for part in parts)
    return overwrite_end(bar_window(params, state.row, config.window, rest), parts)
