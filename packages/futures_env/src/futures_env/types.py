"""Pytrees of the simulator: parameters, the rules they amount to, account state, exits."""

from dataclasses import fields

import jax
from flax import struct
from gymnax.environments import environment

from futures_env.market.table import MarketData

TIERS = 5
"""Rows of the tier leaves, whatever the rule set."""


@struct.dataclass(kw_only=True)
class EnvParams(environment.EnvParams):
    """Everything that may change without a recompile: 0-d leaves, tiers and the market.

    Money is in US dollars (float32), converted to whole cents once per step. Every field but
    ``market`` can carry a batch axis under ``jax.vmap`` (see ``futures_env.params_in_axes``).
    """

    market: MarketData
    # episode
    max_steps_in_episode: jax.Array  # ty: ignore[incompatible-attribute-override]  # () int32, bars
    start_row: jax.Array  # () int32, -1: random among market.starts
    end_at_session_close: jax.Array  # () bool
    end_on_pass: jax.Array  # () bool
    # costs and fills
    commission_usd: jax.Array  # () float32, per side and contract; negative: the contract table's
    slippage_ticks: jax.Array  # () int32, market fills; negative: the contract table's
    stop_slippage_ticks: jax.Array  # () int32, stop fills; negative: the contract table's
    target_through_ticks: jax.Array  # () int32, ticks beyond the target for a fill
    # orders
    stop_atr_multiple: jax.Array  # () float32
    target_ratio: jax.Array  # () float32, target distance / stop distance
    max_stop_usd: jax.Array  # () float32, per contract; 0: no cap
    contracts: jax.Array  # () int32
    max_contracts: jax.Array  # () int32
    risk_per_trade_usd: jax.Array  # () float32; 0: fixed contracts
    break_even_min_profit_atr: jax.Array  # () float32
    trail_activation_r: jax.Array  # () float32, in initial stop distances
    trail_atr_multiple: jax.Array  # () float32
    # account rules
    start_balance: jax.Array  # () float32, USD
    profit_target: jax.Array  # () float32, USD
    drawdown: jax.Array  # () float32, USD
    drawdown_mode: jax.Array  # () int32, DrawdownMode
    lock: jax.Array  # () int32, Lock
    daily_loss_limit: jax.Array  # () float32, USD; 0: none
    daily_loss_hard: jax.Array  # () bool
    min_days: jax.Array  # () int32, sessions traded before a pass
    max_days: jax.Array  # () int32, calendar days; 0: none
    pass_test: jax.Array  # () int32, PassTest
    # tiers above the account's first one, by profit at the session's start, in ascending order
    tier_profit: jax.Array  # (TIERS,) float32, USD; negative: the row is not used
    tier_max_contracts: jax.Array  # (TIERS,) int32, at least 1, in place of max_contracts
    tier_daily_loss_limit: jax.Array  # (TIERS,) float32, USD, in place of daily_loss_limit
    # curriculum
    forced_position_ratio: jax.Array  # () float32, probability of an open position at reset
    # reward
    pnl_scale_usd: jax.Array  # () float32
    realized_weight: jax.Array  # () float32
    equity_weight: jax.Array  # () float32
    target_bonus: jax.Array  # () float32
    stop_penalty: jax.Array  # () float32
    hold_penalty: jax.Array  # () float32
    entry_bonus: jax.Array  # () float32
    management_bonus: jax.Array  # () float32
    win_bonus: jax.Array  # () float32
    loss_penalty: jax.Array  # () float32
    breach_penalty: jax.Array  # () float32


SCALAR_FIELDS = tuple(field.name for field in fields(EnvParams) if field.name != "market")
"""The fields of EnvParams that may carry a batch axis."""


@struct.dataclass(kw_only=True)
class Rules:
    """EnvParams in the account's own units, for one market and tier; all leaves 0-d int32.

    Costs, sizing limits and account rules in whole cents and ticks (``core.rules.rules_of``).
    """

    tick_value_cents: jax.Array
    commission_cents: jax.Array  # per side and contract
    slippage_ticks: jax.Array
    stop_slippage_ticks: jax.Array
    max_stop_ticks: jax.Array  # cap of the stop distance
    risk_cents: jax.Array
    max_contracts: jax.Array  # of the tier in force
    start_cents: jax.Array
    target_balance_cents: jax.Array
    drawdown_cents: jax.Array
    lock_cents: jax.Array  # the floor stops rising here
    daily_loss_cents: jax.Array  # of the tier in force; 0: none


@struct.dataclass(kw_only=True)
class EnvState(environment.EnvState):
    """Position, orders and account after the bar ``row``. All leaves are 0-d."""

    time: jax.Array  # ty: ignore[incompatible-attribute-override]  # () int32, steps since reset
    row: jax.Array  # () int32, last closed bar
    # position: all 0 when flat
    side: jax.Array  # () int32, +1 long, -1 short, 0 flat
    contracts: jax.Array  # () int32
    entry_price: jax.Array  # () int32, ticks
    stop_price: jax.Array  # () int32, ticks
    target_price: jax.Array  # () int32, ticks
    initial_stop_ticks: jax.Array  # () int32
    bars_held: jax.Array  # () int32
    trailing: jax.Array  # () bool
    break_even_moved: jax.Array  # () bool
    entry_commission_cents: jax.Array  # () int32, charged when the position was opened
    forced: jax.Array  # () bool, the position was given at reset
    carried_pnl_cents: jax.Array  # () int32, open P&L of a forced position at reset
    rewarded_management: jax.Array  # () int32, bit set of management actions rewarded this trade
    # account
    balance_cents: jax.Array  # () int32, net of commissions paid
    equity_cents: jax.Array  # () int32, balance + open P&L at the close
    high_water_mark_cents: jax.Array  # () int32, running peak of marked equity
    floor_cents: jax.Array  # () int32, never falls
    session_start_cents: jax.Array  # () int32, balance when the session began
    tier: jax.Array  # () int32, in force since then: 0 the first, i that of row i - 1
    account_status: jax.Array  # () int8, AccountStatus
    entries_paused: jax.Array  # () bool, by the daily loss limit, until the next session
    days_traded: jax.Array  # () int32, sessions with an entry
    traded_this_session: jax.Array  # () bool
    first_date: jax.Array  # () int32, trading day of the bar of the reset
    began_forced: jax.Array  # () bool, the episode began with a position given at reset

    def open_profit_ticks(self, price: jax.Array) -> jax.Array:
        """Open profit per contract in ticks at ``price``; 0 when flat. () int32."""
        return (price - self.entry_price) * self.side


@struct.dataclass(kw_only=True)
class Exit:
    """How a position left the market. Leaves 0-d; ``price`` in ticks, 0 when it stayed."""

    reason: jax.Array  # int8 ExitReason
    price: jax.Array  # int32
