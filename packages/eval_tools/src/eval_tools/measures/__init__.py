"""Numbers from episodes: trades, daily P&L, statistics, intervals."""
