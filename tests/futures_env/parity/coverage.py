"""Count how often a run met the cases that the parity test must have seen."""

from typing import Any

import numpy as np

from futures_env.codes import (
    AccountStatus,
    Action,
    DoneReason,
    DrawdownMode,
    ExitReason,
    ExtremeOrder,
    Lock,
)
from tests.futures_env.parity.programs import Program
from tests.futures_env.parity.runs import Record

Cases = dict[str, np.ndarray]


def count_cases(
    leaves: dict[str, np.ndarray], program: Program, record: Record, phase: int
) -> dict[str, int]:
    """Number of steps in which each case was met."""
    view = _View(leaves, program, record)
    cases = _exits(view) | _both_touched(view) | _account(view) | _orders(view) | _ends(view)
    if phase == 2:
        cases |= _management(view)
    return {name: int(hits.sum()) for name, hits in cases.items()}


class _View:
    """Columns of a run, with the bar each step went through and the parameters in force."""

    def __init__(self, leaves: dict[str, np.ndarray], program: Program, record: Record) -> None:
        self._record, self._program = record, program
        self.row = record["before/row"].astype(int)
        self.next_row = np.minimum(self.row + 1, len(leaves["close"]) - 1)
        self._leaves = leaves
        entered = np.where(record["action"] == Action.BUY, 1, -1) * record["info/entry_filled"]
        self.carried = record["before/side"]
        self.side = np.where(self.carried != 0, self.carried, entered)

    def __getitem__(self, name: str) -> np.ndarray:
        return self._record[name]

    def bar(self, name: str) -> np.ndarray:
        """Of the bar the step went through."""
        return self._leaves[name][self.next_row]

    def decided_on(self, name: str) -> np.ndarray:
        """Of the bar the action was chosen on."""
        return self._leaves[name][self.row]

    def param(self, name: str) -> np.ndarray:
        """The parameter in force in the step."""
        values: list[Any] = [one[name] for one in self._program.params]
        return np.array(values)[self._program.params_index]

    def exit(self, reason: ExitReason) -> np.ndarray:
        """The step closed a trade for this reason."""
        return self["info/exit_reason"] == reason


def _exits(view: _View) -> Cases:
    open_ = view.carried * view.bar("open")
    gap_stop = (view.carried != 0) & (open_ < view.carried * view["before/stop_price"])
    gap_target = (view.carried != 0) & (open_ > view.carried * view["before/target_price"])
    by_side = {
        f"exit {reason.name} {side:+d}": view.exit(reason) & (view.side == side)
        for reason in ExitReason
        if reason != ExitReason.NONE
        for side in (1, -1)
    }
    return by_side | {
        "gap through the stop": gap_stop & view.exit(ExitReason.STOP),
        "gap through the target": gap_target & view.exit(ExitReason.TARGET),
        "exit in the entry bar": (view["info/entry_filled"] > 0) & (view["info/exit_reason"] > 0),
        "forced trade closed": (view["info/forced_trade"] > 0) & (view["info/exit_reason"] > 0),
    }


def _both_touched(view: _View) -> Cases:
    """Stop touched and target filled in the same bar by a position that opened between them."""
    side = view.carried
    stop, target = side * view["before/stop_price"], side * view["before/target_price"]
    favourable = np.where(side > 0, view.bar("high"), -view.bar("low"))
    adverse = np.where(side > 0, view.bar("low"), -view.bar("high"))
    unmanaged = (view["before/trailing"] == 0) & (view["action"] <= Action.SELL)
    between = (side * view.bar("open") > stop) & (side * view.bar("open") < target)
    both = (adverse <= stop) & (favourable >= target + view.param("target_through_ticks"))
    hits = (side != 0) & unmanaged & between & both
    return {
        f"both touched, order {order.name}": hits & (view.bar("extreme_order") == order)
        for order in ExtremeOrder
    }


def _account(view: _View) -> Cases:
    raised = view["state/floor_cents"] > view["before/floor_cents"]
    hard, status = view.param("daily_loss_hard"), view["state/account_status"]
    became = status != view["before/account_status"]
    daily = view.exit(ExitReason.DAILY_LOSS_LIMIT)
    paused = (view["state/entries_paused"] > 0) & (view["before/entries_paused"] == 0)
    follows = view.param("drawdown_mode") != DrawdownMode.STATIC
    cases = {
        f"floor raised, {mode.name}": raised & (view.param("drawdown_mode") == mode)
        for mode in DrawdownMode
    }
    cases |= {
        f"floor raised, lock {lock.name}": raised & follows & (view.param("lock") == lock)
        for lock in Lock
    }
    cases |= {f"became {code.name}": became & (status == code) for code in AccountStatus if code}
    return (
        cases
        | _locked(view, raised & follows)
        | {
            "daily limit, soft": daily & ~hard,
            "daily limit, hard": daily & hard,
            "entries paused": paused,
            "tier above the first in force": view["before/tier"] > 0,
            "tier changed": view["state/tier"] != view["before/tier"],
        }
    )


def _locked(view: _View, raised: np.ndarray) -> Cases:
    """Marks that raised the floor no further than its lock."""
    start = view.param("start_balance") * 100
    locks = {Lock.START: start, Lock.START_PLUS_100: start + 100_00}
    floor = view["state/floor_cents"]
    cases = {
        f"floor stopped at {lock.name}": raised & (view.param("lock") == lock) & (floor == level)
        for lock, level in locks.items()
    }
    target = start + np.floor(view.param("profit_target") * 100 + 0.5)
    at_target = raised & (view.param("lock") == Lock.TARGET_BALANCE) & (floor == target)
    return cases | {"floor stopped at TARGET_BALANCE": at_target}


def _orders(view: _View) -> Cases:
    flat, ok = view.carried == 0, view.decided_on("entry_ok")
    free = flat & ok & (view["before/entries_paused"] == 0)
    entry = np.isin(view["action"], [Action.BUY, Action.SELL])
    cancelled = entry & (view["info/illegal_action"] == 0) & (view["info/entry_filled"] == 0)
    changed = np.diff(view._program.params_index, axis=1, prepend=0) != 0
    return {
        "zero contracts": free & ~view["mask"][..., Action.BUY],
        "entry cancelled by a halt": cancelled,
        "illegal action": view["info/illegal_action"] > 0,
        "parameters changed in an episode": changed & (view["restart"] == 0),
        "parameters changed in a position": changed & (view["restart"] == 0) & ~flat,
    }


def _ends(view: _View) -> Cases:
    return {f"done {code.name}": view["info/done_reason"] == code for code in DoneReason}


def _management(view: _View) -> Cases:
    legal = view["info/illegal_action"] == 0
    side, action = view.carried, view["action"]
    moved = (view["state/side"] != 0) & (
        side * view["state/stop_price"] > side * view["before/stop_price"]
    )
    losing_side = side * view["before/entry_price"] >= side * view.decided_on("close")
    break_even = legal & (action == Action.STOP_TO_BREAK_EVEN)
    return {
        "break-even": break_even,
        "break-even moved the stop": break_even & moved,
        "break-even clamped": break_even & losing_side,
        "trail moved the stop": moved & (view["state/trailing"] > 0) & ~break_even,
        "trail on": legal & (action == Action.TRAIL_ON),
        "trail off": legal & (action == Action.TRAIL_OFF),
    }
