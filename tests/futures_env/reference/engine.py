"""The simulator in plain Python, written from the rules and sharing no code with the core.

The page is docs/environments/rules.md. Integers everywhere; numpy float32 scalars only where the
page says float32. Slow and plain on purpose: the parity test compares the JAX engine with it, field
by field.

Where the page is silent this engine takes these choices:
- a static floor is max(previous floor, start - drawdown) at every mark, the lock left aside;
- a negative ``stop_slippage_ticks`` stands for the contract table's slippage;
- liquidation and daily limit at the open fill at open - side x stop slippage, and the open is
  tested with the floor from before the open's own mark;
- a new position's first point is the open with entry slippage and commission;
- days count from the date of the reset row, and an account fails at ``max_days`` elapsed days;
- sessions count as traded when an entry fills; a forced position does not count;
- a failure is final; drawdown comes before daily limit before time;
- a forced trade's P&L is its move since the reset less the exit commission.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from futures_env.codes import Action, ExitReason
from tests.futures_env.reference.account import FAILURES, Account
from tests.futures_env.reference.rewards import reward_terms
from tests.futures_env.reference.rules import Number

NUM_ACTIONS = {1: 3, 2: 6}
ENTRY_SIDE = {Action.BUY: 1, Action.SELL: -1}


class ForcedPosition(NamedTuple):
    """An open position given at reset."""

    side: int
    profit_ticks: int
    bars_held: int


class ReferenceEngine(Account):
    """One environment; its attributes are named like the leaves of ``EnvState``.

    Args:
        market: leaves of ``MarketData`` and of its contract table, by name.
        params: ``EnvParams`` fields without ``market``; may be replaced between steps.
        phase: 1 or 2.
    """

    def __init__(
        self, market: Mapping[str, np.ndarray], params: Mapping[str, Number], phase: int
    ) -> None:
        super().__init__(market, params)
        self.num_actions = NUM_ACTIONS[phase]

    def reset(self, row: int, forced: ForcedPosition | None = None) -> None:
        """Start an episode after the bar ``row``, flat or with a given position."""
        self._fresh(row)
        if forced is not None and not self._bars["session_last"][row]:
            self._force(forced)

    def _force(self, forced: ForcedPosition) -> None:
        rules, close, side = self.rules, self.close, forced.side
        distance = rules.stop_distance(self.atr)
        contracts = self._size(distance)
        if contracts < 1:
            return
        entry = close - side * forced.profit_ticks
        self._open_position(side, contracts, entry, distance)
        self.stop_price = side * min(side * self.stop_price, side * close - 1)
        self.target_price = side * max(side * self.target_price, side * close + 1)
        self.bars_held = forced.bars_held
        self.forced = self.began_forced = True
        self.carried_pnl_cents = self._open_pnl(close)
        self.balance_cents -= self.carried_pnl_cents

    def mask(self) -> list[bool]:
        """Which actions are legal after the bar ``row`` (section 4)."""
        in_position = self.side != 0
        may_enter = (
            not in_position
            and self._bars["entry_ok"][self.row]
            and not self.entries_paused
            and self._size(self.rules.stop_distance(self.atr)) >= 1
        )
        legal = [
            True,
            may_enter,
            may_enter,
            in_position and self._break_even_is_legal(),
            in_position and not self.trailing,
            in_position and self.trailing,
        ]
        return legal[: self.num_actions]

    def _break_even_is_legal(self) -> bool:
        profit = np.float32(self._profit_ticks(self.row))
        enough = self.rules.break_even_min_profit_atr * self.atr
        tighter = self.side * self.entry_price > self.side * self.stop_price
        return bool(not self.break_even_moved and profit >= enough and tighter)

    def _profit_ticks(self, row: int) -> int:
        return (self._bars["close"][row] - self.entry_price) * self.side

    def step(self, action: int) -> dict[str, Any]:
        """Act on the closed bar ``row`` and live through the next one.

        Returns:
            ``info`` of section 12 with ``reward``, ``terminated`` and ``truncated``.
        """
        legal = 0 <= action < self.num_actions and self.mask()[action]
        order = Action(action) if legal else Action.HOLD
        equity_before, had_failed = self.equity_cents, self.account_status in FAILURES
        decided_at, self.row = self.row, min(self.row + 1, len(self._atr) - 1)
        self.time += 1
        self._new_session(decided_at)
        self.bars_held += self.side != 0
        rewarded = self._manage(order, decided_at) if self.side else False
        fill_price = self._enter(order, decided_at)
        held, forced, stop_price = self.side != 0, self.forced, self.stop_price
        side, contracts = self.side, self.contracts
        fees = 0 if fill_price is None else self.entry_commission_cents
        closed, exit_price, pnl = self._live_through_bar(is_new=fill_price is not None)
        if closed != ExitReason.NONE:
            fees += contracts * self.rules.commission
        self._judge()
        terminated, truncated, done_reason = self._episode_end()
        reward = reward_terms(
            self.params,
            exit_reason=closed,
            pnl_cents=pnl,
            equity_change_cents=self.equity_cents - equity_before,
            held=held,
            entered=fill_price is not None,
            managed=rewarded,
            failed=self.account_status in FAILURES and not had_failed,
        )
        return {
            "trade_closed": closed != ExitReason.NONE,
            "trade_pnl_cents": pnl,
            "trade_side": side if closed != ExitReason.NONE else 0,
            "fees_cents": fees,
            "exit_reason": int(closed),
            "exit_price": exit_price,
            "entry_filled": fill_price is not None,
            "fill_price": 0 if fill_price is None else fill_price,
            "stop_price": stop_price,
            "equity_cents": self.equity_cents,
            "high_water_mark_cents": self.high_water_mark_cents,
            "floor_cents": self.floor_cents,
            "account_status": int(self.account_status),
            "done_reason": int(done_reason),
            "illegal_action": not legal,
            "forced_trade": forced,
            "forced_episode": self.began_forced,
            "reward_terms": reward,
            "reward": sum(reward.values()),
            "terminated": terminated,
            "truncated": truncated,
        }

    def _new_session(self, decided_at: int) -> None:
        session = self._bars["session"]
        if session[self.row] != session[decided_at]:
            self.session_start_cents = self.balance_cents
            self.tier = self.rules.tier(self.balance_cents)
            self.entries_paused = self.traded_this_session = False

    # ---- orders at the open (section 5) --------------------------------------------------------

    def _manage(self, order: Action, decided_at: int) -> bool:
        """Move the stop from what was known at ``decided_at``; was a management bonus earned?"""
        rules, side, close = self.rules, self.side, self._bars["close"][decided_at]
        candidates = []
        if order in (Action.TRAIL_ON, Action.TRAIL_OFF):
            self.trailing = order == Action.TRAIL_ON
        if order == Action.STOP_TO_BREAK_EVEN:
            self.break_even_moved = True
            candidates.append(side * self.entry_price)
        needed = rules.trail_activation_r * np.float32(self.initial_stop_ticks)
        if self.trailing and np.float32(self._profit_ticks(decided_at)) >= needed:
            candidates.append(side * close - rules.trail_distance(self._atr[decided_at]))
        if candidates:
            clamped = min(max(candidates), side * close - 1)
            self.stop_price = side * max(side * self.stop_price, clamped)
        return self._first_of_its_kind(order)

    def _first_of_its_kind(self, order: Action) -> bool:
        if order == Action.HOLD:
            return False
        bit = 1 << order
        is_first = not self.rewarded_management & bit
        self.rewarded_management |= bit
        return is_first

    def _enter(self, order: Action, decided_at: int) -> int | None:
        """Fill an entry at the open; None when there was none or the session was halted."""
        session = self._bars["session"]
        if order not in ENTRY_SIDE or session[self.row] != session[decided_at]:
            return None
        rules, side = self.rules, ENTRY_SIDE[order]
        distance = rules.stop_distance(self._atr[decided_at])
        fill = self._bars["open"][self.row] + side * rules.slippage
        self._open_position(side, self._size(distance), fill, distance)
        self.entry_commission_cents = self.contracts * rules.commission
        self.balance_cents -= self.entry_commission_cents
        self.days_traded += not self.traded_this_session
        self.traded_this_session = True
        return fill
