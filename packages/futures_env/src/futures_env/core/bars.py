"""One row of the market table."""

import jax
import jax.numpy as jnp
from flax import struct

from futures_env.types import MarketData


@struct.dataclass(kw_only=True)
class Bar:
    """Row ``row`` of ``MarketData``; all leaves 0-d, prices in ticks."""

    row: jax.Array  # () int32
    open: jax.Array  # () int32
    high: jax.Array  # () int32
    low: jax.Array  # () int32
    close: jax.Array  # () int32
    atr: jax.Array  # () float32
    session: jax.Array  # () int32
    date: jax.Array  # () int32
    session_last: jax.Array  # () bool
    entry_ok: jax.Array  # () bool
    extreme_order: jax.Array  # () int8


def read_bar(market: MarketData, row: jax.Array) -> Bar:
    """Read one row; rows beyond the table give its last row."""
    row = jnp.clip(row, 0, market.num_bars - 1)
    return Bar(
        row=row,
        open=market.open[row],
        high=market.high[row],
        low=market.low[row],
        close=market.close[row],
        atr=market.atr[row],
        session=market.session[row],
        date=market.date[row],
        session_last=market.session_last[row],
        entry_ok=market.entry_ok[row],
        extreme_order=market.extreme_order[row],
    )
