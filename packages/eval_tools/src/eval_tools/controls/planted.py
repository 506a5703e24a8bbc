"""Planted markets, their oracles, and what a policy does on them: one run over whole sessions."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from flax import struct

import futures_env
from eval_tools.policies.controls import FixedBracket
from eval_tools.policies.policy import Context, Policy
from eval_tools.rollout.episode import Episode
from eval_tools.rollout.sessions import session_slices, sessions_between
from eval_tools.rollout.slices import run_slices
from eval_tools.rollout.split import hold_out
from futures_env import Action, slice_market, synthetic_market
from futures_env.data.synthetic.edges import LEG
from futures_env.env import FuturesEnv
from futures_env.market.table import MarketData

VOLUME = futures_env.FEATURES.index("volume")
THRESHOLDS = np.arange(0.5, 3.01, 0.25)
"""Sizes of the signal that the oracle may ask for."""

Edge = Literal["entry", "exit"]


@dataclass(frozen=True, kw_only=True)
class Plant:
    """What is planted, and where.

    Attributes:
        edge: ``entry`` is traded in Phase 1; what managing adds to ``exit`` in Phase 2.
        strength: in round-turn costs; 0: the zero-edge twin.
        sessions: of the whole market; the last fifth is held behind an embargo of one session.
        seed: of the market.
        window: bars in the observation.
    """

    edge: Edge
    strength: float
    sessions: int
    seed: int
    window: int = 20

    @property
    def phase(self) -> int:
        """The phase that can use the edge."""
        return 1 if self.edge == "entry" else 2


class Played(NamedTuple):
    """What a policy did on a range of sessions; per session where nothing else is said."""

    usd: float  # net P&L
    trades: float
    extra_trades: float  # entered on bars without a signal
    flat_at_signals: float  # share of the signals that met a flat account
    taken_rightly: float  # share of those that were traded in their direction
    choice_states: float  # share of the bars


@struct.dataclass
class SignalPolicy:
    """Trades the planted signal: enters beyond a threshold, trails after some bars.

    Attributes:
        threshold: () float32, of the volume feature: above it buy, below its negative sell.
    """

    threshold: jax.Array

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.Policy``."""
        del obs, key
        state = context.state
        signal = signals_at(context.params.market, state.row, self.threshold)
        entry = jnp.where(signal > 0, Action.BUY, jnp.where(signal < 0, Action.SELL, Action.HOLD))
        late = (state.side != 0) & (state.bars_held >= LEG)
        wanted = jnp.where(late, Action.TRAIL_ON, entry).astype(jnp.int32)
        legal = jnp.pad(mask, (0, len(Action) - mask.shape[0]))
        return jnp.where(legal[wanted], wanted, jnp.int32(Action.HOLD))


