"""Stable integer codes of actions, exits, episode ends and account states, and their words."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

RULES_VERSION = "1.1"
"""Version of the simulator's rules; changes whenever the outcome of a rule changes."""


class Action(IntEnum):
    """What the agent asks for at the close of a bar. Phase 1 knows the first three."""

    HOLD = 0
    BUY = 1
    SELL = 2
    STOP_TO_BREAK_EVEN = 3
    TRAIL_ON = 4
    TRAIL_OFF = 5


ENTRY_SIDES = (0, 1, -1)
"""The side entered by HOLD, BUY and SELL."""


class ExitReason(IntEnum):
    """Why a position was closed in this step."""

    NONE = 0
    STOP = 1
    TARGET = 2
    SESSION_CLOSE = 3
    LIQUIDATION = 4
    DAILY_LOSS_LIMIT = 5


class AccountStatus(IntEnum):
    """Standing of the account under its rule set."""

    ACTIVE = 0
    PASSED = 1
    FAILED_DRAWDOWN = 2
    FAILED_DAILY_LOSS = 3
    FAILED_TIME = 4


class DoneReason(IntEnum):
    """Why the episode ended in this step; the first that applies, in this order."""

    RUNNING = 0
    FAILED_DRAWDOWN = 1
    FAILED_DAILY_LOSS = 2
    FAILED_TIME = 3
    PASSED = 4
    TIME_LIMIT = 5
    SESSION_END = 6
    DATA_END = 7


class DrawdownMode(IntEnum):
    """How the account floor follows the account."""

    INTRADAY = 0
    END_OF_DAY = 1
    STATIC = 2


class Lock(IntEnum):
    """Where the floor stops rising."""

    NONE = 0
    START = 1
    START_PLUS_100 = 2
    TARGET_BALANCE = 3


class PassTest(IntEnum):
    """When the profit target is looked at."""

    TOUCH = 0
    END_OF_DAY = 1


class ExtremeOrder(IntEnum):
    """Which extreme of a bar came first, where finer data says so."""

    UNKNOWN = 0
    LOW_FIRST = 1
    HIGH_FIRST = 2


def describe(info: Mapping[str, Any]) -> dict[str, str]:
    """Put the codes of one step's ``info`` (scalars, not batches) into words.

    Args:
        info: the mapping returned by ``env.step`` for one environment.

    Returns:
        ``exit_reason``, ``account_status`` and ``done_reason`` as lower-case words.
    """
    tables = {
        "exit_reason": ExitReason,
        "account_status": AccountStatus,
        "done_reason": DoneReason,
    }
    return {name: codes(int(info[name])).name.lower() for name, codes in tables.items()}
