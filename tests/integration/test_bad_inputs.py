"""Malformed inputs: each is refused with a message that names what is wrong and what to do."""

import json
from dataclasses import replace
from pathlib import Path

import gymnax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import futures_env
from eval_tools.policies.agents import load_agent
from eval_tools.report.artefacts import create_run
from futures_env import FuturesEnv, load_market, make_market, synthetic_market
from futures_env.data.importing.importer import import_bars
from futures_env.data.store import open_market, save_market
from futures_env.params import curriculum
from ppo_agent import PPOConfig, train, transfer
from ppo_agent.policy import Policy

MINUTES = 600


def table() -> pd.DataFrame:
    """Well-formed NQ minutes of one day from 18:00 New York."""
    rng = np.random.default_rng(0)
    close = 20_000 + 0.25 * np.cumsum(rng.integers(-8, 9, MINUTES))
    opening = np.concatenate([[20_000.0], close[:-1]])
    high, low = np.maximum(opening, close) + 0.5, np.minimum(opening, close) - 0.5
    stamps = pd.date_range("2025-01-06 23:00", periods=MINUTES, freq="min", tz="UTC")
    columns = {"open": opening, "high": high, "low": low, "close": close, "volume": 100}
    return pd.DataFrame({"timestamp": stamps, **columns})


def with_cell(column: str, value: object, row: int = 7) -> pd.DataFrame:
    frame = table()
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = value
    return frame


def off_tick() -> pd.DataFrame:
    frame = table()
    frame.loc[7, "high"] += 0.13
    return frame


def from_file(frame: pd.DataFrame, name: str = "bars.csv", **options: object):
    def act(folder: Path) -> None:
        path = folder / name
        frame.to_csv(path, index=False)
        load_market(path, "NQ", **options)

    return act


def from_text(text: str, name: str = "bars.csv"):
    def act(folder: Path) -> None:
        (folder / name).write_text(text)
        load_market(folder / name, "NQ")

    return act


def from_bytes(content: bytes, name: str):
    def act(folder: Path) -> None:
        (folder / name).write_bytes(content)
        load_market(folder / name, "NQ")

    return act


def duplicate() -> pd.DataFrame:
    return pd.concat([table().iloc[:8], table().iloc[7:]])


def out_of_order() -> pd.DataFrame:
    order = np.arange(MINUTES)
    order[[10, 20]] = order[[20, 10]]
    return table().iloc[order]


def naive() -> pd.DataFrame:
    return table().assign(timestamp=lambda t: t["timestamp"].dt.tz_localize(None))


def second_bars_of_another_day(folder: Path) -> None:
    frame = table()
    seconds = frame.assign(timestamp=frame["timestamp"] + pd.Timedelta(days=400))
    make_market(frame, "NQ", second_bars=seconds)


