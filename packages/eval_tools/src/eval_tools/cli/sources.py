"""Which bars a command works on."""

from pathlib import Path

from eval_tools.evaluation import DataSource
from futures_env import load_market, market_hash, synthetic_market
from futures_env.market.table import MarketData


def open_market(
    data: Path | None, symbol: str, session: str = "rth", sessions: int = 100, seed: int = 0
) -> tuple[MarketData, DataSource]:
    """Load a file, or make the synthetic market where none is given.

    Args:
        data: csv, csv.gz or parquet in the own layout; None: synthetic.
        symbol: row of the contract table.
        session: ``"rth"`` or ``"globex"`` (files only).
        sessions: length of the synthetic market.
        seed: of the synthetic market.
    """
    if data is None:
        market = synthetic_market(symbol, sessions=sessions, seed=seed)
        label = f"{symbol}, {sessions} synthetic sessions, seed {seed}"
    else:
        market = load_market(data, symbol, session)
        label = f"{symbol} {session}, {data.name}"
    return market, DataSource(label=label, synthetic=data is None, content_hash=market_hash(market))
