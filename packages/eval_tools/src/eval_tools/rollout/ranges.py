"""Deterministic long episodes: lanes of accounts side by side in one loop over bars, no autoreset.

Whatever plays in one call is one compiled program, however many policies, parameters and lengths of
ranges there are. The loop carries and keeps what it needs to decide; what is recorded of the bars
is computed afterwards, for many of them at once.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from eval_tools.policies.own import host_failure
from eval_tools.rollout.cast import Cast, Shared
from eval_tools.rollout.compiling import quick_to_compile
from eval_tools.rollout.lanes import (
    Current,
    Lane,
    Queue,
    TradingEnv,
    account,
    current,
    ends,
    follow,
    is_playing,
    record_bar,
)
from eval_tools.rollout.records import STEP_COLUMNS
from futures_env.adapters.packing import Packed, pack
from futures_env.types import EnvParams, EnvState

BLOCK_CELLS = 2**15
"""Bars times lanes whose records are kept on the device; a whole block then goes to the host."""

_RECORDED_CELLS = 2**12
"""Bars times lanes that are recorded at once."""


def run_lanes(
    env: TradingEnv, cast: Cast, params: Shared[EnvParams], queues: Queue
) -> Iterator[NDArray[np.int32]]:
    """Play B lanes to the end of their queues.

    Args:
        env: hashable environment.
        cast: who plays which lanes.
        params: of each lane; see ``evaluation_params``.
        queues: (B, Q).

    Yields:
        Records of the bars that follow, (n, columns, B) int32, columns ``STEP_COLUMNS``.

    Raises:
        HostPolicyError: a policy on the host failed.
    """
    width = queues.first_row.shape[0]
    block = max(BLOCK_CELLS // width, 64)
    lanes = _begin(env, params, queues)
    unfinished = True
    while unfinished:
        try:
            lanes, done, filled, unfinished = runner()(env, cast, params, queues, lanes, block)
            yield np.asarray(done[: int(filled)])
        except jax.errors.JaxRuntimeError as error:
            raise host_failure(error) or error from None


@partial(jax.jit, static_argnames="env")
def _begin(env: TradingEnv, params: Shared[EnvParams], queues: Queue) -> Lane:
    def begin(own: EnvParams, queue: Queue) -> Lane:
        zero = jnp.int32(0)
        return Lane(state=account(env, params.with_own(own), queue, zero), place=zero, attempt=zero)

    return jax.vmap(begin)(params.own, queues)


@cache
def runner() -> Any:
    """``_run_block``, jitted: one compiled program for all calls of one structure."""
    return jax.jit(
        _run_block,
        static_argnames=("env", "block"),
        donate_argnames="lanes",
        compiler_options=quick_to_compile(),
    )


def _run_block(
    env: TradingEnv,
    cast: Cast,
    params: Shared[EnvParams],
    queues: Queue,
    lanes: Lane,
    block: int,
) -> tuple[Lane, jax.Array, jax.Array, jax.Array]:
    """Up to ``block`` bars: lanes, (block, columns, B) records, bars done, whether any is left."""
    lanes, packed, index = _play(env, cast, params, queues, lanes, block)
    records = _recorded(env, params, queues, packed, index)
    return lanes, records, index, jnp.any(is_playing(queues, lanes))


def _play(
    env: TradingEnv,
    cast: Cast,
    params: Shared[EnvParams],
    queues: Queue,
    lanes: Lane,
    block: int,
) -> tuple[Lane, Packed, jax.Array]:
    """Up to ``block`` bars: lanes, lanes and choices before each bar (block, W, B), bars done."""

    def looks(own: EnvParams, now: Current, state: EnvState) -> tuple[Any, ...]:
        full = params.with_own(own)
        observed, acted, _ = jax.random.split(jax.random.fold_in(now.key, state.row), 3)
        obs = env.observe(observed, state, None, full)
        return obs, env.action_mask(state, full), acted

    def steps(own: EnvParams, now: Current, state: EnvState, action: jax.Array) -> Any:
        _, state, _, failed, _ = env.step_env(now.key, state, action, params.with_own(own))
        return state, failed

    def follows(own: EnvParams, *lane: Any) -> Lane:
        return follow(env, params.with_own(own), *lane)

    def stretch(carry: tuple[Lane, Packed, jax.Array]) -> tuple[Lane, Packed, jax.Array]:
        """Bars until an account ends: nothing but the account changes from one to the next."""
        lanes, past, index = carry
        now = jax.vmap(current)(queues, lanes)

        def bar(carry: tuple[Any, ...]) -> tuple[Any, ...]:
            state, _, past, index = carry
            obs, mask, key = jax.vmap(looks)(params.own, now, state)
            chosen = cast.act(obs, mask, key, state, params)
            row = pack((replace(lanes, state=state), chosen), batch_axes=1).words
            words = jax.lax.dynamic_update_index_in_dim(past.words, row, index, 0)
            state, failed = jax.vmap(steps)(params.own, now, state, chosen[0])
            return state, failed, replace(past, words=words), index + 1

        def nobody_ends(carry: tuple[Any, ...]) -> jax.Array:
            state, failed, _, index = carry
            return (index < block) & ~jnp.any(ends(now, state, failed))

        begun = lanes.state, jnp.zeros_like(now.playing), past, index
        state, failed, past, index = jax.lax.while_loop(nobody_ends, bar, begun)
        lanes = replace(lanes, state=state)
        return jax.vmap(follows)(params.own, queues, lanes, now, failed), past, index

    def open_(carry: tuple[Lane, Packed, jax.Array]) -> jax.Array:
        lanes, _, index = carry
        return (index < block) & jnp.any(is_playing(queues, lanes))

    nothing = jnp.zeros(lanes.place.shape, jnp.int32), jnp.zeros(lanes.place.shape)
    first = pack((lanes, nothing), batch_axes=1)
    past = replace(first, words=jnp.empty((block, *first.words.shape), jnp.int32))
    return jax.lax.while_loop(open_, stretch, (lanes, past, jnp.int32(0)))


def _recorded(
    env: TradingEnv, params: Shared[EnvParams], queues: Queue, past: Packed, filled: jax.Array
) -> jax.Array:
    """The (block, columns, B) records of the first ``filled`` bars."""
    block, _, width = past.words.shape
    size = min(max(_RECORDED_CELLS // width, 1), block)

    def records(own: EnvParams, queue: Queue, lane: Lane, chosen: Any) -> jax.Array:
        return record_bar(env, params.with_own(own), queue, lane, chosen)

    def of_bar(words: jax.Array) -> jax.Array:
        lanes, chosen = replace(past, words=words).unpack()
        return jax.vmap(records, out_axes=1)(params.own, queues, lanes, chosen)

    def part(number: jax.Array, done: jax.Array) -> jax.Array:
        begin = jnp.minimum(number * size, block - size)
        words = jax.lax.dynamic_slice_in_dim(past.words, begin, size)
        return jax.lax.dynamic_update_slice_in_dim(done, jax.vmap(of_bar)(words), begin, 0)

    done = jnp.empty((block, len(STEP_COLUMNS), width), jnp.int32)
    return jax.lax.fori_loop(0, (filled + size - 1) // size, part, done)
