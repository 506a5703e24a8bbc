"""Orders that take effect at the open of the next bar: entries and the moving of stops."""

from dataclasses import replace

import jax
import jax.numpy as jnp

from futures_env.codes import ENTRY_SIDES, Action
from futures_env.core.bars import Bar, ClosedBar, same_session
from futures_env.core.commands import Command
from futures_env.core.sizing import sized_contracts, stop_distance, target_distance
from futures_env.core.units import INT32_MAX, round_ticks
from futures_env.types import EnvParams, EnvState, Rules


def manage(
    params: EnvParams, state: EnvState, command: Command, decision_bar: ClosedBar
) -> EnvState:
    """Move the stop of a carried position, from information up to ``decision_bar`` only.

    The stop never loosens (tests/futures_env/laws).
    """
    side, close = state.side, decision_bar.close
    trailing = (state.trailing | command.trail_on) & ~command.trail_off
    profit = state.open_profit_ticks(close).astype(jnp.float32)
    needed = jnp.float32(params.trail_activation_r) * state.initial_stop_ticks.astype(jnp.float32)
    distance = jnp.maximum(
        1, round_ticks(jnp.float32(params.trail_atr_multiple) * decision_bar.atr)
    )

    # Prices times side: for both sides, larger is tighter.
    none = -INT32_MAX
    break_even = jnp.where(command.break_even, side * state.entry_price, none)
    trail = jnp.where(trailing & (profit >= needed), side * close - distance, none)
    candidate = jnp.minimum(jnp.maximum(break_even, trail), side * close - 1)
    stop = side * jnp.maximum(side * state.stop_price, candidate)
    return replace(
        state,
        trailing=trailing,
        break_even_moved=state.break_even_moved | command.break_even,
        stop_price=stop,
    )


def enter(
    params: EnvParams,
    rules: Rules,
    state: EnvState,
    command: Command,
    decision_bar: ClosedBar,
    next_bar: Bar,
) -> tuple[EnvState, jax.Array]:
    """Fill an entry at the open of ``next_bar`` with the bracket of ``decision_bar``'s close.

    Returns:
        The state and whether an entry was filled (an entry into another session is cancelled).
    """
    entry = jnp.where(same_session(decision_bar, next_bar), command.entry, Action.HOLD)
    # looked up, as the results of a look-up are kept: what follows does not decode the order again
    side = jnp.array(ENTRY_SIDES, jnp.int32).at[entry].get(mode="promise_in_bounds")
    filled = side != 0
    stop_ticks = stop_distance(params, rules, decision_bar.atr)
    contracts = sized_contracts(params, rules, stop_ticks)
    fill = next_bar.open + side * rules.slippage_ticks
    commission = contracts * rules.commission_cents
    opened = replace(
        state,
        side=side,
        contracts=contracts,
        entry_price=fill,
        stop_price=fill - side * stop_ticks,
        target_price=fill + side * target_distance(params, stop_ticks),
        initial_stop_ticks=stop_ticks,
        entry_commission_cents=commission,
        balance_cents=state.balance_cents - commission,
        days_traded=state.days_traded + ~state.traded_this_session,
        traded_this_session=jnp.ones_like(state.traded_this_session),
    )
    return jax.tree.map(lambda new, old: jnp.where(filled, new, old), opened, state), filled
