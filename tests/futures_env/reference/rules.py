"""Parameters of one step as the engine uses them: whole cents, ticks, float32 multiples."""

from collections.abc import Mapping
from math import floor
from typing import Any

import numpy as np

from futures_env.codes import Lock

Number = float | int | bool


def round_half_up(x: np.float32) -> int:
    """floor(x + 0.5), the sum in float32 (docs/environments/rules.md, section 1)."""
    return floor(x + np.float32(0.5))


def cents(usd: Number) -> int:
    """US dollars to whole cents, in float32 (docs/environments/rules.md, section 1)."""
    return round_half_up(np.float32(usd) * np.float32(100))


class Rules:
    """EnvParams resolved for one row of the contract table.

    Args:
        params: EnvParams field names (without ``market``) to Python numbers; money in USD.
        table: the contract table's leaves, each (M,).
        market: row of the contract table.
    """

    def __init__(self, params: Mapping[str, Number], table: Mapping[str, Any], market: int) -> None:
        self.tick_value = int(table["tick_value_cents"][market])
        self._costs(params, table, market)
        self._orders(params)
        self._account(params)
        self._episode(params)

    def _costs(self, params: Mapping[str, Number], table: Mapping[str, Any], market: int) -> None:
        table_slippage = int(table["slippage_ticks"][market])
        slippage, stop_slippage = int(params["slippage_ticks"]), int(params["stop_slippage_ticks"])
        own_commission = params["commission_usd"] >= 0
        self.commission = (
            cents(params["commission_usd"])
            if own_commission
            else int(table["commission_cents"][market])
        )
        self.slippage = slippage if slippage >= 0 else table_slippage
        self.stop_slippage = stop_slippage if stop_slippage >= 0 else table_slippage
        self.through = int(params["target_through_ticks"])

    def _orders(self, params: Mapping[str, Number]) -> None:
        self.stop_atr_multiple = np.float32(params["stop_atr_multiple"])
        self.target_ratio = np.float32(params["target_ratio"])
        self.max_stop = cents(params["max_stop_usd"])
        self.contracts = int(params["contracts"])
        self.risk = cents(params["risk_per_trade_usd"])
        self.break_even_min_profit_atr = np.float32(params["break_even_min_profit_atr"])
        self.trail_activation_r = np.float32(params["trail_activation_r"])
        self.trail_atr_multiple = np.float32(params["trail_atr_multiple"])

    def _account(self, params: Mapping[str, Number]) -> None:
        self.start = cents(params["start_balance"])
        self.target_balance = self.start + cents(params["profit_target"])
        self.drawdown = cents(params["drawdown"])
        self.drawdown_mode = int(params["drawdown_mode"])
        self.lock: int | None = {
            Lock.NONE: None,
            Lock.START: self.start,
            Lock.START_PLUS_100: self.start + 100_00,
            Lock.TARGET_BALANCE: self.target_balance,
        }[Lock(int(params["lock"]))]
        self.daily_hard = bool(params["daily_loss_hard"])
        self.min_days = int(params["min_days"])
        self.max_days = int(params["max_days"])
        self.pass_test = int(params["pass_test"])
        self._first_tier = (int(params["max_contracts"]), cents(params["daily_loss_limit"]))
        tiers = ("tier_profit", "tier_max_contracts", "tier_daily_loss_limit")
        self._tiers = [
            (cents(profit), (int(contracts), cents(limit)))
            for profit, contracts, limit in zip(*(params[name] for name in tiers), strict=True)
            if profit >= 0
        ]

    def _episode(self, params: Mapping[str, Number]) -> None:
        self.max_steps = int(params["max_steps_in_episode"])
        self.end_at_session_close = bool(params["end_at_session_close"])
        self.end_on_pass = bool(params["end_on_pass"])

    def stop_distance(self, atr: np.float32) -> int:
        """Distance of the initial stop from the entry fill, ticks (section 5)."""
        distance = round_half_up(self.stop_atr_multiple * atr)
        if self.max_stop:
            distance = min(distance, max(1, self.max_stop // self.tick_value))
        return max(self.slippage + 1, distance)

    def target_distance(self, stop_distance: int) -> int:
        """Distance of the target from the entry fill, ticks (section 5)."""
        return max(1, round_half_up(self.target_ratio * np.float32(stop_distance)))

    def trail_distance(self, atr: np.float32) -> int:
        """Distance of a trailing stop from the close, ticks (section 5)."""
        return max(1, round_half_up(self.trail_atr_multiple * atr))

    def size(self, stop_distance: int, tier: int) -> int:
        """Contracts of a new position; 0 is no trade (section 5)."""
        wanted = self.contracts
        if self.risk:
            wanted = self.risk // (stop_distance * self.tick_value)
        return min(wanted, self.max_contracts(tier))

    def max_contracts(self, tier: int) -> int:
        """Most contracts in this tier (section 7)."""
        return self._in_tier(tier)[0]

    def daily_limit(self, tier: int) -> int:
        """Daily loss limit in cents of this tier; 0 is none."""
        return self._in_tier(tier)[1]

    def tier(self, session_start: int) -> int:
        """Tier of a session begun with this balance: the number of profits it has reached."""
        return sum(session_start - self.start >= profit for profit, _ in self._tiers)

    def _in_tier(self, tier: int) -> tuple[int, int]:
        if 0 < tier <= len(self._tiers):
            return self._tiers[tier - 1][1]
        return self._first_tier
