"""Malformed inputs: each is refused with a message that names what is wrong and what to do."""

import json
from dataclasses import replace
from pathlib import Path

import gymnax
import jax.numpy as jnp
import pytest

import futures_env
from eval_tools.policies.agents import load_agent
from eval_tools.report.artefacts import create_run
from futures_env import FuturesEnv, synthetic_market
from futures_env.params import curriculum
from ppo_agent import PPOConfig, train, transfer
from ppo_agent.policy import Policy
from tests.integration.bad_files import FILES, LAYOUTS
from tests.integration.bad_tables import from_file, table


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


CASES = FILES | LAYOUTS | {
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


def test_the_cases_are_many() -> None:
    assert len(CASES) >= 100
