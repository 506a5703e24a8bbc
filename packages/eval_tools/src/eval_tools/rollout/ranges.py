"""Deterministic long episodes: lanes of accounts side by side in one loop over bars, no autoreset.

A lane plays its ranges one after the other, each with an account of its own. Whatever plays in one
call is one compiled program, however many policies, parameters and lengths of ranges there are.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from numpy.typing import NDArray

from eval_tools.policies.own import host_failure
from eval_tools.rollout.cast import Cast, Shared
from eval_tools.rollout.records import STEP_COLUMNS, record
from futures_env.core.rules import rules_of, tier_of
from futures_env.types import EnvParams, EnvState

INT32_MAX = 2**31 - 1

BLOCK_CELLS = 2**17
"""Bars times lanes whose records are kept on the device; a whole block then goes to the host."""


class TradingEnv(Protocol):
    """The part of ``futures_env``'s environments that the evaluation uses; hashable."""

    @property
    def num_actions(self) -> int: ...

    def state_at(self, row: jax.Array, params: EnvParams) -> EnvState: ...

    def observe(
        self, key: jax.Array, state: EnvState, action: None, params: EnvParams
    ) -> jax.Array: ...

    def action_mask(self, state: EnvState, params: EnvParams) -> jax.Array: ...

    def step_env(
        self, key: jax.Array, state: EnvState, action: jax.Array, params: EnvParams
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, dict[str, Any]]: ...


@struct.dataclass(kw_only=True)
class Queue:
    """The ranges of a lane in the order in which they are played; leaves (Q,), batched (B, Q).

    A range begins after the close of its first row: that bar is seen and cannot be traded, for no
    entry reaches over a session's start. The account lives on from session to session, also over a
    change of contract. Truncation is ignored: only the range or the account ends.

    Attributes:
        first_row, last_row: int32, both included; a lane without a range left has -1.
        key: the draw at a bar depends on the key and the bar's row alone.
        reenter: bool, whether a fresh account goes on at the bar after a failure; otherwise the
            rest of the range is not traded.
        opening: (Q, 3) int32 balance, high-water mark and floor in cents with which the account of
            a range begins; None: a fresh one.
    """

    first_row: jax.Array
    last_row: jax.Array
    key: jax.Array
    reenter: jax.Array
    opening: jax.Array | None = None


@struct.dataclass(kw_only=True)
class Lane:
    """Where a lane stands.

    Attributes:
        state: of its account.
        place: () int32, range of the queue that is played.
        attempt: () int32, accounts used before in this range.
    """

    state: EnvState
    place: jax.Array
    attempt: jax.Array


def evaluation_params(params: EnvParams) -> EnvParams:
    """``params`` for a long episode: no time limit, trading goes on after a pass."""
    return replace(params, **_long_episode())


@cache
def _long_episode() -> dict[str, jax.Array]:
    """One array each, so that parameters which share the rest share these (``Shared``)."""
    with jax.ensure_compile_time_eval():
        return {
            "max_steps_in_episode": jnp.int32(INT32_MAX),
            "end_at_session_close": jnp.bool_(False),
            "end_on_pass": jnp.bool_(False),
        }


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
            lanes, done, filled, unfinished = _run_block(env, cast, params, queues, lanes, block)
            yield np.asarray(done[: int(filled)])
        except jax.errors.JaxRuntimeError as error:
            raise host_failure(error) or error from None


@partial(jax.jit, static_argnames="env")
def _begin(env: TradingEnv, params: Shared[EnvParams], queues: Queue) -> Lane:
    def begin(own: EnvParams, queue: Queue) -> Lane:
        zero = jnp.int32(0)
        return Lane(
            state=_account(env, params.with_own(own), queue, zero), place=zero, attempt=zero
        )

    return jax.vmap(begin)(params.own, queues)


