"""Which account, costs and orders are in force, and how they are told."""

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import pytest

from eval_tools import Baseline, TrainingRecord, baseline, run_slices, session_slices
from eval_tools.cli.account import AccountFlags, params_in_force
from eval_tools.conditions.parameters import (
    TRADED_FIELDS,
    TRAINING_FIELDS,
    describe_params,
    differences,
    rule_set_names,
)
from eval_tools.report.summary import difference_in_words
from futures_env import ArgumentError
from futures_env.types import SCALAR_FIELDS
from ppo_agent.storage.fingerprint import describe_leaf

RECORD = {"step": 1, "inputs": {}}


def _recorded(params) -> dict:
    """Fields as a run records them: numbers, and hashes of what is several."""
    return {name: describe_leaf(getattr(params, name)) for name in SCALAR_FIELDS}


def _force(desk, trained=None, **flags):
    record = replace(TrainingRecord.of(Path("runs/x"), RECORD), params=trained or {})
    return params_in_force(AccountFlags(**flags), desk.env, record)


def test_every_field_is_traded_or_only_for_training() -> None:
    assert sorted(TRADED_FIELDS + TRAINING_FIELDS) == sorted(SCALAR_FIELDS)


def test_what_only_training_uses_changes_no_evaluation(desk) -> None:
    days = session_slices(desk.sessions)
    other = {
        name: jnp.asarray(
            0.5 if name == "forced_position_ratio" else 1, getattr(desk.params, name).dtype
        )
        for name in TRAINING_FIELDS
    }
    policy = baseline(Baseline.RANDOM_LEGAL)
    pairs = zip(
        run_slices(desk.env, policy, desk.params, days),
        run_slices(desk.env, policy, replace(desk.params, **other), days),
        strict=True,
    )
    for one, changed in pairs:
        assert one.steps["trade_closed"].any()
        assert one.steps.equals(changed.steps)


def test_the_default_is_a_named_account_and_not_what_training_had(desk) -> None:
    trained = _recorded(desk.env.default_params) | {"drawdown": 15_000.0, "contracts": 3}
    params = _force(desk, trained)
    assert rule_set_names(params) == ["apex-legacy-50k"]
    assert [(one.field, one.trained, one.evaluated) for one in differences(params, trained)] == [
        ("contracts", 3, 1),
        ("drawdown", 15_000.0, 2_500.0),
    ]


def test_another_rule_set_by_name(desk) -> None:
    params = _force(desk, rules="apex-legacy-100k-static")
    assert (params.drawdown, params.start_balance, params.drawdown_mode) == (625.0, 100_000.0, 2)
    told = describe_params(params)
    assert told["rule set"] == "apex-legacy-100k-static"
    assert told["account"] == (
        "100,000 USD, target 2,000 at touch, drawdown 625 static, lock none, no daily limit, "
        "at least 7 days"
    )


def test_as_trained_takes_what_is_traded_and_nothing_else(desk) -> None:
    trained = _recorded(desk.env.default_params) | {
        "drawdown": 900.0,
        "commission_usd": 2.25,
        "entry_bonus": 150.0,
        "forced_position_ratio": 0.5,
        "max_steps_in_episode": 100,
    }
    params = _force(desk, trained, as_trained=True)
    assert (params.drawdown, params.commission_usd) == (900.0, 2.25)
    assert params.drawdown.dtype == jnp.float32
    assert (params.entry_bonus, params.forced_position_ratio) == (0.0, 0.0)
    assert params.max_steps_in_episode == 390
    assert differences(params, trained) == ()
    assert describe_params(params)["rule set"] == "none of the named ones"


def test_as_trained_needs_one_value_of_each_field(desk) -> None:
    with pytest.raises(ValueError, match="no single value of commission_usd, slippage_ticks"):
        _force(desk, {}, as_trained=True)
    several = _recorded(desk.env.default_params) | {"drawdown": "float32[8] sha256:0"}
    with pytest.raises(ValueError, match="no single value of drawdown: name a rule set"):
        _force(desk, several, as_trained=True)
    assert differences(desk.params, several)[0].trained == "float32[8] sha256:0"


def test_single_changes_come_last(desk) -> None:
    params = _force(desk, rules="apex-legacy-50k", env_params='{"contracts": 2, "drawdown": 1e3}')
    told = describe_params(params)
    assert told["sizing"] == "2 contracts, at most 10 contracts"
    assert "drawdown 1,000 intraday" in told["account"]


def test_a_rule_set_of_ones_own_is_traded_and_named(desk, tmp_path) -> None:
    file = tmp_path / "corner.toml"
    file.write_text(
        'name = "corner"\nstart_balance = 50_000\nprofit_target = 3_000\ndrawdown = 1_900\n'
        'drawdown_mode = "end_of_day"\nmax_contracts_mini = 3\nsource = "a page"\n'
        'verified_on = "2026-11-01"\n'
    )
    params = _force(desk, rules=str(file))
    told = describe_params(params, str(file))
    assert told["rule set"] == str(file)
    assert "drawdown 1,900 end of day" in told["account"]
    changed = replace(params, drawdown=jnp.float32(1_800))
    assert describe_params(changed, str(file))["rule set"] == "none of the named ones"


def test_a_rule_set_that_the_market_is_not_flat_for_contradicts_it(desk) -> None:
    with pytest.raises(ArgumentError, match=r"topstep-50k: .* --flat-by 16:10"):
        _force(desk, rules="topstep-50k")


def test_differences_are_told_in_words() -> None:
    trained = {"field": "drawdown_mode", "trained": 0, "evaluated": 1}
    assert difference_in_words(trained) == "drawdown mode end of day, in training intraday"
    hard = {"field": "daily_loss_hard", "trained": False, "evaluated": True}
    assert difference_in_words(hard) == "daily loss hard yes, in training no"
    money = {"field": "drawdown", "trained": 15_000.0, "evaluated": 2_500.0}
    assert difference_in_words(money) == "drawdown 2,500, in training 15,000"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"entry_bonus": 5}', "entry_bonus: only training uses this"),
        ('{"drawdwn": 5}', "did you mean drawdown"),
        ('{"contracts": 1.5}', "contracts=1.5 must be a whole number"),
        ('{"drawdown": -1}', "drawdown"),
        ('{"drawdown": NaN}', "drawdown=NaN must be a finite number"),
        ("[1]", "must be a JSON object"),
        ("{", "not JSON"),
    ],
)
def test_changes_that_cannot_be_meant(desk, text, words) -> None:
    with pytest.raises(ArgumentError) as caught:
        _force(desk, env_params=text)
    assert words in str(caught.value)


def test_costs_and_orders_in_words(desk) -> None:
    told = describe_params(replace(desk.params, risk_per_trade_usd=jnp.float32(250)))
    assert told["costs"] == (
        "commission 2.50 USD a side and contract; slippage 1 tick, at stops 1 tick; "
        "targets fill 1 tick beyond"
    )
    assert told["bracket"] == (
        "stop 1.5 ATR, at most 500 USD a contract; target 3 times the stop; trailing stop 1 ATR"
    )
    assert told["sizing"] == "250 USD at risk a trade, at most 10 contracts"
