"""Topstep, Take Profit Trader, MyFundedFutures and Tradeify, worked by hand.

The status in the tables is the simulator's, which knows no best-day rule; the verdict does.
"""

from tests.eval_tools.accounts.tables import Golden

TOPSTEP = {
    "best day: 55 % of the target leaves it where it is": Golden(
        "topstep-50k",
        """
        1 | +1 | 0 1650 0 1650 | close 1650 | 1650 1650 -350 | active
        2 | +1 | 0 1350 0 1350 | close 1350 | 3000 3000    0 | passed
        """,
        "passed",
        required=3_000.0,
    ),
    "best day: a dollar more raises it to 1,651 / 0.55": Golden(
        "topstep-50k",
        """
        1 | +1 | 0 1651 0 1651 | close 1651 | 1651 1651 -349 | active
        2 | +1 | 0 1349 0 1349 | close 1349 | 3000 3000    0 | passed
        """,
        waits=("profit",),
        required=3_001.82,
    ),
    "best day: the raised target reached": Golden(
        "topstep-50k",
        """
        1 | +1 | 0 1651 0 1651 | close 1651 | 1651 1651 -349 | active
        2 | +1 | 0 1349 0 1349 | close 1349 | 3000 3000    0 | passed
        3 | +1 | 0    2 0    2 | close 2    | 3002 3002    0 | passed
        """,
        "passed",
        required=3_001.82,
    ),
    "days: one is not two": Golden(
        "topstep-50k",
        """
        1 | +1 s900 t1500 | 0 1500 0 1500 | target 1500 | 1500 1500 -2000 | active
        1 | +1            | 0 1500 0 1500 | close 1500  | 3000 3000     0 | active
        """,
        waits=("profit", "days"),
        required=5_454.55,
    ),
    "lock: closing balances of 1,999 and 2,001": Golden(
        "topstep-50k",
        """
        1 | +1 | 0 1999 0 1999 | close 1999 | 1999 1999 -1 | active
        2 | +1 | 0    2 0    2 | close 2    | 2001 2001  0 | active
        """,
        waits=("profit",),
        required=3_634.55,
    ),
    "floor: touched during the day": Golden(
        "topstep-50k",
        """
        1 | +1 | 0 0 -1000 -1000 | close -1000 | -1000 0 -2000 | active
        2 | +1 | 0 0 -1000  -900 | floor -1000 | -2000 0 -2000 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "floor: a dollar above": Golden(
        "topstep-50k",
        """
        1 | +1 | 0 0 -1000 -1000 | close -1000 | -1000 0 -2000 | active
        2 | +1 | 0 0  -999  -900 | close -900  | -1900 0 -2000 | active
        """,
        waits=("profit",),
    ),
    "size: five minis": Golden(
        "topstep-50k",
        """
        1 | +5 of 6 | 0 10 0 10 | close 10 | 50 50 -1950 | active
        """,
        waits=("profit", "days"),
    ),
    "size: six are too many": Golden(
        "topstep-50k",
        """
        1 | +6 | 0 10 0 10 | close 10 | 60 60 -1940 | active
        """,
        waits=("profit", "days"),
        breaches=(("max_contracts", 6, 5),),
        forbidden=("entry_contracts above the tier's",),
    ),
}

TAKE_PROFIT_TRADER = {
    "best day: half of the target": Golden(
        "take-profit-trader-50k",
        """
        1 | +1 | 0 1500 0 1500 | close 1500 | 1500 1500 -500 | active
        2 | +1 | 0 1000 0 1000 | close 1000 | 2500 2500    0 | active
        3 | +1 | 0  500 0  500 | close 500  | 3000 3000    0 | passed
        """,
        "passed",
        required=3_000.0,
    ),
    "best day: a dollar more makes the goal 2 x 1,501": Golden(
        "take-profit-trader-50k",
        """
        1 | +1 | 0 1501 0 1501 | close 1501 | 1501 1501 -499 | active
        2 | +1 | 0 1000 0 1000 | close 1000 | 2501 2501    0 | active
        3 | +1 | 0  499 0  499 | close 499  | 3000 3000    0 | passed
        """,
        waits=("profit",),
        required=3_002.0,
    ),
    "best day: that goal reached": Golden(
        "take-profit-trader-50k",
        """
        1 | +1 | 0 1501 0 1501 | close 1501 | 1501 1501 -499 | active
        2 | +1 | 0 1000 0 1000 | close 1000 | 2501 2501    0 | active
        3 | +1 | 0  499 0  499 | close 499  | 3000 3000    0 | passed
        4 | +1 | 0    2 0    2 | close 2    | 3002 3002    0 | passed
        """,
        "passed",
        required=3_002.0,
    ),
    "days: two are not three": Golden(
        "take-profit-trader-50k",
        """
        1 | +1 | 0 1500 0 1500 | close 1500 | 1500 1500 -500 | active
        2 | +1 | 0 1500 0 1500 | close 1500 | 3000 3000    0 | active
        """,
        waits=("days",),
    ),
    "days: the third": Golden(
        "take-profit-trader-50k",
        """
        1 | +1 | 0 1500   0 1500 | close 1500 | 1500 1500 -500 | active
        2 | +1 | 0 1500   0 1500 | close 1500 | 3000 3000    0 | active
        3 | +1 | 0    0 -10    0 | close 0    | 3000 3000    0 | passed
        """,
        "passed",
    ),
    "lock and floor: at the start balance, touched": Golden(
        "take-profit-trader-50k",
        """
        1 | +1 | 0 2500     0  2500 | close 2500  | 2500 2500 0 | active
        2 | +1 | 0    0 -2500 -2400 | floor -2500 |    0 2500 0 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "lock and floor: a dollar above": Golden(
        "take-profit-trader-50k",
        """
        1 | +1 | 0 2500     0  2500 | close 2500  | 2500 2500 0 | active
        2 | +1 | 0    0 -2499 -2400 | close -2400 |  100 2500 0 | active
        """,
        waits=("profit", "days"),
    ),
    "size: six minis": Golden(
        "take-profit-trader-50k",
        """
        1 | +6 of 9 | 0 10 0 10 | close 10 | 60 60 -1940 | active
        """,
        waits=("profit", "days"),
    ),
    "size: seven are too many": Golden(
        "take-profit-trader-50k",
        """
        1 | +7 | 0 10 0 10 | close 10 | 70 70 -1930 | active
        """,
        waits=("profit", "days"),
        breaches=(("max_contracts", 7, 6),),
        forbidden=("entry_contracts above the tier's",),
    ),
}

MY_FUNDED_FUTURES = {
    "best day: half of the profit blocks the pass": Golden(
        "my-funded-futures-rapid-50k",
        """
        1 | +1 | 0 1500 0 1500 | close 1500 | 1500 1500 -500 | active
        2 | +1 | 0 1500 0 1500 | close 1500 | 3000 3000 1000 | passed
        """,
        waits=("consistency",),
    ),
    "best day: under half of it": Golden(
        "my-funded-futures-rapid-50k",
        """
        1 | +1 | 0 1500 0 1500 | close 1500 | 1500 1500 -500 | active
        2 | +1 | 0 1500 0 1500 | close 1500 | 3000 3000 1000 | passed
        3 | +1 | 0    1 0    1 | close 1    | 3001 3001 1001 | passed
        """,
        "passed",
    ),
    "days: one is not two": Golden(
        "my-funded-futures-rapid-50k",
        """
        1 | +1 | 0 3000 0 3000 | close 3000 | 3000 3000 1000 | active
        """,
        waits=("days", "consistency"),
    ),
    "floor: follows the closing balance, touched": Golden(
        "my-funded-futures-rapid-50k",
        """
        1 | +1 | 0 1400     0  1400 | close 1400  | 1400 1400 -600 | active
        2 | +1 | 0    0 -2000 -1900 | floor -2000 | -600 1400 -600 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "floor: follows the closing balance, a dollar above": Golden(
        "my-funded-futures-rapid-50k",
        """
        1 | +1 | 0 1400     0  1400 | close 1400  | 1400 1400 -600 | active
        2 | +1 | 0    0 -1999 -1900 | close -1900 | -500 1400 -600 | active
        """,
        waits=("profit", "consistency"),
    ),
    "profit: a dollar short, without a lock": Golden(
        "my-funded-futures-rapid-50k",
        """
        1 | +1 | 0 1400 0 1400 | close 1400 | 1400 1400 -600 | active
        2 | +1 | 0 1300 0 1300 | close 1300 | 2700 2700  700 | active
        3 | +1 | 0  299 0  299 | close 299  | 2999 2999  999 | active
        """,
        waits=("profit",),
    ),
    "lock of the funded account: closing balances of 2,099 and 2,101": Golden(
        "my-funded-futures-rapid-50k-funded",
        """
        1 | +1 | 0 2099 0 2099 | close 2099 | 2099 2099  99 | active
        2 | +1 | 0    2 0    2 | close 2    | 2101 2101 100 | active
        """,
    ),
    "size: five minis": Golden(
        "my-funded-futures-rapid-50k",
        """
        1 | +5 of 9 | 0 10 0 10 | close 10 | 50 50 -1950 | active
        """,
        waits=("profit", "days", "consistency"),
    ),
    "size: six are too many": Golden(
        "my-funded-futures-rapid-50k",
        """
        1 | +6 | 0 10 0 10 | close 10 | 60 60 -1940 | active
        """,
        waits=("profit", "days", "consistency"),
        breaches=(("max_contracts", 6, 5),),
        forbidden=("entry_contracts above the tier's",),
    ),
}

TRADEIFY = {
    "best day: 40 % of the profit blocks the pass": Golden(
        "tradeify-select-50k",
        """
        1 | +1 | 0 1200 0 1200 | close 1200 | 1200 1200 -800 | active
        2 | +1 | 0 1000 0 1000 | close 1000 | 2200 2200  200 | active
        3 | +1 | 0  800 0  800 | close 800  | 3000 3000 1000 | passed
        """,
        waits=("consistency",),
    ),
    "best day: under 40 %": Golden(
        "tradeify-select-50k",
        """
        1 | +1 | 0 1200 0 1200 | close 1200 | 1200 1200 -800 | active
        2 | +1 | 0 1000 0 1000 | close 1000 | 2200 2200  200 | active
        3 | +1 | 0  800 0  800 | close 800  | 3000 3000 1000 | passed
        4 | +1 | 0    1 0    1 | close 1    | 3001 3001 1001 | passed
        """,
        "passed",
    ),
    "days: two are not three": Golden(
        "tradeify-select-50k",
        """
        1 | +1 | 0 1500 0 1500 | close 1500 | 1500 1500 -500 | active
        2 | +1 | 0 1500 0 1500 | close 1500 | 3000 3000 1000 | active
        """,
        waits=("days", "consistency"),
    ),
    "days: three, each under 40 %": Golden(
        "tradeify-select-50k",
        """
        1 | +1 | 0 1100 0 1100 | close 1100 | 1100 1100 -900 | active
        2 | +1 | 0 1000 0 1000 | close 1000 | 2100 2100  100 | active
        3 | +1 | 0  900 0  900 | close 900  | 3000 3000 1000 | passed
        """,
        "passed",
    ),
    "profit: a dollar short": Golden(
        "tradeify-select-50k",
        """
        1 | +1 | 0 1100 0 1100 | close 1100 | 1100 1100 -900 | active
        2 | +1 | 0 1000 0 1000 | close 1000 | 2100 2100  100 | active
        3 | +1 | 0  899 0  899 | close 899  | 2999 2999  999 | active
        """,
        waits=("profit",),
    ),
    "floor: touched by a short trade": Golden(
        "tradeify-select-50k",
        """
        1 | -1 | 0 2000 0 1900 H | floor 2000 | -2000 0 -2000 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "floor: a dollar under it": Golden(
        "tradeify-select-50k",
        """
        1 | -1 | 0 1999 0 1900 H | close 1900 | -1900 0 -2000 | active
        """,
        waits=("profit", "days", "consistency"),
    ),
    "lock of the funded account: closing balances of 2,099 and 2,101": Golden(
        "tradeify-select-50k-funded",
        """
        1 | +1 | 0 2099 0 2099 | close 2099 | 2099 2099  99 | active
        2 | +1 | 0    2 0    2 | close 2    | 2101 2101 100 | active
        """,
    ),
    "size: four minis": Golden(
        "tradeify-select-50k",
        """
        1 | +4 of 9 | 0 10 0 10 | close 10 | 40 40 -1960 | active
        """,
        waits=("profit", "days", "consistency"),
    ),
    "size: five are too many": Golden(
        "tradeify-select-50k",
        """
        1 | +5 | 0 10 0 10 | close 10 | 50 50 -1950 | active
        """,
        waits=("profit", "days", "consistency"),
        breaches=(("max_contracts", 5, 4),),
        forbidden=("entry_contracts above the tier's",),
    ),
}
