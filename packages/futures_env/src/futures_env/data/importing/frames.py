"""Columns of frames: which must be there, and as numbers. pandas is imported on use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")
SECOND_COLUMNS = ("timestamp", "high", "low")
"""What is read of 1-second bars."""


def require(frame: pd.DataFrame, columns: Sequence[str] = COLUMNS, source: str = "") -> None:
    """Check that the columns are there and that the timestamps know their zone.

    Args:
        frame: bars.
        columns: needed ones.
        source: words in front of the message.

    Raises:
        ValueError: naming the missing columns, or the remedy for naive timestamps.
    """
    import pandas as pd

    missing = [name for name in columns if name not in frame.columns]
    if missing:
        found = ", ".join(map(str, frame.columns))
        raise ValueError(f"{source}missing columns: {', '.join(missing)}; found: {found}")
    if not isinstance(frame["timestamp"].dtype, pd.DatetimeTZDtype):
        raise ValueError(
            f"{source}timestamp must be timezone-aware (bar start): use "
            "pd.to_datetime(..., utc=True) or .dt.tz_localize(...)"
        )


def numbers(values: pd.Series, name: str, at: Callable[[int], str] = "row {}".format) -> NDArray:
    """A column as float64; an empty cell is NaN.

    Args:
        values: of any type.
        name: of the column, for the message.
        at: words for a position.

    Raises:
        ValueError: naming the first value that is no number.
    """
    import pandas as pd

    if pd.api.types.is_bool_dtype(values.dtype):
        raise ValueError(f"{at(0)}: {name} is not a number: {values.iloc[0]!r}; repair the column")
    found = pd.to_numeric(values, errors="coerce")
    bad = found.isna().to_numpy() & values.notna().to_numpy()
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"{at(row)}: {name} is not a number: {str(values.iloc[row])[:40]!r}; repair or remove "
            "the row"
        )
    return found.to_numpy(dtype=np.float64, na_value=np.nan)


def read_seconds(path: str | Path) -> pd.DataFrame:
    """Read 1-second bars from csv or parquet, timestamps in UTC; the rows are not checked."""
    import pandas as pd

    is_parquet = Path(path).suffix == ".parquet"
    frame = pd.read_parquet(path) if is_parquet else pd.read_csv(path)
    if "timestamp" not in frame.columns:
        return frame
    return frame.assign(timestamp=pd.to_datetime(frame["timestamp"], utc=True))
