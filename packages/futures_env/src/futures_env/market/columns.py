"""The columns of a market as they are given: names, types, and what is refused."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

INTEGERS = ("open", "high", "low", "close", "minute", "date", "session", "segment",
            "bars_to_flat", "extreme_order", "market")  # fmt: skip
FLAGS = ("session_last", "entry_ok")
FLOATS = ("volume", "atr")
STARTS = ("starts", "start_offsets")
COLUMNS = ("open", "high", "low", "close", "volume", "atr", "features", "minute", "date", "session",
           "segment", "bars_to_flat", "session_last", "entry_ok", "extreme_order", "market",
           *STARTS)  # fmt: skip
"""Columns of a market: one value per bar (``features``: a row), and where episodes start."""
PER_BAR = COLUMNS[: -len(STARTS)]

_INT32 = np.iinfo(np.int32)


def checked_columns(
    columns: Mapping[str, ArrayLike], num_markets: int, feature_names: tuple[str, ...]
) -> dict[str, NDArray]:
    """The columns in the types of ``MarketData``.

    Args:
        columns: every name in ``COLUMNS``.
        num_markets: rows of the contract table.
        feature_names: empty, or one per feature.

    Returns:
        int32, bool or float32 arrays; nothing that was given is rounded or wrapped.

    Raises:
        ValueError: see ``MarketData.from_columns``.
    """
    if missing := [name for name in COLUMNS if name not in columns]:
        raise ValueError(f"missing columns: {', '.join(missing)}")
    if unknown := sorted(set(columns) - set(COLUMNS)):
        raise ValueError(f"unknown columns: {', '.join(unknown)}; known: {', '.join(COLUMNS)}")
    given = {name: np.asarray(columns[name]) for name in COLUMNS}
    host: dict[str, NDArray] = {n: _whole(n, given[n]) for n in (*INTEGERS, *STARTS)}
    host |= {name: _shaped(name, given[name], 1).astype(np.bool_) for name in FLAGS}
    host |= {name: _finite(name, given[name], 1) for name in FLOATS}
    host["features"] = _finite("features", given["features"], 2)
    _check_lengths(host)
    if len(feature_names) not in (0, host["features"].shape[1]):
        raise ValueError(
            f"features has {host['features'].shape[1]} columns, but {len(feature_names)} names"
        )
    if num_markets > 128:
        raise ValueError(f"at most 128 markets fit into one table, {num_markets} given; join fewer")
    num_bars = len(host["close"])
    _check_range("market", host["market"], 0, num_markets - 1)
    _check_range("extreme_order", host["extreme_order"], 0, 2)
    _check_range("starts", host["starts"], 0, num_bars - 1)
    offsets = host["start_offsets"]
    if len(offsets) != num_markets + 1 or offsets[0] != 0 or offsets[-1] != len(host["starts"]):
        raise ValueError(
            f"start_offsets must run from 0 to the {len(host['starts'])} starts in "
            f"{num_markets + 1} values, one more than markets"
        )
    return host


def _check_lengths(host: Mapping[str, NDArray]) -> None:
    num_bars = len(host["close"])
    if num_bars == 0 or host["features"].shape[1] == 0:
        raise ValueError("a market needs at least one bar and one feature")
    for name in PER_BAR:
        if len(host[name]) != num_bars:
            raise ValueError(f"{name} has {len(host[name])} rows, close has {num_bars}")


def _shaped(name: str, values: NDArray, ndim: int) -> NDArray:
    if values.ndim != ndim or values.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} must be numbers in {ndim} dimension{'s' * (ndim > 1)}, not "
            f"{values.dtype} in {values.ndim}"
        )
    return values


def _whole(name: str, values: NDArray) -> NDArray[np.int32]:
    values = _shaped(name, values, 1)
    fits = (values >= _INT32.min) & (values <= _INT32.max)
    if values.dtype.kind == "f":
        fits &= values == np.floor(values)
    if not fits.all():
        row = int(np.flatnonzero(~fits)[0])
        raise ValueError(
            f"{name}, row {row}: {values[row]} is not a whole number of 32 bits; "
            "prices are in ticks"
        )
    return values.astype(np.int32)


def _finite(name: str, values: NDArray, ndim: int) -> NDArray[np.float32]:
    values = _shaped(name, values, ndim).astype(np.float32)
    if not np.isfinite(values).all():
        row = int(np.argwhere(~np.isfinite(values))[0][0])
        raise ValueError(f"{name}, row {row}: {values[row]} is not finite")
    return values


def _check_range(name: str, values: NDArray, least: int, most: int) -> None:
    wrong = np.flatnonzero((values < least) | (values > most))
    if len(wrong):
        row = int(wrong[0])
        raise ValueError(f"{name}, row {row}: {values[row]} lies outside {least} to {most}")
