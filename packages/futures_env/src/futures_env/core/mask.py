"""Which actions are legal: one predicate for the mask and for the transition."""

import jax.numpy as jnp

from futures_env.core.bars import ClosedBar
from futures_env.core.commands import Legality
from futures_env.core.sizing import sized_contracts, stop_distance
from futures_env.types import EnvParams, EnvState, Rules


def legality(params: EnvParams, rules: Rules, state: EnvState, decision_bar: ClosedBar) -> Legality:
    """Legality of every action at the close of ``decision_bar``, from the state after it.

    Args:
        rules: of the first tier will do: no tier's contract cap is 0.
    """
    in_position = state.side != 0
    size = sized_contracts(params, rules, stop_distance(params, rules, decision_bar.atr))
    profit = state.open_profit_ticks(decision_bar.close).astype(jnp.float32)
    wanted_profit = jnp.float32(params.break_even_min_profit_atr) * decision_bar.atr
    entry_is_tighter = state.side * (state.entry_price - state.stop_price) > 0
    return Legality(
        can_enter=~in_position & decision_bar.entry_ok & (size >= 1) & ~state.entries_paused,
        can_break_even=in_position
        & ~state.break_even_moved
        & (profit >= wanted_profit)
        & entry_is_tighter,
        can_trail_on=in_position & ~state.trailing,
        can_trail_off=in_position & state.trailing,
    )
