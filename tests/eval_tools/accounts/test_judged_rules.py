"""The judged rules one by one, at their boundaries."""

from dataclasses import replace

import numpy as np
import pytest

from eval_tools.accounts.conduct import mae_allowed
from eval_tools.accounts.consistency import required_profit, within_share
from eval_tools.accounts.days import Days, best_day_so_far, days_of, days_traded_so_far
from eval_tools.accounts.fees import costs
from eval_tools.accounts.payouts import (
    next_payout,
    payout_allowed,
    payout_amount,
    payout_cap,
    qualifying_days,
)
from eval_tools.accounts.tiers import most_contracts, tiers_in_force
from futures_env import Fees, PayoutRules, account_rules
from tests.eval_tools.accounts.tables import path_of, read

PA = account_rules("apex-eod-50k-funded")
LEGACY_PA = account_rules("apex-legacy-50k-funded")
START = 50_000_00


def cents(*usd: float) -> np.ndarray:
    return np.array([round(amount * 100) for amount in usd], np.int64)


def days(*profits: float, start: float = 50_000.0) -> Days:
    ends = cents(start) + np.cumsum(cents(*profits))
    return Days(
        last_bar=np.arange(len(ends)),
        date=np.arange(len(ends)) + 100,
        start=ends - cents(*profits),
        end=ends,
        traded=np.ones(len(ends), bool),
    )


