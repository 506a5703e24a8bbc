"""Policies trained by ppo_agent, as the evaluation wants them."""

from pathlib import Path

import jax
import jax.numpy as jnp
from flax import struct

import ppo_agent.policy as ppo
from eval_tools.policies.policy import Context
from futures_env import ArgumentError
from ppo_agent.algorithm.distribution import act
from ppo_agent.config import PPOConfig
from ppo_agent.types import Learned


@struct.dataclass
class AgentPolicy:
    """A trained network with frozen statistics; other weights of the same shape never recompile.

    Attributes:
        learned: parameters and observation statistics.
        config: the static part of the training configuration.
        greedy: most probable legal action; otherwise drawn.
    """

    learned: Learned
    config: PPOConfig = struct.field(pytree_node=False)
    greedy: bool = struct.field(pytree_node=False, default=True)

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.policies.policy.Policy``."""
        del context
        return self._policy.act(obs, mask, None if self.greedy else key)

    def choose(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> tuple[jax.Array, jax.Array]:
        """See ``eval_tools.policies.policy.choose``."""
        del context
        distribution = self._policy.distribution(obs, mask)
        action = act(distribution, None if self.greedy else key)
        return action, jnp.asarray(distribution.prob(action))

    def probabilities(self, obs: jax.Array, mask: jax.Array) -> jax.Array:
        """See ``eval_tools.policies.policy.probabilities``; those it draws from, greedy or not."""
        return jax.nn.softmax(self._policy.logits(obs, mask))

    @property
    def _policy(self) -> ppo.Policy:
        return ppo.Policy(learned=self.learned, config=self.config)


def agent_policy(policy: ppo.Policy, *, greedy: bool = True) -> AgentPolicy:
    """Wrap a ``ppo_agent`` policy."""
    return AgentPolicy(policy.learned, policy.config.static_part(), greedy)


def load_agent(path: Path, layout: tuple[str, ...], step: int | str | None = None) -> ppo.Policy:
    """Load a checkpoint and check that it reads the observation it is going to get.

    Args:
        path: run folder or checkpoint folder of ppo_agent.
        layout: the environment's observation columns by name.
        step: updates done, ``"best"`` or None for the newest.

    Raises:
        FileNotFoundError: when there is no checkpoint.
        ArgumentError: when the columns differ, naming the first that does.
    """
    policy = ppo.Policy.load(path, step)
    recorded = tuple(policy.metadata["observation_layout"])
    if recorded != layout:
        pairs = zip(recorded, layout, strict=False)
        at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(recorded), len(layout)))
        raise ArgumentError(
            f"{path}: trained on {len(recorded)} observation columns, the environment has "
            f"{len(layout)}; first difference at column {at}: "
            f"{recorded[at : at + 1]} against {layout[at : at + 1]}. Use the phase, window, "
            "warm-up and features of the training run"
        )
    return policy
