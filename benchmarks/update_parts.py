"""Where the time of one training update goes, beside its matrix products.

    python -m benchmarks.update_parts [--env FuturesNQ-Phase1] [--repeats 15]

Every part is a program of its own on one and the same rollout of the default configuration, and all
take turns in one process; alone, a part may take a little more or less than within the update.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import gymnax
import jax
import jax.numpy as jnp
import tyro

from benchmarks.bound import matmul_bound
from benchmarks.cases import Case, autoreset_on
from benchmarks.command_line import refuse, too_small
from benchmarks.measure import prepare, race
from benchmarks.training import UPDATES, config_for
from ppo_agent.algorithm import train_step
from ppo_agent.algorithm.init_state import make_members, make_state
from ppo_agent.algorithm.networks import forward
from ppo_agent.algorithm.normalization import network_inputs
from ppo_agent.algorithm.rollout import collect
from ppo_agent.algorithm.run_description import RunDescription, flatten_axes
from ppo_agent.algorithm.update import minibatch_rows, optimizer, take_rows, update_parameters
from ppo_agent.types import Minibatch, PyTree, TrainState


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line."""

    env: str = "FuturesNQ-Phase1"
    """An id that gymnax.make knows."""
    num_envs: int = 256
    """Environments side by side."""
    repeats: int = 15
    """Calls of each part; the best counts."""

    def check(self) -> None:
        """Refuse what cannot be measured."""
        known = self.env in gymnax.registered_envs
        refuse(
            too_small(1, repeats=self.repeats, num_envs=self.num_envs),
            None if known else f"--env {self.env}: gymnax.make does not know it",
        )


def parts(env_id: str, num_envs: int) -> dict[str, Case]:
    """The parts by name, each with its arguments; a part in a part is indented."""
    env, env_params = gymnax.make(env_id)
    config = config_for(num_envs, UPDATES)
    run = RunDescription(
        env=env, config=config.static_part(), param_axes=flatten_axes(env_params, None)
    )
    hyper, key, _ = make_members(config, None)
    state = make_state(run, env_params, hyper, key, None)
    none = jnp.zeros(())
    collected, rollout, _ = jax.jit(partial(collect, run))(state, env_params, none)
    collected, batch = jax.jit(partial(train_step.prepare, run))(collected, rollout)
    return {
        "update": (partial(updates, run), (state, env_params)),
        "collect": (partial(collect, run), (state, env_params, none)),
        "  network": (partial(acting, run), (state,)),
        "  environment, random policy": autoreset_on(env, env_params, num_envs, config.num_steps),
        "estimate": (partial(train_step.prepare, run), (state, rollout)),
        "learn": (partial(update_parameters, run), (collected, batch, none, hyper)),
        "  network, gradient, Adam": (partial(learning, run), (collected, batch)),
        "  shuffle and gather": (partial(gathering, run), (key, batch)),
        "products of the update": matmul_bound(batch.obs.shape[-1], env.num_actions, config),
    }


def updates(run: RunDescription, state: TrainState, env_params: PyTree) -> TrainState:
    """As many whole updates as ``benchmarks.training`` makes in a call."""
    return jax.lax.fori_loop(
        0, UPDATES, lambda _, state: train_step.train_update(run, state, env_params)[0], state
    )


def acting(run: RunDescription, state: TrainState) -> jax.Array:
    """Inputs and network on every step of a rollout."""

    def step(_: Any, obs: jax.Array) -> jax.Array:
        inputs = network_inputs(run.config, state.learned, obs)
        _, value = forward(run.network, state.learned.params, inputs)
        # feeding a bit of the output back keeps the loop from being hoisted
        return obs + 1e-6 * value[:, None]

    return jax.lax.fori_loop(0, run.config.num_steps, step, state.workers.obs)


def learning(run: RunDescription, state: TrainState, batch: Minibatch) -> PyTree:
    """All optimizer steps of an update on one minibatch, with a square for the loss."""
    rows = run.config.num_steps // run.config.num_minibatches
    obs = batch.obs[:rows].reshape(-1, batch.obs.shape[-1])
    rule = optimizer(state.hyper)

    def square(params: PyTree) -> jax.Array:
        logits, value = forward(run.network, params, obs)
        return jnp.mean(jnp.square(logits)) + jnp.mean(jnp.square(value))

    def step(_: Any, carry: tuple[PyTree, PyTree]) -> tuple[PyTree, PyTree]:
        params, opt_state = carry
        direction, opt_state = rule.update(jax.grad(square)(params), opt_state, params)
        return jax.tree.map(lambda p, d: p - 1e-4 * d, params, direction), opt_state

    start = (state.learned.params, state.opt_state)
    return jax.lax.fori_loop(0, run.optimizer_steps_per_update, step, start)


def gathering(run: RunDescription, key: jax.Array, batch: Minibatch) -> jax.Array:
    """All minibatches of an update; a thin product of each reads what was gathered."""
    config = run.config
    thin = jnp.ones((batch.obs.shape[-1], 8))

    def minibatch(total: jax.Array, rows: jax.Array) -> tuple[jax.Array, None]:
        part = take_rows(batch, rows)
        rest = (part.log_prob, part.value, part.advantage, part.target)
        return total + jnp.sum(part.obs @ thin) + sum(map(jnp.sum, rest)), None

    def epoch(total: jax.Array, key: jax.Array) -> tuple[jax.Array, None]:
        rows = minibatch_rows(key, config.num_steps, config.num_envs, config.num_minibatches)
        return jax.lax.scan(minibatch, total, rows)

    return jax.lax.scan(epoch, jnp.zeros(()), jax.random.split(key, config.num_epochs))[0]


def main(args: Sequence[str] | None = None) -> int:
    """Print milliseconds of each part and its share of the update."""
    options = tyro.cli(Options, description=__doc__, args=args)
    options.check()
    cases = parts(options.env, options.num_envs)
    timings = race([prepare(*case) for case in cases.values()], options.repeats)
    best = {name: one.best for name, one in zip(cases, timings, strict=True)}
    best["update"] /= UPDATES
    print(f"| {options.env}, {options.num_envs} environments | ms | of the update |")
    print("| --- | --- | --- |")
    for name, seconds in best.items():
        print(f"| {name} | {1e3 * seconds:.1f} | {seconds / best['update']:.2f} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
