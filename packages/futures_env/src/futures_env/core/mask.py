"""Which actions are legal: one predicate for the mask and for the transition."""

import jax
import jax.numpy as jnp
from flax import struct

from futures_env.codes import Action
from futures_env.core.bars import Bar
from futures_env.core.rules import Rules
from futures_env.core.sizing import sized_contracts, stop_distance
from futures_env.phases import PhaseSpec
from futures_env.types import EnvParams, EnvState


@struct.dataclass(kw_only=True)
class Legality:
    """What may be done at the close of a bar. All leaves 0-d bool."""

    can_enter: jax.Array
    can_break_even: jax.Array
    can_trail_on: jax.Array
    can_trail_off: jax.Array

    def mask(self, phase: PhaseSpec) -> jax.Array:
        """Legality by action code, shape (num_actions,) bool."""
        rows = {
            Action.HOLD: jnp.ones_like(self.can_enter),
            Action.BUY: self.can_enter,
            Action.SELL: self.can_enter,
            Action.STOP_TO_BREAK_EVEN: self.can_break_even,
            Action.TRAIL_ON: self.can_trail_on,
            Action.TRAIL_OFF: self.can_trail_off,
        }
        return jnp.stack([rows[Action(code)] for code in range(phase.num_actions)])


def open_profit_ticks(state: EnvState, price: jax.Array) -> jax.Array:
    """Open profit per contract in ticks at ``price``; 0 when flat."""
    return (price - state.entry_price) * state.side


def legality(params: EnvParams, rules: Rules, state: EnvState, bar: Bar) -> Legality:
    """Legality of every action at the close of ``bar``, from the state after it."""
    in_position = state.side != 0
    size = sized_contracts(params, rules, stop_distance(params, rules, bar.atr))
    profit = open_profit_ticks(state, bar.close).astype(jnp.float32)
    wanted_profit = jnp.float32(params.break_even_min_profit_atr) * bar.atr
    entry_is_tighter = state.side * (state.entry_price - state.stop_price) > 0
    return Legality(
        can_enter=~in_position & bar.entry_ok & (size >= 1) & ~state.entries_paused,
        can_break_even=in_position
        & ~state.break_even_moved
        & (profit >= wanted_profit)
        & entry_is_tighter,
        can_trail_on=in_position & ~state.trailing,
        can_trail_off=in_position & state.trailing,
    )
