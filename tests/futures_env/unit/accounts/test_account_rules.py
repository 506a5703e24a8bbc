"""Rule sets as data: the default, the numbers, what reaches the environment."""

from dataclasses import replace

import gymnax
import jax.numpy as jnp
import numpy as np
import pytest

from futures_env import ACCOUNT_RULES, Fees, PayoutRules, account_rules, concat_markets
from futures_env.accounts.checks import MOST_TIERS
from futures_env.accounts.rules import RULE_FIELDS
from futures_env.codes import DrawdownMode, Lock
from futures_env.data.closing import flat_by
from futures_env.data.synthetic.market import synthetic_market
from futures_env.market.instruments import INSTRUMENTS, is_micro
from futures_env.params.checks import check_params


def test_default_parameters_are_the_default_rule_set(phase2_env):
    params = phase2_env.default_params
    applied = account_rules("apex-legacy-50k").apply(params)
    for name in RULE_FIELDS:
        assert np.array_equal(getattr(applied, name), getattr(params, name)), name
        assert getattr(applied, name).dtype == getattr(params, name).dtype, name


def test_every_row_says_where_it_comes_from_and_is_coherent():
    assert len(ACCOUNT_RULES) == (8 + 8) + (8 + 6) + (3 + 1) + 5 + (4 + 4) + (4 + 4)
    for row in ACCOUNT_RULES.values():
        assert row.source, row.name
        assert row.verified_on >= "2026-05-31", row.name
        assert (row.profit_target == 0) == row.name.endswith("-funded")
        assert (row.lock == Lock.START_PLUS_100) == row.name.endswith("-funded")
        assert len(row.tiers) <= MOST_TIERS
        # no fee stands in the sources: none may look like a known one
        assert row.fees == Fees()
        assert row.payouts is None or row.payouts.split is None
        if row.profit_target:
            assert row.funded is ACCOUNT_RULES.get(f"{row.name}-funded")


def test_some_numbers_of_the_page():
    eod = account_rules("apex-eod-50k")
    assert (eod.drawdown, eod.drawdown_mode, eod.daily_loss_limit) == (
        2_000, DrawdownMode.END_OF_DAY, 1_000,
    )  # fmt: skip
    funded = account_rules("apex-eod-100k-funded")
    assert (funded.lock, funded.tiers[-1]) == (Lock.START_PLUS_100, (10_000, 6, 3_500))
    static = account_rules("apex-legacy-100k-static")
    assert (static.drawdown, static.max_contracts_mini) == (625, 2)


@pytest.mark.parametrize("kind", ["intraday", "eod"])
@pytest.mark.parametrize(
    ("size", "day_profit", "request_balance"),
    [(25, 100, 26_600), (50, 250, 52_600), (100, 300, 103_600), (150, 350, 154_600)],
)
def test_payouts_of_the_current_line_up(kind, size, day_profit, request_balance):
    row = account_rules(f"apex-{kind}-{size}k-funded")
    assert row.payouts == PayoutRules(
        qualifying_days=5,
        qualifying_day_profit=day_profit,
        request_balance=request_balance,
        caps=(1_500, 2_000, 2_500, 2_500, 3_000, 3_000) if size == 50 else (),
        max_payouts=6,
    )
    assert account_rules(f"apex-{kind}-{size}k").payouts is None


@pytest.mark.parametrize(
    ("size", "drawdown", "half", "full"),
    [(25, 1_500, 2, 4), (50, 2_500, 5, 10), (100, 3_000, 7, 14), (150, 5_000, 8, 17),
     (250, 6_500, 13, 27), (300, 7_500, 17, 35)],
)  # fmt: skip
def test_legacy_funded_accounts_trade_half_size_until_the_safety_net(size, drawdown, half, full):
    row = account_rules(f"apex-legacy-{size}k-funded")
    assert (row.drawdown, row.drawdown_mode, row.min_days) == (drawdown, DrawdownMode.INTRADAY, 0)
    assert (row.mae_share, row.best_day_share, row.max_stop_to_target) == (0.3, 0.3, 5)
    assert row.best_day_effect == "blocks_payout"
    (_, below, _), (profit, above, _) = row.tiers
    # in cents: at start + drawdown + 100 still half, one cent more is full
    assert round(profit * 100) == (drawdown + 100) * 100 + 1
    assert (row.max_contracts_mini, below, above) == (half, half, full)


