"""The bars as rows of eight words: all that a step reads of a bar lies in one place.

A step looks at one or two bars of every environment. With a column per quantity each of them is a
memory access of its own, and with a long history an access to a page of its own.
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

WORDS = 8
MINUTE, OPEN, HIGH, LOW, DATE, CLOSE, ATR, CALENDAR = range(WORDS)
"""Places of the words in a row; ``ATR`` is the bits of a float32, ``CALENDAR`` is packed.

What a decision reads of the bar just closed comes last, next to the row of the bar that follows.
"""
AGE_LIMIT = 2047
"""``session_age`` counts up to here."""

CALENDAR_FIELDS = {
    "session_last": (0, 1),
    "entry_ok": (1, 1),
    "segment_last": (2, 1),
    "extreme_order": (3, 2),
    "session_age": (5, 11),
    "market": (16, 7),
}
"""Fields of the calendar word: first bit and number of bits."""
_PLACES = {"open": OPEN, "high": HIGH, "low": LOW, "close": CLOSE, "atr": ATR, "date": DATE,
           "minute": MINUTE}  # fmt: skip


def pack_rows(columns: Mapping[str, NDArray]) -> NDArray[np.int32]:
    """Rows from ``columns.checked_columns``; changes of session and segment become flags.

    Returns:
        (T, WORDS) int32.
    """
    session, segment = columns["session"], columns["segment"]
    fields = dict(columns) | {
        "segment_last": np.append(np.diff(segment) != 0, True),
        "session_age": _age(session),
    }
    calendar = np.zeros(len(session), np.int32)
    for name, (bit, _) in CALENDAR_FIELDS.items():
        calendar |= fields[name].astype(np.int32) << bit
    words = {place: columns[name].view(np.int32) for name, place in _PLACES.items()}
    return np.stack([(words | {CALENDAR: calendar})[place] for place in range(WORDS)], axis=1)


def _age(session: NDArray[np.int32]) -> NDArray[np.int64]:
    """Rows since the first of the session, at most ``AGE_LIMIT``."""
    row = np.arange(len(session))
    begins = np.append(True, np.diff(session) != 0)
    return np.minimum(row - np.maximum.accumulate(np.where(begins, row, 0)), AGE_LIMIT)


def calendar_field(word: jax.Array, name: str) -> jax.Array:
    """A field of the calendar word: bool for one bit, int8 or int32 for more."""
    bit, width = CALENDAR_FIELDS[name]
    value = (word >> bit) & ((1 << width) - 1)
    if width == 1:
        return value != 0
    return value.astype("int8" if width < 8 else "int32")


def column(bars: jax.Array, name: str) -> jax.Array:
    """A column by its name from (..., WORDS) rows, in its own type."""
    if name in CALENDAR_FIELDS:
        return calendar_field(bars[..., CALENDAR], name)
    word = bars[..., _PLACES[name]]
    return as_float(word) if name == "atr" else word


def as_float(word: jax.Array) -> jax.Array:
    """The float32 whose bits are an int32, on the host or on a device."""
    if isinstance(word, np.ndarray):
        return word.view(np.float32)
    return jax.lax.bitcast_convert_type(word, jnp.float32)
