"""Training and held sessions: disjoint, embargoed, enough of them."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eval_tools import DataSource, hold_out
from eval_tools.cli.sources import Bars, make_env, open_market
from futures_env import (
    ArgumentError,
    SessionRule,
    concat_markets,
    save_market,
    session_dates,
    slice_market,
    synthetic_market,
)
from futures_env.data.synthetic.market import synthetic_bars, trading_days
from futures_env.market.table import MarketData


@pytest.fixture(scope="module")
def market():
    return synthetic_market("NQ", sessions=40, seed=0)


@pytest.fixture(scope="module")
def days(market) -> list[date]:
    return list(session_dates(market).astype(object))


def test_the_last_sessions_are_held_by_default(market, days) -> None:
    split = hold_out(market)
    assert (split.train_sessions, split.embargoed_sessions, split.held_sessions) == (24, 1, 15)
    assert (split.train_start, split.train_end) == (str(days[0]), str(days[23]))
    assert (split.held_start, split.held_end) == (str(days[25]), str(days[-1]))


def test_a_fifth_is_held_of_a_long_market() -> None:
    split = hold_out(synthetic_market("NQ", sessions=100, seed=0))
    assert (split.train_sessions, split.held_sessions) == (79, 20)


def test_dates_decide(market, days) -> None:
    split = hold_out(
        market, train_start=days[2], train_end=days[9], held_start=days[12], held_end=days[30]
    )
    assert (split.train_start, split.train_end) == (str(days[2]), str(days[9]))
    assert (split.held_start, split.held_end) == (str(days[12]), str(days[30]))
    assert split.embargoed_sessions == 2


def test_the_embargo_is_kept_between_adjoining_dates(market, days) -> None:
    split = hold_out(market, train_end=days[19], held_start=days[20])
    assert split.train_end == str(days[18])
    assert split.embargoed_sessions == 1
    assert hold_out(market, train_end=days[19]).held_start == str(days[21])


def test_refuses(market, days) -> None:
    with pytest.raises(ValueError, match="at least 15 are needed; the market holds 40"):
        hold_out(market, held_start=days[30])
    with pytest.raises(ValueError, match="training and validation must be disjoint"):
        hold_out(market, train_end=days[20], held_start=days[20])
    with pytest.raises(ValueError, match="no session to train on before"):
        hold_out(market, held_start=days[1])


@pytest.fixture(scope="module")
def saved(market, tmp_path_factory) -> Path:
    """A saved synthetic NQ rth market."""
    return save_market(market, tmp_path_factory.mktemp("saved") / "x.npz")


def test_a_made_up_market_says_so_wherever_it_lies(market, saved) -> None:
    for one in (market, open_market(Bars(data=(saved,)), seed=0)):
        source = DataSource.of(one)
        assert source.synthetic
        assert source.label == "NQ rth, 1 min, 40 synthetic sessions, seed 0"
    assert DataSource.of(slice_market(market, "2015-02-10", "2015-02-20", 20)).synthetic


def test_labels_of_joined_and_of_unknown_markets(market) -> None:
    other = synthetic_market("ES", sessions=40, seed=0)
    assert DataSource.of(concat_markets([market, other])).label == (
        "NQ rth, 1 min, 40 synthetic sessions, seed 0; ES rth, 1 min, 40 synthetic sessions, seed 0"
    )
    unknown = MarketData.from_columns(contract_table=market.contract_table, **market.columns())
    assert DataSource.of(unknown).label == "bars of unknown origin"
    with pytest.raises(ValueError, match="does not say which contract"):
        make_env(unknown, 2)


def test_the_synthetic_market_follows_its_flags() -> None:
    first, again, other = (open_market(Bars(sessions=5), seed) for seed in (1, 1, 2))
    assert np.array_equal(np.asarray(first.close), np.asarray(again.close))
    assert DataSource.of(first) == DataSource.of(again)
    assert DataSource.of(first).content_hash != DataSource.of(other).content_hash
    assert open_market(Bars(symbol="ES", sessions=5), 1).infos[0].symbol == "ES"
    assert make_env(open_market(Bars(symbol="ES", sessions=5), 1), 1).name == "FuturesES-Phase1"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"symbol": "ES"}, ["symbol", "ES", "NQ"]),
        ({"session": "globex"}, ["session", "globex", "rth"]),
        ({"sessions": 30}, ["--sessions 30", "--data"]),
        ({"symbol": "XX"}, ["--symbol XX", "MNQ"]),
        ({"flat_by": "16:10"}, ["flat_by", "16:10", "16:59"]),
        ({"warm_up_sessions": 8}, ["warm_up_sessions is 8", "20"]),
    ],
)
def test_flags_do_not_contradict_a_saved_market(flags, words, saved) -> None:
    with pytest.raises(ArgumentError) as caught:
        open_market(Bars(data=(saved,), **flags), seed=0)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"flat_by": "25:00"}, "HH:MM.*25:00"),
        ({"flat_by": "09:00"}, "flat_by 09:00 is not after the rth open"),
        ({"warm_up_sessions": 3}, "5 to 20, not 3"),
        ({"sessions": 2}, "at least 5 are needed, not 2"),
    ],
)
def test_what_no_session_rule_can_hold_is_a_wrong_argument(flags, words) -> None:
    with pytest.raises(ArgumentError, match=words):
        open_market(Bars(**flags), seed=0)
    if "sessions" not in flags:
        with pytest.raises(ArgumentError, match=words):  # before the file is looked for
            open_market(Bars(data=(Path("absent.csv"),), **flags), seed=0)


def test_the_session_rule_can_be_asked_for(tmp_path) -> None:
    """Of synthetic markets and of files alike: what a rule set or a short history needs."""
    rule = {"session": "globex", "flat_by": "16:10", "warm_up_sessions": 5}
    market = open_market(Bars(sessions=6, **rule), seed=0)
    assert {name: vars(market.infos[0].rule)[name] for name in rule} == rule
    days = trading_days("NQ", 6, SessionRule())
    bars = synthetic_bars("NQ", days, seed=0)
    bars_table(bars).to_csv(tmp_path / "bars.csv", index=False)
    short = open_market(Bars(data=(tmp_path / "bars.csv",), **rule), seed=0)
    assert {name: vars(short.infos[0].rule)[name] for name in rule} == rule


def bars_table(bars) -> pd.DataFrame:
    """Bars as a table that the importer reads."""
    return pd.DataFrame(
        {
            "timestamp": pd.to_datetime(bars.minute * 60, unit="s", utc=True),
            **{n: getattr(bars, n) * 0.25 for n in ("open", "high", "low", "close")},
            "volume": bars.volume.astype(int),
        }
    )


def test_a_file_must_be_there() -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.csv"):
        open_market(Bars(data=(Path("absent.csv"),)), seed=0)


@pytest.mark.real_data
def test_real_bars_are_not_called_synthetic(real_data) -> None:
    bars = Bars(data=(real_data / "main" / "nq_1m_20250101_20250603.parquet",))
    market = open_market(bars, seed=0)
    assert not DataSource.of(market).synthetic
    split = hold_out(
        market, train_end=date(2025, 3, 31), held_start=date(2025, 4, 1), held_end=date(2025, 4, 30)
    )
    # April 2025: 21 trading days, the closed Good Friday is none of them
    assert (split.held_start, split.held_end) == ("2025-04-01", "2025-04-30")
    assert split.held_sessions == 21
    assert split.train_end == "2025-03-28"
