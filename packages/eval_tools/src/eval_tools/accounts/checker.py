"""The account recomputed from its recorded path: exits, peak, floor, status, bar for bar.

Each bar is recomputed from the account as it was recorded before it, beginning with the opening;
so a path without a difference is right from its first bar to its last. Nothing here comes from the
simulator's core.
"""

from dataclasses import dataclass

import numpy as np

from eval_tools.accounts.days import days_traded_so_far
from eval_tools.accounts.path import AccountPath, Flags, Ints, before, cents
from eval_tools.accounts.tiers import most_contracts, tiers_in_force
from eval_tools.accounts.walk import NEVER, Floors, peaks_after, trade_of, walk
from futures_env.accounts.rules import AccountRules
from futures_env.codes import AccountStatus, DrawdownMode, ExitReason, Lock, PassTest


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One bar in which the record and the recomputation do not agree."""

    bar: int
    what: str
    recorded: int
    recomputed: int

    def __str__(self) -> str:
        return f"bar {self.bar}: {self.what} recorded {self.recorded}, recomputed {self.recomputed}"


class CheckError(AssertionError):
    """A recorded account does not follow its rules."""


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """Columns of the account, (N,) each, and the bars in which each rule acted."""

    columns: dict[str, Ints]
    fired: dict[str, Flags]


def check(path: AccountPath, rules: AccountRules) -> list[Difference]:
    """Every column of every bar that is not what the rules make it, by bar."""
    again = recompute(path, rules)
    found = [
        Difference(bar=int(bar), what=name, recorded=int(mine[bar]), recomputed=int(yours[bar]))
        for name, yours in again.columns.items()
        for mine in (getattr(path, name).astype(np.int64),)
        for bar in np.flatnonzero(mine != yours)
    ]
    return sorted(found + _forbidden(path, rules), key=lambda one: one.bar)


def require_agreement(path: AccountPath, rules: AccountRules, name: str) -> None:
    """Raise unless the recorded account is what its rules make it.

    Raises:
        CheckError: naming the account, the first difference and how many there are.
    """
    if found := check(path, rules):
        raise CheckError(
            f"{name} under {rules.name}: {found[0]} ({len(found)} differences in {len(path)} bars)"
        )


def recompute(path: AccountPath, rules: AccountRules) -> Recomputed:
    """Exits, balance, equity, peak, floor and status of every bar."""
    trade, terms = trade_of(path), path.terms
    _, limit = tiers_in_force(rules, path.session_start)
    daily = np.where(limit > 0, path.session_start - limit, NEVER)
    floors = floors_before(path, rules)
    walked = walk(path, trade, floors, daily)

    closed = walked.reason != ExitReason.NONE
    side_price = walked.price * trade.side
    commission = np.where(closed, trade.unit // terms.tick_value_cents * terms.commission_cents, 0)
    balance = np.where(closed, trade.equity(side_price) - commission, trade.balance)
    equity = np.where(trade.open & ~closed, trade.equity(trade.side * path.close), balance)
    peak = peaks_after(path, walked, balance)
    marked = trade.open | closed
    intraday = np.where(marked, floors.after(peak), floors.start)
    breached = closed & (balance <= intraday)
    floor = _after_close(path, rules, floors, intraday, balance)
    lost = (limit > 0) & (path.session_start - equity >= limit)
    status, events = _status(path, rules, breached, lost, balance, flat=~trade.open | closed)
    columns = {
        "exit_reason": walked.reason,
        "exit_price": walked.price,
        "balance": balance,
        "equity": equity,
        "high_water_mark": peak,
        "floor": floor,
        "status": status,
    }
    fired = {
        f"exit_{reason.name.lower()}": walked.reason == reason
        for reason in ExitReason
        if reason != ExitReason.NONE
    }
    fired |= _floor_events(rules, floors, intraday, floor) | events | {"daily_limit": lost}
    return Recomputed(columns=columns, fired=fired)


def floors_before(path: AccountPath, rules: AccountRules) -> Floors:
    """The recorded floor before each bar, and how marks raise it."""
    start = before(path.floor, path.opening.floor)
    distance = cents(rules.drawdown)
    trails = rules.drawdown_mode == DrawdownMode.INTRADAY
    return Floors(start=start, distance=distance if trails else None, lock=lock_of(rules))


def lock_of(rules: AccountRules) -> int | None:
    """Where the floor stops rising, in cents; None: nowhere."""
    start = cents(rules.start_balance)
    return {
        Lock.NONE: None,
        Lock.START: start,
        Lock.START_PLUS_100: start + cents(100),
        Lock.TARGET_BALANCE: start + cents(rules.profit_target),
    }[rules.lock]


def _after_close(
    path: AccountPath, rules: AccountRules, floors: Floors, floor: Ints, balance: Ints
) -> Ints:
    """The floor after the bar: an end-of-day one follows the closing balance."""
    if rules.drawdown_mode != DrawdownMode.END_OF_DAY:
        return floor
    closing = floors.locked(balance - cents(rules.drawdown))
    return np.where(path.session_last, np.maximum(floor, closing), floor)


def _status(
    path: AccountPath,
    rules: AccountRules,
    breached: Flags,
    lost: Flags,
    balance: Ints,
    flat: Flags,
) -> tuple[Ints, dict[str, Flags]]:
    """(N,) status after each bar, and where each of its rules acted."""
    late = (rules.max_days > 0) & (path.date - path.first_date >= rules.max_days)
    hard = lost & rules.daily_loss_hard
    target = cents(rules.start_balance) + cents(rules.profit_target)
    enough_days = days_traded_so_far(path) >= rules.min_days
    looked_at = path.session_last | (rules.pass_test == PassTest.TOUCH)
    reached = flat & (balance >= target) & (rules.profit_target > 0)
    passing = reached & enough_days & looked_at
    now = np.select(
        [breached, hard, late, passing],
        [AccountStatus.FAILED_DRAWDOWN, AccountStatus.FAILED_DAILY_LOSS,
         AccountStatus.FAILED_TIME, AccountStatus.PASSED],
        AccountStatus.ACTIVE,
    )  # fmt: skip
    earlier = before(path.status, AccountStatus.ACTIVE)
    failed = earlier >= AccountStatus.FAILED_DRAWDOWN
    status = np.where(failed, earlier, np.where(now != AccountStatus.ACTIVE, now, earlier))
    events = {
        f"became_{code.name.lower()}": (status == code) & (earlier != code)
        for code in AccountStatus
        if code != AccountStatus.ACTIVE
    }
    events["waits_for_min_days"] = reached & looked_at & ~enough_days
    events["waits_for_end_of_day"] = reached & enough_days & ~looked_at
    return status, events


def _floor_events(
    rules: AccountRules, floors: Floors, intraday: Ints, floor: Ints
) -> dict[str, Flags]:
    lock = floors.lock
    raised = floor > floors.start
    return {
        "floor_raised_by_mark": intraday > floors.start,
        "floor_raised_at_close": floor > intraday,
        "floor_locked": raised & (floor == lock) if lock is not None else np.zeros_like(raised),
    }


def _forbidden(path: AccountPath, rules: AccountRules) -> list[Difference]:
    """What no account of these rules may do: entries too large or while paused, open overnight."""
    minis, limit = tiers_in_force(rules, path.session_start)
    cap = most_contracts(rules, minis, micro=path.terms.micro)
    paused = paused_before(path, limit) & (not rules.daily_loss_hard)
    open_overnight = path.session_last & (path.position >= 0) & ~path.closed
    cases = {
        "entry_contracts above the tier's": (path.entry_contracts > cap, path.entry_contracts, cap),
        "entry while paused": (path.entered & paused, path.entered, np.zeros_like(cap)),
        "open after the session": (open_overnight, open_overnight, np.zeros_like(cap)),
    }
    return [
        Difference(bar=int(bar), what=what, recorded=int(did[bar]), recomputed=int(may[bar]))
        for what, (where, did, may) in cases.items()
        for bar in np.flatnonzero(where)
    ]


def paused_before(path: AccountPath, limit: Ints) -> Flags:
    """(N,) whether the daily loss limit was reached earlier in the bar's session."""
    lost = (limit > 0) & (path.session_start - path.equity >= limit)
    count = np.cumsum(lost)
    earlier = np.concatenate([[0], count[:-1]])
    begins = np.concatenate([[True], path.session[1:] != path.session[:-1]])
    at_begin = np.maximum.accumulate(np.where(begins, earlier, 0))
    return earlier > at_begin
