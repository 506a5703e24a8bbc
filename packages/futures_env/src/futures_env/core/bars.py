"""One row of the market table."""

import jax
import jax.numpy as jnp
from flax import struct

from futures_env.market import packing
from futures_env.market.table import MarketData


@struct.dataclass(kw_only=True)
class Bar:
    """Row ``row`` of ``MarketData``; all leaves 0-d, prices in ticks."""

    row: jax.Array  # () int32
    open: jax.Array  # () int32
    high: jax.Array  # () int32
    low: jax.Array  # () int32
    close: jax.Array  # () int32
    atr: jax.Array  # () float32
    date: jax.Array  # () int32
    session_age: jax.Array  # () int32, rows before it in its session, at most AGE_LIMIT
    session_last: jax.Array  # () bool
    segment_last: jax.Array  # () bool, the data of an episode end with it
    entry_ok: jax.Array  # () bool
    extreme_order: jax.Array  # () int8
    market: jax.Array  # () int8, row of the contract table


def read_bar(market: MarketData, row: jax.Array) -> Bar:
    """Read one row; rows beyond the table give its last row."""
    row = jnp.clip(row, 0, market.num_bars - 1)
    table = jnp.asarray(market.bars).reshape(-1)
    # one slice: a look-up of each word would be a loop of its own
    words = jax.lax.dynamic_slice(
        table, (row * packing.WORDS,), (packing.WORDS,), allow_negative_indices=False
    )

    calendar = words[packing.CALENDAR]
    return Bar(
        row=row,
        open=words[packing.OPEN],
        high=words[packing.HIGH],
        low=words[packing.LOW],
        close=words[packing.CLOSE],
        atr=packing.as_float(words[packing.ATR]),
        date=words[packing.DATE],
        **{name: packing.calendar_field(calendar, name) for name in packing.CALENDAR_FIELDS},
    )


def same_session(decision_bar: Bar, next_bar: Bar) -> jax.Array:
    """Whether ``next_bar`` (at the table's end the same bar again) is in the session. () bool."""
    return (next_bar.session_age > 0) | (next_bar.row == decision_bar.row)
