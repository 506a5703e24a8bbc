"""Funded Apex accounts, worked by hand: locks, tiers, payouts, conduct."""

from tests.eval_tools.accounts.tables import Golden

FUNDED = {
    "lock: closing balances of 2,099 and 2,101": Golden(
        "apex-eod-50k-funded",
        """
        1 | +1 | 0 2099 0 2099 | close 2099 | 2099 2099  99 | active
        2 | +1 | 0    2 0    2 | close 2    | 2101 2101 100 | active
        """,
    ),
    "lock: a peak of 2,100 puts the floor to start plus 100, touched there": Golden(
        "apex-intraday-50k-funded",
        """
        1 | +1 |    0 2100   0 2050 | .         |   0 2100 100 | active
        1 | .  | 2050 2050 100  150 | floor 100 | 100 2100 100 | failed_drawdown
        """,
        "failed_drawdown",
    ),
    "lock: a peak of 2,099 leaves it a dollar lower": Golden(
        "apex-intraday-50k-funded",
        """
        1 | +1 |    0 2099   0 2050 | .         |   0 2099 99 | active
        1 | .  | 2050 2050 100  150 | close 150 | 150 2099 99 | active
        """,
    ),
    "tier: two contracts at a profit of 1,499, three at 1,501": Golden(
        "apex-eod-50k-funded",
        """
        1 | +1      | 0 1499 0 1499 | close 1499 | 1499 1499 -501 | active
        2 | +2 of 9 | 0    1 0    1 | close 1    | 1501 1501 -499 | active
        3 | +3 of 9 | 0    1 0    1 | close 1    | 1504 1504 -496 | active
        """,
    ),
    "tier: exactly at its profit": Golden(
        "apex-intraday-50k-funded",
        """
        1 | +1      | 0 1500 0 1500 | close 1500 | 1500 1500 -500 | active
        2 | +3 of 9 | 0    1 0    1 | close 1    | 1503 1503 -497 | active
        """,
    ),
    "tier: today's profit does not raise today's cap": Golden(
        "apex-eod-50k-funded",
        """
        1 | +1 s9000 t1600 | 0 1600 0 1600 | target 1600 | 1600 1600 -2000 | active
        1 | +3             | 0    1 0    1 | close 1     | 1603 1603  -397 | active
        """,
        breaches=(("max_contracts", 3, 2),),
        forbidden=("entry_contracts above the tier's",),
    ),
    "tier: a limit of 2,000 from a profit of 3,000, of 1,000 below": Golden(
        "apex-eod-50k-funded",
        """
        1 | +1 | 0 3000     0  3000 | close 3000  | 3000 3000 100 | active
        2 | +1 | 0    0 -1999 -1000 | close -1000 | 2000 3000 100 | active
        3 | +1 | 0    0 -1000  -500 | daily -1000 | 1000 3000 100 | active
        """,
    ),
    "tier: a limit of 2,000, touched": Golden(
        "apex-eod-50k-funded",
        """
        1 | +1 | 0 3000     0  3000 | close 3000  | 3000 3000 100 | active
        2 | +1 | 0    0 -2000 -1000 | daily -2000 | 1000 3000 100 | active
        """,
    ),
    "payout: five days, the request balance reached, the first cap": Golden(
        "apex-eod-50k-funded",
        """
        1 | +1 | 0 520 0 520 | close 520 |  520  520 -1480 | active
        2 | +1 | 0 520 0 520 | close 520 | 1040 1040  -960 | active
        3 | +1 | 0 520 0 520 | close 520 | 1560 1560  -440 | active
        4 | +1 | 0 520 0 520 | close 520 | 2080 2080    80 | active
        5 | +1 | 0 520 0 520 | close 520 | 2600 2600   100 | active
        """,
        payout=(5, 1_500.0),
    ),
    "payout: a dollar under the request balance": Golden(
        "apex-eod-50k-funded",
        """
        1 | +1 | 0 520 0 520 | close 520 |  520  520 -1480 | active
        2 | +1 | 0 520 0 520 | close 520 | 1040 1040  -960 | active
        3 | +1 | 0 520 0 520 | close 520 | 1560 1560  -440 | active
        4 | +1 | 0 520 0 520 | close 520 | 2080 2080    80 | active
        5 | +1 | 0 519 0 519 | close 519 | 2599 2599   100 | active
        """,
    ),
    "payout: a day of 249 does not count": Golden(
        "apex-eod-50k-funded",
        """
        1 | +1 | 0 700 0 700 | close 700 |  700  700 -1300 | active
        2 | +1 | 0 700 0 700 | close 700 | 1400 1400  -600 | active
        3 | +1 | 0 700 0 700 | close 700 | 2100 2100   100 | active
        4 | +1 | 0 249 0 249 | close 249 | 2349 2349   100 | active
        5 | +1 | 0 700 0 700 | close 700 | 3049 3049   100 | active
        """,
    ),
    "payout: a day of 250 counts": Golden(
        "apex-eod-50k-funded",
        """
        1 | +1 | 0 700 0 700 | close 700 |  700  700 -1300 | active
        2 | +1 | 0 700 0 700 | close 700 | 1400 1400  -600 | active
        3 | +1 | 0 700 0 700 | close 700 | 2100 2100   100 | active
        4 | +1 | 0 250 0 250 | close 250 | 2350 2350   100 | active
        5 | +1 | 0 700 0 700 | close 700 | 3050 3050   100 | active
        """,
        payout=(5, 1_500.0),
    ),
    "payout: a best day of half the profit blocks it, of less does not": Golden(
        "apex-eod-50k-funded",
        """
        1 | +1 | 0 2000 0 2000 | close 2000 | 2000 2000   0 | active
        2 | +1 | 0  500 0  500 | close 500  | 2500 2500 100 | active
        3 | +1 | 0  500 0  500 | close 500  | 3000 3000 100 | active
        4 | +1 | 0  500 0  500 | close 500  | 3500 3500 100 | active
        5 | +1 | 0  500 0  500 | close 500  | 4000 4000 100 | active
        6 | +1 | 0    1 0    1 | close 1    | 4001 4001 100 | active
        """,
        payout=(6, 1_500.0),
    ),
    "payout: the third one, up to a cent above the floor": Golden(
        "apex-eod-50k-funded",
        """
        1 | +1 | 0 520 0 520 | close 520 |  520  520 -1480 | active
        2 | +1 | 0 520 0 520 | close 520 | 1040 1040  -960 | active
        3 | +1 | 0 520 0 520 | close 520 | 1560 1560  -440 | active
        4 | +1 | 0 520 0 520 | close 520 | 2080 2080    80 | active
        5 | +1 | 0 520 0 520 | close 520 | 2600 2600   100 | active
        """,
        number=3,
        payout=(5, 2_499.99),
    ),
    "payout: the second cap": Golden(
        "apex-intraday-50k-funded",
        """
        1 | +1 | 0 520 0 520 | close 520 |  520  520 -1480 | active
        2 | +1 | 0 520 0 520 | close 520 | 1040 1040  -960 | active
        3 | +1 | 0 520 0 520 | close 520 | 1560 1560  -440 | active
        4 | +1 | 0 520 0 520 | close 520 | 2080 2080    80 | active
        5 | +1 | 0 520 0 520 | close 520 | 2600 2600   100 | active
        """,
        number=2,
        payout=(5, 2_000.0),
    ),
    "payout: there is no seventh": Golden(
        "apex-eod-50k-funded",
        """
        1 | +1 | 0 520 0 520 | close 520 |  520  520 -1480 | active
        2 | +1 | 0 520 0 520 | close 520 | 1040 1040  -960 | active
        3 | +1 | 0 520 0 520 | close 520 | 1560 1560  -440 | active
        4 | +1 | 0 520 0 520 | close 520 | 2080 2080    80 | active
        5 | +1 | 0 520 0 520 | close 520 | 2600 2600   100 | active
        """,
        number=7,
    ),
    "half size: at the safety net five minis, above it ten": Golden(
        "apex-legacy-50k-funded",
        """
        1 | +1        | 0 2600 0 2600 | close 2600 | 2600 2600 100 | active
        2 | +5 of 20  | 0    1 0    1 | close 1    | 2605 2605 100 | active
        3 | +10 of 20 | 0    1 0    1 | close 1    | 2615 2615 100 | active
        """,
    ),
    "open loss: 750 of the drawdown's 2,500 while profit is low": Golden(
        "apex-legacy-50k-funded",
        """
        1 | +1 | 0 0 -750 -100 | close -100 | -100 0 -2500 | active
        """,
    ),
    "open loss: 751 is too much": Golden(
        "apex-legacy-50k-funded",
        """
        1 | +1 | 0 0 -751 -100 | close -100 | -100 0 -2500 | active
        """,
        breaches=(("mae", 751_00, 750_00),),
    ),
    "open loss: 900 of a profit of 3,000": Golden(
        "apex-legacy-50k-funded",
        """
        1 | +1 | 0 3000    0 3000 | close 3000 | 3000 3000 100 | active
        2 | +1 | 0    0 -900    0 | close 0    | 3000 3000 100 | active
        """,
    ),
    "open loss: 901 of a profit of 3,000 is too much": Golden(
        "apex-legacy-50k-funded",
        """
        1 | +1 | 0 3000    0 3000 | close 3000 | 3000 3000 100 | active
        2 | +1 | 0    0 -901    0 | close 0    | 3000 3000 100 | active
        """,
        breaches=(("mae", 901_00, 900_00),),
    ),
    "open loss: half of a profit of twice the safety net": Golden(
        "apex-legacy-50k-funded",
        """
        1 | +1 | 0 5200     0 5200 | close 5200 | 5200 5200 100 | active
        2 | +1 | 0    0 -2600    0 | close 0    | 5200 5200 100 | active
        """,
    ),
    "open loss: a dollar under twice the safety net it is 30 % still": Golden(
        "apex-legacy-50k-funded",
        """
        1 | +1 | 0 5199     0 5199 | close 5199 | 5199 5199 100 | active
        2 | +1 | 0    0 -1560    0 | close 0    | 5199 5199 100 | active
        """,
        breaches=(("mae", 1_560_00, 1_559_70),),
    ),
    "bracket: a stop of five targets": Golden(
        "apex-legacy-50k-funded",
        """
        1 | +1 s500 t100 | 0 50 -50 0 | close 0 | 0 50 -2450 | active
        """,
    ),
    "bracket: a tick more is too much": Golden(
        "apex-legacy-50k-funded",
        """
        1 | +1 s501 t100 | 0 50 -50 0 | close 0 | 0 50 -2450 | active
        """,
        breaches=(("stop_to_target", 501, 500),),
    ),
}
