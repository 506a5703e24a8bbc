"""Deterministic long episodes: one scan over a contiguous range of bars, no autoreset."""

from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from flax import struct

from eval_tools.policies.policy import Context, Policy, probabilities
from futures_env.codes import Action
from futures_env.core.bars import read_bar
from futures_env.core.rules import in_tier, market_of, rules_of
from futures_env.core.sizing import sized_contracts, stop_distance, target_distance
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
class Step:
    """What one bar did; leaves (..., num_steps), int32 unless named.

    Rows that are not ``active`` lie behind the end of a range, or behind a breach: they were
    not traded and mean nothing.
    """

    active: jax.Array  # bool
    row: jax.Array  # the bar that was stepped
    attempt: jax.Array  # 0, 1, ...: accounts used so far in this range
    action: jax.Array
    probability: jax.Array  # float32, of the action; NaN where the policy does not say
    legal: jax.Array  # bit a is set where action a was legal
    equity_before_cents: jax.Array
    balance_cents: jax.Array
    equity_cents: jax.Array
    high_water_mark_cents: jax.Array
    floor_cents: jax.Array
    account_status: jax.Array
    done_reason: jax.Array
    illegal_action: jax.Array  # bool
    # position after the bar, 0 when flat
    side: jax.Array
    contracts: jax.Array
    stop_price: jax.Array  # ticks
    stop_in_force: jax.Array  # ticks, during the bar, 0 without a position in it
    target_price: jax.Array  # ticks
    trailing: jax.Array  # bool
    break_even_moved: jax.Array  # bool
    # the entry of this bar; order terms are 0 where no entry was filled
    entry_filled: jax.Array  # bool
    entry_side: jax.Array
    entry_price: jax.Array  # ticks
    entry_contracts: jax.Array
    entry_stop_ticks: jax.Array
    entry_target_ticks: jax.Array
    # the exit of this bar
    trade_closed: jax.Array  # bool
    trade_pnl_cents: jax.Array  # net, as charged
    exit_reason: jax.Array
    exit_price: jax.Array  # ticks
    forced_trade: jax.Array  # bool


def evaluation_params(params: EnvParams) -> EnvParams:
    """``params`` for a long episode: no time limit, trading goes on after a pass."""
    return replace(
        params,
        max_steps_in_episode=jnp.int32(INT32_MAX),
        end_at_session_close=jnp.bool_(False),
        end_on_pass=jnp.bool_(False),
    )


@partial(jax.jit, static_argnames=("env", "num_steps"))
def run_ranges(
    env: TradingEnv,
    policy: Policy,
    params: EnvParams,
    first_rows: jax.Array,
    last_rows: jax.Array,
    keys: jax.Array,
    reenter: jax.Array | bool,
    num_steps: int,
) -> Step:
    """Run one policy over S row ranges side by side, each with a fresh account.

    A range begins after the close of its first row: that bar is seen and cannot be traded, for
    no entry reaches over a session's start. The account lives on from session to session, also
    over a change of contract. Truncation is ignored: only the range or the account ends.

    Args:
        env: hashable environment.
        policy: callable pytree.
        params: see ``evaluation_params``.
        first_rows, last_rows: (S,) int32, both included.
        keys: (S,) keys; the draw at a bar depends on the key and the bar's row alone.
        reenter: whether a fresh account goes on at the bar after a failure; otherwise the rest
            of the range is not traded.
        num_steps: bars to scan, at least the longest ``last_row - first_row``.

    Returns:
        Steps with leaves (S, num_steps).
    """

    def one(first: jax.Array, last: jax.Array, key: jax.Array) -> Step:
        state = env.state_at(first, params)
        carry = (state, jnp.bool_(False), jnp.int32(0))
        step = partial(step_bar, env, policy, params, last, key, jnp.asarray(reenter))
        return jax.lax.scan(step, carry, None, length=num_steps)[1]

    return jax.vmap(one)(first_rows, last_rows, keys)


def step_bar(
    env: TradingEnv,
    policy: Policy,
    params: EnvParams,
    last_row: jax.Array,
    key: jax.Array,
    reenter: jax.Array,
    carry: tuple[EnvState, jax.Array, jax.Array],
    _scanned: None,
) -> tuple[tuple[EnvState, jax.Array, jax.Array], Step]:
    """One bar of a range; ``carry``: state, whether the range or account has ended, attempt."""
    state, halted, attempt = carry
    active = ~halted & (state.row < last_row)
    key_observe, key_act, key_step = jax.random.split(jax.random.fold_in(key, state.row), 3)
    obs = env.observe(key_observe, state, None, params)
    mask = env.action_mask(state, params)
    action = policy(obs, mask, key_act, Context(state, params)).astype(jnp.int32)
    _, stepped, _, terminated, info = env.step_env(key_step, state, action, params)

    record = _record(params, state, stepped, action, mask, info)
    likely = probabilities(policy, obs, mask)[action]
    record = replace(record, active=active, attempt=attempt, probability=likely)
    again = terminated & reenter
    following = _select(again, env.state_at(stepped.row, params), stepped)
    carry = (
        _select(active, following, state),
        halted | (active & terminated & ~reenter),
        attempt + (active & again),
    )
    return carry, record


def _record(
    params: EnvParams,
    before: EnvState,
    after: EnvState,
    action: jax.Array,
    mask: jax.Array,
    info: dict[str, Any],
) -> Step:
    rules = in_tier(params, rules_of(params, market_of(params, before.row)), after.tier)
    stop_ticks = stop_distance(params, rules, read_bar(params.market, before.row).atr)
    entered = info["entry_filled"]
    bits = jnp.left_shift(1, jnp.arange(mask.shape[0], dtype=jnp.int32))
    return Step(
        active=jnp.bool_(True),
        attempt=jnp.int32(0),
        action=action,
        probability=jnp.float32(jnp.nan),
        legal=jnp.sum(jnp.where(mask, bits, 0)),
        equity_before_cents=before.equity_cents,
        done_reason=info["done_reason"].astype(jnp.int32),
        illegal_action=info["illegal_action"],
        entry_filled=entered,
        entry_side=entered * jnp.where(action == Action.BUY, 1, -1),
        entry_price=entered * info["fill_price"],
        entry_contracts=entered * sized_contracts(params, rules, stop_ticks),
        entry_stop_ticks=entered * stop_ticks,
        entry_target_ticks=entered * target_distance(params, stop_ticks),
        trade_closed=info["trade_closed"],
        trade_pnl_cents=info["trade_pnl_cents"],
        exit_reason=info["exit_reason"].astype(jnp.int32),
        exit_price=info["exit_price"],
        forced_trade=info["forced_trade"],
        stop_in_force=info["stop_price"],
        **{name: getattr(after, name) for name in _STATE_FIELDS},
    )


_STATE_FIELDS = (
    "row",
    "balance_cents",
    "equity_cents",
    "high_water_mark_cents",
    "floor_cents",
    "account_status",
    "side",
    "contracts",
    "stop_price",
    "target_price",
    "trailing",
    "break_even_moved",
)


def _select(condition: jax.Array, new: EnvState, old: EnvState) -> EnvState:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)
