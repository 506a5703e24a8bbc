"""Signals from a file: a quant's own columns as features of the observation window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from futures_env.data.importing.frames import numbers
from futures_env.features.history import Feature, History
from futures_env.features.pipeline import FEATURES, REGISTRY
from futures_env.market.info import ArgumentError

if TYPE_CHECKING:
    import pandas as pd

Fill = Literal["none", "forward"]
MOST_FORESIGHT = 0.5
"""Largest believable correlation of a column with the move of the next bar."""
KNOWN_AT = "known_at"
FEWEST_ROWS = 100
"""Below it a correlation says nothing."""


@dataclass(frozen=True, kw_only=True)
class SignalOptions:
    """Flags for columns of one's own."""

    features: Path | None = None
    """Csv or parquet file of signals: `timestamp` (the START of the bar at whose close the row is
    known) and a number a column; every column becomes a feature behind the built-in ones."""
    features_lag: int | None = None
    """Bars after which a row may be used: 0 when it is known at the close of its bar. To be said
    with --features."""
    features_fill: Fill = "none"
    """none: every tradable bar has a row of its own; forward: the last row before it counts."""
    features_zone: str | None = None
    """Zone of timestamps that name none, e.g. UTC or America/New_York."""

    def check(self) -> None:
        """Refuse flags that do not go together, before any file is read.

        Raises:
            ArgumentError: a file without a lag, or flags without a file.
        """
        rest = (self.features_lag, self.features_fill, self.features_zone)
        if self.features is None and rest != (None, "none", None):
            raise ArgumentError("--features-lag, -fill and -zone go with --features")
        if self.features is not None and self.features_lag is None:
            raise ArgumentError(
                f"--features {self.features}: say --features-lag: 0 when a row is known at the "
                "close of the bar that starts at its timestamp, 1 when one bar later, ..."
            )

    def columns(self) -> tuple[str | Feature, ...]:
        """The built-in features, and those of the file.

        Raises:
            ArgumentError: as ``check``.
            ValueError, OSError: as ``signal_features``.
        """
        self.check()
        if self.features is None or self.features_lag is None:
            return FEATURES
        fill, zone = self.features_fill, self.features_zone
        own = signal_features(self.features, lag=self.features_lag, fill=fill, zone=zone)
        return (*FEATURES, *own)


@dataclass(frozen=True, kw_only=True, eq=False)  # one is itself: arrays do not hash
class _Signal:
    """The function of one column: looks up rows by the start of the bar."""

    path: Path
    name: str
    minute: NDArray[np.int64]  # (S,) bar starts, minutes since 1970-01-01 UTC, increasing
    values: NDArray[np.float64]  # (S,)
    known: NDArray[np.int64] | None  # (S,) seconds since 1970-01-01 UTC
    lag: int
    fill: Fill

    def __call__(self, history: History) -> NDArray[np.float64]:
        """One value per bar; where the file has none NaN, and 0 outside of the sessions.

        Raises:
            ValueError: a row that was known too late, or a column that tells the next bar.
        """
        self._refuse_late_rows(history.bar_minutes)
        wanted = history.minute - self.lag * history.bar_minutes
        at = np.searchsorted(self.minute, wanted, side="right") - 1
        found = at >= 0 if self.fill == "forward" else (at >= 0) & (self.minute[at] == wanted)
        values = np.where(found, self.values[at], np.nan)
        self._refuse_foresight(values, history)
        return np.where(history.tradable | found, values, 0.0)

    def _refuse_late_rows(self, bar_minutes: int) -> None:
        if self.known is None:
            return
        used = (self.minute + (self.lag + 1) * bar_minutes) * 60
        late = np.flatnonzero(self.known > used)
        if len(late):
            stamp, known, limit = (
                np.datetime64(int(seconds), "s")
                for seconds in (60 * self.minute[late[0]], self.known[late[0]], used[late[0]])
            )
            raise ValueError(
                f"{self.path}: the row of {stamp} UTC looks ahead: known at {known}, used from "
                f"{limit} on with lag {self.lag}; give a longer lag or the right timestamp"
            )

    def _refuse_foresight(self, values: NDArray[np.float64], history: History) -> None:
        """No honest column knows a fourth of the variance of the next bar."""
        moves = (history.close - history.open)[1:]
        both = np.isfinite(values[:-1])
        past, ahead = values[:-1][both], moves[both]
        if len(past) < FEWEST_ROWS or not past.std() or not ahead.std():
            return
        correlation = float(np.corrcoef(past, ahead)[0, 1])
        if abs(correlation) > MOST_FORESIGHT:
            raise ValueError(
                f"{self.path}: column {self.name} looks ahead: its correlation with the move of "
                f"the NEXT bar is {correlation:.2f}; stamp rows with the start of the bar at whose "
                "close they are known, or give a longer lag"
            )


