"""Floors, limits, passes and episode ends of sections 7 and 8, worked by hand."""

from futures_env.codes import (
    AccountStatus,
    Action,
    DoneReason,
    DrawdownMode,
    ExitReason,
    ExtremeOrder,
    Lock,
    PassTest,
)
from tests.futures_env.reference.scenarios import QUIET, Scenario, out, tiers, usd

HOLD = Action.HOLD
BUY = Action.BUY
LIQUIDATION = ExitReason.LIQUIDATION
DAILY = ExitReason.DAILY_LOSS_LIMIT
LOW = ExtremeOrder.LOW_FIRST
ACTIVE = AccountStatus.ACTIVE
PASSED = AccountStatus.PASSED
FAILED_DRAWDOWN = AccountStatus.FAILED_DRAWDOWN
FAILED_DAILY = AccountStatus.FAILED_DAILY_LOSS
FAILED_TIME = AccountStatus.FAILED_TIME
EOD = {"drawdown_mode": DrawdownMode.END_OF_DAY}
STATIC = {"drawdown_mode": DrawdownMode.STATIC}

ACCOUNT = {
    "intraday floor follows the mark": Scenario(
        [(100, 107, 100, 104)], usd(floor=-43, high_water_mark=7, equity=4), {"drawdown": 50.0}
    ),
    "lock at the start balance": Scenario(
        [(100, 110, 100, 104)],
        usd(floor=0, high_water_mark=10),
        {"drawdown": 4.0, "lock": Lock.START},
    ),
    "lock at start plus 100": Scenario(
        [(100, 300, 100, 250, LOW)],
        usd(floor=100, high_water_mark=200),
        {"drawdown": 9.0, "lock": Lock.START_PLUS_100, "target_ratio": 30.0},
    ),
    "lock at the target balance": Scenario(
        [(100, 150, 100, 145, LOW)],
        usd(floor=30, high_water_mark=50),
        {
            "drawdown": 15.0,
            "profit_target": 30.0,
            "lock": Lock.TARGET_BALANCE,
            "target_ratio": 30.0,
        },
    ),
    "end-of-day floor waits for the session's last row": Scenario(
        [(100, 110, 100, 108), (108, 110, 100, 106)],
        usd(floor=-50, high_water_mark=10, equity=6),
        {**EOD, "drawdown": 50.0},
    ),
    "end-of-day floor after the session-close fill": Scenario(
        [(100, 110, 100, 108), (108, 110, 100, 106)],
        usd(floor=-46, high_water_mark=9, balance=4),
        {**EOD, "drawdown": 50.0, "slippage_ticks": 1},
        market={"sessions": [0, 0, 0]},
    ),
    "end-of-day floor is tested intraday": Scenario(
        [(100, 110, 92, 95)], out(LIQUIDATION, 92, -8), {**EOD, "drawdown": 8.0}
    ),
    "end-of-day floor rises when flat, and locks": Scenario(
        [(100, 121, 100, 110), QUIET],
        usd(floor=0, high_water_mark=20, balance=20),
        {**EOD, "drawdown": 5.0, "lock": Lock.START},
        market={"sessions": [0, 0, 0]},
    ),
    "static floor stays": Scenario(
        [(100, 110, 100, 104)], usd(floor=-8, high_water_mark=10), {**STATIC, "drawdown": 8.0}
    ),
    "the floor does not fall when the drawdown grows": Scenario(
        [(100, 110, 100, 104), QUIET],
        usd(floor=-40, high_water_mark=10),
        {"drawdown": 50.0},
        play={"changes": [(1, {"drawdown": 80.0})]},
    ),
    "a smaller drawdown raises the floor at the next mark and liquidates there": Scenario(
        [(100, 110, 100, 104), (104, 104, 103, 104)],
        out(LIQUIDATION, 104, 4, **usd(floor=5)),
        {"drawdown": 50.0},
        play={"changes": [(1, {"drawdown": 5.0})]},
    ),
    "soft daily limit pauses entries, whatever closed the trade": Scenario(
        [(100, 101, 90, 95), QUIET],
        {"entries_paused": True, "illegal_action": True, "side": 0, "account_status": ACTIVE},
        {"daily_loss_limit": 10.0},
        (BUY, BUY),
    ),
    "the pause ends with the session": Scenario(
        [(100, 101, 90, 95), QUIET, QUIET],
        {"entries_paused": False, "days_traded": 2} | usd(session_start=-10),
        {"daily_loss_limit": 10.0},
        (BUY, HOLD, BUY),
        {"sessions": [0, 0, 1, 1]},
    ),
    "hard daily limit fails the account": Scenario(
        [(100, 101, 85, 95)],
        out(DAILY, 92, -8, account_status=FAILED_DAILY, done_reason=DoneReason.FAILED_DAILY_LOSS),
        {"daily_loss_limit": 8.0, "daily_loss_hard": True},
    ),
    "a failure is final": Scenario(
        [(100, 101, 90, 95), (95, 96, 94, 95)],
        {"account_status": FAILED_DRAWDOWN, "done_reason": DoneReason.FAILED_DRAWDOWN},
        {"drawdown": 8.0, "max_days": 1},
        market={"dates": [10, 10, 11]},
    ),
    "pass on touch": Scenario(
        [(100, 121, 100, 110)],
        {"account_status": PASSED, "terminated": True, "done_reason": DoneReason.PASSED},
        {"profit_target": 20.0},
    ),
    "not passed while the position is open": Scenario(
        [(100, 120, 100, 120)], {"account_status": ACTIVE}, {"profit_target": 20.0}
    ),
    "pass at the end of the day, not before": Scenario(
        [(100, 121, 100, 110), QUIET],
        {"account_status": ACTIVE, "terminated": False},
        {"profit_target": 20.0, "pass_test": PassTest.END_OF_DAY},
    ),
    "pass at the end of the day": Scenario(
        [(100, 121, 100, 110), QUIET],
        {"account_status": PASSED, "terminated": True},
        {"profit_target": 20.0, "pass_test": PassTest.END_OF_DAY},
        market={"sessions": [0, 0, 0]},
    ),
    "min_days: one session traded is not two": Scenario(
        [(100, 121, 100, 110), QUIET, QUIET],
        {"account_status": ACTIVE, "days_traded": 1},
        {"profit_target": 20.0, "min_days": 2},
        market={"sessions": [0, 0, 1, 1]},
    ),
    "min_days: passed on the second session": Scenario(
        [(100, 121, 100, 110), QUIET, QUIET, (100, 121, 100, 110)],
        {"account_status": PASSED, "days_traded": 2},
        {"profit_target": 20.0, "min_days": 2},
        (BUY, HOLD, HOLD, BUY),
        {"sessions": [0, 0, 1, 1, 1]},
    ),
    "max_days: the day before": Scenario(
        [QUIET, QUIET],
        {"account_status": ACTIVE},
        {"max_days": 5},
        (HOLD,),
        {"sessions": [0, 1, 2], "dates": [10, 12, 14]},
    ),
    "max_days: failed on the day": Scenario(
        [QUIET, QUIET],
        {"account_status": FAILED_TIME, "done_reason": DoneReason.FAILED_TIME},
        {"max_days": 5},
        (HOLD,),
        {"sessions": [0, 1, 2], "dates": [10, 12, 15]},
    ),
    "failure before passing": Scenario(
        [(100, 121, 100, 110)],
        {"account_status": FAILED_TIME},
        {"profit_target": 20.0, "max_days": 1},
        market={"dates": [10, 11]},
    ),
    "passed trades on without end_on_pass, until a failure": Scenario(
        [(100, 121, 100, 110), (100, 105, 88, 90), QUIET],
        {"account_status": FAILED_DRAWDOWN, "done_reason": DoneReason.FAILED_DRAWDOWN},
        {"profit_target": 20.0, "drawdown": 10.0, "end_on_pass": False},
        (BUY, BUY),
    ),
    "a limit reached by drawdown and daily loss: the drawdown": Scenario(
        [(100, 101, 90, 95)],
        {"account_status": FAILED_DRAWDOWN},
        {"drawdown": 10.0, "daily_loss_limit": 10.0, "daily_loss_hard": True},
    ),
}

