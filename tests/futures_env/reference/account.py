"""Position and account of the reference engine (docs/environments/rules.md, sections 6 to 8)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from futures_env.codes import AccountStatus, DoneReason, DrawdownMode, ExitReason, PassTest
from tests.futures_env.reference.rules import Number, Rules
from tests.futures_env.reference.walk import Bar, Exit, walk

FAILURES = (
    AccountStatus.FAILED_DRAWDOWN,
    AccountStatus.FAILED_DAILY_LOSS,
    AccountStatus.FAILED_TIME,
)
PRICES = ("open", "high", "low", "close", "extreme_order")
CALENDAR = ("date", "session", "segment", "session_last", "entry_ok", "market")
TABLE = ("tick_value_cents", "commission_cents", "slippage_ticks")


class Account:
    """State after the bar ``row``; attributes are named like the leaves of ``EnvState``.

    Args:
        market: leaves of ``MarketData`` and of its contract table, by name.
        params: ``EnvParams`` fields without ``market``; may be replaced between steps.
    """

    def __init__(self, market: Mapping[str, np.ndarray], params: Mapping[str, Number]) -> None:
        self._bars = {name: market[name].tolist() for name in PRICES + CALENDAR}
        self._atr = list(market["atr"].astype(np.float32))
        self._table = {name: market[name].tolist() for name in TABLE}
        self.params = params
        self._resolved: tuple[Any, int] | None = None

    def _fresh(self, row: int) -> None:
        """A flat account at its start balance after the bar ``row``."""
        self.row, self.time = row, 0
        self._flatten()
        rules = self.rules
        self.balance_cents = self.equity_cents = rules.start
        self.high_water_mark_cents = self.session_start_cents = rules.start
        self.tier = rules.tier(rules.start)
        self.floor_cents = rules.start - rules.drawdown
        self.account_status = AccountStatus.ACTIVE
        self.entries_paused = self.traded_this_session = False
        self.days_traded = 0
        self.first_date = self._bars["date"][row]
        self.began_forced = False

    @property
    def rules(self) -> Rules:
        """The present parameters for the present row's market."""
        key = (self.params, self._bars["market"][self.row])
        if self._resolved is None or self._resolved[0] is not key[0] or self._resolved[1] != key[1]:
            self._rules = Rules(key[0], self._table, key[1])
            self._resolved = key
        return self._rules

    @property
    def close(self) -> int:
        """Close of the present row, ticks."""
        return self._bars["close"][self.row]

    @property
    def atr(self) -> np.float32:
        """ATR of the present row, ticks."""
        return self._atr[self.row]

    def _open_position(self, side: int, contracts: int, entry: int, distance: int) -> None:
        self.side, self.contracts, self.entry_price = side, contracts, entry
        self.stop_price = entry - side * distance
        self.target_price = entry + side * self.rules.target_distance(distance)
        self.initial_stop_ticks = distance

    def _size(self, distance: int) -> int:
        return self.rules.size(distance, self.tier)

    @property
    def _daily_limit(self) -> int:
        """In force in the present session, in cents; 0 is none."""
        return self.rules.daily_limit(self.tier)

    def _flatten(self) -> None:
        self.side = self.contracts = self.entry_price = self.stop_price = self.target_price = 0
        self.initial_stop_ticks = self.bars_held = 0
        self.entry_commission_cents = self.carried_pnl_cents = self.rewarded_management = 0
        self.trailing = self.break_even_moved = self.forced = False

    # ---- inside the bar (section 6) ------------------------------------------------------------

    def _live_through_bar(self, *, is_new: bool) -> tuple[ExitReason, int, int]:
        """Walk the bar; (exit reason, exit price, net P&L in cents), zeros without an exit."""
        closed = None
        if self.side:
            bar = Bar.seen_from(self.side, *(self._bars[name][self.row] for name in PRICES))
            closed = walk(self, bar, is_new=is_new)
            if closed is None and self._bars["session_last"][self.row]:
                closed = Exit(
                    ExitReason.SESSION_CLOSE, self.side * self.close - self.rules.slippage
                )
        if closed is not None:
            return self._settle(closed)
        self.equity_cents = self.balance_cents + self._open_pnl(self.close)
        return ExitReason.NONE, 0, 0

    def _settle(self, closed: Exit) -> tuple[ExitReason, int, int]:
        price = self.side * closed.price
        gross = self._open_pnl(price)
        commission = self.contracts * self.rules.commission
        self.balance_cents += gross - commission
        self.equity_cents = self.balance_cents
        self.mark(self.balance_cents)
        net = gross - self.carried_pnl_cents - self.entry_commission_cents - commission
        self._flatten()
        return closed.reason, price, net

    def _open_pnl(self, price: int) -> int:
        move = price - self.entry_price
        return move * self.side * self.contracts * self.rules.tick_value

    @property
    def stop(self) -> int:
        """Stop, signed ticks."""
        return self.side * self.stop_price

    @property
    def target(self) -> int:
        """Target, signed ticks."""
        return self.side * self.target_price

    @property
    def through(self) -> int:
        """Ticks beyond the target that fill it."""
        return self.rules.through

    @property
    def stop_slippage(self) -> int:
        """Adverse ticks of a stop fill."""
        return self.rules.stop_slippage

    def equity_at(self, price: int) -> int:
        """Equity in cents at a signed price."""
        return self.balance_cents + self._open_pnl(self.side * price)

    def price_at(self, equity: int) -> int:
        """The highest signed price at which equity is no more than this."""
        per_tick = self.contracts * self.rules.tick_value
        return self.side * self.entry_price + (equity - self.balance_cents) // per_tick

    def account_levels(self) -> list[tuple[ExitReason, int]]:
        """Equity in cents that ends a trade: the floor, then the daily limit if there is one."""
        levels = [(ExitReason.LIQUIDATION, self.floor_cents)]
        if self._daily_limit:
            limit = self.session_start_cents - self._daily_limit
            levels.append((ExitReason.DAILY_LOSS_LIMIT, limit))
        return levels

    # ---- account (section 7) -------------------------------------------------------------------

    def mark(self, equity: int) -> None:
        """Mark the high-water mark and, where the mode says so, the floor."""
        rules = self.rules
        self.high_water_mark_cents = max(self.high_water_mark_cents, equity)
        if rules.drawdown_mode == DrawdownMode.INTRADAY:
            self._raise_floor(self._locked(self.high_water_mark_cents - rules.drawdown))
        elif rules.drawdown_mode == DrawdownMode.STATIC:
            self._raise_floor(rules.start - rules.drawdown)

    def _locked(self, floor: int) -> int:
        return floor if self.rules.lock is None else min(floor, self.rules.lock)

    def _raise_floor(self, floor: int) -> None:
        self.floor_cents = max(self.floor_cents, floor)

    def _judge(self) -> None:
        """End-of-day floor, daily limit, failures, then the pass."""
        rules = self.rules
        last = self._bars["session_last"][self.row]
        if last and rules.drawdown_mode == DrawdownMode.END_OF_DAY:
            self._raise_floor(self._locked(self.balance_cents - rules.drawdown))
        limit = self.session_start_cents - self._daily_limit
        over_limit = bool(self._daily_limit) and self.equity_cents <= limit
        if over_limit and not rules.daily_hard:
            self.entries_paused = True
        elapsed = self._bars["date"][self.row] - self.first_date
        if self.account_status in FAILURES:
            return
        if self.equity_cents <= self.floor_cents:
            self.account_status = AccountStatus.FAILED_DRAWDOWN
        elif over_limit and rules.daily_hard:
            self.account_status = AccountStatus.FAILED_DAILY_LOSS
        elif 0 < rules.max_days <= elapsed:
            self.account_status = AccountStatus.FAILED_TIME
        elif self._passes(last):
            self.account_status = AccountStatus.PASSED

    def _passes(self, last: bool) -> bool:
        return (
            self.side == 0
            and self.rules.target_balance > self.rules.start
            and self.balance_cents >= self.rules.target_balance
            and self.days_traded >= self.rules.min_days
            and (last or self.rules.pass_test == PassTest.TOUCH)
        )

    # ---- end of the episode (section 8) --------------------------------------------------------

    def _episode_end(self) -> tuple[bool, bool, DoneReason]:
        rules, row, segment = self.rules, self.row, self._bars["segment"]
        passed = self.account_status == AccountStatus.PASSED and rules.end_on_pass
        truncations = {
            DoneReason.TIME_LIMIT: self.time >= rules.max_steps,
            DoneReason.SESSION_END: rules.end_at_session_close and self._bars["session_last"][row],
            DoneReason.DATA_END: row + 1 == len(segment) or segment[row + 1] != segment[row],
        }
        terminations = {
            DoneReason.FAILED_DRAWDOWN: self.account_status == AccountStatus.FAILED_DRAWDOWN,
            DoneReason.FAILED_DAILY_LOSS: self.account_status == AccountStatus.FAILED_DAILY_LOSS,
            DoneReason.FAILED_TIME: self.account_status == AccountStatus.FAILED_TIME,
            DoneReason.PASSED: passed,
        }
        reasons = [code for code, holds in (terminations | truncations).items() if holds]
        return (
            any(terminations.values()),
            any(truncations.values()),
            reasons[0] if reasons else DoneReason.RUNNING,
        )
