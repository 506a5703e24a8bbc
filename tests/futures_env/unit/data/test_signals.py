"""Signals from a file: as of the bar's close, refused when they look ahead, carried everywhere."""

import json
from pathlib import Path

import gymnax
import numpy as np
import pandas as pd
import pytest

import futures_env
from futures_env import FEATURES, Feature, signal_features
from futures_env.cli.main import main


@pytest.fixture(scope="module")
def signals(frame: pd.DataFrame) -> pd.DataFrame:
    """Two columns, a row for every bar; ``count`` tells which."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "timestamp": frame["timestamp"],
            "alpha": rng.normal(size=len(frame)),
            "count": np.arange(len(frame)) / len(frame),
        }
    )


def write(table: pd.DataFrame, folder: Path, name: str = "signals.parquet") -> Path:
    path = folder / name
    table.to_parquet(path) if path.suffix == ".parquet" else table.to_csv(path, index=False)
    return path


def build(frame, path, **options):
    return futures_env.make_market(frame, features=(*FEATURES, *signal_features(path, **options)))


@pytest.mark.parametrize("lag", [0, 3])
@pytest.mark.parametrize("name", ["signals.parquet", "signals.csv"])
def test_each_bar_sees_the_row_of_its_own_close(frame, signals, tmp_path, lag, name):
    market = build(frame, write(signals, tmp_path, name), lag=lag, fill="forward")
    start = pd.to_datetime((np.asarray(market.minute, np.int64) - lag) * 60, unit="s", utc=True)
    rows = pd.DatetimeIndex(frame["timestamp"]).searchsorted(start, "right") - 1
    for place, column in ((-2, "alpha"), (-1, "count")):
        expected = signals[column].to_numpy(np.float32)[rows]
        np.testing.assert_array_equal(np.asarray(market.features)[:, place], expected)
    suffix = f"(lag {lag})" if lag else ""
    assert market.feature_names[-2:] == (f"alpha{suffix}", f"count{suffix}")
    np.testing.assert_array_equal(
        np.asarray(market.features)[:, :-2], futures_env.make_market(frame).features
    )


def test_rows_after_t_change_nothing_up_to_t(frame, signals, tmp_path):
    cut = frame["timestamp"].iloc[int(0.9 * len(frame))]
    noisy = signals.assign(alpha=signals["alpha"].where(signals["timestamp"] <= cut, 9.0))
    one = build(frame, write(signals, tmp_path), lag=0)
    two = build(frame, write(noisy, tmp_path, "noisy.parquet"), lag=0)
    before = np.asarray(one.minute) <= cut.timestamp() // 60
    assert 0 < before.sum() < one.num_bars
    np.testing.assert_array_equal(one.features[before], two.features[before])
    assert (np.asarray(one.features)[~before] != np.asarray(two.features)[~before]).any()


def test_a_daily_file_is_carried_forward_only_when_asked(frame, signals, tmp_path):
    daily = write(signals.iloc[::1000], tmp_path)
    with pytest.raises(ValueError, match=r"the bar of .* UTC.*has no row for it: add one, or fill"):
        build(frame, daily, lag=0)
    counted = np.asarray(build(frame, daily, lag=0, fill="forward").features)[:, -1]
    assert len(np.unique(counted)) < 40


def test_rows_are_needed_for_tradable_bars_only(frame, signals, tmp_path):
    local = frame["timestamp"].dt.tz_convert("America/New_York").dt
    day_time = (local.hour * 60 + local.minute).between(570, 1019)
    build(frame, write(signals[day_time], tmp_path), lag=0)


def with_row(table, row, **values):
    changed = table.copy().astype({name: object for name in values})
    for name, value in values.items():
        changed.loc[changed.index[row], name] = value
    return changed


def early(table):
    """Says when each row was known: the third one too late."""
    known = table["timestamp"] + pd.Timedelta(minutes=1)
    return table.assign(known_at=known.where(table.index != 2, known + pd.Timedelta(minutes=2)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.drop(columns="timestamp"), "no column timestamp; found: alpha, count"),
        (lambda t: t[["timestamp"]], "no column besides timestamp"),
        (lambda t: t.iloc[:0], "no rows"),
        (lambda t: t.rename(columns={"alpha": "rsi"}), "rsi has the name of a built-in feature"),
        (lambda t: pd.concat([t, t.iloc[[7]]]), r"row \d+: timestamp .* stands there twice"),
        (lambda t: with_row(t, 5, alpha=np.nan), "row 5: alpha is nan"),
        (lambda t: with_row(t, 5, alpha="up"), "row 5: alpha is not a number: 'up'"),
        (lambda t: with_row(t, 4, alpha=np.inf), "row 4: alpha is inf"),
        (lambda t: t.assign(timestamp=t["timestamp"].dt.tz_localize(None)), "names no zone"),
        (lambda t: t.assign(timestamp=range(len(t))), "timestamp holds numbers"),
        (lambda t: t.assign(timestamp="yesterday"), "cannot be read as times"),
        (early, "looks ahead: known at .* used from .* with lag 0"),
    ],
)
def test_files_that_cannot_be_used_say_why(frame, signals, tmp_path, change, told):
    path = write(change(signals), tmp_path, "signals.csv")
    with pytest.raises(ValueError, match=told) as refused:
        build(frame, path, lag=0)
    assert str(path) in str(refused.value)


def test_a_row_known_later_is_fine_with_a_longer_lag(frame, signals, tmp_path):
    build(frame, write(early(signals), tmp_path), lag=2, fill="forward")


def test_a_stated_zone_is_that_of_the_file(frame, signals, tmp_path):
    local = signals["timestamp"].dt.tz_convert("America/New_York").dt.tz_localize(None)
    path = write(signals.assign(timestamp=local), tmp_path)
    stated = build(frame, path, lag=0, zone="America/New_York")
    aware = build(frame, write(signals, tmp_path, "aware.parquet"), lag=0)
    assert futures_env.market_hash(stated) == futures_env.market_hash(aware)


def test_a_column_that_tells_the_next_bar_is_refused(frame, signals, tmp_path):
    move = (frame["close"] - frame["open"]) / 10
    path = write(signals.assign(alpha=move.shift(-1).fillna(0.0)), tmp_path)
    with pytest.raises(ValueError, match=r"column alpha looks ahead: .*NEXT bar is 1\.00"):
        build(frame, path, lag=0)
    build(frame, path, lag=1, fill="forward")
    build(frame, write(signals.assign(alpha=move), tmp_path, "now.parquet"), lag=0)


def test_an_own_function_that_looks_ahead_is_refused(frame):
    def tomorrow(history):
        return np.append(np.diff(history.close), 0.0) / 100

    def centred(history):
        return (history.close - history.close.mean()) / 1000

    for function in (tomorrow, centred):
        with pytest.raises(ValueError, match=r"feature 'own' looks ahead: its value at history"):
            futures_env.make_market(frame, features=(*FEATURES, Feature("own", function)))


def test_signals_travel_with_a_saved_market_and_the_commands(frame, signals, tmp_path, capsys):
    bars, path = tmp_path / "bars.parquet", write(signals, tmp_path)
    frame.to_parquet(bars)
    out = tmp_path / "market.npz"
    main(["data", "import", str(bars), "--out", str(out), "--features", str(path),
          "--features-lag", "0"])  # fmt: skip
    main(["data", "inspect", str(out)])
    assert "alpha, count" in capsys.readouterr().out
    saved, _ = gymnax.make("FuturesNQ-Phase1", market=str(out))
    given = {"path": str(path), "lag": 0}
    read, _ = gymnax.make(
        "FuturesNQ-Phase1", market=str(bars), signals=json.loads(json.dumps(given))
    )
    assert saved.observation_layout == read.observation_layout
    assert "bar-0/alpha" in saved.observation_layout
    hashes = {futures_env.market_hash(env.default_params.market) for env in (saved, read)}
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--features", "signals.parquet"], "say --features-lag"),
        (["--features-lag", "1"], "go with --features"),
        (["--features-fill", "forward"], "go with --features"),
    ],
)
def test_flags_that_do_not_go_together(tmp_path, flags, told, capsys):
    command = ["data", "import", "bars.csv", "--out", str(tmp_path / "m.npz"), *flags]
    with pytest.raises(SystemExit) as refused:
        main(command)
    assert refused.value.code == 2
    assert told in capsys.readouterr().err
