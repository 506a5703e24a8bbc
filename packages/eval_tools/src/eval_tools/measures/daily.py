"""P&L by trading day."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eval_tools.rollout.episode import Episode
from futures_env.market.table import MarketData


def daily_pnl(episodes: Sequence[Episode], market: MarketData) -> pd.Series:
    """Change of equity in USD by trading day, 0 on days without a trade.

    The accounts are flat at every session's end, so this is the P&L after costs of the day's
    trades, over all accounts used that day.
    """
    session, date = np.asarray(market.session), np.asarray(market.date)
    asked = [index for episode in episodes for index in episode.slice.sessions]
    first_rows = np.searchsorted(session, asked)
    days = pd.DatetimeIndex(date[first_rows].astype("datetime64[D]").astype("datetime64[s]"))
    total = pd.Series(0, index=days.unique().sort_values(), name="pnl_cents", dtype=np.int64)
    for episode in episodes:
        steps = episode.steps
        change = steps["equity_cents"] - steps["equity_before_cents"]
        stamps = date[steps["row"]].astype("datetime64[D]").astype("datetime64[s]")
        total = total.add(change.groupby(stamps).sum().astype(np.int64), fill_value=0)
    daily = total / 100
    daily.name = "pnl_usd"
    daily.index.name = "date"
    return daily
