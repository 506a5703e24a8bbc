"""The supervised bound: how much of an edge can be read out of the observation at all?

The market does not react, so what BUY and SELL would have earned is known at every training bar
(``benchmarks.outcomes``). Ridge on hinges of the standardised observation and boosted trees are
fitted to it, and traded greedily above a margin. Model, settings and margin are those that earn
most over blocks of training sessions that the fit did not see; held sessions choose nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from numpy.typing import NDArray

from benchmarks.outcomes import Outcomes, observations, outcomes
from eval_tools import Context
from eval_tools.controls.planted import PlantedMarket
from futures_env import Action

BLOCKS = 3
"""Contiguous blocks of training sessions; each is predicted from the others."""
MARGINS = tuple(range(0, 151, 5))
"""USD of predicted net P&L that a trade has to promise."""
RIDGES = (1e3, 1e4, 1e5)
"""Penalties on standardised columns."""
TREES = (10, 20, 40)
"""Numbers of boosted trees; one fit has all of them."""
CLIP = 10.0
"""Bound on standardised columns, as in ``PPOConfig``."""

Floats = NDArray[np.float32]


class Model(Protocol):
    """Fits under several settings at once."""

    def fitted(self, obs: Floats, edge: Floats, others: Floats) -> dict[str, Floats]:
        """Predictions for ``others`` (N, D) by setting, (N,) each, from (M, D) and (M,)."""


class Ridge:
    """Linear in the standardised columns and in what of them lies beyond one deviation."""

    def fitted(self, obs: Floats, edge: Floats, others: Floats) -> dict[str, Floats]:
        """See ``Model``."""
        from sklearn.linear_model import Ridge as Penalised

        mean, deviation = obs.mean(axis=0), obs.std(axis=0) + 1e-8
        known, unknown = (hinges((part - mean) / deviation) for part in (obs, others))
        copies = np.repeat(edge[:, None], len(RIDGES), axis=1)  # one target a penalty, one product
        model = Penalised(alpha=np.asarray(RIDGES), solver="cholesky").fit(known, copies)
        names = [f"ridge {alpha:g}" for alpha in RIDGES]
        return dict(zip(names, model.predict(unknown).T, strict=True))


class Trees:
    """Small boosted trees."""

    def fitted(self, obs: Floats, edge: Floats, others: Floats) -> dict[str, Floats]:
        """See ``Model``."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        model = HistGradientBoostingRegressor(
            max_iter=max(TREES),
            learning_rate=0.2,
            max_leaf_nodes=8,
            min_samples_leaf=500,
            early_stopping=False,
        ).fit(obs, edge)
        stages = enumerate(model.staged_predict(others), start=1)
        return {f"{n} trees": found.astype(np.float32) for n, found in stages if n in TREES}


MODELS: tuple[Model, ...] = (Ridge(), Trees())


def hinges(scaled: Floats) -> Floats:
    """(N, 3 D): the columns, and what of each lies above 1 and below -1."""
    scaled = np.clip(scaled, -CLIP, CLIP).astype(np.float32)
    beyond = np.maximum(scaled - 1.0, 0.0), np.maximum(-scaled - 1.0, 0.0)
    return np.concatenate([scaled, *beyond], axis=1)


class Choice(NamedTuple):
    """What earned most over the blocks."""

    setting: str
    margin: float  # USD
    usd: float  # a training session, predicted from the other blocks


@struct.dataclass
class TablePolicy:
    """Takes the action that a table has for the bar; for entries only.

    Attributes:
        actions: (N,) int32 by row of the market.
    """

    actions: jax.Array

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.Policy``."""
        del obs, key
        wanted = self.actions[context.state.row]
        return jnp.where(mask[wanted], wanted, jnp.int32(Action.HOLD))


@dataclass(frozen=True)
class Bound:
    """The supervised policy of one market.

    Attributes:
        choice: by blocks of the training sessions.
        policy: fitted on all of them.
    """

    choice: Choice
    policy: TablePolicy

    @classmethod
    def fit(cls, market: PlantedMarket) -> "Bound":
        """Fit, choose, and fit the chosen model again on all training sessions."""
        env = market.env(market.whole)
        tried = outcomes(env, market.all_training_sessions)
        obs, edge = observations(env, tried.rows), edge_of(tried)
        choice, model = chosen(tried, obs, edge)
        held = outcomes(env, market.held_sessions)
        rows = np.concatenate([tried.rows, held.rows])
        others = np.concatenate([obs, observations(env, held.rows)])
        fit = np.flatnonzero(tried.legal)
        predicted = model.fitted(obs[fit], edge[fit], others)[choice.setting]
        wanted = entries(predicted, cost_of(tried), choice.margin)
        actions = np.full(market.whole.num_bars, Action.HOLD, np.int32)
        actions[rows] = wanted
        return cls(choice, TablePolicy(jnp.asarray(actions)))


def edge_of(tried: Outcomes) -> Floats:
    """(N,) what the direction is worth, USD: half of what BUY earned more than SELL."""
    return (tried.usd[:, 0] - tried.usd[:, 1]) / 2.0


def cost_of(tried: Outcomes) -> float:
    """USD that an entry in a random direction loses."""
    return -float(tried.usd[tried.legal].mean())


def entries(edge: Floats, cost: float, margin: float) -> NDArray[np.int32]:
    """(N,) actions: the better direction where it promises more than ``margin`` after costs."""
    side = np.where(edge > 0.0, Action.BUY, Action.SELL)
    return np.where(np.abs(edge) - cost > margin, side, Action.HOLD).astype(np.int32)


def blocks(tried: Outcomes) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Indices to fit on (where entering is legal) and to predict, block by block."""
    sessions = int(tried.session.max()) + 1
    block = tried.session * BLOCKS // sessions
    for index in range(BLOCKS):
        yield np.flatnonzero((block != index) & tried.legal), np.flatnonzero(block == index)


def unseen(model: Model, tried: Outcomes, obs: Floats, edge: Floats) -> dict[str, Floats]:
    """(N,) by setting: each block predicted from the others."""
    found: dict[str, Floats] = {}
    for fit, rest in blocks(tried):
        for setting, values in model.fitted(obs[fit], edge[fit], obs[rest]).items():
            found.setdefault(setting, np.zeros(len(edge), np.float32))[rest] = values
    return found


def chosen(tried: Outcomes, obs: Floats, edge: Floats) -> tuple[Choice, Model]:
    """The setting and margin that earn most over the blocks, with their model."""
    cost, found = cost_of(tried), []
    for model in MODELS:
        for setting, predicted in unseen(model, tried, obs, edge).items():
            for margin in MARGINS:
                usd = traded(tried, entries(predicted, cost, margin))
                found.append((usd, setting, margin, model))
    usd, setting, margin, model = max(found, key=lambda one: one[0])
    return Choice(setting, float(margin), usd), model


def traded(tried: Outcomes, actions: NDArray[np.int32]) -> float:
    """USD a session of taking the actions whenever the account is flat, one after the other."""
    wanted = np.flatnonzero((actions != Action.HOLD) & tried.legal)
    rows, column = tried.rows[wanted], actions[wanted] - Action.BUY
    free, usd = tried.free[wanted, column], tried.usd[wanted, column]
    total, at = 0.0, 0
    while at < len(wanted):
        total += float(usd[at])
        at = max(int(np.searchsorted(rows, free[at])), at + 1)
    return total / (int(tried.session.max()) + 1)
