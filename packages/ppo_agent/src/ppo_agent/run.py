"""The host loop around jitted chunks: logs, checkpoints, validation, controllers, stopping."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ppo_agent import controllers, run_folder, sharding
from ppo_agent.checkpoint import Checkpoints
from ppo_agent.config import PPOConfig
from ppo_agent.iteration import run_chunk
from ppo_agent.learner import Learner
from ppo_agent.policy import Policy
from ppo_agent.reporting import Reporter
from ppo_agent.rows import Row, check_rows, make_rows, over_rows
from ppo_agent.run_folder import RunFolder
from ppo_agent.stopping import StopRequest
from ppo_agent.types import PyTree, Timing, TrainResult, TrainState

ValidateFn = Callable[[Policy], dict[str, float]]


class Run:
    """Files, history and clock of one call of ``train``."""

    def __init__(
        self,
        learner: Learner,
        env_params: PyTree,
        config: PPOConfig,
        *,
        described: dict[str, Any],
        run_dir: Path | str | None,
    ) -> None:
        self._learner, self._env_params, self._config = learner, env_params, config
        self._described, self._run_dir = described, Path(run_dir) if run_dir else None
        self._validate_fn: ValidateFn | None = None
        self._validate_every = 0
        self._folder: RunFolder | None = None
        self._checkpoints: Checkpoints | None = None
        self._checkpoint: Path | None = None
        self._metrics: list[Row] = []
        self._validations: list[Row] = []
        self._adjustments: list[Row] = []
        self._entropy_low = False
        self._started = time.perf_counter()
        self._timing = Timing()

    def validate_with(self, validate_fn: ValidateFn, every: int) -> None:
        """Call ``validate_fn`` with the policy every so many updates; 0: never."""
        self._validate_fn, self._validate_every = validate_fn, every

    def execute(self, state: TrainState, resume: bool, progress: bool) -> TrainResult:
        """Claim the folder, compile, and run to the end or until asked to stop."""
        state = self._open(state, resume)
        nothing = jnp.asarray(0, jnp.int32)
        state, _ = run_chunk(self._learner, state, self._env_params, nothing)
        self._timing.compile_seconds = time.perf_counter() - self._started
        with StopRequest(self._config.max_minutes) as stop:
            return self._loop(state, stop, progress)

    def _open(self, state: TrainState, resume: bool) -> TrainState:
        """Claim the run folder; on resume return the newest complete state."""
        if self._run_dir is None:
            if resume:
                raise ValueError("resume=True needs run_dir, the folder of the run to continue")
            return state
        if sharding.is_main_process():
            self._folder = RunFolder(self._run_dir, self._described, resume=resume)
        self._checkpoints = Checkpoints(
            self._run_dir, keep_last=self._config.keep_last, keep_best=self._config.keep_best
        )
        found = self._checkpoints.restore_latest(state) if resume else None
        update = 0
        if found is not None:
            state, meta = found
            update = meta["update"]
            self._checkpoint = self._checkpoints.folder / str(update)
        if self._folder:
            kept = self._folder.rewind(update)
            self._metrics = kept[run_folder.METRICS]
            self._validations = kept[run_folder.VALIDATION]
            self._adjustments = kept[run_folder.ADJUSTMENTS]
        return state

    def _loop(self, state: TrainState, stop: StopRequest, progress: bool) -> TrainResult:
        """Run to the last update, or until asked to stop."""
        done, total = _updates_done(state), self._config.num_updates
        stopped_by = "finished"
        reporter = self._reporter(done, progress)
        try:
            while done < total and stopped_by == "finished":
                count = self._next_count(done)
                state, new_rows, speed = self._advance(state, done, count)
                done += count
                self._warn(reporter, new_rows[-1])
                state = self._control(state, done, reporter)
                score = self._validate(state, done, reporter)
                reason = stop.reason() if done < total else None
                stopped_by = reason or "finished"
                due = self._due(self._config.checkpoint_every, done)
                if reason or due or done == total or score is not None:
                    self._save(state, done, score)
                line = over_rows(self._learner.env, new_rows)
                last = self._validations[-1] if self._validations else None
                reporter.chunk(new_rows, line, speed, last)
        finally:
            reporter.close()
            if self._checkpoints:
                self._checkpoints.close()
        if progress and sharding.is_main_process():
            reporter.say(self._summary(done, stopped_by))
        return TrainResult(
            train_state=state,
            metrics=self._metrics,
            checkpoint=self._checkpoint,
            timing=self._timing,
            stopped_by=stopped_by,
            validation=self._validations,
            adjustments=self._adjustments,
        )

    def _advance(
        self, state: TrainState, done: int, count: int
    ) -> tuple[TrainState, list[Row], float]:
        """One chunk: the only place where host and device meet."""
        started = time.perf_counter()
        state, buffers = run_chunk(
            self._learner, state, self._env_params, jnp.asarray(count, jnp.int32)
        )
        spu = self._config.steps_per_update
        new_rows = make_rows(self._learner.env, buffers, done, count, spu)
        elapsed = time.perf_counter() - started
        check_rows(new_rows, self._checkpoint)
        steps = count * spu * max(self._learner.num_members, 1)
        self._timing.train_seconds += elapsed
        self._timing.steps += steps
        self._metrics += new_rows
        timed = [row | {"steps_per_second": steps / elapsed} for row in new_rows]
        self._append(run_folder.METRICS, timed)
        return state, new_rows, steps / elapsed

    def _next_count(self, done: int) -> int:
        """Updates to the next event; events fall on fixed updates, however often one resumes."""
        config = self._config
        periods = (
            config.updates_per_chunk,
            config.checkpoint_every,
            self._validate_every,
            config.adjust_every,
        )
        to_event = [period - done % period for period in periods if period]
        return min([*to_event, config.num_updates - done])

    @staticmethod
    def _due(period: int, done: int) -> bool:
        return bool(period) and done % period == 0

    def _save(self, state: TrainState, done: int, score: float | None) -> None:
        if self._checkpoints:
            meta = self._described | {"update": done}
            self._checkpoint = self._checkpoints.save(state, meta, score)

    def _validate(self, state: TrainState, done: int, reporter: Reporter) -> float | None:
        """Validate when due; the rank of this state, None when it has none."""
        if self._validate_fn is None or not self._due(self._validate_every, done):
            return None
        policy = Policy.from_train_state(state, self._config, self._described | {"step": done})
        members = self._learner.num_members
        policies = [policy.member(i) for i in range(members)] if members else [policy]
        results = [self._validate_fn(one) for one in policies]
        means = {name: float(np.mean([r[name] for r in results])) for name in results[0]}
        finite = {name: value for name, value in means.items() if math.isfinite(value)}
        timesteps = done * self._config.steps_per_update
        row: Row = {"update": done, "timesteps": timesteps} | finite
        if members:
            row["members"] = [_finite(result) for result in results]
        self._validations.append(row)
        self._append(run_folder.VALIDATION, [row])
        reporter.scalars("validation", finite, timesteps)
        return finite.get(self._config.best_metric)

    def _control(self, state: TrainState, done: int, reporter: Reporter) -> TrainState:
        """Score the last window when it is full, and let the controllers act on it."""
        config, env = self._config, self._learner.env
        if not self._due(config.adjust_every, done):
            return state
        window = self._metrics[-config.adjust_every :]
        score = controllers.quality(env, window, self._target_ratio(window[-1]), config)
        self._append(run_folder.QUALITY, [{"update": done} | score])
        reporter.scalars("quality", score, done * config.steps_per_update)
        if not config.auto_adjust:
            return state
        names = ("ent_coef", "action_floor")
        current = {name: float(getattr(state.hyper, name)) for name in names}
        changes = controllers.adjust(env, window, current, config)
        for change in changes:
            name, new = change["field"], change["new"]
            # arithmetic on the old leaf keeps its placement, so nothing compiles again
            leaf = getattr(state.hyper, name) * 0 + new
            state = replace(state, hyper=replace(state.hyper, **{name: leaf}))
            reporter.say(f"update {done}: {name} -> {new:.4g}: {change['reason']}")
        dated = [{"update": done} | change for change in changes]
        self._adjustments += dated
        self._append(run_folder.ADJUSTMENTS, dated)
        return state

    def _target_ratio(self, row: Row) -> float | None:
        """Bracket ratio in force, where the environment has brackets."""
        fixed = getattr(self._env_params, "target_ratio", None)
        known = None if fixed is None else float(np.mean(fixed))
        return row.get("param/target_ratio", known)

    def _append(self, name: str, new_rows: list[Row]) -> None:
        if self._folder:
            self._folder.append(name, new_rows)

    def _warn(self, reporter: Reporter, row: Row) -> None:
        """Say once when the entropy falls under its limit."""
        limit = self._config.entropy_warning
        low = row["choice_states"] > 0 and row["entropy_choice"] < limit
        if low and not self._entropy_low:
            reporter.say(
                f"update {row['update']}: entropy {row['entropy_choice']:.4f} over states with a "
                f"choice is under {limit:g}"
            )
        self._entropy_low = low

    def _reporter(self, done: int, progress: bool) -> Reporter:
        tensorboard = self._folder is not None and self._config.tensorboard
        return Reporter(
            total_updates=self._config.num_updates,
            done_updates=done,
            steps_per_update=self._config.steps_per_update,
            console_metrics=tuple(getattr(self._learner.env, "console_metrics", ())),
            best_metric=self._config.best_metric,
            show=progress and sharding.is_main_process(),
            tensorboard_dir=self._folder.path / "tensorboard"
            if self._folder and tensorboard
            else None,
        )

    def _summary(self, done: int, stopped_by: str) -> str:
        timing = self._timing
        return (
            f"{stopped_by}: {done} of {self._config.num_updates} updates, "
            f"{timing.steps:,} steps in {timing.train_seconds:.1f} s "
            f"({timing.steps_per_second:,.0f} steps/s), compile {timing.compile_seconds:.1f} s, "
            f"checkpoint {self._checkpoint or 'none'}"
        )


def _updates_done(state: TrainState) -> int:
    return int(np.max(jax.device_get(state.update)))


def _finite(result: dict[str, float]) -> dict[str, float | None]:
    return {k: float(v) if math.isfinite(v) else None for k, v in result.items()}
