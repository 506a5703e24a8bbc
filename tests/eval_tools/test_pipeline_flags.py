"""Each choice of `eval-tools pipeline` changes what it says, and nothing else."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from eval_tools.cli.commands.pipeline import PipelineConfig
from eval_tools.cli.main import main
from eval_tools.cli.progress import Progress
from eval_tools.cli.sources import Bars, make_env
from eval_tools.cli.staged import open_bars
from eval_tools.pipeline.markets import Markets
from eval_tools.pipeline.phases import Phases
from eval_tools.pipeline.ranges import divide
from eval_tools.pipeline.record import Record
from eval_tools.pipeline.settings import Settings
from eval_tools.pipeline.shown import sub_phases
from eval_tools.pipeline.training import Conditions, conditions
from futures_env import ArgumentError, account_rules, session_dates, synthetic_market
from futures_env.data.synthetic.market import synthetic_bars, trading_days
from futures_env.market.info import SessionRule
from futures_env.types import SCALAR_FIELDS
from tests.futures_env.unit.data.conftest import as_frame

NUM_ENVS = 10
SMALL = {"num_envs": NUM_ENVS, "num_steps": 16}


@pytest.fixture(scope="module")
def market():
    return synthetic_market(sessions=24, seed=1)


def given(market, phase: int = 2, **choices: Any) -> Conditions:
    settings = Settings(timesteps=10_000, overrides=SMALL, **choices)
    settings.check()
    return conditions(make_env(market, phase), phase, settings)


def changed(found: Conditions) -> set[str]:
    """Fields of the parameters that are not those of the environment."""
    plain = found.env.default_params
    return {
        name
        for name in SCALAR_FIELDS
        if np.any(np.asarray(getattr(found.params, name)) != np.asarray(getattr(plain, name)))
    }


def test_without_choices_nothing_is_changed(market) -> None:
    found = given(market)
    assert changed(found) == set()
    assert (found.axes, found.plan) == (None, None)


REWARD = {"realized_weight", "equity_weight", "target_bonus", "stop_penalty", "hold_penalty"}


@pytest.mark.parametrize(
    ("name", "plans"),
    [
        ("seed", ("phase1-seed", "phase2-seed")),
        ("seed-continuous", ("phase1-seed", "phase2-seed-continuous")),
        ("tightening", ("phase1-tightening", "phase2-seed")),
    ],
)
def test_curriculum(market, name: str, plans: tuple[str, str]) -> None:
    for phase, plan in zip((1, 2), plans, strict=True):
        found = given(market, phase, curriculum=name)
        assert found.plan is not None
        assert found.plan.name == plan
        assert changed(found) == REWARD
        assert found.axes is None


def test_a_curriculum_of_a_file_charges_what_it_says(market, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("[fields]\ncommission_usd = [[0.0, 1.0], [1.0, 5.0]]\n")
    found = given(market, curriculum=str(file))
    assert changed(found) == set()
    at = found.plan(found.params, jnp.float32(0.5))
    _, state = found.env.reset(jax.random.key(0), at)
    _, held, *_ = jax.jit(found.env.step_env)(jax.random.key(0), state, 1, at)
    assert int(held.entry_commission_cents) == 300 * int(held.contracts)


def test_an_unknown_curriculum_is_refused(market) -> None:
    with pytest.raises(ArgumentError, match="--curriculum sed: give none, a"):
        given(market, curriculum="sed")


def test_compliance_share(market) -> None:
    found = given(market, 1, compliance_share=0.2)
    full = account_rules("apex-legacy-50k").apply(found.env.default_params)
    longest = np.broadcast_to(found.params.max_steps_in_episode, NUM_ENVS)
    assert (longest[2:] == found.env.default_params.max_steps_in_episode).all()
    assert (longest[:2] > 5 * longest[2]).all()
    drawdown = np.broadcast_to(found.params.drawdown, NUM_ENVS)
    assert (drawdown[:2] == full.drawdown).all()
    assert (drawdown[2:] == found.env.default_params.drawdown).all()
    assert changed(found) <= {"max_steps_in_episode", "drawdown", "min_days", "max_contracts"}
    assert found.axes.commission_usd is None


def test_random_costs(market) -> None:
    found = given(market, random_costs=True)
    costs = {"commission_usd", "slippage_ticks", "stop_slippage_ticks"}
    assert changed(found) == costs
    assert {name for name in SCALAR_FIELDS if getattr(found.axes, name) == 0} == costs
    keys = jax.random.split(jax.random.key(0), NUM_ENVS)
    _, states = jax.vmap(found.env.reset, in_axes=(0, found.axes))(keys, found.params)
    buys = jnp.ones(NUM_ENVS, jnp.int32)
    step = jax.jit(jax.vmap(found.env.step_env, in_axes=(0, 0, 0, found.axes)))
    _, held, *_ = step(keys, states, buys, found.params)
    charged = np.asarray(held.entry_commission_cents) / np.maximum(np.asarray(held.contracts), 1)
    np.testing.assert_array_equal(charged, np.round(100 * np.asarray(found.params.commission_usd)))
    assert len(set(charged.tolist())) > 3


def test_rules(market) -> None:
    names = ("apex-legacy-50k", "topstep-50k")
    early = synthetic_market(sessions=24, seed=1, flat_by="16:10")
    found = given(early, rules=names)
    wanted = [account_rules(name).apply(found.env.default_params) for name in names]
    for name in ("drawdown", "drawdown_mode", "profit_target", "daily_loss_limit"):
        rows = np.broadcast_to(getattr(found.params, name), NUM_ENVS)
        for turn, one in enumerate(wanted):
            assert (rows[turn::2] == np.asarray(getattr(one, name))).all(), name
    assert not {"commission_usd", "slippage_ticks", "contracts"} & changed(found)


def phases(
    tmp_path: Path, symbols: tuple[str, ...] = (), **choices: Any
) -> tuple[Phases, list[str]]:
    settings = Settings(seed=1, **choices)
    config = PipelineConfig(bars=Bars(sessions=24), settings=settings, symbols=symbols)
    said: list[str] = []

    class Quiet:
        def tell(self, text: str) -> None: ...

    record = Record.create(tmp_path / "run", {})
    made = Phases(
        settings=settings,
        record=record,
        markets=Markets(
            record=record,
            make=lambda mirror: open_bars(config, Progress(), mirror),
            say=said.append,
        ),
        make_env=make_env,
        progress=Quiet(),  # ty: ignore[invalid-argument-type]
        say=said.append,
    )
    return made, said


@pytest.mark.parametrize("name", ["high_volatility", "trending", "ranging"])
def test_filter(market, tmp_path: Path, name: Any) -> None:
    made, said = phases(tmp_path, filter=name)
    train = divide(market).train
    plain, everything = phases(tmp_path / "plain")[0]._training_market(market, train, 20)
    kept, share = made._training_market(market, train, 20)
    np.testing.assert_array_equal(kept.bars, plain.bars)
    assert set(np.asarray(kept.starts)) < set(np.asarray(plain.starts))
    assert share == len(kept.starts) / len(plain.starts) < everything == 1.0
    assert said == [f"  filter {name}: {share:.1%} of the training starts kept"]


def test_mirror(market, tmp_path: Path) -> None:
    made, _ = phases(tmp_path, mirror=0.25)
    made.markets.mirrored()
    train = divide(market).train
    trained, _ = made._training_market(market, train, 20)
    days = session_dates(trained).astype(str)
    assert (days[0], days[-1]) == (train.start, train.end)
    half = trained.num_bars // 2
    assert (np.asarray(trained.starts) >= half).mean() == 0.25
    close = np.asarray(trained.close, np.int64)
    np.testing.assert_array_equal(np.diff(close[:half]), -np.diff(close[half:]))
    made.record.done("mirror")  # its file is what was written


def test_mirror_of_several_symbols(tmp_path: Path) -> None:
    made, _ = phases(tmp_path, symbols=("NQ", "ES"), mirror=0.5)
    joined = made.markets.opened(mirror=False)
    made.markets.mirrored()
    train = divide(joined).train
    trained, _ = made._training_market(joined, train, 20)
    of_row, starts = np.asarray(trained.market), np.asarray(trained.starts)
    assert trained.num_markets == 2
    for number in (0, 1):
        rows = np.flatnonzero(of_row == number)
        close = np.asarray(trained.close, np.int64)[rows]
        half = len(rows) // 2
        np.testing.assert_array_equal(np.diff(close[:half]), -np.diff(close[half:]))
        own = starts[of_row[starts] == number]
        assert (own >= rows[half]).mean() == 0.5


def test_an_import_is_told_reported_and_recorded(tmp_path: Path, capsys) -> None:
    file = tmp_path / "nq.csv"
    bars = synthetic_bars("NQ", trading_days("NQ", 6, SessionRule()), seed=1)
    as_frame(bars).to_csv(file, index=False)
    made, said = phases(tmp_path)
    config = PipelineConfig(bars=Bars(data=(file,)))
    markets = replace(
        made.markets, make=lambda mirror: open_bars(config, Progress(), mirror), say=said.append
    )
    for _ in range(2):  # as it is imported, and as a run that goes on tells it
        markets.opened(mirror=False)
    assert said[0] == said[1] == made.record.done("market")["import"]
    assert f"rows     {len(bars):,} read" in said[0]
    told = capsys.readouterr().err
    assert "reading nq.csv, file 1 of 1 ..." in told
    assert f"checking {len(bars):,} rows ..." in told
    assert told.count("computing features") == 1


def test_sub_phases_begin_where_their_stage_does() -> None:
    rows = [{"stage": name, "timesteps": 10 * i} for i, name in enumerate("AABBC")]
    found = [(one.name, one.first_step) for one in sub_phases(rows)]
    assert found == [("A", 0), ("B", 20), ("C", 40)]
    assert sub_phases([{"timesteps": 0}]) == ()


def test_checkpoints_are_spread_over_a_phase() -> None:
    config = Settings().ppo_config(2)
    assert config.num_updates // config.keep_every >= 20
    assert Settings(timesteps=10_000_000).ppo_config(1).keep_every > config.keep_every


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--mirror", "1"], "--mirror 1.0: a share from 0 to below 1"),
        (["--symbol", "NQ", "--symbols", "NQ", "ES"], "--symbol NQ and --symbols NQ ES"),
        (["--compliance-share", "-1"], "--compliance-share -1.0: a share, 0 to 1"),
    ],
)
def test_wrong_choices_are_refused(flags: list[str], message: str, tmp_path: Path, capsys) -> None:
    assert main(["pipeline", "--out", str(tmp_path / "runs"), *flags]) == 2
    assert message in capsys.readouterr().err
