"""Actor and critic on one trunk."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from flax import linen as nn

ACTIVATIONS: dict[str, Callable[[jax.Array], jax.Array]] = {"tanh": jnp.tanh, "relu": nn.relu}


class Output(nn.Module):
    """Kernel and bias of one linear output, kept apart so that outputs can share a matmul."""

    features: int
    scale: float

    @nn.compact
    def __call__(self, width: int) -> tuple[jax.Array, jax.Array]:
        kernel = self.param(
            "kernel", nn.initializers.orthogonal(self.scale), (width, self.features)
        )
        return kernel, self.param("bias", nn.initializers.zeros, (self.features,))


class ActorCritic(nn.Module):
    """Trunk of hidden layers, then logits and value.

    Without heads both outputs are columns of one matmul, which is where small outputs are cheap.
    Hidden kernels are orthogonal with gain sqrt(2), the actor's 0.01, the critic's 1.
    """

    num_actions: int
    hidden_sizes: tuple[int, ...]
    head_sizes: tuple[int, ...] = ()
    activation: str = "tanh"
    layer_norm: bool = False

    @nn.compact
    def __call__(self, obs: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Map (..., D) float32 to logits (..., A) and value (...,), both float32."""
        trunk = self._hidden(obs, "trunk", self.hidden_sizes)
        if self.head_sizes:
            actor = self._hidden(trunk, "actor_head", self.head_sizes)
            critic = self._hidden(trunk, "critic_head", self.head_sizes)
            logits = self._project(actor, "actor", self.num_actions, 0.01)
            return logits, self._project(critic, "critic", 1, 1.0)[..., 0]
        actor_kernel, actor_bias = Output(self.num_actions, 0.01, name="actor")(trunk.shape[-1])
        critic_kernel, critic_bias = Output(1, 1.0, name="critic")(trunk.shape[-1])
        outputs = trunk @ jnp.concatenate([actor_kernel, critic_kernel], axis=1)
        outputs = outputs + jnp.concatenate([actor_bias, critic_bias])
        return outputs[..., :-1], outputs[..., -1]

    def _hidden(self, x: jax.Array, name: str, widths: Sequence[int]) -> jax.Array:
        for index, width in enumerate(widths):
            init = nn.initializers.orthogonal(jnp.sqrt(2.0))
            x = nn.Dense(width, kernel_init=init, name=f"{name}_{index}")(x)
            if self.layer_norm:
                x = nn.LayerNorm(name=f"{name}_norm_{index}")(x)
            x = ACTIVATIONS[self.activation](x)
        return x

    def _project(self, x: jax.Array, name: str, features: int, scale: float) -> jax.Array:
        kernel, bias = Output(features, scale, name=name)(x.shape[-1])
        return x @ kernel + bias


class NetworkSettings(Protocol):
    """What a configuration says about the network."""

    @property
    def hidden_sizes(self) -> tuple[int, ...]: ...
    @property
    def head_sizes(self) -> tuple[int, ...]: ...
    @property
    def activation(self) -> str: ...
    @property
    def layer_norm(self) -> bool: ...


def make_network(config: NetworkSettings, num_actions: int) -> ActorCritic:
    """The network that a configuration describes."""
    return ActorCritic(
        num_actions=num_actions,
        hidden_sizes=config.hidden_sizes,
        head_sizes=config.head_sizes,
        activation=config.activation,
        layer_norm=config.layer_norm,
    )


def forward(network: ActorCritic, params: dict, obs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Logits (..., A) and values (...,) of standardised observations (..., D) of any dtype."""
    outputs: Any = network.apply({"params": params}, obs.astype(jnp.float32))
    return outputs