def signal_features(
    path: str | Path, *, lag: int, fill: Fill = "none", zone: str | None = None
) -> tuple[Feature, ...]:
    """Features from the columns of a file, to be passed in ``features=[...]``.

    The row stamped ``t`` holds what is known at the close of the bar that STARTS at ``t``; the
    observation of a bar sees the row ``lag`` bars before its own. Values are clipped to [-10, 10]
    like every feature: scale them first. With a lag the name says so: ``alpha(lag 1)``.

    Args:
        path: csv or parquet, columns ``timestamp`` and one number each; ``known_at``, where it is
            there, is the time at which the row was known and is checked, not used.
        lag: bars, at least 0.
        fill: ``"none"``: every tradable bar needs a row; ``"forward"``: the last one before counts.
        zone: of timestamps that name none.

    Raises:
        ArgumentError: a negative lag or an unknown fill.
        ValueError: naming the file, row, column and remedy: no zone, a repeated timestamp, a value
            that is missing or no number, a name that is taken, a row known after its bar closed.
    """
    if lag < 0:
        raise ArgumentError(f"lag {lag}: a row cannot be used before it is known; at least 0")
    if fill not in ("none", "forward"):
        raise ArgumentError(f"fill {fill!r}: one of none, forward")
    path = Path(path)
    frame = _read(path)
    seconds = _seconds(frame, "timestamp", zone, path)
    order = np.argsort(seconds, kind="stable")
    _refuse_repeats(frame, seconds, order, path)
    known = _seconds(frame, KNOWN_AT, zone, path)[order] if KNOWN_AT in frame.columns else None
    suffix = f"(lag {lag})" if lag else ""
    return tuple(
        Feature(
            f"{name}{suffix}",
            _Signal(
                path=path,
                name=name,
                minute=-(-seconds[order] // 60),  # a stamp inside a minute counts from its end
                values=_values(frame[name], name, path)[order],
                known=known,
                lag=lag,
                fill=fill,
            ),
            remedy=f"{path} has no row for it: add one, or fill forward from the row before",
        )
        for name in _names(frame, path)
    )


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    if path.suffix not in (".csv", ".parquet"):
        raise ValueError(f"{path}: signals are read from .csv or .parquet")
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    if "timestamp" not in frame.columns and frame.index.name == "timestamp":
        frame = frame.reset_index()
    if "timestamp" not in frame.columns:
        raise ValueError(f"{path}: no column timestamp; found: {', '.join(map(str, frame))}")
    if not len(frame):
        raise ValueError(f"{path}: no rows")
    return frame


def _names(frame: pd.DataFrame, path: Path) -> list[str]:
    names = [str(name) for name in frame.columns if name not in ("timestamp", KNOWN_AT)]
    if not names:
        raise ValueError(f"{path}: no column besides timestamp: a signal is a column of numbers")
    taken = [name for name in names if name in REGISTRY]
    if taken:
        raise ValueError(
            f"{path}: column {taken[0]} has the name of a built-in feature; rename it "
            f"(taken: {', '.join(REGISTRY)})"
        )
    return names


def _seconds(frame: pd.DataFrame, name: str, zone: str | None, path: Path) -> NDArray[np.int64]:
    """A column of times in seconds since 1970-01-01 UTC."""
    import pandas as pd

    column = frame[name]
    if not isinstance(column.dtype, pd.DatetimeTZDtype):
        column = _parsed(column, name, zone, path)
    if column.isna().any():
        row = int(column.isna().to_numpy().argmax())
        raise ValueError(f"{path}, row {row}: {name} is missing; remove the row")
    return column.dt.tz_convert("UTC").dt.as_unit("s").astype("int64").to_numpy()


def _parsed(column: pd.Series, name: str, zone: str | None, path: Path) -> pd.Series:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype):
        raise ValueError(f"{path}: {name} holds numbers; write times as 2025-01-31 09:30:00-05:00")
    try:
        aware = column.astype(str).str.contains(r"(?:Z|[+-]\d\d:?\d\d)$").all()
        times = pd.to_datetime(column, utc=bool(aware))
        if aware:
            return times
        if zone is None:
            raise ValueError(f"{name} names no zone")
        return times.dt.tz_localize(zone)
    except (ValueError, KeyError) as error:
        raise ValueError(
            f"{path}: {name} cannot be read as times with a zone ({str(error)[:120]}); write "
            "2025-01-31 09:30:00-05:00, or say the zone (zone=..., --features-zone)"
        ) from None


def _refuse_repeats(
    frame: pd.DataFrame, seconds: NDArray[np.int64], order: NDArray[np.int64], path: Path
) -> None:
    repeated = np.flatnonzero(np.diff(seconds[order]) == 0)
    if len(repeated):
        row = int(order[repeated[0] + 1])
        raise ValueError(
            f"{path}, row {row}: timestamp {frame['timestamp'].iloc[row]} stands there twice; "
            "keep one row per bar"
        )


def _values(column: pd.Series, name: str, path: Path) -> NDArray[np.float64]:
    values = numbers(column, name, at=lambda row: f"{path}, row {row}")
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"{path}, row {row}: {name} is {column.iloc[row]}; give a finite number or remove "
            "the row (--features-fill forward then carries the one before it)"
        )
    return values
