"""Apex evaluations, worked by hand: the legacy line-up and the intraday type."""

from tests.eval_tools.accounts.tables import Golden

LEGACY = {
    "floor: touched at 2,500 under the start": Golden(
        "apex-legacy-50k",
        """
        1 | +1 | 0 0 -2500 -2400 | floor -2500 | -2500 0 -2500 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "floor: a dollar above it": Golden(
        "apex-legacy-50k",
        """
        1 | +1 | 0 0 -2499 -2400 | close -2400 | -2400 0 -2500 | active
        """,
        waits=("profit", "days"),
    ),
    "floor: follows the peak of an open trade and is touched": Golden(
        "apex-legacy-50k",
        """
        1 | +1 |   0 1000     0   900 | .           |     0 1000 -1500 | active
        1 | .  | 900  900 -1500 -1400 | floor -1500 | -1500 1000 -1500 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "floor: follows the peak of an open trade, a dollar above it": Golden(
        "apex-legacy-50k",
        """
        1 | +1 |   0 1000     0   900 | .       | 0 1000 -1500 | active
        1 | .  | 900  900 -1499     0 | close 0 | 0 1000 -1500 | active
        """,
        waits=("profit", "days"),
    ),
    "floor: a short trade, seen in the mirror": Golden(
        "apex-legacy-50k",
        """
        1 | -1 |    0    0 -1000 -900 H | .          |     0 1000 -1500 | active
        1 | .  | -900 1500  -900 1400   | floor 1500 | -1500 1000 -1500 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "lock: the floor stops at the target balance": Golden(
        "apex-legacy-50k",
        """
        1 | +1 | 0 5499 0 5400 | close 5400 | 5400 5499 2999 | active
        2 | +1 | 0  600 0  600 | close 600  | 6000 6000 3000 | active
        """,
        waits=("days",),
    ),
    "pass: the target on the sixth day is too early": Golden(
        "apex-legacy-50k",
        """
        1 | +1 | 0 500 0 500 | close 500 |  500  500 -2000 | active
        2 | +1 | 0 500 0 500 | close 500 | 1000 1000 -1500 | active
        3 | +1 | 0 500 0 500 | close 500 | 1500 1500 -1000 | active
        4 | +1 | 0 500 0 500 | close 500 | 2000 2000  -500 | active
        5 | +1 | 0 500 0 500 | close 500 | 2500 2500     0 | active
        6 | +1 | 0 500 0 500 | close 500 | 3000 3000   500 | active
        """,
        waits=("days",),
    ),
    "pass: the seventh day traded": Golden(
        "apex-legacy-50k",
        """
        1 | +1 | 0 500    0 500 | close 500 |  500  500 -2000 | active
        2 | +1 | 0 500    0 500 | close 500 | 1000 1000 -1500 | active
        3 | +1 | 0 500    0 500 | close 500 | 1500 1500 -1000 | active
        4 | +1 | 0 500    0 500 | close 500 | 2000 2000  -500 | active
        5 | +1 | 0 500    0 500 | close 500 | 2500 2500     0 | active
        6 | +1 | 0 500    0 500 | close 500 | 3000 3000   500 | active
        7 | +1 | 0   0 -100   0 | close 0   | 3000 3000   500 | passed
        """,
        "passed",
    ),
    "pass: a dollar short of the target": Golden(
        "apex-legacy-50k",
        """
        1 | +1 | 0 400 0 400 | close 400 |  400  400 -2100 | active
        2 | +1 | 0 400 0 400 | close 400 |  800  800 -1700 | active
        3 | +1 | 0 400 0 400 | close 400 | 1200 1200 -1300 | active
        4 | +1 | 0 400 0 400 | close 400 | 1600 1600  -900 | active
        5 | +1 | 0 400 0 400 | close 400 | 2000 2000  -500 | active
        6 | +1 | 0 400 0 400 | close 400 | 2400 2400  -100 | active
        7 | +1 | 0 599 0 599 | close 599 | 2999 2999   499 | active
        """,
        waits=("profit",),
    ),
    "pass: not before the position is closed": Golden(
        "apex-legacy-50k",
        """
        1 | +1 |   0 400   0 400 | close 400 |  400  400 -2100 | active
        2 | +1 |   0 400   0 400 | close 400 |  800  800 -1700 | active
        3 | +1 |   0 400   0 400 | close 400 | 1200 1200 -1300 | active
        4 | +1 |   0 400   0 400 | close 400 | 1600 1600  -900 | active
        5 | +1 |   0 400   0 400 | close 400 | 2000 2000  -500 | active
        6 | +1 |   0 400   0 400 | close 400 | 2400 2400  -100 | active
        7 | +1 |   0 700   0 700 | .         | 2400 3100   600 | active
        7 | .  | 700 700 600 650 | close 650 | 3050 3100   600 | passed
        """,
        "passed",
    ),
    "size: ten minis": Golden(
        "apex-legacy-50k",
        """
        1 | +10 of 12 | 0 10 0 10 | close 10 | 100 100 -2400 | active
        """,
        waits=("profit", "days"),
    ),
    "size: eleven are too many": Golden(
        "apex-legacy-50k",
        """
        1 | +11 | 0 10 0 10 | close 10 | 110 110 -2390 | active
        """,
        waits=("profit", "days"),
        breaches=(("max_contracts", 11, 10),),
        forbidden=("entry_contracts above the tier's",),
    ),
    "static: the floor stays where it is and is touched": Golden(
        "apex-legacy-100k-static",
        """
        1 | +1 | 0 900     0   900 | close 900   |  900 900 -625 | active
        2 | +1 | 0   0 -1525 -1400 | floor -1525 | -625 900 -625 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "static: a dollar above it": Golden(
        "apex-legacy-100k-static",
        """
        1 | +1 | 0 900     0   900 | close 900   |  900 900 -625 | active
        2 | +1 | 0   0 -1524 -1400 | close -1400 | -500 900 -625 | active
        """,
        waits=("profit", "days"),
    ),
}

INTRADAY = {
    "floor: touched at 2,000 under the start": Golden(
        "apex-intraday-50k",
        """
        1 | +2 | 0 0 -1000 -900 | floor -1000 | -2000 0 -2000 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "floor: a dollar above it": Golden(
        "apex-intraday-50k",
        """
        1 | +1 | 0 0 -1999 -900 | close -900 | -900 0 -2000 | active
        """,
        waits=("profit",),
    ),
    "floor: which extreme came first is not known, so the peak did": Golden(
        "apex-intraday-50k",
        """
        1 | +1 | 0 1000 -1000 500 ? | floor -1000 | -1000 1000 -1000 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "floor: the low came first": Golden(
        "apex-intraday-50k",
        """
        1 | +1 | 0 1000 -1000 500 | close 500 | 500 1000 -1000 | active
        """,
        waits=("profit",),
    ),
    "floor: the high came first": Golden(
        "apex-intraday-50k",
        """
        1 | +1 | 0 1000 -999 500 H | close 500 | 500 1000 -1000 | active
        """,
        waits=("profit",),
    ),
    "lock: at the target balance, touched there": Golden(
        "apex-intraday-50k",
        """
        1 | +1 |    0 4999    0 4000 | .          |    0 4999 2999 | active
        1 | .  | 4000 5200 3900 5000 | .          |    0 5200 3000 | active
        1 | .  | 5000 5000 3000 3500 | floor 3000 | 3000 5200 3000 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "pass: on the first day, at the target": Golden(
        "apex-intraday-50k",
        """
        1 | +1 | 0 3000 0 3000 | close 3000 | 3000 3000 1000 | passed
        """,
        "passed",
    ),
    "pass: a dollar short": Golden(
        "apex-intraday-50k",
        """
        1 | +1 | 0 2999 0 2999 | close 2999 | 2999 2999 999 | active
        """,
        waits=("profit",),
    ),
    "pass: a target fills when it is touched": Golden(
        "apex-intraday-50k",
        """
        1 | +1 s500 t3000 | 0 3000 -100 2000 | target 3000 | 3000 3000 1000 | passed
        """,
        "passed",
    ),
    "time: 29 days after the first one": Golden(
        "apex-intraday-50k",
        """
         1 | +1 | 0 10 0 10 | close 10 | 10 10 -1990 | active
        30 | .  | 0  0 0  0 | .        | 10 10 -1990 | active
        """,
        waits=("profit",),
    ),
    "time: 30 days after the first one": Golden(
        "apex-intraday-50k",
        """
         1 | +1 | 0 10 0 10 | close 10 | 10 10 -1990 | active
        31 | .  | 0  0 0  0 | .        | 10 10 -1990 | failed_time
        """,
        "failed_time",
    ),
    "size: six minis": Golden(
        "apex-intraday-50k",
        """
        1 | -6 of 8 | 0 0 -10 -10 | close -10 | 60 60 -1940 | active
        """,
        waits=("profit",),
    ),
    "size: seven are too many": Golden(
        "apex-intraday-50k",
        """
        1 | -7 | 0 0 -10 -10 | close -10 | 70 70 -1930 | active
        """,
        waits=("profit",),
        breaches=(("max_contracts", 7, 6),),
        forbidden=("entry_contracts above the tier's",),
    ),
}
