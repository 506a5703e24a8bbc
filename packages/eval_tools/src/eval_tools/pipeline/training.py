"""Training one phase of a pipeline: under which parameters, validated by what."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pandas as pd

from eval_tools.conditions.market import symbol_of
from eval_tools.conditions.parameters import production_params
from eval_tools.conditions.training import CHOSEN_BY
from eval_tools.measures.daily import daily_pnl
from eval_tools.measures.trades import trade_table
from eval_tools.pipeline.ranges import Range
from eval_tools.pipeline.settings import CURRICULUM_OFF, TrainingSettings
from eval_tools.policies.agents import agent_policy
from eval_tools.rollout.sessions import session_slices
from eval_tools.rollout.slices import Task, run_tasks
from futures_env import (
    CURRICULA,
    ArgumentError,
    compliance_mix,
    find_curriculum,
    sample_params,
    stack_rules,
)
from futures_env.env import FuturesEnv
from futures_env.params.curriculum import Curriculum
from futures_env.types import SCALAR_FIELDS, EnvParams
from ppo_agent.policy import Policy
from ppo_agent.storage.checkpoint_reader import FOLDER
from ppo_agent.storage.run_directory import METRICS, VALIDATION
from ppo_agent.train import train
from ppo_agent.types import Learned, TrainResult

COST_FIELDS = ("commission_usd", "slippage_ticks", "stop_slippage_ticks")


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What the training environments of a phase are given.

    Attributes:
        env: environment of the phase on the training range.
        params: its parameters; fields in ``axes`` have one row per environment.
        axes: for ``jax.vmap``; None: all environments are alike.
        plan: curriculum; None: parameters stay as they are.
    """

    env: FuturesEnv
    params: EnvParams
    axes: EnvParams | None
    plan: Curriculum | None


def conditions(env: FuturesEnv, phase: int, settings: TrainingSettings) -> Conditions:
    """Parameters, curriculum, costs and rule sets of a phase, as the settings say.

    Raises:
        ArgumentError: the curriculum sets a field that is to differ between environments.
        ValueError: no such curriculum or rule set.
    """
    plan, params = _plan(phase, settings.curriculum), env.default_params
    if plan is not None:
        params = plan.prepare(params)
    num_envs, rows = settings.ppo_config(phase).num_envs, {}
    if settings.compliance_share:
        full = production_params(params, settings.evaluated_rules)
        mixed, axes = compliance_mix(params, full, num_envs, settings.compliance_share)
        rows |= _batched(mixed, axes)
    if settings.rules:
        symbol = symbol_of(params.market)
        batch = stack_rules(f"Futures{symbol}-Phase{phase}", settings.rules, market=params.market)
        turns = jnp.arange(num_envs) % len(settings.rules)
        rows |= {n: value[turns] for n, value in _batched(batch.params, batch.in_axes).items()}
    if settings.random_costs:
        rows |= _random_costs(jax.random.key(settings.seed), params, num_envs)
    if not rows:
        return Conditions(env=env, params=params, axes=None, plan=plan)
    both = sorted(set(rows) & set(plan.fields)) if plan is not None else []
    if both:
        raise ArgumentError(
            f"--curriculum {settings.curriculum} sets {', '.join(both)}, which --rules, "
            "--random-costs or --compliance-share give each environment: choose one of them"
        )
    axes = replace(jax.tree.map(lambda _: None, params), **dict.fromkeys(rows, 0))
    return Conditions(env=env, params=replace(params, **rows), axes=axes, plan=plan)


