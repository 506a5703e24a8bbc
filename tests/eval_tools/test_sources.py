"""Training and held sessions: disjoint, embargoed, enough of them."""

from datetime import date

import numpy as np
import pytest

from eval_tools import hold_out
from eval_tools.cli.sources import open_market
from futures_env import session_dates, synthetic_market


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


def test_a_file_is_read_and_named(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        open_market(tmp_path / "absent.csv", "NQ")
    first, source = open_market(None, "NQ", sessions=5, seed=1)
    again, same = open_market(None, "NQ", sessions=5, seed=1)
    assert source == same
    assert source.synthetic
    assert "synthetic" in source.label
    assert np.array_equal(np.asarray(first.close), np.asarray(again.close))
    assert open_market(None, "NQ", sessions=5, seed=2)[1].content_hash != source.content_hash


@pytest.mark.real_data
def test_real_bars_are_not_called_synthetic(real_data) -> None:
    market, source = open_market(real_data / "main" / "nq_1m_20250101_20250603.parquet", "NQ")
    assert not source.synthetic
    split = hold_out(
        market, train_end=date(2025, 3, 31), held_start=date(2025, 4, 1), held_end=date(2025, 4, 30)
    )
    # April 2025: 21 trading days, the closed Good Friday is none of them
    assert (split.held_start, split.held_end) == ("2025-04-01", "2025-04-30")
    assert split.held_sessions == 21
    assert split.train_end == "2025-03-28"
