"""When an episode ends, and why."""

import jax
import jax.numpy as jnp

from futures_env.codes import AccountStatus, DoneReason
from futures_env.core.bars import ClosedBar
from futures_env.core.select import select
from futures_env.types import EnvParams, EnvState


def is_terminated(params: EnvParams, state: EnvState) -> jax.Array:
    """The account failed, or passed where passing ends the episode. () bool."""
    passed = state.account_status == AccountStatus.PASSED
    return (state.account_status >= AccountStatus.FAILED_DRAWDOWN) | (
        passed & jnp.asarray(params.end_on_pass, jnp.bool_)
    )


def _truncations(
    params: EnvParams, state: EnvState, bar: ClosedBar
) -> tuple[jax.Array, jax.Array, jax.Array]:
    session_end = bar.session_last & jnp.asarray(params.end_at_session_close, jnp.bool_)
    time_limit = state.time >= params.max_steps_in_episode
    return time_limit, session_end, bar.segment_last


def is_truncated(params: EnvParams, state: EnvState, bar: ClosedBar) -> jax.Array:
    """Time limit, end of the segment's data, or a session's end where asked. () bool."""
    time_limit, session_end, data_end = _truncations(params, state, bar)
    return time_limit | session_end | data_end


def done_reason(params: EnvParams, state: EnvState, bar: ClosedBar) -> jax.Array:
    """First DoneReason that applies, in the order of the codes. () int8."""
    status = state.account_status
    time_limit, session_end, data_end = _truncations(params, state, bar)
    return select(
        [
            status == AccountStatus.FAILED_DRAWDOWN,
            status == AccountStatus.FAILED_DAILY_LOSS,
            status == AccountStatus.FAILED_TIME,
            (status == AccountStatus.PASSED) & jnp.asarray(params.end_on_pass, jnp.bool_),
            time_limit,
            session_end,
            data_end,
        ],
        [
            jnp.int8(DoneReason.FAILED_DRAWDOWN),
            jnp.int8(DoneReason.FAILED_DAILY_LOSS),
            jnp.int8(DoneReason.FAILED_TIME),
            jnp.int8(DoneReason.PASSED),
            jnp.int8(DoneReason.TIME_LIMIT),
            jnp.int8(DoneReason.SESSION_END),
            jnp.int8(DoneReason.DATA_END),
        ],
        jnp.int8(DoneReason.RUNNING),
    )
