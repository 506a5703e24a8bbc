"""A trained policy on its own: load, act, and hand out as a plain function."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from ppo_agent.algorithm.distribution import act, masked_logits, policy_distribution
from ppo_agent.algorithm.networks import forward, make_network
from ppo_agent.algorithm.normalization import deviation, initial_moments, network_inputs
from ppo_agent.config import PPOConfig
from ppo_agent.storage.checkpoint_reader import (
    UnreadableCheckpointError,
    find_step,
    find_steps,
    read_learned,
    read_meta,
)
from ppo_agent.types import Learned, RunError, TrainState

if TYPE_CHECKING:
    import distrax

PlainPolicy = Callable[..., jax.Array]
"""(obs, mask, key=None) -> action."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Policy:
    """Network, parameters and frozen statistics; all methods are pure and may be jitted.

    Observations are raw, of any dtype: (D,) or batched (..., D) after flattening the axes of one
    observation. Masks are (A,) or (..., A) bool. The action floor is not applied.

    Attributes:
        learned: parameters and statistics, the arrays that ``apply`` takes; pass them through
            ``jax.jit`` as an argument.
        config: the configuration it was trained with.
        metadata: observation layout and action names, versions and whatever the run recorded.
    """

    learned: Learned
    config: PPOConfig
    metadata: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(
        cls, path: Path | str, step: int | str | None = None, member: int | None = None
    ) -> "Policy":
        """Load from a run folder or the folder of one checkpoint.

        Args:
            path: run folder, its ``checkpoints`` folder or one step's folder.
            step: updates done, ``"best"`` by the validation metric, None for the newest.
            member: which run of several trained side by side (seeds, sweeps); None: the first,
                or the only one. ``metadata["member"]`` tells.

        Raises:
            FileNotFoundError: when there is no such checkpoint.
            RunError: when it cannot be read, naming an older one that can, or when this release
                does not know its configuration.
            ValueError: when there is no such member.
        """
        folder, found = find_step(path, step)
        try:
            policy = cls._read(folder, found)
        except UnreadableCheckpointError as error:
            raise UnreadableCheckpointError(f"{error}\n{cls._older(folder, found)}") from error
        if policy.metadata.get("num_members", 0):
            return policy.member(member or 0)
        if member is not None:
            raise ValueError(f"{folder} holds one run without members: leave member out")
        return policy

    @classmethod
    def _read(cls, folder: Path, step: int) -> "Policy":
        """All members of a step."""
        meta = read_meta(folder, step)
        config = _recorded_config(folder / str(step), meta)
        layout, actions = meta["observation_layout"], meta["action_names"]
        like = jax.eval_shape(lambda: untrained(config, len(layout), len(actions)))
        members = meta.get("num_members", 0)
        if members:
            like = jax.tree.map(lambda s: jax.ShapeDtypeStruct((members, *s.shape), s.dtype), like)
        learned = read_learned(folder, step, like)
        return cls(learned=learned, config=config, metadata=meta | {"step": step})

    @classmethod
    def _older(cls, folder: Path, broken: int) -> str:
        """Which older step can be read instead of a broken one, in words."""
        for step in reversed([s for s in find_steps(folder)[1] if s < broken]):
            try:
                cls._read(folder, step)
            except UnreadableCheckpointError:
                continue
            return f"the newest older step that can be read is {step}"
        return "no older step can be read"

    @classmethod
    def from_train_state(
        cls, state: TrainState, config: PPOConfig, metadata: dict[str, Any] | None = None
    ) -> "Policy":
        """The policy inside a train state; copied, so later donated chunks do not take it."""
        copied = jax.tree.map(lambda leaf: jnp.asarray(np.array(leaf)), state.learned)
        return cls(learned=copied, config=config, metadata=dict(metadata or {}))

    def member(self, index: int) -> "Policy":
        """One of the runs of a state with a member axis (seeds, sweeps).

        Raises:
            ValueError: when there is no such member.
        """
        count = self.learned.return_stats.var.shape[0] if self.learned.return_stats.var.ndim else 0
        if not 0 <= index < count:
            raise ValueError(
                f"no member {index}: " + (f"0 to {count - 1} exist" if count else "this is one run")
            )
        one = jax.tree.map(lambda leaf: leaf[index], self.learned)
        return replace(self, learned=one, metadata=self.metadata | {"member": index})

    @property
    def num_actions(self) -> int:
        """Number of actions A."""
        return self.learned.params["actor"]["kernel"].shape[-1]

    def apply(self, learned: Learned, obs: jax.Array, mask: jax.Array | None = None) -> jax.Array:
        """Masked logits (..., A) as a pure function of ``learned``."""
        logits, _ = network_outputs(self.config, learned, obs)
        return masked_logits(logits, _all_legal(logits) if mask is None else mask)

    def logits(self, obs: jax.Array, mask: jax.Array | None = None) -> jax.Array:
        """Masked logits (..., A); illegal actions at the least finite float32."""
        return self.apply(self.learned, obs, mask)

    def value(self, obs: jax.Array) -> jax.Array:
        """Values (...,) in the units of raw returns."""
        _, value = network_outputs(self.config, self.learned, obs)
        if not self.config.scale_returns:
            return value
        return value * deviation(self.learned.return_stats)

    def distribution(self, obs: jax.Array, mask: jax.Array | None = None) -> "distrax.Distribution":
        """The distribution over actions (...,) that the policy draws from."""
        return distribution_of(self.config, self.learned, obs, mask)

    def act(
        self, obs: jax.Array, mask: jax.Array | None = None, key: jax.Array | None = None
    ) -> jax.Array:
        """Actions (...,) int32: the most probable legal ones, or drawn when a key is given."""
        return act(self.distribution(obs, mask), key)

    def function(self) -> PlainPolicy:
        """A pure ``(obs, mask, key=None) -> action`` for other projects' loops."""
        return self.act


