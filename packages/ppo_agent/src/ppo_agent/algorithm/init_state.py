"""The first train state of a run."""

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ppo_agent import environment
from ppo_agent.algorithm.networks import ActorCritic
from ppo_agent.algorithm.normalization import initial_moments, recency_weights
from ppo_agent.algorithm.rollout import flatten_observations
from ppo_agent.algorithm.run_description import RunDescription
from ppo_agent.algorithm.sharding import constrain_state
from ppo_agent.algorithm.update import optimizer
from ppo_agent.config import PPOConfig, fields_marked
from ppo_agent.types import Hyper, Learned, PyTree, TrainState, Workers


def make_hyper(config: PPOConfig, **changed: float) -> Hyper:
    """Traced hyper-parameters of a config, with some changed."""
    names = fields_marked("traced")
    values = {name: changed.get(name, getattr(config, name)) for name in names}
    floats = {name: jnp.asarray(value, jnp.float32) for name, value in values.items()}
    return Hyper(**floats, num_updates=jnp.asarray(config.num_updates, jnp.int32))


def make_members(
    config: PPOConfig, sweep: dict[str, list[float]] | None
) -> tuple[Hyper, jax.Array, int]:
    """Hyper-parameters and keys of all runs trained side by side.

    Member ``i`` has sweep point ``i // num_seeds`` and the key of a single run with seed
    ``config.seed + i % num_seeds``; seeds are shared between sweep points.

    Returns:
        hyper-parameters and keys, with a leading member axis when there is more than one run
        or a sweep, and the number of members (0: no axis).

    Raises:
        ValueError: as ``sweep_points``.
    """
    members = describe_members(config, sweep)
    if not members:
        return make_hyper(config), jax.random.PRNGKey(config.seed), 0
    keys = jnp.stack([jax.random.PRNGKey(member["seed"]) for member in members])
    hypers = [make_hyper(config, **member) for member in members]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *hypers), keys, len(hypers)


def describe_members(
    config: PPOConfig, sweep: dict[str, list[float]] | None
) -> list[dict[str, Any]]:
    """Seed and sweep point of every member in order, empty for one run without a sweep.

    Raises:
        ValueError: as ``sweep_points``, and when the controllers are to act on several runs.
    """
    if sweep is None and config.num_seeds == 1:
        return []
    if config.auto_adjust:
        raise ValueError("auto_adjust works on one run: leave sweep out or set auto_adjust=False")
    seeds = range(config.seed, config.seed + config.num_seeds)
    return [{"seed": seed} | point for point in sweep_points(config, sweep or {}) for seed in seeds]