def train_phase(
    given: Conditions,
    phase: int,
    settings: TrainingSettings,
    folder: Path,
    validate: Callable[[Policy], dict[str, float]],
    start: Learned | None,
    chosen_by: Range,
) -> TrainResult:
    """Train a phase into ``folder``, or go on where a stop left it.

    Args:
        given: environments and parameters.
        phase: 1 or 2.
        settings: of the run.
        folder: of the training run.
        validate: figures of a policy, see ``validation``.
        start: what it begins from; None: afresh.
        chosen_by: range of the validation.
    """
    config = settings.ppo_config(phase)
    return train(
        given.env,
        given.params,
        config,
        run_dir=folder,
        params_schedule=given.plan,
        action_floor_schedule=None if given.plan is None else given.plan.action_floor,
        env_params_in_axes=given.axes,
        initial_state=start,
        resume=folder.exists(),
        validate_fn=validate,
        validate_every=settings.validate_every(config),
        metadata={
            "phase": phase,
            "curriculum_name": settings.curriculum,
            CHOSEN_BY: asdict(chosen_by),
        },
    )


def files_of(folder: Path, step: int) -> list[Path]:
    """What later stages read of a finished phase: chosen checkpoint, metrics, validations."""
    checkpoint = (path for path in (folder / FOLDER / str(step)).rglob("*") if path.is_file())
    return [folder / METRICS, folder / VALIDATION, *sorted(checkpoint)]


def validation(
    env: FuturesEnv, params: EnvParams, sessions: pd.DataFrame, seed: int
) -> Callable[[Policy], dict[str, float]]:
    """Figures of the greedy policy over ``sessions``, each on a fresh account, after costs.

    Its function returns ``daily_pnl_usd``, which ranks checkpoints, and what stands beside the
    same figures of training: ``trades`` a session, ``win_rate`` and ``expectancy_usd`` where
    there are trades.
    """
    task = Task(slices=session_slices(sessions), seed=seed, reenter=True)

    def figures(policy: Policy) -> dict[str, float]:
        episodes = run_tasks(env, [(agent_policy(policy), params)], [task])[0][0]
        trades = trade_table(episodes, params.market)
        found = {
            "daily_pnl_usd": float(daily_pnl(episodes, params.market).mean()),
            "trades_a_session": len(trades) / len(sessions),
        }
        if len(trades):
            net = trades["net_cents"]
            found |= {
                "win_rate": float((net > 0).mean()),
                "expectancy_usd": float(net.mean() / 100),
            }
        return found

    return figures


def _plan(phase: int, name: str) -> Curriculum | None:
    """The phase's own curriculum of that name, its ``seed`` where only the other phase has one."""
    if name == CURRICULUM_OFF:
        return None
    if name.endswith(".toml"):
        return find_curriculum(name)
    known = [one.partition("-")[2] for one in CURRICULA]
    if name not in known:
        raise ArgumentError(
            f"--curriculum {name}: give {CURRICULUM_OFF}, a .toml file, or one of "
            f"{', '.join(dict.fromkeys(known))}"
        )
    own = f"phase{phase}-{name}"
    return find_curriculum(own if own in CURRICULA else f"phase{phase}-seed")


def _batched(params: EnvParams, axes: EnvParams) -> dict[str, jax.Array]:
    """The fields with one row per environment."""
    return {name: getattr(params, name) for name in SCALAR_FIELDS if getattr(axes, name) == 0}


def _random_costs(key: jax.Array, params: EnvParams, num_envs: int) -> dict[str, Any]:
    """Commission of half to one and a half of the contract's, slippage of 0 to twice its ticks."""
    table = params.market.contract_table
    commission, ticks = float(table.commission_cents[0]) / 100, int(table.slippage_ticks[0])
    drawn, _ = sample_params(
        key,
        params,
        num_envs,
        commission_usd=partial(_uniform, low=0.5 * commission, high=1.5 * commission),
        slippage_ticks=partial(_whole, high=2 * ticks),
        stop_slippage_ticks=partial(_whole, high=2 * ticks),
    )
    return {name: getattr(drawn, name) for name in COST_FIELDS}


def _uniform(key: jax.Array, shape: tuple[int, ...], *, low: float, high: float) -> jax.Array:
    return jax.random.uniform(key, shape, minval=low, maxval=high)


def _whole(key: jax.Array, shape: tuple[int, ...], *, high: int) -> jax.Array:
    return jax.random.randint(key, shape, 0, high + 1)
