"""The bars as rows of eight words: all that a step reads of a bar lies in one place.

A step looks at one or two bars of every environment. With a column per quantity each of them is a
memory access of its own, and with a long history an access to a page of its own.
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

WORDS = 8
OPEN, HIGH, LOW, CLOSE, ATR, DATE, MINUTE, CALENDAR = range(WORDS)
"""Places of the words in a row; ``ATR`` is the bits of a float32, ``CALENDAR`` is packed."""
AGE_LIMIT = 15
"""``session_age`` counts up to here."""

CALENDAR_FIELDS = {
    "session_last": (0, 1),
    "entry_ok": (1, 1),
    "segment_last": (2, 1),
    "extreme_order": (3, 2),
    "session_age": (5, 4),
    "market": (9, 7),
}
"""Fields of the calendar word: first bit and number of bits."""
PACKED = ("open", "high", "low", "close", "atr", "date", "minute",
          "session_last", "entry_ok", "extreme_order", "market")  # fmt: skip
"""Columns of ``MarketData`` that are kept in the rows."""


def pack_rows(
    columns: Mapping[str, ArrayLike], session: ArrayLike, segment: ArrayLike
) -> NDArray[np.int32]:
    """Rows from the columns named in ``PACKED``.

    Args:
        columns: (T,) each; ``market`` is at most 127, ``extreme_order`` at most 2.
        session: (T,) int32, a change begins a session.
        segment: (T,) int32, a change ends the data of an episode.

    Returns:
        (T, WORDS) int32.
    """
    host = {name: np.asarray(columns[name]) for name in PACKED}
    last = np.append(np.diff(np.asarray(segment)) != 0, True)
    host |= {"segment_last": last, "session_age": _age(np.asarray(session))}
    calendar = np.zeros(len(last), np.int32)
    for name, (bit, width) in CALENDAR_FIELDS.items():
        value = host[name].astype(np.int32)
        if value.min(initial=0) < 0 or value.max(initial=0) >= 1 << width:
            raise ValueError(f"{name} must lie between 0 and {(1 << width) - 1}")
        calendar |= value << bit
    words = [host[name].astype(np.int32) for name in ("open", "high", "low", "close")]
    words.append(host["atr"].astype(np.float32).view(np.int32))
    words += [host["date"].astype(np.int32), host["minute"].astype(np.int32), calendar]
    return np.stack(words, axis=1)


def _age(session: NDArray[np.int32]) -> NDArray[np.int64]:
    """Rows since the first of the session, at most ``AGE_LIMIT``."""
    row = np.arange(len(session))
    begins = np.append(True, np.diff(session) != 0)[: len(session)]
    return np.minimum(row - np.maximum.accumulate(np.where(begins, row, 0)), AGE_LIMIT)


def calendar_field(word: jax.Array, name: str) -> jax.Array:
    """A field of the calendar word: bool for one bit, int8 otherwise."""
    bit, width = CALENDAR_FIELDS[name]
    value = (word >> bit) & ((1 << width) - 1)
    return value != 0 if width == 1 else value.astype(jnp.int8)


def column(bars: jax.Array, name: str) -> jax.Array:
    """One column of ``PACKED`` from (..., WORDS) rows, in its own type."""
    if name in CALENDAR_FIELDS:
        return calendar_field(bars[..., CALENDAR], name)
    word = bars[..., PACKED.index(name)]
    return as_float(word) if name == "atr" else word


def as_float(word: jax.Array) -> jax.Array:
    """The float32 whose bits are an int32, on the host or on a device."""
    if isinstance(word, np.ndarray):
        return word.view(np.float32)
    return jax.lax.bitcast_convert_type(word, jnp.float32)
