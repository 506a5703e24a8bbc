"""From an action code to orders: what may be ordered, and what is; the illegal becomes HOLD."""

import jax
import jax.numpy as jnp
from flax import struct

from futures_env.codes import Action
from futures_env.phases import PhaseSpec


@struct.dataclass(kw_only=True)
class Legality:
    """What may be ordered at the close of a bar. All leaves 0-d bool."""

    can_enter: jax.Array
    can_break_even: jax.Array
    can_trail_on: jax.Array
    can_trail_off: jax.Array

    def mask(self, phase: PhaseSpec) -> jax.Array:
        """Legality by action code, shape (num_actions,) bool."""
        by_action = {
            Action.HOLD: jnp.ones_like(self.can_enter),
            Action.BUY: self.can_enter,
            Action.SELL: self.can_enter,
            Action.STOP_TO_BREAK_EVEN: self.can_break_even,
            Action.TRAIL_ON: self.can_trail_on,
            Action.TRAIL_OFF: self.can_trail_off,
        }
        return jnp.stack([by_action[Action(code)] for code in range(phase.num_actions)])


@struct.dataclass(kw_only=True)
class Command:
    """A legal order. Leaves 0-d: ``entry`` int32 (BUY, SELL or HOLD), the rest bool."""

    entry: jax.Array
    break_even: jax.Array
    trail_on: jax.Array
    trail_off: jax.Array
    illegal: jax.Array


def decode(phase: PhaseSpec, legal: Legality, action: jax.Array | float) -> Command:
    """Turn ``action`` into orders; ``illegal`` marks what the mask forbids."""
    action = jnp.asarray(action, jnp.int32)

    def manages(code: Action, allowed: jax.Array) -> jax.Array:
        return (action == code) & allowed & (code < phase.num_actions)

    buy = (action == Action.BUY) & legal.can_enter
    sell = (action == Action.SELL) & legal.can_enter
    break_even = manages(Action.STOP_TO_BREAK_EVEN, legal.can_break_even)
    trail_on = manages(Action.TRAIL_ON, legal.can_trail_on)
    trail_off = manages(Action.TRAIL_OFF, legal.can_trail_off)
    ordered = buy | sell | break_even | trail_on | trail_off
    return Command(
        entry=jnp.where(buy | sell, action, Action.HOLD),
        break_even=break_even,
        trail_on=trail_on,
        trail_off=trail_off,
        illegal=~ordered & (action != Action.HOLD),
    )
