"""What every entry would have earned: the market does not react, so all of them can be tried."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval_tools.rollout.lanes import evaluation_params
from futures_env import Action
from futures_env.env import FuturesEnv
from futures_env.types import EnvParams

CHUNK = 8_192
"""Bars tried side by side."""


class Outcomes(NamedTuple):
    """Of the bars of some sessions, N in all, in their order.

    Attributes:
        rows: (N,) int64 rows of the market at whose close is decided.
        session: (N,) int64, 0, 1, ...: which of the sessions.
        legal: (N,) bool, whether a flat account may enter.
        usd: (N, 2) float32, net P&L of BUY and of SELL held to the end of its bracket.
        free: (N, 2) int64 rows at which the account is flat again.
    """

    rows: NDArray[np.int64]
    session: NDArray[np.int64]
    legal: NDArray[np.bool_]
    usd: NDArray[np.float32]
    free: NDArray[np.int64]


def outcomes(env: FuturesEnv, sessions: pd.DataFrame) -> Outcomes:
    """Try BUY and SELL with a fresh account at every bar of sessions."""
    params = evaluation_params(env.default_params)
    bounds = zip(sessions["first_row"], sessions["last_row"], strict=True)
    parts = [np.arange(first, last) for first, last in bounds]
    rows = np.concatenate(parts)
    tried = [tuple(map(np.asarray, _tried(env, params, part))) for part in chunks(rows)]
    legal, cents, free = (np.concatenate(found)[: len(rows)] for found in zip(*tried, strict=True))
    session = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return Outcomes(rows, session, legal, (cents / 100.0).astype(np.float32), free.astype(np.int64))


def observations(env: FuturesEnv, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """(N, D) what a flat account observes at the close of each row."""
    params = env.default_params
    found = [np.asarray(_observed(env, params, part)) for part in chunks(rows)]
    return np.concatenate(found)[: len(rows)]


def chunks(rows: NDArray[np.int64]) -> list[jax.Array]:
    """Rows in (CHUNK,) int32, the last one filled up with its last row."""
    padded = np.pad(rows, (0, -len(rows) % CHUNK), mode="edge")
    return list(jnp.asarray(padded.reshape(-1, CHUNK), jnp.int32))


@partial(jax.jit, static_argnums=0)
def _observed(env: FuturesEnv, params: EnvParams, rows: jax.Array) -> jax.Array:
    key = jax.random.key(0)
    return jax.vmap(lambda row: env.observe(key, env.state_at(row, params), None, params))(rows)


@partial(jax.jit, static_argnums=0)
def _tried(
    env: FuturesEnv, params: EnvParams, rows: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Legal (N,), cents (N, 2) and the row after which the account is flat (N, 2)."""
    key = jax.random.key(0)

    def one(row: jax.Array, entry: jax.Array) -> tuple[jax.Array, jax.Array]:
        start = env.state_at(row, params)
        _, state, _, _, _ = env.step_env(key, start, entry, params)

        def held(state):
            return state.side != 0

        def wait(state):
            return env.step_env(key, state, jnp.int32(Action.HOLD), params)[1]

        end = jax.lax.while_loop(held, wait, state)
        return end.equity_cents - start.equity_cents, end.row

    legal = jax.vmap(lambda row: env.action_mask(env.state_at(row, params), params)[Action.BUY])
    both = jnp.asarray([Action.BUY, Action.SELL], jnp.int32)
    cents, free = jax.vmap(lambda row: jax.vmap(partial(one, row))(both))(rows)
    return legal(rows), cents, free
