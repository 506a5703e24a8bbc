"""The host loop around jitted chunks: logs, checkpoints, validation, controllers, stopping."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from ppo_agent.algorithm import sharding
from ppo_agent.algorithm.run_description import RunDescription
from ppo_agent.algorithm.train_step import run_chunk
from ppo_agent.config import PPOConfig
from ppo_agent.storage import run_directory
from ppo_agent.storage.run_files import RunFiles
from ppo_agent.training import controllers
from ppo_agent.training.held import judged_figure, parting
from ppo_agent.training.metrics_rows import (
    check_rows,
    make_rows,
    name_stages,
    over_rows,
    place_of,
)
from ppo_agent.training.reporting import Reporter, readable
from ppo_agent.training.run_metrics import run_metrics
from ppo_agent.training.stopping import StopRequest
from ppo_agent.training.validation import Validator
from ppo_agent.types import PyTree, Row, Timing, TrainResult, TrainState


class Loop:
    """History and clock of one call of ``train``."""

    def __init__(
        self,
        run: RunDescription,
        env_params: PyTree,
        config: PPOConfig,
        *,
        files: RunFiles,
        validator: Validator,
        stage: Callable[[int], str],
        progress: bool,
    ) -> None:
        self._run, self._env_params, self._config = run, env_params, config
        self._files, self._validator, self._progress = files, validator, progress
        self._entropy_low = self._parted = False
        self._started = time.perf_counter()
        self._timing = Timing()
        self._stage = stage

    def execute(self, state: TrainState, stop: StopRequest) -> TrainResult:
        """Compile, claim the folder, and run to the end or until asked to stop."""
        try:
            state = self._files.restore(state)
            if self._progress and sharding.is_main_process():
                print("compiling ...", file=sys.stderr, flush=True)
            nothing = jnp.asarray(0, jnp.int32)
            state, _ = run_chunk(self._run, state, self._env_params, nothing)
            self._timing.compile_seconds = time.perf_counter() - self._started
            early = stop.signalled()
            if early is None:
                self._files.claim()
            return self._loop(state, stop, early)
        finally:
            self._files.close()

    def _loop(self, state: TrainState, stop: StopRequest, stopped_by: str | None) -> TrainResult:
        """Run to the last update, or until asked to stop; not at all when asked before."""
        done, total = _updates_done(state), self._config.num_updates
        reporter = self._reporter(done, writing=stopped_by is None)
        try:
            while done < total and stopped_by is None:
                count = self._next_count(done)
                state, new_rows, speed = self._advance(state, done, count)
                done += count
                self._warn(reporter, new_rows[-1])
                state = self._control(state, done, reporter)
                score = self._validate(state, done, reporter)
                stopped_by = stop.reason() if done < total else None
                if stopped_by or self._save_is_due(done) or done == total or score is not None:
                    self._files.save(state, done, score, place_of(new_rows[-1], total))
                line = over_rows(self._run.env, new_rows)
                last = self._files.rows[run_directory.VALIDATION][-1:]
                reporter.chunk(new_rows, line, speed, *last)
        finally:
            reporter.close()
        rows = self._files.rows
        if stopped_by is None:
            self._files.conclude(run_metrics(self._run.env, rows[run_directory.METRICS]))
        stopped_by = stopped_by or "finished"
        if self._progress and sharding.is_main_process():
            reporter.say(self._summary(done, stopped_by))
        return TrainResult(
            train_state=state,
            metrics=rows[run_directory.METRICS],
            checkpoint=self._files.checkpoint,
            timing=self._timing,
            stopped_by=stopped_by,
            validation=rows[run_directory.VALIDATION],
            adjustments=rows[run_directory.ADJUSTMENTS],
        )

    def _advance(
        self, state: TrainState, done: int, count: int
    ) -> tuple[TrainState, list[Row], float]:
        """One chunk: the only place where host and device meet."""
        started = time.perf_counter()
        state, buffers = run_chunk(
            self._run, state, self._env_params, jnp.asarray(count, jnp.int32)
        )
        spu = self._config.steps_per_update
        new_rows = make_rows(self._run.env, buffers, done, count, spu)
        name_stages(new_rows, self._stage)
        elapsed = time.perf_counter() - started
        check_rows(new_rows, self._files.checkpoint)
        steps = count * spu * max(self._run.num_members, 1)
        self._timing.train_seconds += elapsed
        self._timing.steps += steps
        self._files.append(run_directory.METRICS, new_rows, steps_per_second=steps / elapsed)
        return state, new_rows, steps / elapsed

    def _next_count(self, done: int) -> int:
        """Updates to the next event; events fall on fixed updates, however often one resumes."""
        config = self._config
        periods = (
            config.updates_per_chunk,
            config.checkpoint_every,
            config.keep_every,
            self._validator.every,
            config.adjust_every,
        )
        to_event = [period - done % period for period in periods if period]
        return min([*to_event, config.num_updates - done])

    def _save_is_due(self, done: int) -> bool:
        periods = (self._config.checkpoint_every, self._config.keep_every)
        return any(self._due(period, done) for period in periods)

    @staticmethod
    def _due(period: int, done: int) -> bool:
        return bool(period) and done % period == 0

    def _validate(self, state: TrainState, done: int, reporter: Reporter) -> float | None:
        """Validate when due; the rank of this state, None when it has none."""
        rows = self._files.rows

        def since() -> Row:
            new = rows[run_directory.METRICS][-self._validator.every :]
            return over_rows(self._run.env, new)

        row = self._validator.validate(state, done, self._files.described, since)
        if row is None:
            return None
        self._files.append(run_directory.VALIDATION, [row])
        figures = {name: value for name, value in row.items() if isinstance(value, float)}
        reporter.scalars("validation", figures, row["timesteps"])
        self._warn_of_parting(reporter, rows[run_directory.VALIDATION])
        return figures.get(self._config.best_metric)

    def _warn_of_parting(self, reporter: Reporter, validations: list[Row]) -> None:
        """Say once when training goes on gaining and the held figure does not follow."""
        last = validations[-1]
        name = judged_figure(last, self._config.best_metric)
        gains = parting(validations, name)
        if gains and not self._parted:
            reporter.say(
                f"update {last['update']}: training and held part: since the first validations "
                f"{name} gained {readable(gains[0])} in training and {readable(gains[1])} on held "
                "data, so the agent learns what does not carry over"
            )
            self._parted = True

    def _control(self, state: TrainState, done: int, reporter: Reporter) -> TrainState:
        """Score the last window when it is full, and let the controllers act on it."""
        config, env = self._config, self._run.env
        if not self._due(config.adjust_every, done):
            return state
        window = self._files.rows[run_directory.METRICS][-config.adjust_every :]
        score = controllers.quality(env, window, self._env_params, config)
        self._files.append(run_directory.QUALITY, [{"update": done} | score])
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
        self._files.append(run_directory.ADJUSTMENTS, dated)
        return state

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

    def _reporter(self, done: int, writing: bool) -> Reporter:
        main, folder = sharding.is_main_process(), self._files.path
        wanted = self._config.tensorboard and writing and main and folder is not None
        found = wanted and _has_tensorboard()
        reporter = Reporter(
            total_updates=self._config.num_updates,
            done_updates=done,
            steps_per_update=self._config.steps_per_update,
            console_metrics=tuple(getattr(self._run.env, "console_metrics", ())),
            best_metric=self._config.best_metric,
            show=self._progress and main,
            tensorboard_dir=folder / "tensorboard" if folder and found else None,
        )
        if wanted and not found:
            reporter.say("no TensorBoard files: install ppo-agent[tensorboard] to have them")
        return reporter

    def _summary(self, done: int, stopped_by: str) -> str:
        timing = self._timing
        return (
            f"{stopped_by}: {done} of {self._config.num_updates} updates, "
            f"{timing.steps:,} steps in {timing.train_seconds:.1f} s "
            f"({timing.steps_per_second:,.0f} steps/s), compile {timing.compile_seconds:.1f} s, "
            f"checkpoint {self._files.checkpoint or 'none'}"
        )


def _updates_done(state: TrainState) -> int:
    return int(np.max(jax.device_get(state.update)))


def _has_tensorboard() -> bool:
    try:
        import tensorboardX  # noqa: F401
    except ImportError:
        return False
    return True
