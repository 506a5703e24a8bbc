"""Topstep and Take Profit Trader, whose best day raises the target, worked by hand.

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
    "daily limit: the optional one, touched at 1,000": Golden(
        "topstep-50k-daily-limit",
        """
        1 | +1 | 0  0 -1000 -900 | daily -1000 | -1000 0 -2000 | active
        2 | +1 | 0 10     0   10 | close 10    |  -990 0 -2000 | active
        """,
        waits=("profit",),
    ),
    "daily limit: a dollar above": Golden(
        "topstep-50k-daily-limit",
        """
        1 | +1 | 0 0 -999 -900 | close -900 | -900 0 -2000 | active
        """,
        waits=("profit", "days"),
    ),
    "daily limit: left out unless it is chosen": Golden(
        "topstep-50k",
        """
        1 | +1 | 0 0 -1000 -900 | close -900 | -900 0 -2000 | active
        """,
        waits=("profit", "days"),
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
