"""What fixes a shape: constructor configuration of an environment, frozen and hashable."""

from dataclasses import dataclass

import numpy as np

from futures_env.features.pipeline import SESSIONS_BACK, TAKE_FEWER
from futures_env.market.table import MarketData
from futures_env.phases import PHASES, PhaseSpec


@dataclass(frozen=True, kw_only=True)
class EnvConfig:
    """Static configuration; environments with equal configuration share one trace.

    Attributes:
        name: registered id.
        phase: 1 (entries) or 2 (entries and management).
        window: bars in the observation.
        features: names of the per-bar features, in the order of the market's columns.
        warm_up_sessions: of the market; other than 20 it stands in the names of the columns.
        market_block: number of markets told apart by a one-hot block behind the window; 0: none.
    """

    name: str
    phase: int
    window: int
    features: tuple[str, ...]
    market_block: int = 0
    warm_up_sessions: int = SESSIONS_BACK

    def __post_init__(self) -> None:
        if self.phase not in PHASES:
            raise ValueError(f"phase must be one of {sorted(PHASES)}, not {self.phase!r}")
        if self.window < 1:
            raise ValueError(f"window must be at least 1 bar, not {self.window!r}")

    @property
    def spec(self) -> PhaseSpec:
        """The phase's row of data."""
        return PHASES[self.phase]

    @property
    def observation_layout(self) -> tuple[str, ...]:
        """One name per observation column: ``bar-19/return`` ..., markets, account, ..."""
        few = (
            "" if self.warm_up_sessions == SESSIONS_BACK else f"({self.warm_up_sessions} sessions)"
        )
        names = [name + few if name in TAKE_FEWER else name for name in self.features]
        bars = tuple(f"bar-{age}/{name}" for age in reversed(range(self.window)) for name in names)
        markets = tuple(f"market_{number}" for number in range(self.market_block))
        return bars + markets + self.spec.scalars

    @property
    def observation_ages(self) -> tuple[int, ...]:
        """Bars that each observation column lies back; 0 for the newest bar and the account."""
        ages = reversed(range(self.window))
        bars = tuple(age for age in ages for _ in self.features)
        return bars + (0,) * (len(self.observation_layout) - len(bars))

    def check_market(self, market: MarketData) -> None:
        """Refuse a market without the columns or the history that the environment needs.

        Raises:
            ValueError: other feature columns, other markets than the one-hot block, or starts
                without a full window of their own market behind them.
        """
        columns, wanted = market.padded_features.shape[1], self.features
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
        if market.infos and market.warm_up_sessions != self.warm_up_sessions:
            raise ValueError(
                f"the market warms up on {market.warm_up_sessions} sessions, the environment's "
                f"features on {self.warm_up_sessions}: make the environment with this market"
            )
        if self.market_block not in (0, market.num_markets):
            raise ValueError(
                f"the market block tells {self.market_block} markets apart, this table holds "
                f"{market.num_markets}"
            )
        starts, markets = np.asarray(market.starts), np.asarray(market.market)
        first_rows = np.searchsorted(markets, np.arange(market.num_markets))
        behind = starts - first_rows[markets[starts]]
        if (behind < self.window - 1).any():
            raise ValueError(
                f"some episodes would begin with {int(behind.min()) + 1} bars of their market "
                f"behind them, the window has {self.window}: build the market (make_market, "
                f"slice_market, synthetic_market) with window={self.window}"
            )
