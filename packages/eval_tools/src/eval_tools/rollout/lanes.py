"""Where a lane of accounts stands, and what one bar does to it.

A lane plays its ranges one after the other, each with an account of its own.
"""

from dataclasses import replace
from functools import cache
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from flax import struct

from eval_tools.rollout.records import STEP_COLUMNS, record
from futures_env.core.rules import rules_of, tier_of
from futures_env.types import EnvParams, EnvState

INT32_MAX = 2**31 - 1


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


@struct.dataclass(kw_only=True)
class Current:
    """What holds for a lane until an account ends; a lane without a range left is idle.

    Attributes:
        playing: () bool, whether a range is left.
        last_row, key, reenter: of that range.
    """

    playing: jax.Array
    last_row: jax.Array
    key: jax.Array
    reenter: jax.Array


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


def is_playing(queues: Queue, lanes: Lane) -> jax.Array:
    """(...,) bool, whether a lane has a range left."""
    length = queues.first_row.shape[-1]
    place = jnp.minimum(lanes.place, length - 1)
    first = jnp.take_along_axis(queues.first_row, place[..., None], axis=-1)[..., 0]
    return (lanes.place < length) & (first >= 0)


def current(queue: Queue, lane: Lane) -> Current:
    """The range that a lane plays."""
    return Current(
        playing=is_playing(queue, lane),
        last_row=queue.last_row[lane.place],
        key=queue.key[lane.place],
        reenter=queue.reenter[lane.place],
    )


def ends(now: Current, state: EnvState, failed: jax.Array) -> jax.Array:
    """() bool, whether the account or the range ends with the bar that was stepped."""
    return now.playing & ((state.row >= now.last_row) | failed)


def record_bar(
    env: TradingEnv,
    params: EnvParams,
    queue: Queue,
    lane: Lane,
    chosen: tuple[jax.Array, jax.Array],
) -> jax.Array:
    """What the bar did that is stepped next, (columns,) int32."""
    action, probability = chosen
    mask = env.action_mask(lane.state, params)
    _, stepped, _, _, info = env.step_env(queue.key[lane.place], lane.state, action, params)
    done = record(params, lane.state, stepped, action, mask, info) | {
        "place": jnp.where(is_playing(queue, lane), lane.place, -1),
        "attempt": lane.attempt,
        "probability": jax.lax.bitcast_convert_type(probability, jnp.int32),
    }
    return jnp.stack([done[name].astype(jnp.int32) for name in STEP_COLUMNS])


def follow(
    env: TradingEnv, params: EnvParams, queue: Queue, lane: Lane, now: Current, failed: jax.Array
) -> Lane:
    """The lane with a fresh account where one has ended: at a new range, or at the present bar."""
    ended, row = ends(now, lane.state, failed), lane.state.row
    over = ended & ((row >= now.last_row) | ~now.reenter)
    again = ended & ~over
    place = lane.place + over
    fresh = account(env, params, queue, place, jnp.where(again, row, -1))
    return Lane(
        state=_select(ended, fresh, lane.state),
        place=place,
        attempt=jnp.where(over, 0, lane.attempt + again),
    )


def account(
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
