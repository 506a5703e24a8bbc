"""What fixes a shape: constructor configuration of an environment, frozen and hashable."""

from dataclasses import dataclass

from futures_env.phases import PHASES, PhaseSpec


@dataclass(frozen=True, kw_only=True)
class EnvConfig:
    """Static configuration; environments with equal configuration share one trace.

    Attributes:
        name: registered id.
        phase: 1 (entries) or 2 (entries and management).
        window: bars in the observation.
        features: names of the per-bar features, in the order of the market's columns.
        market_block: number of markets told apart by a one-hot block behind the window; 0: none.
    """

    name: str
    phase: int
    window: int
    features: tuple[str, ...]
    market_block: int = 0

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
        bars = tuple(
            f"bar-{age}/{name}" for age in reversed(range(self.window)) for name in self.features
        )
        markets = tuple(f"market_{number}" for number in range(self.market_block))
        return bars + markets + self.spec.blocks