SMALL = tiers((20.0, 5, 8.0), (40.0, 9, 0.0))
TIERED = {"contracts": 20, "max_contracts": 2, "profit_target": 0.0, **SMALL}
WON = (100, 121, 100, 110)  # + 20 ticks for each contract

NEXT_DAY = {"sessions": [0, 0, 1, 1]}
CLOSE = ExitReason.SESSION_CLOSE

TIERS = {
    "tier: the first one until a profit is reached": Scenario(
        [QUIET, QUIET], {"contracts": 2, **usd(session_start=0)}, TIERED
    ),
    "tier: profit of today is in force tomorrow, not before": Scenario(
        [WON, QUIET], {"contracts": 2, **usd(balance=40)}, TIERED, (BUY, BUY)
    ),
    "tier: the highest that the closing balance reached": Scenario(
        # 3 ticks for each of nine contracts
        [WON, QUIET, (100, 104, 99, 103)],
        out(CLOSE, 103, 27, **usd(session_start=40)),
        TIERED,
        (BUY, HOLD, BUY),
        NEXT_DAY,
    ),
    "tier: one cent short of it": Scenario(
        [WON, QUIET, (100, 104, 99, 103)],
        out(CLOSE, 103, 15, **usd(session_start=40)),
        TIERED | tiers((20.0, 5, 8.0), (40.01, 9, 0.0)),
        (BUY, HOLD, BUY),
        NEXT_DAY,
    ),
    "tier: its daily limit ends a trade": Scenario(
        # five contracts, 5 USD a tick: 8 USD are lost at the second tick
        [WON, QUIET, (100, 100, 95, 98)],
        out(DAILY, 98, -10, entries_paused=True, **usd(session_start=40, balance=30)),
        TIERED | tiers((20.0, 5, 8.0)),
        (BUY, HOLD, BUY),
        NEXT_DAY,
    ),
    "tier: without a limit of its own there is none": Scenario(
        [WON, QUIET, (100, 100, 90, 95)],
        {"entries_paused": False, **usd(session_start=40, balance=-50)},
        TIERED | {"daily_loss_limit": 8.0},
        (BUY, HOLD, BUY),
        NEXT_DAY,
    ),
    "tier: a loss leads back to the lower one": Scenario(
        [WON, QUIET, (100, 100, 90, 95), QUIET, (100, 104, 99, 103)],
        out(CLOSE, 103, 6, **usd(session_start=-50)),
        TIERED,
        (BUY, HOLD, BUY, HOLD, BUY),
        {"sessions": [0, 0, 1, 1, 2, 2]},
    ),
}

EPISODES = {
    "time limit": Scenario(
        [QUIET, QUIET],
        {"truncated": True, "terminated": False, "done_reason": DoneReason.TIME_LIMIT},
        {"max_steps_in_episode": 1, "end_at_session_close": True},
        market={"sessions": [0, 0, 0]},
    ),
    "session end": Scenario(
        [QUIET],
        {"truncated": True, "done_reason": DoneReason.SESSION_END},
        {"end_at_session_close": True},
        market={"sessions": [0, 0]},
    ),
    "data end": Scenario([QUIET], {"truncated": True, "done_reason": DoneReason.DATA_END}),
    "running over a session close": Scenario(
        [QUIET, QUIET, QUIET],
        {"truncated": True, "done_reason": DoneReason.DATA_END, "days_traded": 2, "time": 3},
        actions=(BUY, HOLD, BUY),
        market={"sessions": [0, 0, 1, 1]},
    ),
}
