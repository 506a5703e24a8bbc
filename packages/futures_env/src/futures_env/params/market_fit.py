"""A market and an environment that do not fit each other are refused."""

import numpy as np

from futures_env.config import EnvConfig
from futures_env.market.table import MarketData


def check_market(market: MarketData, config: EnvConfig) -> None:
    """Check that a market has the columns and the history that an environment needs.

    Raises:
        ValueError: other feature columns, other markets than the one-hot block, or starts without
            a full window of their own market behind them.
    """
    columns, wanted = market.padded_features.shape[1], config.features
    if columns != len(wanted):
        raise ValueError(
            f"the market has {columns} feature columns, the environment names {len(wanted)}: "
            f"{', '.join(wanted)}; build the market with the same features"
        )
    if market.feature_names and market.feature_names != wanted:
        raise ValueError(
            f"the market's features are {', '.join(market.feature_names)}, the environment's "
            f"{', '.join(wanted)}; build the market with the same features in the same order"
        )
    if config.market_block not in (0, market.num_markets):
        raise ValueError(
            f"the market block tells {config.market_block} markets apart, this table holds "
            f"{market.num_markets}"
        )
    starts, markets = np.asarray(market.starts), np.asarray(market.market)
    first_rows = np.searchsorted(markets, np.arange(market.num_markets))
    behind = starts - first_rows[markets[starts]]
    if (behind < config.window - 1).any():
        raise ValueError(
            f"some episodes would begin with {int(behind.min()) + 1} bars of their market behind "
            f"them, the window has {config.window}: build the market (make_market, slice_market, "
            f"synthetic_market) with window={config.window}"
        )
