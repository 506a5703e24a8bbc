"""Evaluation -> funded -> payouts as one chain, from tables, and from the environment."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from eval_tools.accounts.checker import CheckError, check, require_agreement
from eval_tools.accounts.life import End, live
from eval_tools.accounts.path import Opening, opening_of
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.rollout.accounts import check_episodes, player, rules_of_params
from eval_tools.rollout.sessions import session_slices
from eval_tools.rollout.slices import run_slices
from futures_env import AccountStatus, Fees, PayoutRules, account_rules
from futures_env.accounts.rules import RULE_FIELDS
from tests.eval_tools.accounts.tables import path_of, read

EVALUATION = replace(
    account_rules("apex-eod-50k"), fees=Fees(evaluation=100, reset=50, activation=130,
                                             verified_on="2026-11-01"))  # fmt: skip
PAYS_TWICE = replace(
    account_rules("apex-eod-50k-funded"),
    payouts=PayoutRules(qualifying_days=2, qualifying_day_profit=250, request_balance=51_000,
                        caps=(300, 400), max_payouts=2, split=0.5),
)  # fmt: skip
WITH_FUNDED = replace(EVALUATION, funded=PAYS_TWICE)

LOST = "{0} | +2 | 0 0 -1000 -900 | floor -1000 | -2000 0 -2000 | failed_drawdown"
WON = "{0} | +1 | 0 3000 0 3000 | close 3000 | 3000 3000 1000 | passed"
QUIET = "{0} | . | 0 0 0 0 | . | 0 0 -2000 | active"


def from_tables(*tables: str):
    """Plays the tables one after the other; remembers what it was asked."""
    asked, left = [], list(tables)

    def play(rules, session, opening):
        asked.append((rules.name, session, opening))
        if not left:
            return None
        return path_of(read(left.pop(0), rules, opening), rules, opening)

    return play, asked


LOST_BY_FLOOR = replace(WITH_FUNDED, daily_loss_limit=0)


def test_a_failure_a_reset_a_pass_and_two_payouts():
    first = """
        4 | +1 | 0 600 0 600 | close 600 |  600  600 -1400 | active
        5 | +1 | 0 500 0 500 | close 500 | 1100 1100  -900 | active
        6 | +1 | 0 900 0 900 | close 900 | 2000 2000     0 | active
    """
    # 1,100 less the payout of 300; peak and floor as they were
    second = """
        6 | +1 | 0 300 0 300 | close 300 | 1100 1100 -900 | active
        7 | +1 | 0 250 0 250 | close 250 | 1350 1350 -650 | active
        8 | +1 | 0   9 0   9 | close 9   | 1359 1359 -641 | active
    """
    play, asked = from_tables(LOST.format(2), WON.format(3), first, second)
    rules = replace(LOST_BY_FLOOR, funded=replace(PAYS_TWICE, best_day_share=0, best_day_effect=""))
    life = live(rules, play, 2, attempts=3)
    assert life.end == End.LAST_PAYOUT
    assert [stage.verdict.outcome for stage in life.evaluations] == [
        AccountStatus.FAILED_DRAWDOWN, AccountStatus.PASSED,
    ]  # fmt: skip
    assert [(payout.date, payout.amount, payout.kept) for payout in life.payouts] == [
        (5, 300_00, 150_00), (7, 400_00, 200_00),
    ]  # fmt: skip
    assert [stage.path.date[-1] for stage in life.funded] == [5, 7]
    assert asked[3] == (
        "apex-eod-50k-funded", 6,
        Opening(balance=50_800_00, high_water_mark=51_100_00, floor=49_100_00),
    )  # fmt: skip
    assert [session for _, session, _ in asked] == [2, 3, 4, 6]
    assert (life.costs.total, life.paid, life.net) == (280_00, 700_00, 70_00)
    for stage in [*life.evaluations, *life.funded]:
        assert check(stage.path, stage.rules) == []


def test_a_funded_account_may_fail_before_it_pays():
    play, _ = from_tables(WON.format(1), LOST.format(2))
    rules = replace(LOST_BY_FLOOR, funded=replace(PAYS_TWICE, daily_loss_limit=0, tiers=()))
    life = live(rules, play, 1)
    assert (life.end, life.payouts, life.paid) == (End.FUNDED_FAILED, [], 0)
    assert life.net == -230_00  # the evaluation and the activation


def test_unknown_fees_make_the_net_unknown_not_zero():
    play, _ = from_tables(WON.format(1))
    life = live(account_rules("topstep-50k"), play, 1)
    assert life.costs.unknown == ("evaluation",)
    assert life.net is None


def test_other_ends():
    lost = from_tables(LOST.format(1), LOST.format(2))[0]
    assert live(LOST_BY_FLOOR, lost, 1, attempts=2).end == End.EVALUATION_FAILED
    undecided = live(LOST_BY_FLOOR, from_tables(QUIET.format(1))[0], 1, attempts=2)
    assert (undecided.end, undecided.costs.known) == (End.DATA_END, 100_00)
    assert live(LOST_BY_FLOOR, from_tables()[0], 1).evaluations == []
    passed = live(replace(LOST_BY_FLOOR, funded=None), from_tables(WON.format(1))[0], 1)
    assert passed.end == End.NO_FUNDED_RULES
    with pytest.raises(ValueError, match="begins with at least one evaluation"):
        live(PAYS_TWICE, from_tables()[0], 1)


@pytest.fixture(scope="module")
def play(desk):
    return player(desk.env, baseline(Baseline.RANDOM_LEGAL), desk.params, seed=4)


def test_an_account_played_in_the_environment_is_what_its_rules_make_it(play):
    rules = account_rules("apex-eod-50k")
    path = play(rules, 1, opening_of(rules))
    assert len(path) > 300
    assert path.closed.sum() > 10
    require_agreement(path, rules, "random")
    dearer = replace(path, terms=replace(path.terms, commission_cents=251))
    with pytest.raises(CheckError, match=r"random under apex-eod-50k: bar \d+: balance recorded"):
        require_agreement(dearer, rules, "random")


def test_an_account_goes_on_where_a_payout_left_it(play, desk):
    rules = account_rules("apex-eod-50k-funded")
    opening = Opening(balance=51_600_00, high_water_mark=53_000_00, floor=50_100_00)
    path = play(rules, 2, opening)
    assert check(path, rules) == []
    assert path.balance[0] in (51_600_00, 51_597_50)  # an entry may be paid for at once
    assert path.high_water_mark.min() == 53_000_00
    assert path.entry_contracts.max() == 1
    last = int(np.asarray(desk.market.session)[-1])
    assert play(rules, last + 1, opening) is None


def test_every_episode_of_an_evaluation_is_checked(desk):
    policy = baseline(Baseline.RANDOM_LEGAL)
    params = desk.params.replace(drawdown=jnp.float32(900.0), contracts=jnp.int32(2))
    slices = session_slices(desk.sessions)
    episodes = run_slices(desk.env, policy, params, slices, reenter=True)
    assert sum(int(episode.steps["attempt"].max()) for episode in episodes) > 0
    check_episodes(episodes, params)
    episodes[1].steps.loc[50, "floor_cents"] += 1
    with pytest.raises(CheckError, match=rf"slice {slices[1].name}, account \d+ under parameters"):
        check_episodes(episodes, params)


@pytest.mark.parametrize(
    "name", ["apex-legacy-50k", "apex-eod-50k-funded", "apex-legacy-100k-static"]
)
def test_parameters_amount_to_the_rules_they_were_made_from(name, desk):
    params = account_rules(name).apply(desk.params)
    again = rules_of_params(params).apply(desk.params)
    for field in RULE_FIELDS:
        assert np.array_equal(getattr(again, field), getattr(params, field)), field
