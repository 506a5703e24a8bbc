"""One step of the market: the rules of docs/environments/rules.md in their order."""

from typing import Any

import jax
import jax.numpy as jnp

from futures_env.codes import AccountStatus
from futures_env.core.account import begin_bar, judge
from futures_env.core.bars import Bar, read_two_bars
from futures_env.core.brackets import enter, manage
from futures_env.core.commands import decode
from futures_env.core.fills import walk
from futures_env.core.mask import legality
from futures_env.core.rewards import Events, first_management, reward_terms
from futures_env.core.rules import in_tier, market_of, rules_of, tier_of
from futures_env.core.settlement import settle
from futures_env.core.terminations import done_reason
from futures_env.phases import PhaseSpec
from futures_env.types import EnvParams, EnvState


def advance(
    phase: PhaseSpec, params: EnvParams, state: EnvState, action: jax.Array | float
) -> tuple[EnvState, Bar, jax.Array, dict[str, Any]]:
    """Act on the close of ``state.row`` and live through the next bar.

    Args:
        phase: which actions exist.
        params: parameters and market.
        state: state after the bar ``state.row``.
        action: () int32; an illegal one does what HOLD does.

    Returns:
        (state after the next bar, that bar, reward () float32, info).
    """
    decision_bar, next_bar = read_two_bars(params.market, state.row)
    first_tier = rules_of(params, market_of(params, decision_bar))
    rules = in_tier(params, first_tier, state.tier)

    before = state
    command = decode(phase, legality(params, first_tier, state, decision_bar), action)
    reached_tier = tier_of(params, state.balance_cents - rules.start_cents)
    state = begin_bar(state, decision_bar, next_bar, reached_tier)
    state = manage(params, state, command, decision_bar)
    state, managed_first_time = first_management(state, command)
    state, entered = enter(params, rules, state, command, decision_bar, next_bar)
    opened = state
    exit_, marks = walk(params, rules, state, next_bar, entered)
    state, trade = settle(params, rules, state, next_bar, exit_, marks)
    state = judge(params, rules, state, next_bar, trade.breached)

    failed = state.account_status >= AccountStatus.FAILED_DRAWDOWN
    events = Events(
        net_cents=trade.net_cents,
        equity_change_cents=state.equity_cents - before.equity_cents,
        exit_reason=exit_.reason,
        closed=trade.closed,
        held=opened.side != 0,
        entered=entered,
        managed_first_time=managed_first_time,
        failed=failed & (before.account_status < AccountStatus.FAILED_DRAWDOWN),
    )
    terms = reward_terms(params, events)
    info = {
        "trade_closed": trade.closed,
        "trade_pnl_cents": trade.net_cents,
        "trade_side": opened.side * trade.closed,
        "fees_cents": opened.entry_commission_cents * entered + trade.commission_cents,
        "exit_reason": exit_.reason,
        "exit_price": exit_.price,
        "entry_filled": entered,
        "fill_price": opened.entry_price * entered,
        "stop_price": opened.stop_price,
        "equity_cents": state.equity_cents,
        "high_water_mark_cents": state.high_water_mark_cents,
        "floor_cents": state.floor_cents,
        "account_status": state.account_status,
        "done_reason": done_reason(params, state, next_bar),
        "illegal_action": command.illegal,
        "forced_trade": opened.forced,
        "forced_episode": state.began_forced,
        "market": next_bar.market,
        "reward_terms": terms,
    }
    return state, next_bar, sum(terms.values(), start=jnp.float32(0)), info
