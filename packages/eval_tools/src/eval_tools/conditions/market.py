"""What a market says of itself, for every place that shows a result."""

from dataclasses import dataclass

from futures_env import market_hash
from futures_env.market.table import MarketData

UNKNOWN = "bars of unknown origin"


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """Where bars come from, as the market itself carries it.

    Attributes:
        label: what a reader should see, e.g. ``"NQ rth, 1 min, bars.csv.gz"``.
        synthetic: whether any of the bars are made up.
        content_hash: of the whole market.
    """

    label: str
    synthetic: bool
    content_hash: str

    @classmethod
    def of(cls, market: MarketData) -> "DataSource":
        """The one that ``market`` carries."""
        labels = dict.fromkeys(
            f"{info.symbol} {info.rule.session}, {info.bar_minutes} min, {info.source}"
            for info in market.infos
        )
        return cls(
            label="; ".join(labels) or UNKNOWN,
            synthetic=any(info.synthetic for info in market.infos),
            content_hash=market_hash(market),
        )

    @property
    def headline(self) -> str:
        """One line for a console: which market, and whether it is made up."""
        return f"Market: {self.label}{' (SYNTHETIC)' if self.synthetic else ''}"


def symbol_of(market: MarketData) -> str:
    """Symbol of its environments: the market's own, ``"Multi"`` for several markets.

    Raises:
        ValueError: the market does not say what it is.
    """
    if not market.infos:
        raise ValueError("the market does not say which contract it holds: import the bars again")
    return market.infos[0].symbol if market.num_markets == 1 else "Multi"


def market_names(market: MarketData) -> list[str]:
    """One name for each of its markets: the symbol, with a number where a symbol comes twice."""
    symbols = [info.symbol for info in market.infos] or ["market"] * market.num_markets
    return [
        symbol if symbols.count(symbol) == 1 else f"{symbol}/{number}"
        for number, symbol in enumerate(symbols)
    ]
