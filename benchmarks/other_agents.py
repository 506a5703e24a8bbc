"""Agents that ours is raced against: a PureJaxRL-style PPO, and sb3-contrib's MaskablePPO.

Both train for as long as they are let: whoever looks at their policies ends it by raising.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from benchmarks.purejaxrl_style import TwoTowers, make_parts
from eval_tools import Context
from eval_tools import Policy as Acting
from futures_env import FuturesVectorEnv
from futures_env.env import FuturesEnv
from ppo_agent import PPOConfig

Look = Callable[[Acting], Any]
"""Told of every policy on the way."""

_ENDLESS = 1_000_000_000
"""Steps for which MaskablePPO is laid out; the limit comes first."""


@struct.dataclass
class TowersPolicy:
    """The other agent acting greedily among the legal actions."""

    params: Any
    width: int = struct.field(pytree_node=False)

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.Policy``."""
        del key, context
        logits: Any = TwoTowers(mask.shape[-1], self.width).apply(self.params, obs)
        return jnp.argmax(jnp.where(mask, logits[0], -jnp.inf)).astype(jnp.int32)


@struct.dataclass
class LayersPolicy:
    """An agent of Stable-Baselines3 with tanh layers, acting greedily among the legal actions.

    Attributes:
        layers: kernel (in, out) and bias of each, the last one's outputs are logits.
    """

    layers: Any

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.Policy``."""
        del key, context
        *hidden, (kernel, bias) = self.layers
        for weights, shift in hidden:
            obs = jnp.tanh(obs @ weights + shift)
        return jnp.argmax(jnp.where(mask, obs @ kernel + bias, -jnp.inf)).astype(jnp.int32)


def purejaxrl_style(env: FuturesEnv, config: PPOConfig, every: int, look: Look) -> None:
    """Train, ``every`` updates a call, and show the policy after each call."""
    width = config.hidden_sizes[0]
    network = TwoTowers(env.num_actions, width, config.activation)
    init, update = make_parts(env, env.default_params, config, network)
    chunk = jax.jit(lambda runner: jax.lax.scan(update, runner, None, every)[0])
    runner = jax.jit(init)(jax.random.key(config.seed))
    while True:
        runner = jax.block_until_ready(chunk(runner))
        look(TowersPolicy(runner[0].params, width))


def maskable_ppo(env: FuturesEnv, config: PPOConfig, look: Look) -> None:
    """Train on the batched adapter with the same settings; shown before every update."""
    from sb3_contrib import MaskablePPO
    from stable_baselines3.common.callbacks import BaseCallback

    from futures_env.adapters.sb3 import SB3VecEnv

    class Judge(BaseCallback):
        """Looks at the agent before every rollout: its updates are slow."""

        def _on_rollout_start(self) -> None:
            look(layers_of(self.model.policy))

        def _on_step(self) -> bool:
            return True

    def step_size(left: float) -> float:
        first, last = config.learning_rate, config.learning_rate_final
        share = min((1.0 - left) * _ENDLESS / config.total_timesteps, 1.0)
        return first + (last - first) * share

    model = MaskablePPO(
        "MlpPolicy",
        SB3VecEnv(FuturesVectorEnv(env, config.num_envs)),
        learning_rate=step_size,
        n_steps=config.num_steps,
        batch_size=config.steps_per_update // config.num_minibatches,
        n_epochs=config.num_epochs,
        gamma=config.gamma,
        gae_lambda=config.gae_lambda,
        ent_coef=config.ent_coef,
        policy_kwargs={"net_arch": list(config.hidden_sizes)},
        seed=config.seed,
        device="cpu",
    )
    model.learn(_ENDLESS, callback=Judge())


def layers_of(policy: Any) -> LayersPolicy:
    """The actor of Stable-Baselines3's ``MlpPolicy``."""
    linear = [one for one in policy.mlp_extractor.policy_net if hasattr(one, "weight")]
    return LayersPolicy(
        tuple(
            (layer.weight.detach().numpy().T, layer.bias.detach().numpy())
            for layer in [*linear, policy.action_net]
        )
    )