def sweep_points(config: PPOConfig, sweep: dict[str, list[float]]) -> list[dict[str, float]]:
    """The fields and values of every point of a sweep.

    Raises:
        ValueError: for a name that is not a traced float, lists of different lengths, or a value
            that the configuration does not allow, with the nearest valid one.
    """
    known = fields_marked("traced")
    unknown = sorted(set(sweep) - set(known))
    if unknown:
        raise ValueError(f"cannot sweep {', '.join(unknown)}: choose among {', '.join(known)}")
    lengths = {name: len(values) for name, values in sweep.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        raise ValueError(f"sweep lists must have one common length above 0, got {lengths}")
    count = next(iter(lengths.values()), 1)
    points = [{name: _plain(values[i]) for name, values in sweep.items()} for i in range(count)]
    for i, point in enumerate(points):
        try:
            dataclasses.replace(config, **point)
        except ValueError as error:
            raise ValueError(f"sweep point {i}: {error}") from error
    return points


def _plain(value: Any) -> Any:
    """The number in an array without axes, or what was given."""
    return value.item() if hasattr(value, "item") else value


def make_state(
    run: RunDescription, env_params: PyTree, hyper: Hyper, keys: jax.Array, initial: Learned | None
) -> TrainState:
    """The state before update 1, laid out on the run's mesh.

    Args:
        run: static description of the run.
        env_params: on the mesh already.
        hyper: from ``make_members``.
        keys: (2,) or (members, 2) uint32.
        initial: parameters and statistics to start from, as from ``transfer``.

    Raises:
        ValueError: when ``initial`` does not fit, naming every differing leaf and its shapes.
    """
    if initial is not None:
        one = partial(_make_one, run)
        fresh = jax.eval_shape(one, env_params, *_first(run, hyper, keys))
        check_fit(initial, fresh.learned)
        initial = jax.tree.map(np.asarray, initial)
    hyper, keys = jax.tree.map(np.asarray, (hyper, keys))
    return _make_all(run, env_params, hyper, keys, initial)


@partial(jax.jit, static_argnames="run")
def _make_all(
    run: RunDescription, env_params: PyTree, hyper: Hyper, keys: jax.Array, initial: Learned | None
) -> TrainState:
    make = partial(_make_one, run)
    if run.num_members:
        make = jax.vmap(make, in_axes=(None, 0, 0, None))
    return constrain_state(run.mesh, make(env_params, hyper, keys, initial), run.num_members)


def _first(run: RunDescription, hyper: Hyper, keys: jax.Array) -> tuple[Hyper, jax.Array, None]:
    if not run.num_members:
        return hyper, keys, None
    return jax.tree.map(lambda leaf: leaf[0], hyper), keys[0], None


def _make_one(
    run: RunDescription, env_params: PyTree, hyper: Hyper, key: jax.Array, initial: Learned | None
) -> TrainState:
    num_envs = run.config.num_envs
    key, param_key, reset_key = jax.random.split(key, 3)
    reset = jax.vmap(run.env.reset, in_axes=(0, run.axes_of(env_params)))
    obs, env_state = reset(jax.random.split(reset_key, num_envs), env_params)
    flat = flatten_observations(obs)
    learned = initial
    if learned is None:
        learned = _fresh(run, hyper, param_key, flat)
    return TrainState(
        learned=learned,
        opt_state=optimizer(hyper).init(learned.params),
        hyper=hyper,
        workers=Workers(
            env_state=env_state,
            obs=flat,
            discounted_return=jnp.zeros(num_envs, jnp.float32),
            episode_return=jnp.zeros(num_envs, jnp.float32),
            episode_length=jnp.zeros(num_envs, jnp.int32),
        ),
        key=key,
        update=jnp.zeros((), jnp.int32),
        optimizer_steps=jnp.zeros((), jnp.int32),
    )


def _fresh(run: RunDescription, hyper: Hyper, key: jax.Array, obs: jax.Array) -> Learned:
    """What training starts from: the prior policy, up to the small kernel of the actor."""
    params = initial_params(run.network, key, obs[:1])
    actor = params["actor"] | {"bias": params["actor"]["bias"] + run.prior_logits(hyper)}
    ages = environment.observation_ages(run.env, obs.shape[-1])
    return Learned(
        params=params | {"actor": actor},
        obs_stats=initial_moments(jnp.mean(obs, axis=0)),
        input_weights=recency_weights(ages, hyper.recency_half_life),
        return_stats=initial_moments(jnp.zeros(())),
    )


def initial_params(network: ActorCritic, key: jax.Array, obs: jax.Array) -> PyTree:
    """Fresh parameters for observations like ``obs`` (1, D); one member at a time under vmap.

    Orthogonal kernels need a QR decomposition. jaxlib (0.10) spreads a batch of them over the
    thread pool that it runs on itself and waits; two such waits fill a pool of two threads, and
    the process hangs for good.
    """
    return jax.custom_batching.sequential_vmap(network.init)(key, obs)["params"]


def check_fit(given: PyTree, expected: PyTree) -> None:
    """Compare two pytrees leaf by leaf.

    Raises:
        ValueError: naming each missing, surplus or differently shaped leaf.
    """
    have, want = _shapes(given), _shapes(expected)
    lines = [
        f"{name}: given {have.get(name, 'nothing')}, needed {want.get(name, 'nothing')}"
        for name in sorted(set(have) | set(want))
        if have.get(name) != want.get(name)
    ]
    if lines:
        raise ValueError("the initial state does not fit the network:\n  " + "\n  ".join(lines))


def _shapes(tree: PyTree) -> dict[str, tuple[int, ...]]:
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(p, simple=True, separator="/"): tuple(x.shape) for p, x in leaves}
