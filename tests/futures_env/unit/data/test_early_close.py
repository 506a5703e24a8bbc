"""A day whose bars end otherwise than the calendar says is told; a given close replaces it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import futures_env
from futures_env.cli.main import main
from futures_env.data.bars import Bars
from futures_env.data.loader import bars_from_frame
from futures_env.data.store import open_market
from tests.futures_env.unit.data.conftest import as_frame
from tests.futures_env.unit.data.vendor_files import WRITERS

PRESIDENTS_DAY = "2015-02-16"  # closes at 13:00; the bars stop there


def of_day(bars: Bars, day: str) -> np.ndarray:
    minutes = np.datetime64(day, "m").astype(np.int64)
    return (bars.minute >= minutes - 60) & (bars.minute < minutes + 1440 - 120)


def test_bars_that_agree_with_the_calendar_are_no_news(frame: pd.DataFrame) -> None:
    assert bars_from_frame(frame, "NQ")[1].closes == []


def test_bars_behind_the_close_are_counted(frame: pd.DataFrame, bars: Bars) -> None:
    """The table says 13:00, the bars run to 13:45."""
    last = frame[-1:]
    more = pd.concat([last.assign(timestamp=last["timestamp"] + pd.Timedelta(minutes=i + 1))
                      for i in range(45)])  # fmt: skip
    longer = pd.concat([frame, more], ignore_index=True)
    report = bars_from_frame(longer, "NQ")[1]
    (line,) = report.closes
    assert line.startswith(f"{PRESIDENTS_DAY}: 45 bars behind the close at 13:00; --early-close")
    assert line in str(report)
    given = (f"{PRESIDENTS_DAY}=13:45",)
    assert bars_from_frame(longer, "NQ", early_close=given)[1].closes == []
    plain = futures_env.make_market(longer, "NQ")
    later = futures_env.make_market(longer, "NQ", early_close=given)
    assert later.num_bars == plain.num_bars + 45
    assert later.infos[0].early_close == given
    day = np.asarray(later.date) == np.datetime64(PRESIDENTS_DAY).astype(int)
    assert np.asarray(later.bars_to_flat)[day][-1] == 0


def test_a_day_that_stops_short_is_told(bars: Bars) -> None:
    """A regular day without its last two hours, and a short one that ends before its close."""
    day = bars.minute // 1440 == np.datetime64("2015-01-14").astype(int)
    late = day & (bars.minute % 1440 >= 20 * 60)  # from 15:00 New York
    report = bars_from_frame(as_frame(bars.take(~late)), "NQ")[1]
    assert report.closes == [
        "2015-01-14: the last bar ends at 15:00, 120 minutes short of 17:00; --early-close "
        "2015-01-14=HH:MM sets the close"
    ]
    cut = bars_from_frame(as_frame(bars.take(slice(0, len(bars) - 40))), "NQ")[1]
    assert cut.closes[0].startswith(f"{PRESIDENTS_DAY}: the last bar ends at 12:20, 40 minutes sh")


def test_a_file_of_the_cash_session_stops_at_its_own_end(bars: Bars) -> None:
    """Days that all end at 16:00 are no news."""
    clock = (bars.minute - 5 * 60) % 1440
    cash = bars.take((clock >= 570) & (clock < 960))
    assert bars_from_frame(as_frame(cash), "NQ")[1].closes == []


def test_the_commands_take_it(frame: pd.DataFrame, tmp_path: Path, capsys) -> None:
    source, out = WRITERS["own"](frame, tmp_path), tmp_path / "m.npz"
    words = ["--early-close", f"{PRESIDENTS_DAY}=12:00", "2015-02-13=closed"]
    main(["data", "inspect", str(source), *words])
    shown = capsys.readouterr().out
    assert f"{PRESIDENTS_DAY}: 60 bars behind the close at 12:00" in shown
    assert "2015-02-13: 1380 bars behind the close at 18:00 of the day before (closed)" in shown
    main(["data", "import", str(source), "--out", str(out), *words])
    market = open_market(out)
    assert market.infos[0].early_close == ("2015-02-13=closed", f"{PRESIDENTS_DAY}=12:00")
    assert "2015-02-13" not in futures_env.session_dates(market).astype(str)
    with pytest.raises(SystemExit) as stop:
        main(["data", "inspect", str(source), "--early-close", "13:00"])
    assert stop.value.code == 2
