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
    """

    name: str
    phase: int
    window: int
    features: tuple[str, ...]

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
        """One name per observation column: ``bar-19/return`` ... ``bar-0/...``, then scalars."""
        bars = tuple(
            f"bar-{age}/{name}" for age in reversed(range(self.window)) for name in self.features
        )
        return bars + self.spec.blocks
