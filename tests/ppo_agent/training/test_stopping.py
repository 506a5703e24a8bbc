"""Runs end behind a good checkpoint: bad figures, signals, the clock."""

import math
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from ppo_agent import Policy, TrainingError, TrainResult, read_rows, train
from ppo_agent.cli import commands
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams


def quiet(env: Corridor, params: CorridorParams, **options: Any) -> TrainResult:
    config = options.pop("config", small_config())
    return train(env, params, config, progress=False, **options)


def same(left: Any, right: Any) -> bool:
    return all(
        np.array_equal(a, b)
        for a, b in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    )


def test_non_finite_stops_with_update_field_and_checkpoint(
    corridor: Corridor, corridor_params: CorridorParams, tmp_path: Path
) -> None:
    def poison(params: CorridorParams, progress: jax.Array) -> CorridorParams:
        return replace(params, poison=jnp.where(progress > 0.7, 1.0, 0.0))

    with pytest.raises(
        TrainingError, match=r"update 10: reward is nan; last good checkpoint: .*/9\."
    ):
        quiet(
            corridor,
            corridor_params,
            params_schedule=poison,
            run_dir=tmp_path / "run",
            validate_fn=lambda policy: {"score": 0.0},
            validate_every=1,
            config=small_config(keep_best=2),
        )
    steps = sorted(int(p.name) for p in (tmp_path / "run" / "checkpoints").iterdir())
    assert max(steps) == 9


@struct.dataclass
class PoisonedParams(CorridorParams):
    value: float | jax.Array = 0.0


class Poisoned(Corridor):
    """Observations of one value from a chosen progress on; rewards stay what they are."""

    def get_obs(self, state: Any, params: Any = None, key: Any = None) -> jax.Array:
        obs = super().get_obs(state, params, key)
        if params is None:
            return obs
        return jnp.where(params.poison > 0, obs.at[0].set(params.value), obs)

    def step_env(self, key: Any, state: Any, action: Any, params: Any) -> Any:
        _, state, *rest = super().step_env(key, state, action, replace(params, poison=0.0))
        return self.get_obs(state, params), state, *rest


def poison_late(params: PoisonedParams, progress: jax.Array) -> PoisonedParams:
    """From update 8 of 12 on; one function, so that all values share a trace."""
    return replace(params, poison=jnp.where(progress > 0.55, 1.0, 0.0))


@pytest.mark.parametrize("value", [math.inf, 1e20, math.nan])
def test_observations_that_ruin_the_statistics_stop_before_the_save(
    value: float, tmp_path: Path
) -> None:
    """Inputs are clipped, so loss and rewards of the first such update look as ever."""
    with pytest.raises(TrainingError, match=r"update 8: observation_\w+ is (inf|nan); .*/7\. "):
        quiet(
            Poisoned(),
            PoisonedParams(value=value),
            params_schedule=poison_late,
            run_dir=tmp_path / "run",
            validate_fn=lambda policy: {"score": 1.0},
            validate_every=1,
            config=small_config(checkpoint_every=1),
        )
    for step in (None, "best"):
        policy = Policy.load(tmp_path / "run", step)
        assert policy.metadata["step"] == 7
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(policy.learned))
    assert len(read_rows(tmp_path / "run")) == 7


def test_state_without_legal_action_stops(corridor_params: CorridorParams) -> None:
    class Stuck(Corridor):
        def action_mask(self, state: Any, params: Any) -> jax.Array:
            return jnp.zeros(3, bool)

    with pytest.raises(TrainingError, match="without a legal action"):
        quiet(Stuck(), corridor_params)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_behind_a_checkpoint(
    number: signal.Signals, corridor: Corridor, corridor_params: CorridorParams, tmp_path: Path
) -> None:
    handler = signal.getsignal(number)
    result = quiet(
        corridor,
        corridor_params,
        run_dir=tmp_path / "run",
        validate_fn=lambda policy: signal.raise_signal(number) or {"score": 0.0},
        validate_every=2,
    )
    assert result.stopped_by == number.name
    assert result.checkpoint == (tmp_path / "run" / "checkpoints" / "2").resolve()
    assert signal.getsignal(number) is handler


class Interrupted(Corridor):
    """Ctrl-C while the update is being traced, after which compiling still takes a while."""

    _pending = True

    def step_env(self, key: Any, state: Any, action: Any, params: Any) -> Any:
        if self._pending:
            self._pending = False
            signal.raise_signal(signal.SIGINT)
        return super().step_env(key, state, action, params)


def test_ctrl_c_while_compiling_ends_without_a_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if "Interrupted-test" not in gymnax.registered_envs:
        gymnax.register("Interrupted-test", Interrupted)
    sizes = ["--num-envs", "8", "--num-steps", "8", "--hidden-sizes", "16"]
    command = ["train", "--env", "Interrupted-test", "--run-dir", str(tmp_path / "run"), *sizes]
    assert commands.main(command) == 130
    assert "SIGINT: 0 of 15625 updates" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_a_resumed_run_compiles_changes_nothing(
    corridor_params: CorridorParams, tmp_path: Path
) -> None:
    env = Interrupted()
    env._pending = False
    config = small_config(max_minutes=1e-6)
    first = quiet(env, corridor_params, config=config, run_dir=tmp_path / "run")
    env._pending = True
    jax.clear_caches()
    again = quiet(env, corridor_params, config=config, run_dir=tmp_path / "run", resume=True)
    assert (again.stopped_by, again.timing.steps) == ("SIGINT", 0)
    assert again.checkpoint == first.checkpoint
    assert [row["update"] for row in again.metrics] == [1, 2, 3]
    assert same(again.train_state, first.train_state)


def test_max_minutes_counts_from_the_call(corridor_params: CorridorParams) -> None:
    """Compiling counts, and one chunk is run however long it took."""

    class Slow(Corridor):
        def step_env(self, key: Any, state: Any, action: Any, params: Any) -> Any:
            time.sleep(1.0)
            return super().step_env(key, state, action, params)

    result = quiet(Slow(), corridor_params, config=small_config(max_minutes=1.0 / 60))
    assert (result.stopped_by, len(result.metrics)) == ("max_minutes", 3)


def test_max_minutes_stops_behind_a_checkpoint(
    corridor: Corridor, corridor_params: CorridorParams, tmp_path: Path
) -> None:
    config = small_config(max_minutes=1e-6)
    result = quiet(corridor, corridor_params, config=config, run_dir=tmp_path / "run")
    assert result.stopped_by == "max_minutes"
    assert len(result.metrics) == 3
    assert Policy.load(tmp_path / "run").metadata["step"] == 3
    assert len(read_rows(tmp_path / "run")) == 3
