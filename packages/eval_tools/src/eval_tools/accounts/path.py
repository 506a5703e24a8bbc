"""One account as it was recorded, bar for bar, with the bars it went through."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from futures_env.accounts.rules import AccountRules

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def cents(usd: float) -> int:
    """Whole cents of a US dollar amount."""
    return round(usd * 100)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What trading costs, and how targets fill.

    Attributes:
        tick_value_cents: of one contract.
        commission_cents: per side and contract.
        slippage_ticks: adverse, at a session's close.
        stop_slippage_ticks: adverse, of stops and of closings by the account's limits.
        target_through_ticks: ticks beyond the target that fill it.
        micro: whether the contract is a micro.
    """

    tick_value_cents: int
    commission_cents: int
    slippage_ticks: int
    stop_slippage_ticks: int
    target_through_ticks: int
    micro: bool = False


@dataclass(frozen=True, kw_only=True)
class Opening:
    """An account before its first bar, in cents. A payout leaves peak and floor where they are."""

    balance: int
    high_water_mark: int
    floor: int


@dataclass(frozen=True, kw_only=True)
class AccountPath:
    """N bars of one account; arrays (N,), prices in ticks, money in cents, status by its code.

    Attributes:
        terms: costs of the market.
        opening: the account before the first bar.
        first_date: trading day on which the account began, days since 1970-01-01.
        open, high, low, close: the bars.
        extreme_order: 0 unknown, 1 low came first, 2 high came first.
        date: trading day of the bar.
        session: its index, growing.
        session_last: the session's last bar.
        entry_side: of the entry filled at the bar's open: +1, -1, 0 for none.
        entry_price, entry_contracts, entry_stop, entry_target: of that entry; the last two are
            distances in ticks.
        stop_price: in force in the bar, 0 when flat.
        exit_reason: 0 none, 1 stop, 2 target, 3 session close, 4 liquidation, 5 daily loss limit.
        exit_price: of that exit.
        balance, equity, high_water_mark, floor, status: after the bar.
    """

    terms: Terms
    opening: Opening
    first_date: int
    open: Ints = field(repr=False)
    high: Ints = field(repr=False)
    low: Ints = field(repr=False)
    close: Ints = field(repr=False)
    extreme_order: Ints = field(repr=False)
    date: Ints = field(repr=False)
    session: Ints = field(repr=False)
    session_last: Flags = field(repr=False)
    entry_side: Ints = field(repr=False)
    entry_price: Ints = field(repr=False)
    entry_contracts: Ints = field(repr=False)
    entry_stop: Ints = field(repr=False)
    entry_target: Ints = field(repr=False)
    stop_price: Ints = field(repr=False)
    exit_reason: Ints = field(repr=False)
    exit_price: Ints = field(repr=False)
    balance: Ints = field(repr=False)
    equity: Ints = field(repr=False)
    high_water_mark: Ints = field(repr=False)
    floor: Ints = field(repr=False)
    status: Ints = field(repr=False)

    def __len__(self) -> int:
        return len(self.close)

    def until(self, bars: int) -> "AccountPath":
        """The first ``bars`` bars."""
        arrays = {
            one.name: getattr(self, one.name)[:bars]
            for one in fields(self)
            if one.name not in ("terms", "opening", "first_date")
        }
        return replace(self, **arrays)

    @property
    def entered(self) -> Flags:
        """Bars at whose open an entry was filled."""
        return self.entry_side != 0

    @property
    def closed(self) -> Flags:
        """Bars in which a trade was closed."""
        return self.exit_reason != 0

    @property
    def position(self) -> Ints:
        """Bar of the entry of the position held in each bar, -1 when flat."""
        bars = np.arange(len(self))
        entry = np.maximum.accumulate(np.where(self.entered, bars, -1))
        exits_before = np.concatenate([[0], np.cumsum(self.closed)[:-1]])
        entries = np.cumsum(self.entered)
        return np.where(entries > exits_before, entry, -1)

    @property
    def balance_before(self) -> Ints:
        """Balance before each bar."""
        return before(self.balance, self.opening.balance)

    @property
    def session_start(self) -> Ints:
        """Balance with which each bar's session began."""
        begins = np.concatenate([[True], self.session[1:] != self.session[:-1]])
        first = np.maximum.accumulate(np.where(begins, np.arange(len(self)), 0))
        return self.balance_before[first]


def before(values: Ints, opening: int) -> Ints:
    """Each value as it stood a bar earlier: (N,) -> (N,)."""
    return np.concatenate([[opening], values[:-1]]).astype(np.int64)


def opening_of(rules: AccountRules) -> Opening:
    """A fresh account."""
    start = cents(rules.start_balance)
    return Opening(balance=start, high_water_mark=start, floor=start - cents(rules.drawdown))


Play = Callable[[AccountRules, int, Opening], AccountPath | None]
"""``play(rules, session, opening)``: an account from the first bar of ``session`` (an index of the
market) to its failure or to the last bar; None where no bar is left."""
