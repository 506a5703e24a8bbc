"""Carrying a trained agent to another environment, by the names of features and actions."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from ppo_agent import environment, naming
from ppo_agent.algorithm.init_state import check_fit
from ppo_agent.algorithm.normalization import initial_moments, recency_weights
from ppo_agent.config import PPOConfig, fields_marked
from ppo_agent.environment import Environment
from ppo_agent.policy import Policy, untrained
from ppo_agent.types import Learned, Moments, PyTree, TrainState


def transfer(
    source: Policy | TrainState | Learned,
    target_env: Environment,
    target_params: PyTree,
    config: PPOConfig,
    *,
    source_layout: Sequence[str] | None = None,
    source_actions: Sequence[str] | None = None,
    new_action_bias: float = -5.0,
) -> Learned:
    """Initial state for ``train`` on another environment that knows the source's names.

    Columns of the first layer are copied by feature name and new ones start at 0, so the trunk
    sees what it saw before. Outputs are copied by action name; new actions start with a zero
    kernel and ``new_action_bias``, so ratios among old actions are unchanged. Statistics and input
    weights are carried over, those of new columns start afresh.

    Args:
        source: what was trained; a ``Policy`` brings its own names.
        target_env: environment to train next.
        target_params: its parameters, for one environment.
        config: configuration of the next run.
        source_layout: names of the source's observation columns, unless a ``Policy`` has them;
            needed when its names are only indices and the environments differ.
        source_actions: names of the source's actions, likewise.
        new_action_bias: logit of new actions.

    Raises:
        ValueError: naming what does not match, with shapes; never a silent fresh start.
    """
    if isinstance(source, Policy):
        _check_same_network(source.config, config)
        source_layout = source_layout or _recorded(source, naming.LAYOUT, target_env)
        source_actions = source_actions or _recorded(source, naming.ACTIONS, target_env)
        learned = source.learned
    else:
        learned = source.learned if isinstance(source, TrainState) else source
    if not source_layout or not source_actions:
        raise ValueError("transfer needs source_layout and source_actions for this source")
    layout = environment.observation_layout(target_env, target_params)
    actions = environment.action_names(target_env)
    _check_source(learned, config, len(source_layout), len(source_actions))
    columns = _positions("observation columns", source_layout, layout)
    outputs = _positions("actions", source_actions, actions)
    weights = _fresh_weights(target_env, config, len(layout))
    return Learned(
        params=_carry_params(
            learned.params, columns, len(layout), outputs, len(actions), new_action_bias
        ),
        obs_stats=_carry_moments(learned.obs_stats, columns, len(layout)),
        input_weights=weights.at[columns].set(learned.input_weights),
        return_stats=learned.return_stats,
    )


def _recorded(source: Policy, what: str, target_env: Environment) -> Sequence[str] | None:
    """Names that the source recorded, when they mean something to the target."""
    if what not in source.metadata:
        return None
    naming.check_meaning(source.metadata, what, target_env)
    return source.metadata[what]


def _carry_params(
    params: dict,
    columns: np.ndarray,
    num_columns: int,
    outputs: np.ndarray,
    num_actions: int,
    new_action_bias: float,
) -> dict:
    first, actor = params["trunk_0"], params["actor"]
    kernel = jnp.zeros((num_columns, first["kernel"].shape[1])).at[columns].set(first["kernel"])
    actor_kernel = jnp.zeros((actor["kernel"].shape[0], num_actions))
    bias = jnp.full(num_actions, new_action_bias, jnp.float32)
    return params | {
        "trunk_0": first | {"kernel": kernel},
        "actor": {
            "kernel": actor_kernel.at[:, outputs].set(actor["kernel"]),
            "bias": bias.at[outputs].set(actor["bias"]),
        },
    }


def _carry_moments(stats: Moments, columns: np.ndarray, num_columns: int) -> Moments:
    fresh = initial_moments(jnp.zeros(num_columns))
    return jax.tree.map(lambda new, old: new.at[columns].set(old), fresh, stats)


def _fresh_weights(target_env: Environment, config: PPOConfig, num_columns: int) -> jax.Array:
    ages = environment.observation_ages(target_env, num_columns)
    return recency_weights(ages, jnp.float32(config.recency_half_life))


def _positions(what: str, source: Sequence[str], target: Sequence[str]) -> np.ndarray:
    """Where each source name stands in the target."""
    missing = [name for name in source if name not in target]
    if missing:
        raise ValueError(
            f"{len(missing)} of {len(source)} {what} of the source are not in the target's "
            f"{len(target)}: {naming.shortened(missing)}"
        )
    where = {name: index for index, name in enumerate(target)}
    return np.asarray([where[name] for name in source])


def _check_source(learned: Learned, config: PPOConfig, num_columns: int, num_actions: int) -> None:
    """The source's arrays are those of this network with the named columns and actions."""
    check_fit(learned, jax.eval_shape(lambda: untrained(config, num_columns, num_actions)))


def _check_same_network(source: PPOConfig, target: PPOConfig) -> None:
    lines = [
        f"{name}: source {getattr(source, name)}, target {getattr(target, name)}"
        for name in fields_marked("kept_at_transfer")
        if getattr(source, name) != getattr(target, name)
    ]
    if lines:
        raise ValueError("transfer needs the same network:\n  " + "\n  ".join(lines))
