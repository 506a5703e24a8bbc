"""The named terms of one step's reward (docs/environments/rules.md, section 10), weighted."""

from collections.abc import Mapping

from futures_env.codes import ExitReason


def reward_terms(
    params: Mapping[str, float | int | bool],
    *,
    exit_reason: ExitReason,
    pnl_cents: int,
    equity_change_cents: int,
    held: bool,
    entered: bool,
    managed: bool,
    failed: bool,
) -> dict[str, float]:
    """Terms that sum to the reward; penalties are negative, bonuses in USD count as usd / 100.

    Args:
        params: EnvParams by field name.
        exit_reason: of the trade closed in this step, or NONE.
        pnl_cents: net P&L of that trade.
        equity_change_cents: equity after the step less equity before it.
        held: a position existed at some time of the bar.
        entered: an entry was filled.
        managed: a management action legal in this step and new to this trade.
        failed: the account failed in this step.
    """
    scale_cents = 100.0 * params["pnl_scale_usd"]
    outcome = 0.0
    if pnl_cents > 0:
        outcome = params["win_bonus"]
    elif pnl_cents < 0:
        outcome = -params["loss_penalty"]
    return {
        "realized": params["realized_weight"] * pnl_cents / scale_cents,
        "equity": params["equity_weight"] * equity_change_cents / scale_cents,
        "target_bonus": params["target_bonus"] * (exit_reason == ExitReason.TARGET),
        "stop_penalty": -params["stop_penalty"] * (exit_reason == ExitReason.STOP),
        "hold_penalty": -params["hold_penalty"] * held,
        "entry_bonus": params["entry_bonus"] / 100.0 * entered,
        "management_bonus": params["management_bonus"] / 100.0 * managed,
        "outcome": outcome,
        "breach_penalty": -params["breach_penalty"] * failed,
    }
