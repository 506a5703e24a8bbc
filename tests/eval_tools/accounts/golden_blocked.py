"""MyFundedFutures and Tradeify, whose best day blocks a pass, worked by hand.

The status in the tables is the simulator's, which knows no best-day rule; the verdict does.
"""

from tests.eval_tools.accounts.tables import Golden

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
