"""Row checks and their policies."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import futures_env
from futures_env.data.importing.report import merge_policy
from futures_env.data.loader import bars_from_frame

Change = Callable[[pd.DataFrame], None]


def put(column: str, value: float) -> Change:
    """Set one cell of row 700."""

    def change(frame: pd.DataFrame) -> None:
        frame[column] = frame[column].astype(float)
        frame.loc[700, column] = value

    return change


def saturday(frame: pd.DataFrame) -> None:
    """Move the last row to a Saturday."""
    frame.loc[len(frame) - 1, "timestamp"] = pd.Timestamp("2015-02-28 15:00", tz="UTC")


def repeat(frame: pd.DataFrame) -> None:
    """Row 700 at the time of row 699."""
    frame.loc[700, "timestamp"] = frame.loc[699, "timestamp"]


def swap(frame: pd.DataFrame) -> None:
    """Row 700 before row 699."""
    frame.loc[[699, 700], "timestamp"] = frame.loc[[700, 699], "timestamp"].to_numpy()


CASES = {
    "not_finite": (put("close", np.nan), "row 700: a price or volume is missing"),
    "not_positive": (put("low", -5.0), "row 700: low is not positive"),
    "malformed": (put("high", 1000.0), "row 700: high is below"),
    "off_tick": (put("close", 0.0), ""),
    "negative_volume": (put("volume", -1.0), "row 700: volume is negative"),
    "unordered": (swap, "row 700: timestamp is out of order"),
    "duplicate": (repeat, "row 700: timestamp repeats"),
    "out_of_session": (saturday, "timestamp lies in the daily break or the weekend"),
}


@pytest.fixture
def changed(request: pytest.FixtureRequest, frame: pd.DataFrame) -> pd.DataFrame:
    """A copy of the bars with one thing wrong."""
    copy = frame[:5000].copy()
    if request.param == "off_tick":
        copy.loc[700, "close"] += 0.01
        copy.loc[700, "high"] += 1.0
    else:
        CASES[request.param][0](copy)
    return copy


@pytest.mark.parametrize(("changed", "check"), [(c, c) for c in CASES], indirect=["changed"])
def test_each_check_raises_and_drops(changed: pd.DataFrame, check: str) -> None:
    """The error names row, field and remedy; the policy 'drop' drops that row and says so."""
    words = CASES[check][1] or "row 700: a price is not a multiple of the tick size 0.25"
    with pytest.raises(ValueError, match=words) as error:
        bars_from_frame(changed, "NQ")
    assert f"policy={{{check!r}: 'drop'}}" in str(error.value)
    bars, report = bars_from_frame(changed, "NQ", {check: "drop"})
    assert len(bars) == len(changed) - 1
    (finding,) = (f for f in report.findings if f.check == check)
    assert finding.rows.tolist() == [len(changed) - 1 if check == "out_of_session" else 700]
    assert check in str(report)


def test_crude_oil_may_be_negative(frame: pd.DataFrame) -> None:
    """April 2020: CL at -37.63 is data, NQ below zero is not."""
    crude = frame[:200].copy()
    for name in ("open", "high", "low", "close"):
        crude[name] = -37.63
    bars, _ = bars_from_frame(crude, "CL")
    assert set(bars.close.tolist()) == {-3763}


def test_rounding_noise_in_prices_is_no_error(frame: pd.DataFrame) -> None:
    """Floats a hair off the grid snap to it."""
    noisy = frame[:200].copy()
    noisy["close"] += 1e-5
    noisy["high"] += 1e-5
    bars, _ = bars_from_frame(noisy, "NQ")
    np.testing.assert_array_equal(bars.close * 0.25, frame["close"][:200])


def test_jumps_and_holes_are_kept_with_a_flag(frame: pd.DataFrame) -> None:
    """A 10 % move is flagged; missing bars are counted per session."""
    odd = frame[: 3 * 1380].drop(index=range(1380 + 1000, 1380 + 1030)).reset_index(drop=True)
    odd.loc[2900:, ["open", "high", "low", "close"]] *= 1.25
    prices = ["open", "high", "low", "close"]
    odd[prices] = (odd[prices] * 4).round() / 4
    _, report = bars_from_frame(odd, "NQ")
    (jump,) = report.findings
    assert (jump.check, jump.policy, jump.rows.tolist()) == ("jump", "keep", [2900])
    assert report.holes == ["2015-01-06: 30 of 450 bars from 09:30 missing"]
    with pytest.raises(ValueError, match="close moves by more than 5%"):
        bars_from_frame(odd, "NQ", {"jump": "raise"})


def test_policies_are_checked() -> None:
    """Unknown checks and choices are named."""
    with pytest.raises(ValueError, match="no such check 'gaps'; known: not_finite"):
        merge_policy({"gaps": "drop"})
    with pytest.raises(ValueError, match="'ignore' is not raise, drop or keep"):
        merge_policy({"hole": "ignore"})  # ty: ignore[invalid-argument-type]


def test_frames_without_zone_or_columns_are_refused(frame: pd.DataFrame) -> None:
    """make_market asks for aware stamps and all columns."""
    with pytest.raises(ValueError, match="timestamp must be timezone-aware"):
        futures_env.make_market(frame.assign(timestamp=frame["timestamp"].dt.tz_localize(None)))
    with pytest.raises(ValueError, match="missing columns: volume"):
        futures_env.make_market(frame.drop(columns="volume"))