def damaged_market(folder: Path) -> None:
    path = folder / "market.npz"
    save_market(synthetic_market(sessions=5), path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    open_market(path)


def params(**changes: object):
    def act(folder: Path) -> None:
        env, default = gymnax.make("FuturesNQ-Phase2")
        env.check_params(default.replace(**{k: jnp.asarray(v) for k, v in changes.items()}))

    return act


def existing_run(folder: Path) -> None:
    create_run(folder, "mine")
    create_run(folder, "mine")


def run_folder_in_use(folder: Path) -> None:
    (folder / "run").mkdir()
    (folder / "run" / "metrics.jsonl").write_text("{}\n")
    env, default = gymnax.make("CartPole-v1")
    config = PPOConfig(total_timesteps=64, num_envs=4, num_steps=16)
    train(env, default, config, run_dir=folder / "run", progress=False)


def trained_with_wrong_params(folder: Path) -> None:
    env, default = gymnax.make("FuturesNQ-Phase1")
    train(env, replace(default, drawdown=jnp.float32(-1.0)), PPOConfig(), progress=False)


def checkpoint_of_another_layout(folder: Path) -> None:
    env, default = gymnax.make("CartPole-v1")
    config = PPOConfig(total_timesteps=64, num_envs=4, num_steps=16)
    train(env, default, config, run_dir=folder / "pole", progress=False)
    load_agent(folder / "pole", gymnax.make("FuturesNQ-Phase1")[0].observation_layout)


def transfer_of_another_task(folder: Path) -> None:
    env, default = gymnax.make("CartPole-v1")
    config = PPOConfig(total_timesteps=64, num_envs=4, num_steps=16)
    train(env, default, config, run_dir=folder / "pole", progress=False)
    source = Policy.load(folder / "pole")
    target, params = gymnax.make("FuturesNQ-Phase2")
    transfer(source, target, params, config)


def mixed_zones() -> pd.DataFrame:
    frame = table()
    frame["timestamp"] = frame["timestamp"].astype(str)
    frame.loc[7, "timestamp"] = "2025-01-06 18:07:00-05:00"
    frame.loc[8, "timestamp"] = "2025-01-06 18:08:00"
    return frame


def directory(folder: Path) -> None:
    (folder / "bars.csv").mkdir()
    load_market(folder / "bars.csv", "NQ")


def unknown_feature(folder: Path) -> None:
    synthetic_market(sessions=5, features=("return", "vwap"))


def window_of_0(folder: Path) -> None:
    gymnax.make("FuturesNQ-Phase1", window=0)


def other_columns(folder: Path) -> None:
    FuturesEnv(1, market=synthetic_market(sessions=5), features=("return", "rsi"))


def empty_split(folder: Path) -> None:
    futures_env.slice_market(synthetic_market(sessions=5), "1990-01-01", "1990-02-01")


def unreadable_split(folder: Path) -> None:
    from futures_env.data.splits import load_split

    (folder / "split.json").write_text(json.dumps({"train": ["2025-02-30", "x"]}))
    load_split(folder / "split.json")


ROW_7 = "row 7"
CASES = {
    # files
    "missing file": (lambda folder: load_market(folder / "no.csv", "NQ"), "no such file.*no.csv"),
    "empty file": (from_text(""), "bars.csv.*empty"),
    "header only": (from_text("timestamp,open,high,low,close,volume\n"), "bars.csv.*no rows"),
    "not gzip": (from_bytes(b"not gzip at all", "bars.csv.gz"), "bars.csv.gz"),
    "not parquet": (from_bytes(b"PAR2 nothing", "bars.parquet"), "bars.parquet"),
    "binary csv": (from_bytes(bytes(range(256)) * 8, "bars.csv"), "bars.csv"),
    "unknown layout": (from_text("a,b,c\n1,2,3\n"), "bars.csv.*vendor"),
    "missing column": (from_file(table().drop(columns="low")), "bars.csv.*(low|vendor)"),
    "no such vendor": (lambda f: import_bars(f / "x.csv", "NQ", vendor="acme"), "vendor.*acme"),
    "no such symbol": (from_file(table().assign(), "b.csv"), "b.csv"),
    "damaged market": (damaged_market, "market.npz.*import the bars again"),
    # rows
    "out of order": (from_file(out_of_order()), "bars.csv.*row 1[01].*order"),
    "duplicate": (from_file(duplicate()), "bars.csv.*row 8.*(twice|duplicate)"),
    "naive frame": (lambda f: make_market(naive(), "NQ"), "timezone-aware"),
    "high below low": (from_file(with_cell("high", 1.0)), f"bars.csv.*{ROW_7}.*high"),
    "low above close": (from_file(with_cell("low", 1e6)), f"bars.csv.*{ROW_7}.*low"),
    "off tick": (from_file(off_tick()), f"bars.csv.*{ROW_7}.*tick"),
    "not a number": (from_file(with_cell("open", float("nan"))), f"bars.csv.*{ROW_7}"),
    "text price": (from_file(with_cell("open", "n/a?")), f"bars.csv.*{ROW_7}.*open"),
    "infinite": (from_file(with_cell("high", float("inf"))), f"bars.csv.*{ROW_7}"),
    "negative price": (from_file(with_cell("low", -5.0)), f"bars.csv.*{ROW_7}"),
    "negative volume": (from_file(with_cell("volume", -1)), f"bars.csv.*{ROW_7}.*volume"),
    "missing stamp": (from_file(with_cell("timestamp", None)), "bars.csv.*row 7.*timestamp"),
    "unreadable stamp": (from_file(with_cell("timestamp", "soon")), "bars.csv.*timestamp"),
    "mixed zones": (from_file(mixed_zones()), "bars.csv.*timestamp"),
    "a directory": (directory, "bars.csv"),
    "seconds in a stamp": (
        from_file(with_cell("timestamp", pd.Timestamp("2025-01-06 23:07:30", tz="UTC"))),
        "bars.csv.*row 7.*whole minute",
    ),
    "too few sessions": (from_file(table(), zone="UTC", stamp="start"), "at least 25"),
    "seconds of another day": (second_bars_of_another_day, "second_bars.*time zone"),
    "bar length": (from_file(table(), bar_minutes=7), "bar_minutes 7|bar_minutes"),
    "policy": (from_file(table(), policy={"gap": "ignore"}), "policy.*(gap|ignore)"),
    # markets and environments
    "unknown symbol": (lambda f: synthetic_market("ZZ"), "no such symbol: 'ZZ'; known symbols: ES"),
    "few synthetic sessions": (lambda f: synthetic_market(sessions=1), "sessions: at least 5"),
    "unknown edge": (lambda f: synthetic_market(edge="luck"), "no such edge 'luck'"),
    "unknown id": (lambda f: gymnax.make("FuturesZZ-Phase1"), "FuturesZZ-Phase1 is not"),
    "phase 3": (lambda f: FuturesEnv(3, market=synthetic_market(sessions=5)), "phase must be one"),
    "window of 0": (window_of_0, "window must be at least 1"),
    "unknown feature": (unknown_feature, "no such feature: 'vwap'; known: return"),
    "other columns": (other_columns, "11 feature columns, the environment names 2"),
    "unknown session": (
        from_file(table(), session="night"), "no such kind 'night'; known: rth, globex",
    ),
    "empty split": (empty_split, "no start from 1990-01-01.*sessions run from"),
    "unreadable split": (unreadable_split, "split.json.*dates"),
    "observation of another layout": (
        lambda f: futures_env.mask_from_observation(jnp.full((231,), 0.5)), "raw Phase 2",
    ),
    # parameters
    "nan parameter": (params(drawdown=float("nan")), "drawdown is nan: must be finite"),
    "negative drawdown": (params(drawdown=-1.0), "drawdown is -1.0: must be above 0"),
    "no such lock": (params(lock=7), r"lock is 7: must be one of \[0, 1, 2, 3\], a Lock"),
    "ratio above 1": (params(forced_position_ratio=1.5), "between 0 and 1"),
    "start beyond the data": (params(start_row=10**6), "start_row is 1000000: the market has"),
    "too few tiers": (params(tier_profit=[0.0]), r"tier_profit has shape \(1,\): .* hold 5 tiers"),
    "tiers out of order": (
        params(tier_profit=[20.0, 10.0, -1.0, -1.0, -1.0]),
        "profits must ascend, unused rows",
    ),
    "tier of no contracts": (
        params(tier_max_contracts=[0, 1, 1, 1, 1]),
        r"tier_max_contracts is 0 \.\. 1: must be at least 1",
    ),
    "no contracts in the first of several tiers": (
        params(max_contracts=0, tier_profit=[5.0, -1.0, -1.0, -1.0, -1.0]),
        "max_contracts is 0 in the first tier",
    ),
    "tier of many contracts": (
        params(tier_max_contracts=[1, 1, 1, 1, 900]),
        "max_contracts or a tier's is 900",
    ),
    "hard limit of nothing": (params(daily_loss_hard=True), "needs a daily_loss_limit"),
    "cannot pass": (params(max_days=3, min_days=7), "min_days is above max_days"),
    "too rich": (params(start_balance=1e9), "at most 10,000,000 USD"),
    "training on them": (trained_with_wrong_params, "drawdown is -1.0"),
    "unknown curriculum": (lambda f: curriculum.curriculum("seed"), "known presets: phase1-seed"),
    "unknown rule set": (lambda f: futures_env.account_rules("apex"), "no rule set 'apex'; known"),
    # learner and runs
    "indivisible minibatches": (
        lambda f: PPOConfig(num_minibatches=5), "num_minibatches=5 .*nearest valid",
    ),
    "no update": (lambda f: PPOConfig(total_timesteps=10), "nearest valid is 32768"),
    "no checkpoint": (lambda f: Policy.load(f / "nothing"), "nothing"),
    "checkpoint of another layout": (
        checkpoint_of_another_layout, "pole.*observation columns, the environment has 225",
    ),
    "transfer of another task": (transfer_of_another_task, "observation|no .*common|column"),
    "run folder exists": (existing_run, "mine"),
    "run folder in use": (run_folder_in_use, "run is not empty: choose another folder"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bad_input(name: str, tmp_path: Path) -> None:
    act, message = CASES[name]
    with pytest.raises((ValueError, FileNotFoundError, FileExistsError), match=f"(?s){message}"):
        act(tmp_path)


def test_the_good_table_is_only_too_short(tmp_path: Path) -> None:
    """The table that the cases spoil is itself fine."""
    with pytest.raises(ValueError, match="at least 25"):
        from_file(table())(tmp_path)
