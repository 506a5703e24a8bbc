"""Orders, stop management and forced positions of section 5, worked by hand."""

from futures_env.codes import Action, ExitReason
from tests.futures_env.reference.engine import ForcedPosition
from tests.futures_env.reference.scenarios import QUIET, Scenario, out, usd

HOLD = Action.HOLD
BUY = Action.BUY
SELL = Action.SELL
BREAK_EVEN = Action.STOP_TO_BREAK_EVEN
TRAIL_ON = Action.TRAIL_ON
TRAIL_OFF = Action.TRAIL_OFF
STOP = ExitReason.STOP
TARGET = ExitReason.TARGET

ORDERS = {
    "stop distance rounds half up": Scenario(
        [QUIET], {"initial_stop_ticks": 9, "stop_price": 91}, market={"atr": [8.5, 1.0]}
    ),
    "stop distance: never under slippage plus one": Scenario(
        [(100, 101, 100, 100)],
        {"entry_price": 103, "initial_stop_ticks": 4, "stop_price": 99, "target_price": 111},
        {"slippage_ticks": 3},
        market={"atr": [2.0, 1.0]},
    ),
    "max_stop_usd caps the distance": Scenario(
        [QUIET], {"stop_price": 93, "target_price": 114}, {"max_stop_usd": 7.99}
    ),
    "max_stop_usd under one tick: one tick": Scenario(
        [(100, 100, 100, 100)], {"initial_stop_ticks": 1}, {"max_stop_usd": 0.5}
    ),
    "a ratio of nearly 0: a target of one tick": Scenario(
        [QUIET], {"target_price": 101}, {"target_ratio": 0.01}
    ),
    "contracts from risk": Scenario([QUIET], {"contracts": 3}, {"risk_per_trade_usd": 39.0}),
    "contracts capped": Scenario(
        [QUIET], {"contracts": 2}, {"risk_per_trade_usd": 39.0, "max_contracts": 2}
    ),
    "risk too small for one contract: no entry": Scenario(
        [QUIET],
        {"side": 0, "entry_filled": False, "illegal_action": True},
        {"risk_per_trade_usd": 9.99},
    ),
    "entry into another session is cancelled": Scenario(
        [QUIET],
        {"side": 0, "entry_filled": False, "illegal_action": False, "fill_price": 0}
        | usd(balance=0),
        {"commission_usd": 5.0},
        market={"sessions": [0, 1]},
    ),
    "no entry out of the window": Scenario(
        [QUIET], {"side": 0, "illegal_action": True}, market={"entry_ok": [False, True]}
    ),
    "no second entry": Scenario(
        [QUIET, QUIET], {"contracts": 1, "illegal_action": True}, actions=(BUY, BUY)
    ),
    "no CLOSE: the opposite side is illegal too": Scenario(
        [QUIET, QUIET], {"side": 1, "illegal_action": True}, actions=(BUY, SELL)
    ),
    "break-even moves the stop to the entry": Scenario(
        [(100, 106, 100, 105), (105, 106, 104, 105)],
        {"stop_price": 100, "break_even_moved": True, "illegal_action": False},
        actions=(BUY, BREAK_EVEN),
    ),
    "break-even is in force from the next open": Scenario(
        [(100, 106, 100, 105), (99, 106, 98, 105)], out(STOP, 99, -1), actions=(BUY, BREAK_EVEN)
    ),
    "break-even under the needed profit is illegal": Scenario(
        [(100, 106, 100, 104), (104, 106, 103, 105)],
        {"stop_price": 90, "break_even_moved": False, "illegal_action": True},
        actions=(BUY, BREAK_EVEN),
    ),
    "break-even once per trade": Scenario(
        [(100, 106, 100, 105), (105, 106, 104, 105), (105, 106, 104, 105)],
        {"stop_price": 100, "illegal_action": True},
        actions=(BUY, BREAK_EVEN, BREAK_EVEN),
    ),
    "break-even at no profit is clamped under the close": Scenario(
        [QUIET, (100, 101, 100, 100)],
        {"stop_price": 99, "break_even_moved": True},
        {"break_even_min_profit_atr": 0.0},
        (BUY, BREAK_EVEN),
    ),
    "trailing acts in the step that switches it on, from the close before": Scenario(
        [(100, 108, 100, 107), (107, 115, 105, 114)],
        {"stop_price": 97, "trailing": True},
        actions=(BUY, TRAIL_ON),
    ),
    "trailing from close t with the ATR of t": Scenario(
        [(100, 108, 100, 107), (107, 115, 105, 114), (114, 115, 112, 113)],
        {"stop_price": 110, "trailing": True},
        actions=(BUY, TRAIL_ON),
        market={"atr": [10.0, 10.0, 4.0, 1.0]},
    ),
    "trailing never loosens": Scenario(
        [(100, 108, 100, 107), (107, 108, 100, 101), (101, 102, 100, 101)],
        {"stop_price": 97},
        actions=(BUY, TRAIL_ON),
    ),
    "trailing waits for its activation": Scenario(
        [(100, 108, 100, 107), (107, 115, 105, 114)],
        {"stop_price": 90, "trailing": True},
        {"trail_activation_r": 0.8},
        (BUY, TRAIL_ON),
    ),
    "trailing off leaves the stop": Scenario(
        [(100, 108, 100, 107), (107, 115, 105, 114), (114, 118, 112, 118), (118,) * 4],
        {"stop_price": 97, "trailing": False},
        actions=(BUY, TRAIL_ON, TRAIL_OFF),
    ),
    "the tighter of break-even and trail": Scenario(
        [(100, 116, 100, 115), (115, 116, 112, 115), (115, 116, 112, 115)],
        {"stop_price": 105, "break_even_moved": False, "illegal_action": True},
        actions=(BUY, TRAIL_ON, BREAK_EVEN),
    ),
}

FORCED = {
    "forced position: bracket around its entry": Scenario(
        [QUIET],
        {"entry_price": 96, "stop_price": 86, "target_price": 116, "bars_held": 8}
        | usd(balance=-4, equity=0, high_water_mark=1)
        | {"forced_trade": True, "days_traded": 0},
        actions=(HOLD,),
        play={"forced": ForcedPosition(1, 4, 7)},
    ),
    "forced position: stop and target moved off the close": Scenario(
        [(100, 100, 100, 100)],
        {"entry_price": 105, "stop_price": 99, "target_price": 106, "initial_stop_ticks": 2},
        {"stop_atr_multiple": 0.2, "target_ratio": 0.5},
        (HOLD,),
        play={"forced": ForcedPosition(1, -5, 7)},
    ),
    "forced position: target moved off the close": Scenario(
        [(100, 100, 100, 100)],
        {"entry_price": 90, "stop_price": 80, "target_price": 101},
        {"target_ratio": 0.5},
        (HOLD,),
        play={"forced": ForcedPosition(1, 10, 7)},
    ),
    "forced trade: P&L from the reset, exit commission only": Scenario(
        [(100, 117, 100, 110)],
        out(TARGET, 116, 13, forced=False, forced_trade=True, **usd(balance=13)),
        {"commission_usd": 3.0},
        (HOLD,),
        play={"forced": ForcedPosition(1, 4, 7)},
    ),
    "no forced position on a session's last row": Scenario(
        [QUIET],
        {"side": 0, "forced": False} | usd(balance=0),
        actions=(HOLD,),
        market={"sessions": [0, 1]},
        play={"forced": ForcedPosition(1, 4, 7)},
    ),
}
