"""Reward: named terms, each weighted by its parameter, and their sum."""

from dataclasses import replace

import jax
import jax.numpy as jnp
from flax import struct

from futures_env.codes import Action, ExitReason
from futures_env.core.commands import Command
from futures_env.types import EnvParams, EnvState

BONUS_UNIT_USD = 100.0
"""Bonuses are parameters in USD; one unit of reward is this much of them."""


@struct.dataclass(kw_only=True)
class Events:
    """What happened in a step, as far as the reward cares. Leaves 0-d."""

    net_cents: jax.Array  # int32, P&L of the trade closed in the step
    equity_change_cents: jax.Array  # int32
    exit_reason: jax.Array  # int8
    closed: jax.Array  # bool
    held: jax.Array  # bool, a position existed during the bar
    entered: jax.Array  # bool
    managed_first_time: jax.Array  # bool, a management action not yet rewarded in this trade
    failed: jax.Array  # bool, the account failed in this step


def management_bit(command: Command) -> jax.Array:
    """Bit of the management action ordered, 0 when none. () int32."""
    return (
        command.break_even * (1 << Action.STOP_TO_BREAK_EVEN)
        + command.trail_on * (1 << Action.TRAIL_ON)
        + command.trail_off * (1 << Action.TRAIL_OFF)
    ).astype(jnp.int32)


def reward_terms(params: EnvParams, events: Events) -> dict[str, jax.Array]:
    """Weighted terms by name, each () float32; the reward is their sum.

    The same reward under jit, vmap and scan: the divisor shared by all lanes is inverted once, and
    every term ends in a select, which no compiler contracts with the sum that follows.
    """

    def paid(when: jax.Array, amount: jax.Array) -> jax.Array:
        return jnp.where(when, jnp.asarray(amount, jnp.float32), jnp.float32(0))

    def pnl(cents: jax.Array, weight: jax.Array) -> jax.Array:
        per_cent = weight / (jnp.asarray(params.pnl_scale_usd, jnp.float32) * 100.0)
        return paid(cents != 0, cents.astype(jnp.float32) * per_cent)

    return {
        "realized": pnl(events.net_cents, params.realized_weight),
        "equity": pnl(events.equity_change_cents, params.equity_weight),
        "target_bonus": paid(events.exit_reason == ExitReason.TARGET, params.target_bonus),
        "stop_penalty": paid(events.exit_reason == ExitReason.STOP, -params.stop_penalty),
        "hold_penalty": paid(events.held, -params.hold_penalty),
        "entry_bonus": paid(events.entered, params.entry_bonus / BONUS_UNIT_USD),
        "management_bonus": paid(
            events.managed_first_time, params.management_bonus / BONUS_UNIT_USD
        ),
        "outcome": paid(events.closed & (events.net_cents > 0), params.win_bonus)
        + paid(events.closed & (events.net_cents < 0), -params.loss_penalty),
        "breach_penalty": paid(events.failed, -params.breach_penalty),
    }


def first_management(state: EnvState, command: Command) -> tuple[EnvState, jax.Array]:
    """Remember which management actions were rewarded; whether this one is the first."""
    bit = management_bit(command)
    first = (bit & ~state.rewarded_management) != 0
    return replace(state, rewarded_management=state.rewarded_management | bit), first
