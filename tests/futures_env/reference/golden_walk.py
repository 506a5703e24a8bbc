"""What happens inside a bar, worked by hand: every row of section 6, and the fills."""

from futures_env.codes import AccountStatus, DoneReason, ExitReason, ExtremeOrder
from tests.futures_env.reference.scenarios import QUIET, Scenario, hwm, out, usd

NONE = ExitReason.NONE
STOP = ExitReason.STOP
TARGET = ExitReason.TARGET
SESSION_CLOSE = ExitReason.SESSION_CLOSE
LIQUIDATION = ExitReason.LIQUIDATION
DAILY = ExitReason.DAILY_LOSS_LIMIT
LOW = ExtremeOrder.LOW_FIRST
HIGH = ExtremeOrder.HIGH_FIRST
FAILED_DRAWDOWN = AccountStatus.FAILED_DRAWDOWN

WALK = {
    "low first: stop on the way down": Scenario(
        [QUIET, (100, 125, 90, 100, LOW)], out(STOP, 90, -10, **hwm(1))
    ),
    "low first: then the target": Scenario(
        [QUIET, (100, 121, 91, 100, LOW)], out(TARGET, 120, 20, **hwm(20))
    ),
    "low first: no target, then down to the floor the high raised": Scenario(
        [(100, 110, 95, 101, LOW)],
        out(LIQUIDATION, 102, 2, account_status=FAILED_DRAWDOWN, **usd(floor=2), **hwm(10)),
        {"drawdown": 8.0},
    ),
    "low first: the close stays over the raised floor": Scenario(
        [(100, 110, 95, 103, LOW)],
        out(NONE, 0, 0, side=1, **usd(equity=3, floor=2, high_water_mark=10)),
        {"drawdown": 8.0},
    ),
    "low first: floor on the way down, before the high": Scenario(
        [(100, 121, 92, 101, LOW)], out(LIQUIDATION, 92, -8, **hwm(0)), {"drawdown": 8.0}
    ),
    "high first: the target": Scenario(
        [QUIET, (100, 121, 85, 88, HIGH)], out(TARGET, 120, 20, **hwm(20))
    ),
    "high first: touch is not through, then the stop": Scenario(
        [QUIET, (100, 120, 89, 95, HIGH)], out(STOP, 90, -10, **hwm(20))
    ),
    "high first: through 0, touch fills": Scenario(
        [QUIET, (100, 120, 89, 95, HIGH)], out(TARGET, 120, 20), {"target_through_ticks": 0}
    ),
    "high first: the raised floor before the stop": Scenario(
        [(100, 110, 90, 95, HIGH)], out(LIQUIDATION, 95, -5, **hwm(10)), {"drawdown": 15.0}
    ),
    "unknown: both touched, stop first, high marked short of the target": Scenario(
        [QUIET, (100, 125, 90, 95)], out(STOP, 90, -10, **hwm(20))
    ),
    "unknown: both touched, through 0 marks one tick less": Scenario(
        [QUIET, (100, 125, 90, 95)],
        out(STOP, 90, -10, **hwm(19)),
        {"target_through_ticks": 0},
    ),
    "unknown: stop touched, floor met before it": Scenario(
        [(100, 125, 90, 95)], out(LIQUIDATION, 94, -6, **hwm(0)), {"drawdown": 6.0}
    ),
    "unknown: stop touched, high marked, raised floor met before the stop": Scenario(
        [(100, 110, 89, 95)],
        out(LIQUIDATION, 98, -2, **hwm(10), **usd(floor=-2)),
        {"drawdown": 12.0},
    ),
    "unknown: stop touched, daily limit met before it": Scenario(
        [(100, 125, 90, 95)], out(DAILY, 93, -7, **hwm(0)), {"daily_loss_limit": 7.0}
    ),
    "unknown: target filled": Scenario(
        [QUIET, (100, 125, 91, 95)], out(TARGET, 120, 20, **hwm(20))
    ),
    "unknown: target would fill, floor met first": Scenario(
        [(100, 125, 91, 95)], out(LIQUIDATION, 95, -5, **hwm(0)), {"drawdown": 5.0}
    ),
    "unknown: neither, down to the floor the high raised": Scenario(
        [(100, 110, 95, 105)], out(LIQUIDATION, 102, 2, **hwm(10)), {"drawdown": 8.0}
    ),
    "unknown: neither, survives": Scenario(
        [(100, 110, 95, 105)],
        out(NONE, 0, 0, side=1, bars_held=0, **usd(equity=5, floor=-6, high_water_mark=10)),
        {"drawdown": 16.0},
    ),
}

