"""Running slices side by side, in chunks."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval_tools.policies.policy import Policy
from eval_tools.rollout.episode import Episode, Slice
from eval_tools.rollout.ranges import Step, TradingEnv, evaluation_params, run_ranges
from futures_env.types import EnvParams


def run_slices(
    env: TradingEnv,
    policy: Policy,
    params: EnvParams,
    slices: Sequence[Slice],
    *,
    seed: int = 0,
    reenter: bool = False,
    chunk: int = 256,
) -> list[Episode]:
    """Run ``policy`` over every slice with the same rules and costs as ``params``.

    Args:
        env: environment of the phase.
        policy: callable pytree.
        params: production parameters; see ``evaluation_params`` for what is overridden.
        slices: what to run; names must be unique.
        seed: of the policy's draws; slice i keeps its draws whatever the chunk.
        reenter: go on with a fresh account after a failure.
        chunk: slices run side by side; bounds the memory.

    Returns:
        One episode per slice, in order.

    Raises:
        ValueError: without slices, for a duplicate name or a slice of one row.
    """
    _check(slices)
    params = evaluation_params(params)
    session = np.asarray(params.market.session)
    num_steps = max(piece.last_row - piece.first_row for piece in slices)
    width = min(chunk, len(slices))
    keys = jax.random.split(jax.random.key(seed), len(slices))
    episodes: list[Episode] = []
    for begin in range(0, len(slices), width):
        # the last chunk is filled up with its last slice, so that one shape serves all
        picks = np.minimum(np.arange(begin, begin + width), len(slices) - 1)
        part = [slices[pick] for pick in picks]
        steps = run_ranges(
            env,
            policy,
            params,
            jnp.array([piece.first_row for piece in part], jnp.int32),
            jnp.array([piece.last_row for piece in part], jnp.int32),
            keys[picks],
            jnp.bool_(reenter),
            num_steps,
        )
        host = jax.device_get(steps)
        for lane, piece in enumerate(part[: len(slices) - begin]):
            episodes.append(_episode(piece, host, lane, session))
    return episodes


def _check(slices: Sequence[Slice]) -> None:
    if not slices:
        raise ValueError("slices: at least one is needed")
    names = [piece.name for piece in slices]
    if len(set(names)) < len(names):
        raise ValueError(f"slices: names must be unique, got {names}")
    for piece in slices:
        if piece.last_row <= piece.first_row:
            raise ValueError(f"slice {piece.name}: no bar after row {piece.first_row}")


def _episode(piece: Slice, steps: Step, lane: int, session: NDArray[np.int32]) -> Episode:
    active = steps.active[lane]
    columns = {name: value[lane][active] for name, value in steps.__dict__.items()}
    del columns["active"]
    asked, base = np.arange(piece.first_row + 1, piece.last_row + 1), session[piece.first_row]
    missing = np.bincount(session[np.setdiff1d(asked, columns["row"])] - base)
    complete = tuple(
        index for index in piece.sessions if not missing[index - base : index - base + 1].any()
    )
    return Episode(piece, pd.DataFrame(columns), complete)
