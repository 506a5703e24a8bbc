"""One row of the market table."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import struct
from jax.experimental.layout import Layout, with_layout_constraint

from futures_env.market import packing
from futures_env.market.table import MarketData

CLOSING_WORDS = packing.WORDS - packing.CLOSE
"""The last words of a row: all that a decision needs of its bar."""


@struct.dataclass(kw_only=True)
class ClosedBar:
    """What a decision needs of row ``row`` of ``MarketData``; all leaves 0-d, prices in ticks."""

    row: jax.Array  # () int32
    close: jax.Array  # () int32
    atr: jax.Array  # () float32
    session_age: jax.Array  # () int32, rows before it in its session, at most AGE_LIMIT
    session_last: jax.Array  # () bool
    segment_last: jax.Array  # () bool, the data of an episode end with it
    entry_ok: jax.Array  # () bool
    extreme_order: jax.Array  # () int8
    market: jax.Array  # () int8, row of the contract table


@struct.dataclass(kw_only=True)
class Bar(ClosedBar):
    """All that a step asks of row ``row`` of ``MarketData``."""

    open: jax.Array  # () int32
    high: jax.Array  # () int32
    low: jax.Array  # () int32
    date: jax.Array  # () int32


def read_bar(market: MarketData, row: jax.Array) -> Bar:
    """Read one row, or an array of rows; rows beyond the table give its last row."""
    row = jnp.clip(row, 0, market.num_bars - 1)
    words = jnp.asarray(market.bars).at[row].get(mode="promise_in_bounds")
    return _bar(row, tuple(jnp.moveaxis(words, -1, 0)))


def read_two_bars(market: MarketData, row: jax.Array) -> tuple[ClosedBar, Bar]:
    """The bar of ``row`` and the next one, at the table's end the last bar twice.

    Args:
        market: of at least two bars.
        row: () int32, within the table.
    """
    last = market.num_bars - 1
    first = jnp.minimum(row, last - 1) * packing.WORDS + packing.CLOSE
    words = _read_words(jnp.asarray(market.bars).reshape(-1), first)
    own, following = words[:CLOSING_WORDS], words[CLOSING_WORDS:]
    closing = [
        jnp.where(row < last, *pair) for pair in zip(own, following[-CLOSING_WORDS:], strict=True)
    ]
    closed = ClosedBar(row=row, **_closing(closing))
    return closed, _bar(jnp.minimum(row + 1, last), following)


def _words_from(table: jax.Array, first: jax.Array) -> jax.Array:
    """What a step reads of two rows, which lies side by side in the flat ``table``. (11,) int32."""
    count = CLOSING_WORDS + packing.WORDS
    return jax.lax.dynamic_slice(table, (first,), (count,), allow_negative_indices=False)


@jax.custom_batching.custom_vmap
def _read_words(table: jax.Array, first: jax.Array) -> tuple[jax.Array, ...]:
    """``_words_from``, word by word.

    One look-up, as each is a loop of its own on the CPU. Under ``jax.vmap`` it leaves one word of
    all environments after the other: the many loops that read a word would otherwise skip ten for
    each that they want.
    """
    return tuple(_words_from(table, first))


@_read_words.def_vmap
def _read_words_of_many(
    axis_size: int, in_batched: list[bool], table: jax.Array, first: jax.Array
) -> tuple[tuple[jax.Array, ...], tuple[bool, ...]]:
    del axis_size
    axes = [0 if batched else None for batched in in_batched]
    by_env = jax.vmap(_words_from, axes)(table, first)
    by_env = with_layout_constraint(by_env, Layout(major_to_minor=(1, 0)))
    by_word = with_layout_constraint(by_env.T, Layout(major_to_minor=(0, 1)))
    return tuple(by_word), (True,) * len(by_word)


def _bar(row: jax.Array, words: Sequence[jax.Array]) -> Bar:
    """From the words of a row."""
    return Bar(
        row=row,
        open=words[packing.OPEN],
        high=words[packing.HIGH],
        low=words[packing.LOW],
        date=words[packing.DATE],
        **_closing(words[packing.CLOSE :]),
    )


def _closing(words: Sequence[jax.Array]) -> dict[str, jax.Array]:
    """From the last words of a row, from ``packing.CLOSE`` on."""
    close, atr, calendar = words
    fields = {name: packing.calendar_field(calendar, name) for name in packing.CALENDAR_FIELDS}
    return {"close": close, "atr": packing.as_float(atr)} | fields


def same_session(decision_bar: ClosedBar, next_bar: ClosedBar) -> jax.Array:
    """Whether ``next_bar`` (at the table's end the same bar again) is in the session. () bool."""
    return (next_bar.session_age > 0) | (next_bar.row == decision_bar.row)
