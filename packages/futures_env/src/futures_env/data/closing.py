"""When the positions of a market are closed."""

import numpy as np

from futures_env.data import calendar
from futures_env.market.table import MarketData


def flat_by(market: MarketData) -> str:
    """Latest end of a flat-by bar, New York, e.g. ``"16:59"`` (16:55 with 5-minute bars).

    What a rule set with an earlier flat-by is compared with.
    """
    minute = np.asarray(market.minute, np.int64)
    bar_minutes = int(np.diff(minute)[np.diff(np.asarray(market.session)) == 0].min())
    end = minute + bar_minutes * (np.asarray(market.bars_to_flat) + 1)
    clock = int(calendar.trading_day(end)[1].max())
    return calendar.time_of_day(clock)
