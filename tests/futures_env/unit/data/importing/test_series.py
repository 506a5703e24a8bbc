"""A vendor's series runs through several contracts: its rolls are seen by ``instrument_id``."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from futures_env.data import calendar
from futures_env.data.importing.importer import import_bars
from futures_env.data.importing.names import part_of, series_of

OLD, NEW = 4378, 5602


def databento(path: Path, frame: pd.DataFrame, symbol: str, instrument: object) -> Path:
    """Databento's csv of ohlcv-1m with a symbol column."""
    written = pd.DataFrame(
        {
            "ts_event": frame["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%S.000000000Z"),
            "rtype": 33,
            "publisher_id": 1,
            "instrument_id": instrument,
            **{name: frame[name] for name in ("open", "high", "low", "close", "volume")},
            "symbol": symbol,
        }
    )
    written.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def days(frame: pd.DataFrame) -> pd.DataFrame:
    """Six sessions."""
    return frame[: 6 * 1380].reset_index(drop=True)


@pytest.fixture(scope="module")
def instrument(days: pd.DataFrame) -> np.ndarray:
    """The vendor changes to the next contract at midnight UTC, inside the fourth session."""
    midnight = days["timestamp"].dt.normalize()
    change = midnight[midnight == days["timestamp"]].iloc[3]
    return np.where(days["timestamp"] < change, OLD, NEW)


def trading_day(minute: np.ndarray) -> np.ndarray:
    day, _ = calendar.trading_day(minute)
    return np.unique(day, return_inverse=True)[1]


@pytest.mark.parametrize("symbol", ["NQ.c.0", "NQ.v.0", "NQ"])
def test_the_roll_inside_a_series_is_seen(
    symbol: str, days: pd.DataFrame, instrument: np.ndarray, tmp_path: Path
) -> None:
    later = days.copy()
    later.loc[instrument == NEW, ["open", "high", "low", "close"]] += 50.0
    path = databento(tmp_path / "series.csv", later, symbol, instrument)
    bars, report = import_bars(path, "NQ")
    (roll,) = report.rolls
    assert (roll.old, roll.new) == (f"{symbol} #{OLD}", f"{symbol} #{NEW}")
    assert bars.contracts == (roll.old, roll.new)
    # sessions are of one contract: the bars of the old one before midnight are dropped and counted
    day = trading_day(bars.minute)
    assert (bars.segment == (day >= 3)).all()
    (finding,) = [one for one in report.findings if one.check == "other_contract"]
    session = trading_day(days["timestamp"].dt.as_unit("s").astype("int64").to_numpy() // 60)
    assert len(finding.rows) == ((session == 3) & (instrument == OLD)).sum() > 0
    assert len(bars) == len(days) - len(finding.rows)
    # prices are raw, the step of the roll is out of what the features see
    first = int(bars.segment.argmax())
    joined = bars.close + bars.adjustment
    assert bars.open[first] - bars.close[first - 1] == roll.basis_ticks > 100
    assert abs(joined[first] - joined[first - 1]) < 100


def test_a_series_that_stays_in_one_contract_does_not_roll(
    days: pd.DataFrame, tmp_path: Path
) -> None:
    bars, report = import_bars(databento(tmp_path / "one.csv", days, "NQ.c.0", OLD), "NQ")
    assert report.rolls == []
    assert bars.contracts == (f"NQ.c.0 #{OLD}",)
    assert len(bars) == len(days)


def test_days_of_a_series_roll_between_files(days: pd.DataFrame, tmp_path: Path) -> None:
    """Split by day, as the vendor delivers them."""
    half = len(days) // 2
    one = databento(tmp_path / "glbx-mdp3-1.csv", days[:half], "NQ.c.0", OLD)
    two = databento(tmp_path / "glbx-mdp3-2.csv", days[half:], "NQ.c.0", NEW)
    bars, report = import_bars([two, one], "NQ")
    assert len(bars) == len(days)
    assert [(roll.old, roll.new) for roll in report.rolls] == [(f"NQ.c.0 #{OLD}", f"NQ.c.0 #{NEW}")]


def test_contracts_are_not_split_by_instrument(
    days: pd.DataFrame, instrument: np.ndarray, tmp_path: Path
) -> None:
    """The vendor may number one contract anew."""
    bars, report = import_bars(databento(tmp_path / "h5.csv", days, "NQH5", instrument), "NQ")
    assert report.rolls == []
    assert bars.contracts == ("NQH5",)


def test_two_series_cannot_be_ordered(days: pd.DataFrame, tmp_path: Path) -> None:
    both = pd.concat([days, days], ignore_index=True)
    symbols = np.repeat(["NQ.c.0", "NQ.c.1"], len(days))
    path = databento(tmp_path / "both.csv", both, symbols, np.repeat([OLD, NEW], len(days)))
    with pytest.raises(ValueError, match=r"symbol 'NQ.c.0 #4378' is not a contract such as NQH5"):
        import_bars(path, "NQ")


def test_names_of_parts() -> None:
    assert series_of(part_of("NQ.c.0", "4378")) == "NQ.c.0"
    assert series_of("NQH5") == ""
