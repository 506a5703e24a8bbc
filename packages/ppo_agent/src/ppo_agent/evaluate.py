"""Playing a policy: first episodes of many environments, without learning."""

from functools import partial

import jax
import jax.numpy as jnp

from ppo_agent import environment
from ppo_agent.algorithm.distribution import act
from ppo_agent.config_checks import NUM_SEEDS
from ppo_agent.environment import Environment
from ppo_agent.naming import check_same_names
from ppo_agent.policy import Policy, distribution_of
from ppo_agent.types import Learned, PyTree

_UNCOUNTED = {"sum": 0.0, "max": -jnp.inf}
"""What a metric of a step behind the first episode counts as; every first step counts."""


def evaluate(
    policy: Policy,
    env: Environment,
    env_params: PyTree,
    *,
    num_envs: int = 64,
    max_steps: int = 1_000,
    seed: int = 0,
    greedy: bool = True,
) -> dict[str, float]:
    """Mean return of the first episode of each environment, statistics frozen.

    Args:
        policy: the policy.
        env: the environment.
        env_params: one set of parameters for all.
        num_envs: episodes.
        max_steps: steps after which an unfinished episode is cut.
        seed: seed of resets, steps and draws.
        greedy: most probable action, else drawn.

    Returns:
        ``return``, ``length``, ``finished`` (share of episodes that ended within
        ``max_steps``), and the environment's own metrics under ``env/``.

    Raises:
        ValueError: for counts below 1, or an environment whose columns and actions are not those
            that the policy recorded, listing what differs.
        TypeError: for an environment without discrete actions.
    """
    for name, count in (("num_envs", num_envs), ("max_steps", max_steps)):
        if count < 1:
            raise ValueError(f"{name}={count}: nearest valid is 1")
    if not 0 <= seed < NUM_SEEDS:
        raise ValueError(f"seed={seed} is outside [0, {NUM_SEEDS - 1}]")
    environment.check_environment(env, env_params)
    check_same_names(policy.metadata, env, env_params)
    key = jax.random.PRNGKey(seed)
    static = (env, policy.config.static_part(), num_envs, max_steps, greedy)
    means, totals = _play(static, policy.learned, env_params, key)
    means = {name: float(value) for name, value in means.items()}
    totals = {name: float(value) for name, value in totals.items()}
    own = environment.summarize_metrics(env, totals)
    return means | {f"env/{name}": float(value) for name, value in own.items()}


@partial(jax.jit, static_argnums=0)
def _play(static: tuple, learned: Learned, env_params: PyTree, key: jax.Array):
    env, config, num_envs, max_steps, greedy = static
    kinds = partial(environment.reduction_of, env)

    def reduced(metrics: dict[str, jax.Array]) -> dict[str, jax.Array]:
        return {name: environment.REDUCE[kinds(name)](value) for name, value in metrics.items()}

    def step(carry, key):
        obs, state, alive, total, length = carry
        act_key, step_key = jax.random.split(key)
        mask = jax.vmap(environment.legal_actions, in_axes=(None, 0, None))(env, state, env_params)
        action = act(distribution_of(config, learned, obs, mask), None if greedy else act_key)
        keys = jax.random.split(step_key, num_envs)
        obs, state, reward, terminated, truncated, info = jax.vmap(
            env.step, in_axes=(0, 0, 0, None)
        )(keys, state, action, env_params)
        metrics = jax.vmap(lambda one: environment.step_metrics(env, one))(info)
        counted = {k: jnp.where(alive, v, _UNCOUNTED[kinds(k)]) for k, v in metrics.items()}
        total, length = total + reward * alive, length + alive
        return (obs, state, alive & ~(terminated | truncated), total, length), reduced(counted)

    reset_key, key = jax.random.split(key)
    obs, state = jax.vmap(env.reset, in_axes=(0, None))(
        jax.random.split(reset_key, num_envs), env_params
    )
    start = (obs, state, jnp.ones(num_envs, bool), jnp.zeros(num_envs), jnp.zeros(num_envs))
    (_, _, alive, total, length), totals = jax.lax.scan(
        step, start, jax.random.split(key, max_steps)
    )
    means = {"return": total.mean(), "length": length.mean(), "finished": 1.0 - alive.mean()}
    return means, reduced(totals)