@struct.dataclass
class GivenEntries:
    """Enters as one policy does and manages as another."""

    entries: SignalPolicy
    managing: Policy

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.Policy``."""
        entry = self.entries(obs, mask, key, context)
        managed = self.managing(obs, mask, key, context)
        return jnp.where(context.state.side == 0, entry, managed)


def signals_at(market: MarketData, rows: jax.Array, threshold: jax.Array) -> jax.Array:
    """+1, -1 or 0 for each row: the direction that the volume of the bar announces."""
    volume = market.features[rows, VOLUME]
    return jnp.sign(volume) * (jnp.abs(volume) > threshold)


@dataclass(frozen=True, kw_only=True)
class PlantedMarket:
    """One market, divided, with its oracle.

    Attributes:
        training: sessions to train on, cut out.
        all_training_sessions, held_sessions: tables of sessions of ``whole``.
        threshold: the oracle's, chosen on the training sessions.
    """

    plant: Plant
    whole: MarketData
    training: MarketData
    all_training_sessions: pd.DataFrame
    held_sessions: pd.DataFrame
    threshold: float

    @classmethod
    def draw(cls, plant: Plant) -> "PlantedMarket":
        """Generate, divide, and find the oracle's threshold."""
        return cls.divide(plant).with_best_threshold()

    @classmethod
    def divide(cls, plant: Plant) -> "PlantedMarket":
        """Generate and divide, without an oracle (threshold nan)."""
        whole = synthetic_market(
            sessions=plant.sessions,
            seed=plant.seed,
            edge=plant.edge,
            edge_strength=plant.strength,
            window=plant.window,
        )
        split = hold_out(whole)
        return cls(
            plant=plant,
            whole=whole,
            training=slice_market(whole, split.train_start, split.train_end, plant.window),
            all_training_sessions=sessions_between(whole, plant.window, None, split.train_end),
            held_sessions=sessions_between(whole, plant.window, split.held_start, split.held_end),
            threshold=np.nan,
        )

    @property
    def training_sessions(self) -> pd.DataFrame:
        """At most 200 of them, evenly spread."""
        table = self.all_training_sessions
        return table.iloc[:: max(len(table) // 200, 1)][:200]

    def with_best_threshold(self) -> "PlantedMarket":
        """The same market with the threshold that earns most on its training sessions."""
        earned = [
            self.value(SignalPolicy(jnp.float32(t)), self.training_sessions) for t in THRESHOLDS
        ]
        return replace(self, threshold=float(THRESHOLDS[int(np.argmax(earned))]))

    @property
    def oracle(self) -> SignalPolicy:
        """The best policy that knows the signal."""
        return SignalPolicy(jnp.float32(self.threshold))

    def env(self, market: MarketData) -> FuturesEnv:
        """The environment of the edge's phase."""
        return FuturesEnv(self.plant.phase, market=market, window=self.plant.window)

    def play(self, policy: Policy, sessions: pd.DataFrame) -> Played:
        """Run a policy over sessions with a fresh account each, after costs."""
        episodes = self._run(policy, sessions)
        return _summed(pd.concat([one.steps for one in episodes]), len(episodes), self)

    def value(self, policy: Policy, sessions: pd.DataFrame) -> float:
        """USD a session that the edge gave: P&L, or for ``exit`` what managing added to it."""
        return float(np.mean(self.values(policy, sessions)))

    def values(self, policy: Policy, sessions: pd.DataFrame) -> np.ndarray:
        """(S,) float64, ``value`` of each session."""
        earned = self._net_usd(policy, sessions)
        if self.plant.edge == "entry":
            return earned
        return earned - self._net_usd(FixedBracket(policy), sessions)

    def _net_usd(self, policy: Policy, sessions: pd.DataFrame) -> np.ndarray:
        return np.array([one.net_cents for one in self._run(policy, sessions)]) / 100

    def _run(self, policy: Policy, sessions: pd.DataFrame) -> list[Episode]:
        """One episode a session."""
        env, slices = self.env(self.whole), session_slices(sessions)
        return run_slices(env, policy, env.default_params, slices, reenter=True)


def _summed(steps: pd.DataFrame, sessions: int, market: PlantedMarket) -> Played:
    """The fields of ``Played`` from every bar that was stepped."""
    threshold = jnp.float32(np.nan_to_num(market.threshold, nan=1.0))
    rows = jnp.asarray(steps["row"].to_numpy() - 1)
    signal = np.asarray(signals_at(market.whole, rows, threshold))
    choice = steps["legal"].to_numpy() != 1
    entered = steps["entry_filled"].to_numpy()
    met = choice & (signal != 0)
    right = entered & met & (steps["entry_side"].to_numpy() == signal)
    cents = (steps["equity_cents"] - steps["equity_before_cents"]).sum()
    return Played(
        usd=float(cents) / 100 / sessions,
        trades=float(entered.sum()) / sessions,
        extra_trades=float((entered & (signal == 0)).sum()) / sessions,
        flat_at_signals=float(met.sum()) / max(int((signal != 0).sum()), 1),
        taken_rightly=float(right.sum()) / max(int(met.sum()), 1),
        choice_states=float(choice.mean()),
    )
