"""Markets and frames shared by the data tests."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from futures_env.data.bars import Bars
from futures_env.data.synthetic.market import synthetic_bars, trading_days
from futures_env.market.info import SessionRule


def as_frame(bars: Bars, tick: float = 0.25) -> pd.DataFrame:
    """Bars in the layout that ``make_market`` takes."""
    return pd.DataFrame(
        {
            "timestamp": pd.to_datetime(bars.minute * 60, unit="s", utc=True),
            **{name: getattr(bars, name) * tick for name in ("open", "high", "low", "close")},
            "volume": bars.volume.astype(np.int64),
        }
    )


@pytest.fixture(scope="session")
def bars() -> Bars:
    """31 sessions of NQ: 20 warm up, 11 are tradable, Presidents' Day among them."""
    return synthetic_bars("NQ", trading_days("NQ", 11, SessionRule()), seed=3)


@pytest.fixture(scope="session")
def frame(bars: Bars) -> pd.DataFrame:
    """The same bars as a DataFrame; do not change it in place."""
    return as_frame(bars)


@pytest.fixture(scope="session")
def to_frame() -> Callable[..., pd.DataFrame]:
    """``as_frame``, for tests that make their own bars."""
    return as_frame
