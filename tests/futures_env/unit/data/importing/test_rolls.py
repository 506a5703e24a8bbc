"""One contract per session, by yesterday's volume."""

import numpy as np
import pandas as pd
import pytest

from futures_env.data import calendar
from futures_env.data.importing.checking.rolls import roll_date
from futures_env.data.importing.names import expiry
from futures_env.data.loader import bars_from_frame


@pytest.fixture(scope="module")
def two(frame: pd.DataFrame) -> pd.DataFrame:
    """Ten sessions of H5 and M5, which trades 50 points higher and more from the fifth on."""
    part = frame[: 10 * 1380]
    day = np.arange(len(part)) // 1380
    later = part.assign(symbol="NQM5", volume=np.where(day >= 4, 50_000, 1))
    for name in ("open", "high", "low", "close"):
        later[name] += 50.0
    both = pd.concat([part.assign(symbol="NQH5"), later])
    return both.sort_values("timestamp", kind="stable", ignore_index=True)


def test_rolls_the_session_after_the_volume_moved(two: pd.DataFrame) -> None:
    """Session 4 has the volume, session 5 the roll; basis from the overlap; raw prices kept."""
    bars, report = bars_from_frame(two, "NQ")
    assert len(bars) == 10 * 1380
    assert bars.contracts == ("NQH5", "NQM5")
    np.testing.assert_array_equal(bars.segment, np.arange(len(bars)) // 1380 >= 5)
    (roll,) = report.rolls
    assert (roll.date, roll.old, roll.new, roll.basis_ticks) == ("2015-01-12", "NQH5", "NQM5", 200)
    h5 = two[two["symbol"] == "NQH5"]["close"].to_numpy() / 0.25
    np.testing.assert_array_equal(bars.close - h5, np.where(bars.segment == 1, 200, 0))
    np.testing.assert_array_equal(bars.close + bars.adjustment, h5)


def test_the_choice_reads_no_volume_of_its_own_session(two: pd.DataFrame) -> None:
    """Whatever session 4 and later trade, sessions up to 4 are the same."""
    day, _ = calendar.trading_day(two["timestamp"].dt.as_unit("s").astype("int64").to_numpy() // 60)
    changed = two.copy()
    changed.loc[day >= np.unique(day)[4], "volume"] = 7
    one, other = bars_from_frame(two, "NQ")[0], bars_from_frame(changed, "NQ")[0]
    head = slice(5 * 1380)
    np.testing.assert_array_equal(one.close[head], other.close[head])
    assert (one.segment[head] == 0).all()


def test_a_session_holds_one_contract_and_never_goes_back(two: pd.DataFrame) -> None:
    """The old contract's late volume does not bring it back."""
    back = two.copy()
    last = back["timestamp"] > back["timestamp"].iloc[-2 * 3 * 1380]
    back.loc[last & (back["symbol"] == "NQH5"), "volume"] = 10**6
    bars, report = bars_from_frame(back, "NQ")
    assert len(report.rolls) == 1
    assert bars.segment[-1] == 1


def test_index_futures_roll_on_the_roll_date_at_the_latest(two: pd.DataFrame) -> None:
    """Monday before the third Friday, even while the old contract still trades more."""
    assert roll_date(2025, 3) == calendar.days("2025-03-17")
    assert roll_date(2024, 12) == calendar.days("2024-12-16")
    names = two["symbol"].map({"NQH5": "NQF5", "NQM5": "NQG5"})  # F5 leaves on 2015-01-12
    busy = two.assign(symbol=names, volume=np.where(names == "NQF5", 1000, 1))
    _, report = bars_from_frame(busy, "NQ")
    assert [(roll.date, roll.new) for roll in report.rolls] == [("2015-01-12", "NQG5")]
    gold = bars_from_frame(busy, "GC", {"off_tick": "drop", "loss": "keep"})[1]
    assert not gold.rolls


@pytest.mark.parametrize(
    ("name", "near", "found"),
    [
        ("NQH5", 2025, (2025, 3)),
        ("NQH5", 2016, (2015, 3)),
        ("ESZ24", 2025, (2024, 12)),
        ("CLF0", 2019, (2020, 1)),
        ("GC 201312", 2013, (2013, 12)),
        ("NQM25.CME", 2025, (2025, 6)),
    ],
)
def test_expiries(name: str, near: int, found: tuple[int, int]) -> None:
    """Month codes and digits, the year nearest to the bars."""
    assert expiry(name, near) == found


def test_contracts_whose_order_cannot_be_told_are_an_error(two: pd.DataFrame) -> None:
    """Two names in one session without month codes."""
    odd = two.assign(symbol=two["symbol"].map({"NQH5": "front", "NQM5": "back"}))
    with pytest.raises(ValueError, match="is not a contract such as NQH5"):
        bars_from_frame(odd, "NQ")
