"""What one bar did, as it is recorded."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from futures_env.codes import Action
from futures_env.core.bars import read_bar
from futures_env.core.rules import in_tier, market_of, rules_of
from futures_env.core.sizing import sized_contracts, stop_distance, target_distance
from futures_env.types import EnvParams, EnvState

STEP_COLUMNS = (
    "place",  # range of the lane that was played, -1: none, the rest means nothing
    "row",  # the bar that was stepped
    "attempt",  # 0, 1, ...: accounts used so far in this range
    "action",
    "probability",  # float32, of the action; NaN where the policy does not say
    "legal",  # bit a is set where action a was legal
    "equity_before_cents",
    "balance_cents",
    "equity_cents",
    "high_water_mark_cents",
    "floor_cents",
    "account_status",
    "done_reason",
    "illegal_action",  # bool
    # position after the bar, 0 when flat
    "side",
    "contracts",
    "stop_price",  # ticks
    "stop_in_force",  # ticks, during the bar, 0 without a position in it
    "target_price",  # ticks
    "trailing",  # bool
    "break_even_moved",  # bool
    # the entry of this bar; order terms are 0 where no entry was filled
    "entry_filled",  # bool
    "entry_side",
    "entry_price",  # ticks
    "entry_contracts",
    "entry_stop_ticks",
    "entry_target_ticks",
    # the exit of this bar
    "trade_closed",  # bool
    "trade_pnl_cents",  # net, as charged
    "exit_reason",
    "exit_price",  # ticks
    "forced_trade",  # bool
)
"""Columns of a record, int32 unless named; the steps of an episode have all but the first."""

_FLAGS = (
    "illegal_action",
    "trailing",
    "break_even_moved",
    "entry_filled",
    "trade_closed",
    "forced_trade",
)

_STATE_FIELDS = (
    "row",
    "balance_cents",
    "equity_cents",
    "high_water_mark_cents",
    "floor_cents",
    "account_status",
    "side",
    "contracts",
    "stop_price",
    "target_price",
    "trailing",
    "break_even_moved",
)


def record(
    params: EnvParams,
    before: EnvState,
    after: EnvState,
    action: jax.Array,
    mask: jax.Array,
    info: dict[str, Any],
) -> dict[str, jax.Array]:
    """Every column but ``place``, ``attempt`` and ``probability`` of the bar between two states."""
    decision_bar = read_bar(params.market, before.row)
    rules = in_tier(params, rules_of(params, market_of(params, decision_bar)), after.tier)
    stop_ticks = stop_distance(params, rules, decision_bar.atr)
    entered = info["entry_filled"]
    bits = jnp.left_shift(1, jnp.arange(mask.shape[0], dtype=jnp.int32))
    return {
        "action": action,
        "legal": jnp.sum(jnp.where(mask, bits, 0)),
        "equity_before_cents": before.equity_cents,
        "done_reason": info["done_reason"],
        "illegal_action": info["illegal_action"],
        "entry_filled": entered,
        "entry_side": entered * jnp.where(action == Action.BUY, 1, -1),
        "entry_price": entered * info["fill_price"],
        "entry_contracts": entered * sized_contracts(params, rules, stop_ticks),
        "entry_stop_ticks": entered * stop_ticks,
        "entry_target_ticks": entered * target_distance(params, stop_ticks),
        "trade_closed": info["trade_closed"],
        "trade_pnl_cents": info["trade_pnl_cents"],
        "exit_reason": info["exit_reason"],
        "exit_price": info["exit_price"],
        "forced_trade": info["forced_trade"],
        "stop_in_force": info["stop_price"],
    } | {name: getattr(after, name) for name in _STATE_FIELDS}


def step_table(records: NDArray[np.int32], columns: Sequence[str] = STEP_COLUMNS) -> pd.DataFrame:
    """The steps of one range from its (n, columns) records, without ``place``."""
    return pd.DataFrame(
        {
            name: _typed(name, column)
            for name, column in zip(columns, records.T, strict=True)
            if name != "place"
        }
    )


def _typed(name: str, column: NDArray[np.int32]) -> NDArray[np.generic]:
    if name == "probability":
        return column.copy().view(np.float32)
    return column.astype(bool) if name in _FLAGS else column.copy()