@partial(jax.jit, static_argnames=("env", "block"), donate_argnames="lanes")
def _run_block(
    env: TradingEnv,
    cast: Cast,
    params: Shared[EnvParams],
    queues: Queue,
    lanes: Lane,
    block: int,
) -> tuple[Lane, jax.Array, jax.Array, jax.Array]:
    """Up to ``block`` bars: lanes, (block, columns, B) records, bars done, whether any is left."""

    def looks(own: EnvParams, queue: Queue, lane: Lane) -> tuple[Any, ...]:
        full = params.with_own(own)
        key = jax.random.fold_in(queue.key[lane.place], lane.state.row)
        observed, acted, _ = jax.random.split(key, 3)
        obs = env.observe(observed, lane.state, None, full)
        return obs, env.action_mask(lane.state, full), acted

    def steps(own: EnvParams, *lane: Any) -> tuple[Lane, jax.Array, jax.Array]:
        return step_bar(env, params.with_own(own), *lane)

    def opens(own: EnvParams, queue: Queue, lane: Lane, begins: jax.Array) -> Lane:
        return open_account(env, params.with_own(own), queue, lane, begins)

    def bar(carry: tuple[Lane, jax.Array, jax.Array]) -> tuple[Lane, jax.Array, jax.Array]:
        lanes, done, index = carry
        obs, mask, key = jax.vmap(looks)(params.own, queues, lanes)
        chosen = cast.act(obs, mask, key, lanes.state, params)
        lanes, begins, records = jax.vmap(steps, out_axes=(0, 0, 1))(
            params.own, queues, lanes, chosen, mask
        )
        lanes = jax.lax.cond(
            jnp.any(begins),
            lambda lanes: jax.vmap(opens)(params.own, queues, lanes, begins),
            lambda lanes: lanes,
            lanes,
        )
        return lanes, jax.lax.dynamic_update_index_in_dim(done, records, index, 0), index + 1

    def open_(carry: tuple[Lane, jax.Array, jax.Array]) -> jax.Array:
        lanes, _, index = carry
        return (index < block) & jnp.any(is_playing(queues, lanes))

    done = jnp.empty((block, len(STEP_COLUMNS), lanes.place.shape[0]), jnp.int32)
    lanes, done, index = jax.lax.while_loop(open_, bar, (lanes, done, jnp.int32(0)))
    return lanes, done, index, jnp.any(is_playing(queues, lanes))


def is_playing(queues: Queue, lanes: Lane) -> jax.Array:
    """(...,) bool, whether a lane has a range left."""
    length = queues.first_row.shape[-1]
    place = jnp.minimum(lanes.place, length - 1)
    first = jnp.take_along_axis(queues.first_row, place[..., None], axis=-1)[..., 0]
    return (lanes.place < length) & (first >= 0)


def step_bar(
    env: TradingEnv,
    params: EnvParams,
    queue: Queue,
    lane: Lane,
    chosen: tuple[jax.Array, jax.Array],
    mask: jax.Array,
) -> tuple[Lane, jax.Array, jax.Array]:
    """One bar of a lane: the lane, whether a fresh account begins, the (columns,) int32 record."""
    before, place = lane.state, lane.place
    action, probability = chosen
    playing = is_playing(queue, lane)
    _, stepped, _, terminated, info = env.step_env(queue.key[place], before, action, params)
    done = record(params, before, stepped, action, mask, info)
    done |= {
        "place": jnp.where(playing, place, -1),
        "attempt": lane.attempt,
        "probability": jax.lax.bitcast_convert_type(probability, jnp.int32),
    }

    again = terminated & queue.reenter[place]
    over = (stepped.row >= queue.last_row[place]) | (terminated & ~again)
    after = Lane(
        state=stepped,
        place=place + over,
        attempt=jnp.where(over, 0, lane.attempt + again),
    )
    packed = jnp.stack([done[name].astype(jnp.int32) for name in STEP_COLUMNS])
    return _select(playing, after, lane), playing & (over | again), packed


def open_account(
    env: TradingEnv, params: EnvParams, queue: Queue, lane: Lane, begins: jax.Array
) -> Lane:
    """The lane with a fresh account where one begins: at a new range, or at the present bar."""
    again = lane.attempt > 0
    row = jnp.where(again, lane.state.row, -1)
    return replace(
        lane, state=_select(begins, _account(env, params, queue, lane.place, row), lane.state)
    )


def _account(
    env: TradingEnv,
    params: EnvParams,
    queue: Queue,
    place: jax.Array,
    row: jax.Array | None = None,
) -> EnvState:
    """A fresh account at ``row``; at the first row of the range, as it opens, where that is -1."""
    first = queue.first_row[place]
    state = env.state_at(first if row is None else jnp.where(row < 0, first, row), params)
    if queue.opening is None:
        return state
    balance, high_water_mark, floor = queue.opening[place]
    return replace(
        state,
        balance_cents=balance,
        equity_cents=balance,
        session_start_cents=balance,
        high_water_mark_cents=high_water_mark,
        floor_cents=floor,
        tier=tier_of(params, balance - rules_of(params, 0).start_cents),
    )


def _select(condition: jax.Array, new: Any, old: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)
