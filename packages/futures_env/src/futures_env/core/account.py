"""The account: high-water mark, floor, daily limit, breach and pass."""

from dataclasses import replace

import jax
import jax.numpy as jnp
from flax import struct

from futures_env.codes import AccountStatus, DrawdownMode, PassTest
from futures_env.core.bars import Bar, ClosedBar, same_session
from futures_env.core.select import select
from futures_env.types import EnvParams, EnvState, Rules


@struct.dataclass(kw_only=True)
class Marks:
    """What marked equity leaves behind, in cents. Leaves 0-d int32."""

    high_water: jax.Array
    floor: jax.Array


def mark(
    params: EnvParams, rules: Rules, marks: Marks, equity: jax.Array, when: jax.Array
) -> Marks:
    """Mark the high-water mark with ``equity`` and let the floor follow, where ``when``."""
    high_water = jnp.maximum(marks.high_water, equity)
    trailed = jnp.minimum(high_water - rules.drawdown_cents, rules.lock_cents)
    followed = jnp.where(
        params.drawdown_mode == DrawdownMode.INTRADAY,
        trailed,
        jnp.where(
            params.drawdown_mode == DrawdownMode.STATIC,
            rules.start_cents - rules.drawdown_cents,
            marks.floor,
        ),
    )
    return Marks(
        high_water=jnp.where(when, high_water, marks.high_water),
        floor=jnp.where(when, jnp.maximum(marks.floor, followed), marks.floor),
    )


def floor_after_close(
    params: EnvParams, rules: Rules, floor: jax.Array, balance: jax.Array, next_bar: Bar
) -> jax.Array:
    """End-of-day floor: raised by the closing balance on a session's last row."""
    raised = jnp.maximum(floor, jnp.minimum(balance - rules.drawdown_cents, rules.lock_cents))
    end_of_day = params.drawdown_mode == DrawdownMode.END_OF_DAY
    return jnp.where(end_of_day & next_bar.session_last, raised, floor)


def begin_bar(
    state: EnvState, decision_bar: ClosedBar, next_bar: Bar, reached_tier: jax.Array
) -> EnvState:
    """Time passes: a new session renews daily limit and tier, a carried position ages by a bar."""
    new_session = ~same_session(decision_bar, next_bar)
    return replace(
        state,
        time=state.time + 1,
        row=next_bar.row,
        bars_held=state.bars_held + (state.side != 0),
        session_start_cents=jnp.where(new_session, state.balance_cents, state.session_start_cents),
        tier=jnp.where(new_session, reached_tier, state.tier),
        entries_paused=state.entries_paused & ~new_session,
        traded_this_session=state.traded_this_session & ~new_session,
    )


def daily_loss_reached(rules: Rules, state: EnvState) -> jax.Array:
    """Whether equity is at or under the session's daily loss limit. () bool."""
    lost = state.session_start_cents - state.equity_cents
    return (rules.daily_loss_cents > 0) & (lost >= rules.daily_loss_cents)


def judge(
    params: EnvParams, rules: Rules, state: EnvState, next_bar: Bar, breached: jax.Array
) -> EnvState:
    """Account status at the end of the step: failures first, then the pass test."""
    lost_daily = daily_loss_reached(rules, state)
    failed_daily, paused = (
        lost_daily & jnp.asarray(params.daily_loss_hard, jnp.bool_),
        lost_daily & ~jnp.asarray(params.daily_loss_hard, jnp.bool_),
    )
    out_of_time = (params.max_days > 0) & (next_bar.date - state.first_date >= params.max_days)
    looked_at = (params.pass_test == PassTest.TOUCH) | next_bar.session_last
    reached = (
        (state.side == 0)
        & (rules.target_balance_cents > rules.start_cents)
        & (state.balance_cents >= rules.target_balance_cents)
        & (state.days_traded >= params.min_days)
        & looked_at
    )
    before = state.account_status
    status = select(
        [before >= AccountStatus.FAILED_DRAWDOWN, breached, failed_daily, out_of_time, reached],
        [before, jnp.int8(AccountStatus.FAILED_DRAWDOWN), jnp.int8(AccountStatus.FAILED_DAILY_LOSS),
         jnp.int8(AccountStatus.FAILED_TIME), jnp.int8(AccountStatus.PASSED)],
        before,
    )  # fmt: skip
    return replace(state, account_status=status, entries_paused=state.entries_paused | paused)
