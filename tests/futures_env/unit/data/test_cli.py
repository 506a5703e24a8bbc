"""futures-env data import | inspect | synth | split | calendar."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import futures_env
from futures_env.cli.main import main
from futures_env.data.importing.reading.layouts import LAYOUTS
from futures_env.data.importing.report import DEFAULT_POLICY
from futures_env.data.splits import load_split
from futures_env.data.store import open_market, save_market
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
    assert "rule     session globex" in capsys.readouterr().out
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


def test_synth_takes_session_window_and_edge(tmp_path: Path) -> None:
    """The command line makes the market that the function makes."""
    out = tmp_path / "s.npz"
    words = "--sessions 5 --seed 3 --edge exit --edge-strength 10 --session globex --window 30"
    more = "--entry-cutoff-bars 7 --flat-by 15:00"
    main(["data", "synth", "--out", str(out), *words.split(), *more.split()])
    same = futures_env.synthetic_market(
        "NQ", 5, 3, "exit", 10.0,
        session="globex", window=30, entry_cutoff_bars=7, flat_by="15:00",
    )  # fmt: skip
    market = open_market(out)
    assert futures_env.market_hash(market) == futures_env.market_hash(same)
    assert int(market.starts[0]) == 29


def test_import_takes_the_window(frame, tmp_path: Path) -> None:
    """Starts have a full window of the asked length behind them."""
    source, out = WRITERS["own"](frame, tmp_path), tmp_path / "m.npz"
    main(["data", "import", str(source), "--out", str(out), "--window", "40"])
    assert int(np.asarray(open_market(out).starts)[0]) == 39


def test_import_takes_seconds(frame, tmp_path: Path, capsys) -> None:
    """They tell the order of the extremes; a file of another market is refused."""
    source, out, path = WRITERS["own"](frame, tmp_path), tmp_path / "m.npz", tmp_path / "s.parquet"
    late = frame[-300:].query("high > low")
    parts = (late.assign(high=late["low"]), late.assign(low=late["high"]))
    first, second = (part[["timestamp", "high", "low"]] for part in parts)
    first = first.assign(timestamp=first["timestamp"] + pd.Timedelta("7s"))
    second = second.assign(timestamp=second["timestamp"] + pd.Timedelta("40s"))
    seconds = pd.concat([first, second]).sort_values("timestamp")
    seconds.to_parquet(path)
    words = ["data", "import", str(source), "--session", "globex", "--seconds", str(path)]
    main([*words, "--out", str(out)])
    order = np.asarray(open_market(out).extreme_order)
    assert set(order.tolist()) == {0, 1}
    assert 200 < (order == 1).sum() <= len(late)
    seconds.assign(high=seconds["high"] + 1.0).to_parquet(path)
    with pytest.raises(SystemExit) as stop:
        main([*words, "--out", str(tmp_path / "other.npz")])
    assert stop.value.code == 1
    assert "error: second_bars: bar" in capsys.readouterr().err
    assert not (tmp_path / "other.npz").exists()


WRONG = {
    "": "error: give one of data, rules (see futures-env --help)",
    "dat": "error: no command 'dat': give one of data, rules (see futures-env --help)",
    "data": "Expected one of {import, inspect, synth, split, calendar}. (see futures-env data -",
    "data foo": "Unrecognized options: foo (see futures-env data --help)",
    "data synth": "ending in .npz. (required) (see futures-env data synth --help)",
    "data synth --out D/x.npz --seed abc": "parsing --seed: 'abc' is no whole number",
    "data synth --out D/x.npz --seed -1": "seed must be at least 0, not -1",
    "data synth --out D/x.npz --edge both": "'both' for argument '--edge'. Expected one of",
    "data synth --out D/x.npz --edge-strength nan": "edge_strength must be finite",
    "data synth --out D/x.npz --symbol SPY": "no such symbol: 'SPY'; known symbols: ES",
    "data synth --out D/x.npz --sessions 2": "sessions: at least 5 are needed, not 2",
    "data synth --out D/x.npz --window 0": "window must be at least 1",
    "data synth --out D/x.npz --flat-by 25:00": "not a New York time of day",
    "data synth --out D/x.csv": "error: --out D/x.csv: a saved market ends in .npz",
    "data synth --out D/x.npz --edge-strength a": "--edge-strength: 'a' is no number",
    "data import D/bad --out D/x.npz --policy hole": "--policy: give pairs of a check and raise, ",
    "data synth --out D/no/x.npz": "no such folder: D/no",
    "data import --out D/x.npz": "no file given",
    "data import D/bad --out D/x.npz --vendor abc": "vendor: no such layout 'abc'; known: ",
    "data import D/bad --out D/x.npz --flat-by 09:00": "flat_by 09:00 is not after the rth open",
    "data inspect": "no file given",
    "data split D/bad.npz": "--out PATH",
    "data calendar --symbol ZZ": "no such symbol: 'ZZ'",
    "data calendar --year 1990": "--year 1990: the table covers 2015 to 2027",
}


UNUSABLE = {
    "data import D/none.csv --out D/x.npz": "no such file: D/none.csv",
    "data import D/bad --out D/x.npz": "give the argument vendor, one of: databento",
    "data inspect D/bad": "D/bad: layout not recognised from the columns a, b, c",
    "data inspect D/none.npz": "no such file: D/none.npz",
    "data inspect D/bad.npz": "D/bad.npz: not a saved market",
    "data split D/bad.npz --out D/s.json": "D/bad.npz: not a saved market",
}
CONTRADICTING = {
    "data inspect D/nq.npz --symbol ES": "symbol is ES, but the market says NQ",
    "data inspect D/nq.npz --zone UTC": "a saved market is not read anew: zone cannot be given",
    "data inspect D/nq.npz D/bad": "give one saved market, or files of bars",
    "data import D/nq.npz --out D/x.npz": "a saved market is there already",
    "data split D/nq.npz --out D/s.json --train 0.9 --validation 0.3": "leave a rest for",
    "data split D/nq.npz --out D/no/s.json": "no such folder: D/no",
}


@pytest.mark.parametrize(
    ("line", "message", "code"),
    [
        *((line, message, 2) for line, message in WRONG.items()),
        *((line, message, 2) for line, message in CONTRADICTING.items()),
        *((line, message, 1) for line, message in UNUSABLE.items()),
    ],
)
def test_what_is_refused_is_one_line_and_an_exit_code(
    line: str, message: str, code: int, saved: Path, tmp_path: Path, capsys
) -> None:
    """2 for arguments, 1 for data; no traceback; nothing half-written; the line names its cause."""
    for name in ("bad", "bad.npz"):
        (tmp_path / name).write_text("a,b,c\n1,2,3\n", encoding="utf-8")
    (tmp_path / "nq.npz").write_bytes(saved.read_bytes())
    with pytest.raises(SystemExit) as stop:
        main(line.replace("D/", f"{tmp_path}/").split())
    said = capsys.readouterr().err.splitlines()
    assert any(message.replace("D/", f"{tmp_path}/") in line for line in said)
    assert stop.value.code == code
    assert len(said) <= 2, "progress, then the error"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad", "bad.npz", "nq.npz"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    """A saved market of NQ."""
    return save_market(
        futures_env.synthetic_market(sessions=6), tmp_path_factory.mktemp("saved") / "nq.npz"
    )


def test_a_saved_market_is_described_and_drawn(saved: Path, tmp_path: Path, capsys) -> None:
    """What travels with it is on the screen, the picture on disk."""
    picture = tmp_path / "nq.svg"
    main(["data", "inspect", str(saved), "--symbol", "NQ", "--picture", str(picture)])
    shown = capsys.readouterr().out
    assert "NQ rth, 1 min, 6 synthetic sessions, seed 0 (SYNTHETIC)" in shown
    assert "rule     session rth, flat_by 16:59" in shown
    assert f"sha256 {futures_env.market_hash(open_market(saved))}" in shown
    assert picture.read_text(encoding="utf-8").rstrip().endswith("</svg>")


@pytest.mark.parametrize("command", ["import", "inspect", "synth", "calendar"])
def test_allowed_values_are_spelled_out(command: str, capsys) -> None:
    """Contracts, layouts and checks; that every flag has words is tested for all commands."""
    with pytest.raises(SystemExit) as stop:
        main(["data", command, "--help"])
    assert stop.value.code == 0
    shown = " ".join(capsys.readouterr().out.replace("\u2502", " ").split())
    assert "{ES,NQ,RTY,YM,CL,GC,MES,MNQ,M2K,MYM,MCL,MGC}" in shown
    if command in ("import", "inspect"):
        assert all(name in shown for name in (*LAYOUTS, *DEFAULT_POLICY))


def test_without_the_data_extra_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    """tyro and pandas come with the extra."""
    path = tmp_path / "bars.csv"
    path.write_text("timestamp,open,high,low,close,volume\n2025-01-06 15:00,1,1,1,1,1\n")
    for missing in ("tyro", "pandas"):
        monkeypatch.setitem(sys.modules, missing, None)
        monkeypatch.delitem(sys.modules, "futures_env.cli.data", raising=False)
        with pytest.raises(SystemExit) as stop:
            main(["data", "inspect", str(path)] if missing == "pandas" else ["data", "calendar"])
        assert stop.value.code == 1
        said = capsys.readouterr().err
        assert f"{missing} is not installed: pip install 'futures-env[data]'" in said
        monkeypatch.undo()
