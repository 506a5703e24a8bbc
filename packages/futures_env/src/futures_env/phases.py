"""Phases as data: which actions exist and which observation blocks follow the bar window."""

from dataclasses import dataclass

ACCOUNT_BLOCK = ("side", "open_profit", "stop_distance", "target_distance", "bars_held")
MANAGEMENT_BLOCK = ("trailing", "break_even_moved", "floor_distance")
VALIDITY_BLOCK = ("can_enter", "can_break_even", "in_position")


@dataclass(frozen=True, kw_only=True)
class PhaseSpec:
    """One phase of training.

    Attributes:
        number: 1 or 2.
        num_actions: the first ``num_actions`` codes of ``Action`` exist.
        blocks: what stands behind the bar window, in order; names of the scalars of each block.
        drawdown_usd: default drawdown of the phase's account.
    """

    number: int
    num_actions: int
    blocks: tuple[tuple[str, ...], ...]
    drawdown_usd: float

    @property
    def scalars(self) -> tuple[str, ...]:
        """Names of all scalars behind the bar window."""
        return sum(self.blocks, start=())


PHASES: dict[int, PhaseSpec] = {
    1: PhaseSpec(number=1, num_actions=3, blocks=(ACCOUNT_BLOCK,), drawdown_usd=15_000.0),
    2: PhaseSpec(
        number=2,
        num_actions=6,
        blocks=(ACCOUNT_BLOCK, MANAGEMENT_BLOCK + VALIDITY_BLOCK),
        drawdown_usd=2_500.0,
    ),
}
"""The phases by number."""
