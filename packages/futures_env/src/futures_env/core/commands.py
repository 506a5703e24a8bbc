"""An action code as orders: what is illegal or unknown becomes HOLD."""

import jax
import jax.numpy as jnp
from flax import struct

from futures_env.codes import Action
from futures_env.core.mask import Legality
from futures_env.phases import PhaseSpec


@struct.dataclass(kw_only=True)
class Command:
    """A legal order. Leaves 0-d: ``entry_side`` int32 (+1, -1, 0), the rest bool."""

    entry_side: jax.Array
    break_even: jax.Array
    trail_on: jax.Array
    trail_off: jax.Array
    illegal: jax.Array


def decode(phase: PhaseSpec, legal: Legality, action: jax.Array | float) -> Command:
    """Turn ``action`` into orders; ``illegal`` marks what the mask forbids."""
    action = jnp.asarray(action, jnp.int32)
    known = action < phase.num_actions
    buy = (action == Action.BUY) & legal.can_enter
    sell = (action == Action.SELL) & legal.can_enter
    break_even = (action == Action.STOP_TO_BREAK_EVEN) & legal.can_break_even & known
    trail_on = (action == Action.TRAIL_ON) & legal.can_trail_on & known
    trail_off = (action == Action.TRAIL_OFF) & legal.can_trail_off & known
    ordered = buy | sell | break_even | trail_on | trail_off
    return Command(
        entry_side=buy.astype(jnp.int32) - sell.astype(jnp.int32),
        break_even=break_even,
        trail_on=trail_on,
        trail_off=trail_off,
        illegal=~ordered & (action != Action.HOLD),
    )
