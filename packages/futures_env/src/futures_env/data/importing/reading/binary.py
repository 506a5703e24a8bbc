"""Parquet files and Databento's own records."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def read_parquet(data: bytes) -> pd.DataFrame:
    """A table of any columns; a named index becomes one.

    Raises:
        ValueError: damaged.
    """
    import pandas as pd

    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except (ValueError, OSError, KeyError, TypeError):
        raise ValueError("the parquet data are damaged or cut off; fetch it again") from None
    named = isinstance(frame.index.name, str) and frame.index.name not in frame.columns
    return frame.reset_index() if named else frame


def read_dbn(data: bytes) -> pd.DataFrame:
    """Records of one of Databento's bar schemas.

    Raises:
        ValueError: the client is not installed, or the data are damaged or no bars.
    """
    try:
        import databento
    except ImportError:
        raise ValueError(
            "DBN files need the databento client: pip install 'futures-env[databento]'"
        ) from None
    if _is_cut_off(data):
        raise ValueError("the DBN data are damaged or cut off; fetch it again")
    with warnings.catch_warnings():
        # the client's own use of pandas is none of the reader's business
        warnings.simplefilter("ignore")
        try:
            store = databento.DBNStore.from_bytes(data)
            schema, frame = str(store.schema), store.to_df().reset_index()
        except Exception as error:  # the client's errors have no common base
            kind = type(error).__name__
            raise ValueError(
                f"the DBN data are damaged or cut off ({kind}); fetch it again"
            ) from None
    if schema not in ("ohlcv-1s", "ohlcv-1m"):
        raise ValueError(f"DBN records of schema {schema}; ask for ohlcv-1m or ohlcv-1s")
    return frame


def _is_cut_off(data: bytes) -> bool:
    """Whether the last record is not whole: the client leaves it out without a word."""
    first = 8 + int.from_bytes(data[4:8], "little")  # magic, version, length of the metadata
    if len(data) <= first:
        return len(data) < first
    return (len(data) - first) % (4 * data[first]) != 0
