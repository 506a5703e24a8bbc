"""The public entry: check, lay out, compile, and run."""

from functools import partial
from pathlib import Path
from typing import Any

from ppo_agent import environment
from ppo_agent.algorithm import sharding
from ppo_agent.algorithm.init_state import describe_members, make_members, make_state
from ppo_agent.algorithm.run_description import RunDescription, first_params, flatten_axes
from ppo_agent.algorithm.schedules import FloorSchedule, ParamsSchedule, hashable, stage_of
from ppo_agent.config import PPOConfig
from ppo_agent.environment import Environment
from ppo_agent.storage.provenance import describe_run
from ppo_agent.storage.run_files import RunFiles
from ppo_agent.training.loop import Loop
from ppo_agent.training.stopping import StopRequest
from ppo_agent.training.validation import ValidateFn, Validator
from ppo_agent.types import Learned, PyTree, TrainResult, TrainState


def train(
    env: Environment,
    env_params: PyTree,
    config: PPOConfig,
    *,
    run_dir: Path | str | None = None,
    params_schedule: ParamsSchedule | None = None,
    action_floor_schedule: FloorSchedule | None = None,
    env_params_in_axes: PyTree = None,
    initial_state: TrainState | Learned | None = None,
    resume: bool = False,
    validate_fn: ValidateFn | None = None,
    validate_every: int = 0,
    progress: bool = True,
    metadata: dict[str, Any] | None = None,
    sweep: dict[str, list[float]] | None = None,
) -> TrainResult:
    """Train a masked PPO agent.

    Args:
        env: a gymnax >= 1.0 environment with discrete actions; see ``environment.Environment``.
        env_params: its parameters, all data included; an argument of the compiled update.
        config: hyper-parameters.
        run_dir: folder for metadata, metrics, TensorBoard and checkpoints; None: no files.
        params_schedule: traced ``(env_params, progress) -> env_params``. Where it has a method
            ``stage(progress) -> str``, rows, console and checkpoints name the stage.
        action_floor_schedule: traced ``progress -> floor``.
        env_params_in_axes: 0 for leaves with one row per environment, as ``jax.vmap`` takes it.
        initial_state: parameters and statistics to start from (``transfer``).
        resume: continue the run in ``run_dir`` from its newest complete checkpoint, with the same
            arguments; where there is no run yet, start one.
        validate_fn: called with the policy (of each member; means count) every ``validate_every``
            updates; returns figures by name, of which ``config.best_metric`` ranks checkpoints.
        progress: console lines and bar.
        metadata: recorded in ``metadata.json`` and in every checkpoint.
        sweep: lists of values of traced floats; one run per entry and seed, in one compile.

    Raises:
        ValueError, TypeError: wrong configuration, environment or validation; ``run_dir`` holds a
            run that was started with other arguments.
        FileExistsError: ``run_dir`` holds a run and ``resume`` is False, or holds something else.
        TrainingError: a figure is not finite, a state has no legal action, or no checkpoint of the
            run to resume can be read.
    """
    with StopRequest(config.max_minutes) as stop:
        axes = flatten_axes(env_params, env_params_in_axes)
        environment.check_environment(env, first_params(env_params, axes))
        hyper, keys, num_members = make_members(config, sweep)
        run = RunDescription(
            env=env,
            config=config.static_part(),
            params_schedule=hashable(params_schedule),
            floor_schedule=hashable(action_floor_schedule),
            param_axes=axes,
            num_members=num_members,
            mesh=sharding.make_mesh(config.num_devices, config.num_envs),
        )
        initial = initial_state.learned if isinstance(initial_state, TrainState) else initial_state
        described = describe_run(
            run,
            env_params,
            config,
            schedules=(params_schedule, action_floor_schedule),
            members=describe_members(config, sweep),
            initial=initial,
            extra=metadata,
        )
        validator = Validator(validate_fn, validate_every, config, num_members)
        files = RunFiles(run_dir, described, config, resume)
        env_params = sharding.place_params(run.mesh, env_params, axes)
        loop = Loop(
            run,
            env_params,
            config,
            files=files,
            validator=validator,
            stage=partial(stage_of, params_schedule, num_updates=config.num_updates),
            progress=progress,
        )
        return loop.execute(make_state(run, env_params, hyper, keys, initial), stop)
