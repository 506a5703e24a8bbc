"""The reference engine on scenarios worked by hand, for longs and, in the mirror, for shorts."""

import pytest

from futures_env.codes import Action
from tests.futures_env.reference.golden_account import ACCOUNT, EPISODES, TIERS
from tests.futures_env.reference.golden_orders import FORCED, ORDERS
from tests.futures_env.reference.golden_walk import FILLS, WALK
from tests.futures_env.reference.scenarios import QUIET, observed, play, small_market

ALL = WALK | FILLS | ACCOUNT | TIERS | EPISODES | ORDERS | FORCED

REWARDS = {
    # +20 USD less 4 of commission over a scale of 50; equity from -2 (commission paid) to +16
    "target": (
        [QUIET, (100, 121, 95, 100)],
        [{"entry_bonus": 4.0, "equity": -0.02}, {"realized": 0.32, "equity": 0.18}],
        [{"hold_penalty": -0.005}, {"hold_penalty": -0.005, "target_bonus": 1.0, "outcome": 0.25}],
    ),
    # -10 USD less 4; the account, 8 USD over its floor, fails
    "stop": (
        [QUIET, (85, 86, 84, 85)],
        [{"entry_bonus": 4.0, "equity": -0.02}, {"realized": -0.38, "equity": -0.17}],
        [
            {"hold_penalty": -0.005},
            {
                "hold_penalty": -0.005,
                "stop_penalty": -0.1,
                "outcome": -0.125,
                "breach_penalty": -10.0,
            },
        ],
    ),
}


@pytest.mark.parametrize("side", [1, -1], ids=["long", "short"])
@pytest.mark.parametrize("name", ALL)
def test_scenario(name: str, side: int) -> None:
    assert observed(ALL[name], side) == ALL[name].expect


@pytest.mark.parametrize("name", REWARDS)
def test_reward_terms(name: str) -> None:
    rows, money, bonuses = REWARDS[name]
    params = {"commission_usd": 2.0, "equity_weight": 0.5, "drawdown": 13.0}
    _, infos = play(small_market(rows), [Action.BUY, Action.HOLD], params=params)
    for info, *expected in zip(infos, money, bonuses, strict=True):
        paid = {key: value for key, value in info["reward_terms"].items() if value}
        assert paid == pytest.approx(expected[0] | expected[1])
        assert info["reward"] == pytest.approx(sum(paid.values()))


def test_management_bonus_is_paid_once_per_kind_and_trade() -> None:
    rows = [(100, 108, 100, 107), *[(107, 108, 106, 107)] * 5]
    kinds = [Action.TRAIL_ON, Action.TRAIL_OFF, Action.TRAIL_ON, Action.STOP_TO_BREAK_EVEN]
    _, infos = play(small_market(rows), [Action.BUY, *kinds, Action.STOP_TO_BREAK_EVEN])
    paid = [info["reward_terms"]["management_bonus"] for info in infos]
    assert paid == [0.0, 3.0, 3.0, 0.0, 3.0, 0.0]
