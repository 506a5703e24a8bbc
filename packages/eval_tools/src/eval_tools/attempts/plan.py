"""Which evaluations are tried: start days x rule sets x sizes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from futures_env.accounts.rules import AccountRules
from futures_env.types import EnvParams


@dataclass(frozen=True, kw_only=True)
class Stake:
    """Contracts of every trade, or US dollars at risk.

    Attributes:
        contracts: per trade; 0 where the risk decides.
        risk_usd: per trade; 0 where the contracts do.
    """

    contracts: int = 0
    risk_usd: float = 0.0

    def __str__(self) -> str:
        return f"{self.contracts} x" if self.contracts else f"{self.risk_usd:g} USD"

    def apply(self, params: EnvParams) -> EnvParams:
        """``params`` with orders of this size; the account's cap stays."""
        return replace(
            params,
            contracts=jnp.int32(max(self.contracts, 1)),
            risk_per_trade_usd=jnp.float32(self.risk_usd),
        )


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One evaluation to be tried, and what follows a pass."""

    rules: AccountRules
    stake: Stake
    session: int


def plan(
    rules: Sequence[AccountRules],
    stakes: Sequence[Stake],
    sessions: ArrayLike,
    number: int,
    seed: int | None = None,
) -> list[Attempt]:
    """Every rule set with every size from the same start days.

    Args:
        rules: of evaluations.
        stakes: sizes.
        sessions: (n,) sessions in which an attempt may begin.
        number: start days at most.
        seed: draws the start days, each once; None: evenly spread over ``sessions``.
    """
    days = np.asarray(sessions, np.int64)
    count = min(number, len(days))
    if seed is None:
        picks = np.unique(np.linspace(0, len(days) - 1, count).round().astype(int))
    else:
        picks = np.sort(np.random.default_rng(seed).choice(len(days), count, replace=False))
    return [
        Attempt(rules=one, stake=stake, session=int(start))
        for one in rules
        for stake in stakes
        for start in days[picks]
    ]