def distribution_of(
    config: PPOConfig, learned: Learned, obs: jax.Array, mask: jax.Array | None = None
) -> "distrax.Distribution":
    """Distribution over actions (...,) for raw observations; without a mask all are legal."""
    logits, _ = network_outputs(config, learned, obs)
    return policy_distribution(logits, _all_legal(logits) if mask is None else mask)


def network_outputs(
    config: PPOConfig, learned: Learned, obs: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Logits (..., A) and scaled values (...,) of raw observations, as in training."""
    flat = _flat(jnp.asarray(obs), learned.obs_stats.mean.shape[-1])
    network = make_network(config, learned.params["actor"]["kernel"].shape[-1])
    return forward(network, learned.params, network_inputs(config, learned, flat))


def _all_legal(logits: jax.Array) -> jax.Array:
    return jnp.ones(logits.shape, bool)


def _flat(obs: jax.Array, size: int) -> jax.Array:
    """Flatten the trailing axes that make up one observation of ``size`` columns."""
    axes = max(obs.ndim - 1, 0)
    while axes and math.prod(obs.shape[axes:]) < size:
        axes -= 1
    if math.prod(obs.shape[axes:]) != size:
        raise ValueError(f"observations of shape {obs.shape} do not end in {size} columns")
    return obs.reshape(*obs.shape[:axes], size).astype(jnp.float32)


def _recorded_config(step_folder: Path, meta: dict[str, Any]) -> PPOConfig:
    try:
        return PPOConfig.from_dict(meta["config"])
    except ValueError as error:
        raise RunError(f"checkpoint {step_folder} was made by another release: {error}") from error


def untrained(config: PPOConfig, num_columns: int, num_actions: int) -> Learned:
    """Parameters and statistics before any training, for their shapes."""
    network = make_network(config, num_actions)
    params = network.init(jax.random.PRNGKey(0), jnp.zeros((1, num_columns)))["params"]
    return Learned(
        params=params,
        obs_stats=initial_moments(jnp.zeros(num_columns)),
        input_weights=jnp.ones(num_columns),
        return_stats=initial_moments(jnp.zeros(())),
    )
