"""Default parameters (rule set apex-legacy-50k, the market's own costs) and reward presets."""

from dataclasses import replace

import jax
import jax.numpy as jnp

from futures_env.codes import DrawdownMode, Lock, PassTest
from futures_env.market.table import MarketData
from futures_env.phases import PhaseSpec
from futures_env.types import SCALAR_FIELDS, TIERS, EnvParams

REWARD_PRESETS: dict[str, dict[str, float]] = {
    "seed": {
        "pnl_scale_usd": 50.0,
        "realized_weight": 1.0,
        "equity_weight": 0.0,
        "target_bonus": 1.0,
        "stop_penalty": 0.1,
        "hold_penalty": 0.005,
        "breach_penalty": 10.0,
    },
    "equity": {
        "pnl_scale_usd": 50.0,
        "realized_weight": 0.0,
        "equity_weight": 1.0,
        "target_bonus": 0.0,
        "stop_penalty": 0.0,
        "hold_penalty": 0.0,
        "breach_penalty": 10.0,
    },
}
"""Reward parameters by preset name; the terms stand in docs/environments/rules.md, section 10."""

DEFAULT_REWARD = "equity"


def reward_preset(name: str) -> dict[str, jnp.ndarray]:
    """Reward fields of EnvParams for ``params.replace(**reward_preset("seed"))``.

    Raises:
        ValueError: for an unknown name, naming the known ones.
    """
    if name not in REWARD_PRESETS:
        raise ValueError(f"no reward preset {name!r}; known presets: {', '.join(REWARD_PRESETS)}")
    return {field: jnp.float32(value) for field, value in REWARD_PRESETS[name].items()}


def no_tiers() -> dict[str, jnp.ndarray]:
    """Tier fields of EnvParams without a used row."""
    return {
        "tier_profit": jnp.full(TIERS, -1.0, jnp.float32),
        "tier_max_contracts": jnp.ones(TIERS, jnp.int32),
        "tier_daily_loss_limit": jnp.zeros(TIERS, jnp.float32),
    }


def default_params(phase: PhaseSpec, market: MarketData) -> EnvParams:
    """EnvParams with every default of the rules, for one market table.

    With one market the costs are that market's; with several they are negative, which means
    each market's own row of the contract table.
    """
    single = market.num_markets == 1
    table = market.contract_table
    commission = table.commission_cents[0].astype(jnp.float32) / 100.0 if single else -1.0
    slippage = table.slippage_ticks[0] if single else -1
    f, i, b = jnp.float32, jnp.int32, jnp.bool_
    return EnvParams(
        market=market,
        max_steps_in_episode=i(390),
        start_row=i(-1),
        end_at_session_close=b(False),
        end_on_pass=b(True),
        commission_usd=f(commission),
        slippage_ticks=i(slippage),
        stop_slippage_ticks=i(slippage),
        target_through_ticks=i(1),
        stop_atr_multiple=f(1.5),
        target_ratio=f(3.0),
        max_stop_usd=f(500.0),
        contracts=i(1),
        max_contracts=i(10),
        risk_per_trade_usd=f(0.0),
        break_even_min_profit_atr=f(0.5),
        trail_activation_r=f(0.0),
        trail_atr_multiple=f(1.0),
        start_balance=f(50_000.0),
        profit_target=f(3_000.0),
        drawdown=f(phase.drawdown_usd),
        drawdown_mode=i(DrawdownMode.INTRADAY),
        lock=i(Lock.TARGET_BALANCE),
        daily_loss_limit=f(0.0),
        daily_loss_hard=b(False),
        min_days=i(7),
        max_days=i(0),
        pass_test=i(PassTest.TOUCH),
        **no_tiers(),
        forced_position_ratio=f(0.0),
        entry_bonus=f(0.0),
        management_bonus=f(0.0),
        win_bonus=f(0.0),
        loss_penalty=f(0.0),
        **reward_preset(DEFAULT_REWARD),
    )


def with_dtypes_of(declared: EnvParams, params: EnvParams) -> EnvParams:
    """``params`` with every scalar field as an array of ``declared``'s dtype, not weakly typed."""
    cast = {}
    for name in SCALAR_FIELDS:
        value, dtype = getattr(params, name), getattr(declared, name).dtype
        weak = getattr(value, "weak_type", True)
        if not isinstance(value, jax.Array) or value.dtype != dtype or weak:
            cast[name] = jax.lax.convert_element_type(jnp.asarray(value), dtype)
    return replace(params, **cast) if cast else params
