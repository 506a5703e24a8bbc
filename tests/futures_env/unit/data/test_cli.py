"""futures-env data import | inspect | synth | split | calendar."""

from pathlib import Path

import pytest

from futures_env.cli import main
from futures_env.data.splits import load_split
from futures_env.data.store import open_market
from tests.futures_env.unit.data.vendor_files import WRITERS


def test_import_inspect_and_split(frame, tmp_path: Path, capsys) -> None:
    """From a vendor's file to a saved market to ranges by date."""
    source, out = WRITERS["firstrate"](frame, tmp_path), tmp_path / "m.npz"
    main(["data", "import", str(source), "--out", str(out), "--session", "globex"])
    shown = capsys.readouterr()
    assert "zone = America/New_York" in shown.out
    assert "sessions 31 from 2015-01-05 to 2015-02-16" in shown.out
    assert "reading and checking" in shown.err
    market = open_market(out)
    assert int(market.bars_to_flat.max()) == 1378
    main(["data", "inspect", str(out)])
    assert "'session': 'globex'" in capsys.readouterr().out
    main(["data", "split", str(out), "--out", str(tmp_path / "s.json"), "--embargo", "1"])
    assert list(load_split(tmp_path / "s.json")) == ["train", "validation", "test"]


def test_inspect_draws(frame, tmp_path: Path, capsys) -> None:
    """A table on the screen and a picture on disk."""
    source, picture = WRITERS["own"](frame[:6900], tmp_path), tmp_path / "bars.svg"
    main(["data", "inspect", str(source), "--picture", str(picture)])
    assert "rows     6,900 read, 6,900 kept" in capsys.readouterr().out
    assert picture.read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_synth_and_calendar(tmp_path: Path, capsys) -> None:
    """A saved synthetic market, and the short days of a year."""
    main(["data", "synth", "--out", str(tmp_path / "s.npz"), "--symbol", "ES", "--sessions", "5"])
    assert "5 sessions from 2015-02-02" in capsys.readouterr().out
    assert int(open_market(tmp_path / "s.npz").contract_table.tick_value_cents[0]) == 1250
    main(["data", "calendar", "--year", "2018"])
    assert "2018-12-05 Wed  09:30" in capsys.readouterr().out


def test_errors_are_one_line_and_exit_1(tmp_path: Path, capsys) -> None:
    """No traceback; nothing half-written."""
    out = tmp_path / "m.npz"
    for words in ([str(tmp_path / "none.csv")], []):
        with pytest.raises(SystemExit) as stop:
            main(["data", "import", *words, "--out", str(out)])
        assert stop.value.code == 1
    shown = capsys.readouterr().err
    assert "error: no such file" in shown
    assert "error: no file given" in shown
    assert not out.exists()
    with pytest.raises(SystemExit) as stop:
        main(["dat"])
    assert stop.value.code == 2