FILLS = {
    "gap through the stop fills at the open": Scenario(
        [QUIET, (85, 130, 80, 90)], out(STOP, 83, -17, **hwm(1)), {"stop_slippage_ticks": 2}
    ),
    "open at the stop": Scenario([QUIET, (90, 95, 90, 92)], out(STOP, 90, -10)),
    "gap through stop and floor: reason stop, account fails": Scenario(
        [QUIET, (85, 95, 80, 90)],
        out(STOP, 85, -15, account_status=FAILED_DRAWDOWN, terminated=True, **usd(floor=-11)),
        {"drawdown": 12.0},
    ),
    "gap through the floor only": Scenario(
        [QUIET, (92, 125, 91, 92)],
        out(LIQUIDATION, 91, -9, done_reason=DoneReason.FAILED_DRAWDOWN),
        {"drawdown": 8.0, "stop_slippage_ticks": 1},
    ),
    "open at the floor, touch is enough, whatever the high does next": Scenario(
        [QUIET, (93, 125, 92, 94, HIGH)], out(LIQUIDATION, 93, -7, **hwm(1)), {"drawdown": 8.0}
    ),
    "open at the daily limit": Scenario(
        [QUIET, (92, 125, 91, 94, HIGH)], out(DAILY, 92, -8), {"daily_loss_limit": 8.0}
    ),
    "gap through floor and daily limit: the floor": Scenario(
        [QUIET, (92, 95, 91, 92)],
        out(LIQUIDATION, 92, -8),
        {"drawdown": 8.0, "daily_loss_limit": 8.0},
    ),
    "gap through the daily limit": Scenario(
        [QUIET, (92, 95, 91, 92)], out(DAILY, 92, -8, **hwm(1)), {"daily_loss_limit": 8.0}
    ),
    "gap through the target fills at the target, the low is not tested": Scenario(
        [QUIET, (130, 135, 80, 90)], out(TARGET, 120, 20, **hwm(20))
    ),
    "open at the target: touch is enough": Scenario(
        [QUIET, (120, 120, 80, 90)], out(TARGET, 120, 20)
    ),
    "entry bar: the stop is live": Scenario(
        [(104, 106, 94, 100)], out(STOP, 94, -10, entry_filled=True, fill_price=104)
    ),
    "entry bar: the target is live": Scenario(
        [(104, 125, 95, 100)], out(TARGET, 124, 20, entry_filled=True, fill_price=104)
    ),
    "entry: slippage and commission alone reach the floor": Scenario(
        [(100, 101, 99, 100)],
        out(LIQUIDATION, 99, -10, account_status=FAILED_DRAWDOWN, **hwm(0)),
        {"drawdown": 5.0, "slippage_ticks": 2, "stop_slippage_ticks": 1, "commission_usd": 3.5},
    ),
    "entry: slippage and commission alone reach the daily limit": Scenario(
        [(100, 101, 99, 100)],
        out(DAILY, 100, -9, entries_paused=True),
        {"daily_loss_limit": 5.0, "slippage_ticks": 2, "commission_usd": 3.5},
    ),
    "stop, floor and daily limit at one price: the stop": Scenario(
        [(100, 100, 85, 90)],
        out(STOP, 90, -10, account_status=FAILED_DRAWDOWN),
        {"drawdown": 10.0, "daily_loss_limit": 10.0},
    ),
    "floor and daily limit at one price: the floor": Scenario(
        [(100, 100, 85, 90)],
        out(LIQUIDATION, 91, -9),
        {"drawdown": 9.0, "daily_loss_limit": 9.0},
    ),
    "floor under the daily limit but within the same tick: the floor acts": Scenario(
        [(100, 100, 85, 90)],
        out(LIQUIDATION, 92, -8),
        {"drawdown": 8.0, "daily_loss_limit": 7.5},
    ),
    "liquidation before the stop, with slippage": Scenario(
        [(100, 100, 85, 90)],
        out(LIQUIDATION, 91, -9),
        {"drawdown": 7.0, "stop_slippage_ticks": 2, "slippage_ticks": 0},
    ),
    "the first price at which equity is not over the floor": Scenario(
        [(100, 100, 80, 90)],
        out(LIQUIDATION, 97, -9),
        {"drawdown": 7.0, "contracts": 3},
    ),
    "commission: two sides, never three": Scenario(
        [QUIET, (100, 121, 95, 100)],
        out(TARGET, 120, 30, **usd(balance=30, high_water_mark=30)),
        {"commission_usd": 2.5, "contracts": 2, "target_ratio": 2.0},
    ),
    "commission of the exit at the rate then in force": Scenario(
        [QUIET, (100, 121, 95, 100)],
        out(TARGET, 120, 15, **usd(balance=15)),
        {"commission_usd": 1.0},
        play={"changes": [(1, {"commission_usd": 4.0})]},
    ),
    "negative costs: the contract table's": Scenario(
        [QUIET, (100, 101, 90, 95)],
        out(STOP, 90, -17, **usd(balance=-17)),
        {"commission_usd": -1.0, "slippage_ticks": -1, "stop_slippage_ticks": -1},
    ),
    "session close: at the close, market slippage": Scenario(
        [QUIET, QUIET, (100, 104, 99, 103)],
        out(SESSION_CLOSE, 101, -1, bars_held=0),
        {"slippage_ticks": 2, "stop_slippage_ticks": 7},
        market={"sessions": [0, 0, 0, 0]},
    ),
    "the stop before the session close": Scenario(
        [(100, 104, 90, 103)], out(STOP, 90, -10), market={"sessions": [0, 0]}
    ),
}
