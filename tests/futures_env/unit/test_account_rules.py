"""Rule sets as data: the default, the numbers, what reaches the environment."""

import jax.numpy as jnp
import pytest

from futures_env.account_rules import ACCOUNT_RULES, DEFAULT_RULES, account_rules
from futures_env.codes import DrawdownMode, Lock


def test_default_parameters_are_the_default_rule_set(phase2_env):
    params = phase2_env.default_params
    applied = account_rules(DEFAULT_RULES).apply(params)
    for name in ("start_balance", "profit_target", "drawdown", "drawdown_mode", "lock",
                 "max_contracts", "daily_loss_limit", "min_days", "max_days", "pass_test",
                 "end_on_pass"):  # fmt: skip
        assert getattr(applied, name) == getattr(params, name), name
        assert getattr(applied, name).dtype == getattr(params, name).dtype, name


def test_every_row_says_where_it_comes_from_and_is_coherent():
    assert len(ACCOUNT_RULES) == 8 + 8 + 8 + 3 + 5 + 4 + 4
    for row in ACCOUNT_RULES.values():
        assert row.source, row.name
        assert row.verified_on >= "2026-05-31", row.name
        assert 0 < row.drawdown < row.start_balance
        assert (row.profit_target == 0) == row.name.endswith("-funded")
        assert bool(row.best_day_share) == bool(row.best_day_effect)


def test_some_numbers_of_the_page():
    eod = account_rules("apex-eod-50k")
    assert (eod.drawdown, eod.drawdown_mode, eod.daily_loss_limit) == (
        2_000, DrawdownMode.END_OF_DAY, 1_000,
    )  # fmt: skip
    funded = account_rules("apex-eod-100k-funded")
    assert (funded.lock, funded.tiers[-1]) == (Lock.START_PLUS_100, (10_000, 6, 3_500))
    static = account_rules("apex-legacy-100k-static")
    assert (static.drawdown, static.max_contracts_mini) == (625, 2)


def test_a_funded_account_never_passes_and_micros_count_a_tenth(phase1_env):
    params = account_rules("topstep-50k").apply(phase1_env.default_params, micro=True)
    assert int(params.max_contracts) == 50
    funded = account_rules("apex-intraday-50k-funded").apply(phase1_env.default_params)
    assert not bool(funded.end_on_pass)
    assert params.drawdown.dtype == jnp.float32


def test_unknown_name():
    with pytest.raises(ValueError, match="no rule set 'apex'; known: apex-intraday-25k"):
        account_rules("apex")