def test_funded_accounts_of_which_only_the_lock_is_known():
    for family in ("my-funded-futures-rapid", "tradeify-select"):
        for size in (25, 50, 100, 150):
            evaluation = account_rules(f"{family}-{size}k")
            funded = account_rules(f"{family}-{size}k-funded")
            assert (evaluation.lock, evaluation.best_day_effect) == (Lock.NONE, "blocks_pass")
            assert (funded.min_days, funded.best_day_effect) == (0, "")
            for name in ("start_balance", "drawdown", "drawdown_mode", "max_contracts_mini"):
                assert getattr(funded, name) == getattr(evaluation, name), name


def test_a_funded_account_never_passes(phase1_env):
    params = account_rules("apex-eod-50k").apply(phase1_env.default_params)
    assert bool(params.end_on_pass)
    assert params.drawdown.dtype == jnp.float32
    funded = account_rules("apex-intraday-50k-funded").apply(phase1_env.default_params)
    assert not bool(funded.end_on_pass)
    assert funded.tier_profit.tolist() == [1_500, 3_000, 6_000, -1, -1]
    assert funded.tier_max_contracts.tolist() == [3, 4, 4, 1, 1]
    assert funded.tier_daily_loss_limit.tolist() == [1_000, 2_000, 3_000, 0, 0]
    check_params(funded)


def test_micros_are_known_from_the_instrument(phase1_env):
    mini = phase1_env.default_params
    params = {
        symbol: mini.replace(market=synthetic_market(symbol, sessions=5))
        for symbol in ("ES", "MES", "MGC")
    }
    rules = account_rules("apex-eod-50k-funded")
    for symbol, minis_to_contracts in (("ES", 1), ("MES", 10), ("MGC", 10)):
        applied = rules.apply(params[symbol])
        assert int(applied.max_contracts) == 2 * minis_to_contracts
        assert applied.tier_max_contracts[0] == 3 * minis_to_contracts
    assert int(replace(rules, micro_ratio=5).apply(params["MES"]).max_contracts) == 10
    mixed = concat_markets([params["ES"].market, params["MES"].market])
    with pytest.raises(ValueError, match="mix minis and micros, of which 10 count as one"):
        rules.apply(mini.replace(market=mixed))


def test_every_micro_is_told_from_every_mini():
    for row in INSTRUMENTS.values():
        assert is_micro(float(np.float32(row.tick_size)), row.tick_value_cents) == row.micro


def test_flat_by_must_not_be_earlier_than_the_markets(phase1_env):
    topstep, params = account_rules("topstep-50k"), phase1_env.default_params
    message = (
        r"topstep-50k: .* flat by 16:10 .* flat by 16:59; .* make_market\(flat_by=\"16:10\"\)"
        r".* load_market.* --flat-by 16:10, .* synthetic_market\(flat_by=\"16:10\"\)"
    )
    with pytest.raises(ValueError, match=message):
        topstep.apply(params)
    with pytest.raises(ValueError, match=message):
        gymnax.make("FuturesNQ-Phase1", market=params.market, rules="topstep-50k")
    # an evening hour is earlier in the trading day than the afternoon
    with pytest.raises(ValueError, match="flat by 18:30"):
        replace(topstep, flat_by="18:30").apply(params)
    early = params.replace(market=synthetic_market(sessions=5, flat_by="16:10"))
    assert float(topstep.apply(early).drawdown) == 2_000.0
    assert int(account_rules("apex-legacy-50k").apply(early).max_contracts) == 10


def test_make_builds_the_default_market_with_the_flat_by_of_the_rules():
    for name in ("topstep-50k", "take-profit-trader-50k", "apex-eod-50k"):
        rules = account_rules(name)
        _, params = gymnax.make("FuturesNQ-Phase2", rules=name)
        assert flat_by(params.market) == rules.flat_by
        assert float(params.drawdown) == rules.drawdown
        assert int(params.max_contracts) == rules.max_contracts_mini


def test_unknown_name():
    with pytest.raises(
        ValueError,
        match=r"no rule set 'apex'; known: apex-intraday-25k, .* one's own is a \.toml file",
    ):
        account_rules("apex")