def test_tiers_change_at_their_profit_and_a_loss_leaves_the_first():
    balances = START + cents(-900, 0, 1_499.99, 1_500, 2_999.99, 3_000, 6_000, 90_000)
    minis, limits = tiers_in_force(PA, balances)
    assert minis.tolist() == [2, 2, 2, 3, 3, 4, 4, 4]
    assert (limits // 100).tolist() == [1_000, 1_000, 1_000, 1_000, 1_000, 2_000, 3_000, 3_000]


def test_a_rule_set_without_tiers_has_one():
    minis, limits = tiers_in_force(account_rules("apex-eod-50k"), START + cents(0, 9_000))
    assert (minis.tolist(), limits.tolist()) == ([6, 6], [1_000_00] * 2)


@pytest.mark.parametrize(("micro", "ratio", "contracts"), [(False, 10, 2), (True, 10, 20),
                                                           (True, 5, 10)])  # fmt: skip
def test_micros_count_by_their_ratio(micro, ratio, contracts):
    rules = replace(PA, micro_ratio=ratio)
    assert most_contracts(rules, np.array([2]), micro=micro).tolist() == [contracts]


@pytest.mark.parametrize(
    ("name", "best", "profit", "within"),
    [
        ("apex-eod-50k-funded", 1_499.99, 3_000, True),
        ("apex-eod-50k-funded", 1_500, 3_000, False),  # below 50 %
        ("apex-legacy-50k-funded", 900, 3_000, True),  # at most 30 %
        ("apex-legacy-50k-funded", 900.01, 3_000, False),
        ("tradeify-select-50k", 1_199.99, 3_000, True),
        ("tradeify-select-50k", 1_200, 3_000, False),
        ("my-funded-futures-rapid-50k", 1_500, 3_000.01, True),
        ("my-funded-futures-rapid-50k", 1_500, 3_000, False),
        ("my-funded-futures-rapid-50k", 0, 0, False),  # nothing earned yet
    ],
)
def test_share_of_the_best_day(name, best, profit, within):
    assert within_share(account_rules(name), cents(best), cents(profit)).tolist() == [within]


@pytest.mark.parametrize(
    ("name", "best", "required"),
    [
        ("topstep-50k", 1_650, 3_000),
        ("topstep-50k", 1_650.01, 3_000.02),  # 3,000.018..., rounded up
        ("topstep-150k", 4_951, 9_001.82),
        ("take-profit-trader-50k", 1_500, 3_000),
        ("take-profit-trader-50k", 1_500.01, 3_000.02),
        ("tradeify-select-50k", 2_900, 3_000),
        ("apex-eod-50k", 2_900, 3_000),
    ],
)
def test_required_profit(name, best, required):
    found = required_profit(account_rules(name), cents(best))
    assert found.tolist() == cents(required).tolist()


def test_open_loss_allowed():
    profits = (-500, 0, 2_600, 2_600.01, 5_199.99, 5_200, 10_000)
    allowed = mae_allowed(LEGACY_PA, START + cents(*profits))
    # 30 % of 2,500; 30 % of the profit; from 5,200 on 50 %
    expected = (750, 750, 750, 780.00, 1_559.99, 2_600, 5_000)
    assert allowed.tolist() == cents(*expected).tolist()


def test_days_and_best_day_of_a_path():
    rules = account_rules("topstep-50k")
    table = """
        1 | +1 s900 t300 | 0 300 -10 200 | target 300 | 300 300 -2000 | active
        1 | +1           | 0   0 -100 -100 | close -100 | 200 300 -1800 | active
        3 | .            | 0   0    0    0 | .          | 200 300 -1800 | active
        4 | +1           | 0 700    0  700 | close 700  | 900 900 -1100 | active
    """
    path = path_of(read(table, rules), rules)
    found = days_of(path)
    assert found.date.tolist() == [1, 3, 4]
    assert (found.profit // 100).tolist() == [200, 0, 700]
    assert found.traded.tolist() == [True, False, True]
    assert days_traded_so_far(path).tolist() == [0, 1, 1, 1, 1, 2]
    # a day counts with what it has so far, also before it gives some back
    assert (best_day_so_far(path) // 100).tolist() == [0, 300, 300, 300, 300, 700]


def test_qualifying_days_and_what_else_a_payout_needs():
    assert qualifying_days(PA, cents(250, 249.99, -300, 250)).tolist() == [1, 1, 1, 2]
    good = (520, 520, 520, 520, 520)
    assert payout_allowed(PA, days(*good)).tolist() == [False] * 4 + [True]
    assert not payout_allowed(replace(PA, payouts=None), days(*good)).any()
    needs_net = replace(PA, safety_net=2_600)
    assert not payout_allowed(needs_net, days(*good)).any()
    assert payout_allowed(needs_net, days(*good[:4], 520.01)).tolist()[-1]


def test_amount_of_a_payout():
    floor = START + 100_00
    assert payout_amount(PA, 1, START + 2_600_00, floor) == 1_500_00
    assert payout_amount(PA, 3, START + 2_600_00, floor) == 2_499_99
    assert payout_amount(PA, 1, START + 100_01, floor) == 0
    with_net = replace(PA, safety_net=2_100)
    assert payout_amount(with_net, 1, START + 2_600_00, floor) == 500_00
    unknown = account_rules("apex-eod-100k-funded")
    assert payout_cap(unknown, 1) is None
    assert payout_amount(unknown, 1, 105_000_00, 100_100_00) == 4_899_99


def test_an_unknown_split_is_not_a_split_of_nothing():
    floor = np.full(5, START + 100_00)
    payout = next_payout(PA, days(520, 520, 520, 520, 520), floor, 1)
    assert (payout.amount, payout.kept, payout.capped) == (1_500_00, None, True)
    shared = replace(PA, payouts=PayoutRules(**{**vars(PA.payouts), "split": 0.9}))
    assert next_payout(shared, days(520, 520, 520, 520, 520), floor, 1).kept == 1_350_00


def test_unknown_fees_are_named_and_known_ones_added():
    none = costs(Fees(), evaluations=1, resets=2, activations=1)
    assert (none.known, none.unknown, none.total) == (
        0,
        ("evaluation", "reset", "activation"),
        None,
    )
    fees = Fees(evaluation=150.0, reset=80.5, verified_on="2026-11-01")
    some = costs(fees, evaluations=1, resets=2, activations=1)
    assert (some.known, some.unknown, some.total) == (311_00, ("activation",), None)
    never_due = costs(fees, evaluations=1, resets=0, activations=0)
    assert (never_due.total, never_due.verified_on) == (150_00, "2026-11-01")
