"""Apex evaluations of the end-of-day type, worked by hand."""

from tests.eval_tools.accounts.tables import Golden

END_OF_DAY = {
    "floor: waits for the close, leaves the open peak aside": Golden(
        "apex-eod-50k",
        """
        1 | +1 |    0 1500   0 1200 | .         |   0 1500 -2000 | active
        1 | .  | 1200 1200 800  800 | close 800 | 800 1500 -1200 | active
        """,
        waits=("profit",),
    ),
    "floor: tested during the day, touched": Golden(
        "apex-eod-50k",
        """
        1 | +1 | 0 0  -900 -900 | close -900  |  -900 0 -2000 | active
        2 | +1 | 0 0 -1000 -900 | daily -1000 | -1900 0 -2000 | active
        3 | +1 | 0 0  -100  -50 | floor -100  | -2000 0 -2000 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "floor: tested during the day, a dollar above": Golden(
        "apex-eod-50k",
        """
        1 | +1 | 0 0  -900 -900 | close -900  |  -900 0 -2000 | active
        2 | +1 | 0 0 -1000 -900 | daily -1000 | -1900 0 -2000 | active
        3 | +1 | 0 0   -99  -50 | close -50   | -1950 0 -2000 | active
        """,
        waits=("profit",),
    ),
    "lock: the closing balance lifts the floor no further than the target": Golden(
        "apex-eod-50k",
        """
        1 | +1 | 0 4999 0 4999 | close 4999 | 4999 4999 2999 | passed
        2 | +1 | 0    2 0    2 | close 2    | 5001 5001 3000 | passed
        """,
        "passed",
    ),
    "daily limit: touched at 1,000": Golden(
        "apex-eod-50k",
        """
        1 | +1 | 0 0 -1000 -900 | daily -1000 | -1000 0 -2000 | active
        """,
        waits=("profit",),
    ),
    "daily limit: a dollar above": Golden(
        "apex-eod-50k",
        """
        1 | +1 | 0 0 -999 -900 | close -900 | -900 0 -2000 | active
        """,
        waits=("profit",),
    ),
    "daily limit: no entry before the next day": Golden(
        "apex-eod-50k",
        """
        1 | +1 | 0  0 -1000 -950 | daily -1000 | -1000 0 -2000 | active
        1 | +1 | 0  0     0    0 | daily 0     | -1000 0 -2000 | active
        """,
        waits=("profit",),
        forbidden=("entry while paused",),
    ),
    "daily limit: an entry on the next day": Golden(
        "apex-eod-50k",
        """
        1 | +1 | 0  0 -1000 -950 | daily -1000 | -1000 0 -2000 | active
        2 | +1 | 0 10     0   10 | close 10    |  -990 0 -2000 | active
        """,
        waits=("profit",),
    ),
    "daily limit: at the same price the floor acts": Golden(
        "apex-eod-50k",
        """
        1 | +1 | 0 0 -1000 -1000 | daily -1000 | -1000 0 -2000 | active
        2 | +1 | 0 0 -1000  -900 | floor -1000 | -2000 0 -2000 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "time: 29 days after the first one": Golden(
        "apex-eod-50k",
        """
         1 | +1 | 0 10 0 10 | close 10 | 10 10 -1990 | active
        30 | .  | 0  0 0  0 | .        | 10 10 -1990 | active
        """,
        waits=("profit",),
    ),
    "time: 30 days after the first one": Golden(
        "apex-eod-50k",
        """
         1 | +1 | 0 10 0 10 | close 10 | 10 10 -1990 | active
        31 | .  | 0  0 0  0 | .        | 10 10 -1990 | failed_time
        """,
        "failed_time",
    ),
    "pass: at the target": Golden(
        "apex-eod-50k",
        """
        1 | +3 | 0 1000 0 1000 | close 1000 | 3000 3000 1000 | passed
        """,
        "passed",
    ),
    "pass: a dollar short": Golden(
        "apex-eod-50k",
        """
        1 | +1 | 0 2999 0 2999 | close 2999 | 2999 2999 999 | active
        """,
        waits=("profit",),
    ),
    "size: six minis": Golden(
        "apex-eod-50k",
        """
        1 | +6 of 7 | 0 10 0 10 | close 10 | 60 60 -1940 | active
        """,
        waits=("profit",),
    ),
    "size: seven are too many": Golden(
        "apex-eod-50k",
        """
        1 | +7 | 0 10 0 10 | close 10 | 70 70 -1930 | active
        """,
        waits=("profit",),
        breaches=(("max_contracts", 7, 6),),
        forbidden=("entry_contracts above the tier's",),
    ),
}
