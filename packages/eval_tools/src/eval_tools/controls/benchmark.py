"""A frozen benchmark of planted edges, so that anybody's learner can be compared with ours.

A name fixes generator, contract, sessions, window and division for good; what changes any of them
gets a new name. ``tests/eval_tools/test_benchmark_market.py`` holds the bars by their hash.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from eval_tools.controls.planted import Edge, Plant, PlantedMarket
from eval_tools.policies.policy import Policy
from futures_env import ArgumentError
from futures_env.data.splits import slice_market
from futures_env.market.table import MarketData

Split = Literal["train", "test"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a name stands for.

    Attributes:
        edge: what is planted.
        sessions: of the whole market; the last fifth is the test, one session lies between.
        window: bars in the observation.
    """

    edge: Edge
    sessions: int
    window: int

    def plant(self, strength: float, seed: int) -> Plant:
        """The market of one seed."""
        return Plant(
            edge=self.edge,
            strength=strength,
            sessions=self.sessions,
            seed=seed,
            window=self.window,
        )


BENCHMARKS = {
    "entry-v1": Recipe(edge="entry", sessions=1_000, window=20),
    "exit-v1": Recipe(edge="exit", sessions=1_000, window=20),
}
"""The benchmarks by name."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """A policy on the test sessions of one market.

    Attributes:
        usd_per_session: net P&L; for the exit edge what managing added to the fixed bracket.
        oracle_usd_per_session: the same of the oracle, whose threshold the training sessions chose.
        share: of the oracle's; None where the oracle earns nothing.
        trades_per_session: closed trades.
    """

    usd_per_session: float
    oracle_usd_per_session: float
    share: float | None
    trades_per_session: float


def benchmark_market(name: str, strength: float, seed: int, split: Split) -> MarketData:
    """The bars of one part of a benchmark.

    Args:
        name: of ``BENCHMARKS``.
        strength: the oracle's net P&L per trade in round-turn costs: 1, 3, 10; 0: the zero-edge
            twin.
        seed: of the market; the published scores are of 5001, 5002, ...
        split: ``"train"``, or ``"test"``, which begins with the bars that fill the first window.

    Raises:
        ArgumentError: an unknown name or split.
    """
    if split not in ("train", "test"):
        raise ArgumentError(f"split {split!r}: train or test")
    drawn = _market(name, strength, seed)
    if split == "train":
        return drawn.training
    days = drawn.held_sessions["date"]
    first, last = (f"{day:%Y-%m-%d}" for day in (days.min(), days.max()))
    return slice_market(drawn.whole, first, last, drawn.plant.window)


def benchmark_score(policy: Policy, name: str, strength: float, seed: int) -> Score:
    """Run a policy over the test sessions, a fresh account each, after costs.

    Args:
        policy: callable pytree; of Phase 1 for the entry edge, of Phase 2 for the exit edge.
        name, strength, seed: see ``benchmark_market``.
    """
    return score_on(policy, _with_oracle(name, strength, seed))


def score_on(policy: Policy, market: PlantedMarket) -> Score:
    """The same on a market whose oracle is known."""
    usd, best = (market.value(one, market.held_sessions) for one in (policy, market.oracle))
    return Score(
        usd_per_session=usd,
        oracle_usd_per_session=best,
        share=usd / best if best > 0 else None,
        trades_per_session=market.play(policy, market.held_sessions).trades,
    )


@lru_cache(maxsize=2)
def _market(name: str, strength: float, seed: int) -> PlantedMarket:
    if name not in BENCHMARKS:
        raise ArgumentError(f"no benchmark {name!r}; known: {', '.join(BENCHMARKS)}")
    return PlantedMarket.divide(BENCHMARKS[name].plant(strength, seed))


@lru_cache(maxsize=2)
def _with_oracle(name: str, strength: float, seed: int) -> PlantedMarket:
    return _market(name, strength, seed).with_best_threshold()
