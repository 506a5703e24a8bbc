"""The trade table: to the cent against the balance, excursions by hand, tampering found."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from eval_tools.measures.statistics import trade_statistics
from eval_tools.measures.trades import TRADE_COLUMNS, ReconciliationError, excursions, trade_table
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.rollout.episode import Episode
from eval_tools.rollout.sessions import session_slices
from eval_tools.rollout.slices import run_slices
from futures_env import ExitReason, ExtremeOrder


@pytest.fixture(scope="module")
def episodes(desk) -> list[Episode]:
    """Random trading on a small account with a daily limit: every exit reason happens."""
    params = replace(
        desk.params,
        drawdown=jnp.float32(900.0),
        daily_loss_limit=jnp.float32(700.0),
        contracts=jnp.int32(2),
        max_stop_usd=jnp.float32(600.0),
    )
    days = session_slices(desk.sessions)
    return run_slices(desk.env, baseline(Baseline.RANDOM_LEGAL), params, days, seed=4, reenter=True)


@pytest.fixture(scope="module")
def trades(desk, episodes) -> pd.DataFrame:
    return trade_table(episodes, desk.market)


def test_every_exit_reason_is_there(trades) -> None:
    assert set(trades["exit_reason"]) == {
        "stop", "target", "session_close", "liquidation", "daily_loss_limit",
    }  # fmt: skip
    assert tuple(trades.columns) == TRADE_COLUMNS


def test_net_is_gross_minus_both_sides_and_the_price_move(trades) -> None:
    assert (trades["contracts"] == 2).all()
    assert (trades["fees_cents"] == 2 * 2 * 250).all()
    assert (trades["net_cents"] == trades["gross_cents"] - trades["fees_cents"]).all()
    points = (trades["exit_price"] - trades["entry_price"]) * trades["side"]
    assert np.allclose(points * 20 * 2 * 100, trades["gross_cents"])


def test_every_account_reconciles_to_the_cent(episodes, trades) -> None:
    accounts = 0
    for episode in episodes:
        own = trades[trades["slice"] == episode.slice.name]
        for attempt, steps in episode.steps.groupby("attempt"):
            net = own["net_cents"][own["attempt"] == attempt].sum()
            assert steps["balance_cents"].iloc[-1] == 5_000_000 + net
            accounts += 1
    assert accounts > len(episodes)


def test_rows_times_and_order(desk, trades) -> None:
    assert (trades["exit_row"] - trades["entry_row"] + 1 == trades["bars_held"]).all()
    assert (trades["bars_held"] == 1).any()
    within = trades.groupby("slice")
    assert (within["entry_row"].diff().dropna() > 0).all()
    clock = trades["entry_time"].dt
    assert (clock.hour * 60 + clock.minute).between(9 * 60 + 31, 16 * 60 + 58).all()
    assert (clock.strftime("%Y-%m-%d") == trades["slice"]).all()
    opens = np.asarray(desk.market.open)[trades["entry_row"]] * 0.25
    assert np.allclose(trades["entry_price"], opens + trades["side"] * 0.25)


def test_stops_and_targets_of_unmanaged_trades(desk) -> None:
    days = session_slices(desk.sessions)
    episodes = run_slices(desk.env, baseline(Baseline.ALWAYS_SHORT), desk.params, days)
    table = trade_table(episodes, desk.market)
    won = table[table["exit_reason"] == "target"]
    distance = (won["entry_price"] - won["exit_price"]) / 0.25
    assert len(won) > 3
    assert np.array_equal(distance, won["target_ticks"])
    lost = table[table["exit_reason"] == "stop"]
    assert ((lost["exit_price"] - lost["entry_price"]) / 0.25 >= lost["stop_ticks"] + 1).all()
    assert (table["side"] == -1).all()


def test_excursions_bound_the_result(trades) -> None:
    assert (trades["mae_cents"] <= np.minimum(0, trades["gross_cents"])).all()
    assert (trades["mfe_cents"] >= np.maximum(0, trades["gross_cents"])).all()
    assert (trades["mfe_cents"] > np.maximum(0, trades["gross_cents"])).any()


@pytest.mark.parametrize(
    ("side", "reason", "price", "order", "last_open", "worst", "best"),
    [
        # long from 100, bars low/high: entry bar 98/103, exit bar 95/109
        (1, ExitReason.SESSION_CLOSE, 101, 0, 101, -5, 9),
        (1, ExitReason.STOP, 96, 0, 101, -4, 3),
        (1, ExitReason.TARGET, 108, ExtremeOrder.UNKNOWN, 101, -5, 8),
        (1, ExitReason.TARGET, 108, ExtremeOrder.HIGH_FIRST, 101, -2, 8),
        (1, ExitReason.TARGET, 108, ExtremeOrder.UNKNOWN, 108, -2, 8),
        # short from 100: the same bars, mirrored
        (-1, ExitReason.SESSION_CLOSE, 101, 0, 101, -9, 5),
        (-1, ExitReason.LIQUIDATION, 107, 0, 101, -7, 2),
        (-1, ExitReason.TARGET, 96, ExtremeOrder.UNKNOWN, 101, -9, 4),
        (-1, ExitReason.TARGET, 96, ExtremeOrder.LOW_FIRST, 101, -3, 4),
    ],
)
def test_excursions_by_hand(side, reason, price, order, last_open, worst, best) -> None:
    bars = {
        "open": np.array([100, last_open]),
        "high": np.array([103, 109]),
        "low": np.array([98, 95]),
        "extreme_order": np.array([0, order]),
    }
    target = 8 if side > 0 else 4
    entry = pd.DataFrame(
        {"row": [0], "entry_side": [side], "entry_price": [100], "entry_target_ticks": [target]}
    )
    exit_ = pd.DataFrame({"row": [1], "exit_price": [price], "exit_reason": [reason]})
    found = excursions(entry, exit_, bars)
    assert (found[0].tolist(), found[1].tolist()) == ([worst], [best])


def test_a_cent_too_much_is_found(desk, episodes) -> None:
    steps = episodes[0].steps.copy()
    steps.loc[steps.index[-1], "balance_cents"] += 1
    with pytest.raises(ReconciliationError, match=r"balance .* cents, but start 5000000"):
        trade_table([Episode(episodes[0].slice, steps, ())], desk.market)


def test_a_trade_without_its_entry_is_found(desk, episodes) -> None:
    steps = episodes[0].steps.copy()
    steps.loc[steps.index[steps["entry_filled"]][2], "entry_filled"] = False
    with pytest.raises(ReconciliationError, match="no recorded entry"):
        trade_table([Episode(episodes[0].slice, steps, ())], desk.market)


def test_forced_trades_are_kept_apart(desk, episodes) -> None:
    steps = episodes[0].steps.copy()
    first = steps.index[steps["trade_closed"]][0]
    opened = steps.index[steps["entry_filled"]][0]
    steps.loc[first, "forced_trade"] = True
    steps.loc[opened, "entry_filled"] = False
    table = trade_table([Episode(episodes[0].slice, steps, ())], desk.market)
    assert table["forced"].tolist() == [True] + [False] * (len(table) - 1)
    assert (table["entry_row"].iloc[0], table["fees_cents"].iloc[0]) == (-1, 0)
    assert table["entry_time"].isna().tolist() == table["forced"].tolist()
    assert trade_statistics(table).trades == len(table) - 1


def test_no_trade_gives_an_empty_table(desk) -> None:
    days = session_slices(desk.sessions)
    flat = run_slices(desk.env, baseline(Baseline.ALWAYS_FLAT), desk.params, days)
    table = trade_table(flat, desk.market)
    assert table.empty
    assert tuple(table.columns) == TRADE_COLUMNS
    assert trade_statistics(table).trades == 0
