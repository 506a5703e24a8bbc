"""A PPO in the manner of PureJaxRL's ``ppo.py``, as the baseline for speed and learning.

One closure, separate actor and critic towers, the whole batch permuted in every epoch, every
episode end treated as termination; no masks, no normalisation. Only the step's six values
(gymnax 1.0) and the initialisation of one seed after the other differ from the original.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from flax.training.train_state import TrainState

from ppo_agent import PPOConfig
from ppo_agent.algorithm.networks import ACTIVATIONS


class TwoTowers(nn.Module):
    """Actor and critic with two hidden layers each."""

    num_actions: int
    width: int
    activation: str = "tanh"

    @nn.compact
    def __call__(self, obs: jax.Array) -> tuple[jax.Array, jax.Array]:
        def tower(outputs: int, scale: float) -> jax.Array:
            x = obs
            for _ in range(2):
                init = nn.initializers.orthogonal(2.0**0.5)
                x = ACTIVATIONS[self.activation](nn.Dense(self.width, kernel_init=init)(x))
            return nn.Dense(outputs, kernel_init=nn.initializers.orthogonal(scale))(x)

        return tower(self.num_actions, 0.01), tower(1, 1.0)[..., 0]


def make_train(
    env: Any, env_params: Any, config: PPOConfig, network: nn.Module | None = None
) -> Callable[[jax.Array], jax.Array]:
    """``train(key) -> (num_updates,)`` mean return of episodes finished in each update."""
    learn = make_learner(env, env_params, config, network)
    return lambda key: learn(key)[1]


def make_learner(
    env: Any, env_params: Any, config: PPOConfig, network: nn.Module | None = None
) -> Callable[[jax.Array], tuple[Any, jax.Array]]:
    """``learn(key) -> (parameters of the network, returns)``, see ``make_train``."""
    init, update = make_parts(env, env_params, config, network)

    def learn(key: jax.Array) -> tuple[Any, jax.Array]:
        runner, returns = jax.lax.scan(update, init(key), None, config.num_updates)
        return runner[0].params, returns

    return learn


def make_parts(
    env: Any, env_params: Any, config: PPOConfig, network: nn.Module | None = None
) -> tuple[Callable[[jax.Array], Any], Callable[[Any, None], tuple[Any, jax.Array]]]:
    """``init(key) -> runner``, whose first entry has the ``params``, and one update in a scan.

    The network maps observations to (logits, value); default: two towers, as the original.
    """
    network = network or TwoTowers(int(env.num_actions), config.hidden_sizes[0], config.activation)
    total_steps = config.num_updates * config.num_epochs * config.num_minibatches

    def forward(params: Any, obs: jax.Array) -> Any:
        return network.apply(params, obs)

    def schedule(count: Any) -> Any:
        change = config.learning_rate_final - config.learning_rate
        return config.learning_rate + change * count / total_steps

    def env_step(runner: Any, _: None) -> Any:
        state, env_state, obs, returns, key = runner
        key, act_key, step_key = jax.random.split(key, 3)
        logits, value = forward(state.params, obs)
        action = jax.random.categorical(act_key, logits)
        log_prob = jnp.take_along_axis(jax.nn.log_softmax(logits), action[:, None], 1)[:, 0]
        keys = jax.random.split(step_key, config.num_envs)
        following, env_state, reward, terminated, truncated, _ = jax.vmap(
            env.step, in_axes=(0, 0, 0, None)
        )(keys, env_state, action, env_params)
        done = terminated | truncated
        returns = returns + reward
        finished = jnp.stack([jnp.sum(done), jnp.sum(jnp.where(done, returns, 0.0))])
        following = following.reshape(config.num_envs, -1).astype(jnp.float32)
        runner = (state, env_state, following, jnp.where(done, 0.0, returns), key)
        return runner, (obs, action, log_prob, value, reward, done, finished)

    def loss_of(params: Any, batch: Any) -> jax.Array:
        obs, action, log_prob, old_value, advantage, target = batch
        logits, value = forward(params, obs)
        log_probs = jax.nn.log_softmax(logits)
        chosen = jnp.take_along_axis(log_probs, action[:, None], 1)[:, 0]
        near = old_value + jnp.clip(value - old_value, -config.clip_range, config.clip_range)
        errors = jnp.maximum(jnp.square(value - target), jnp.square(near - target))
        ratio = jnp.exp(chosen - log_prob)
        gain = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        clipped = jnp.clip(ratio, 1.0 - config.clip_range, 1.0 + config.clip_range)
        policy_loss = -jnp.minimum(ratio * gain, clipped * gain).mean()
        entropy = -jnp.sum(jnp.exp(log_probs) * log_probs, -1).mean()
        return policy_loss + config.vf_coef * 0.5 * errors.mean() - config.ent_coef * entropy

    def update(runner: Any, _: None) -> Any:
        runner, steps = jax.lax.scan(env_step, runner, None, config.num_steps)
        state, env_state, obs, returns, key = runner
        *seen, reward, done, finished = steps
        values = seen[3]
        last_value = forward(state.params, obs)[1]

        def backward(carry: Any, step: Any) -> Any:
            advantage, following = carry
            reward, done, value = step
            delta = reward + config.gamma * following * (1 - done) - value
            advantage = delta + config.gamma * config.gae_lambda * (1 - done) * advantage
            return (advantage, value), advantage

        start = (jnp.zeros_like(last_value), last_value)
        advantages = jax.lax.scan(backward, start, (reward, done, values), reverse=True)[1]
        flat = jax.tree.map(
            lambda x: x.reshape(-1, *x.shape[2:]), (*seen, advantages, advantages + values)
        )

        def minibatch(state: TrainState, batch: Any) -> tuple[TrainState, None]:
            return state.apply_gradients(grads=jax.grad(loss_of)(state.params, batch)), None

        def epoch(carry: Any, _: None) -> Any:
            state, key = carry
            key, shuffle = jax.random.split(key)
            order = jax.random.permutation(shuffle, config.steps_per_update)
            parts = jax.tree.map(
                lambda x: x[order].reshape(config.num_minibatches, -1, *x.shape[1:]), flat
            )
            return (jax.lax.scan(minibatch, state, parts)[0], key), None

        (state, key), _ = jax.lax.scan(epoch, (state, key), None, config.num_epochs)
        count, total = finished.sum(0)
        runner = (state, env_state, obs, returns, key)
        return runner, jnp.where(count > 0, total / count, jnp.nan)

    def init(key: jax.Array) -> Any:
        key, init_key, reset_key = jax.random.split(key, 3)
        obs, env_state = jax.vmap(env.reset, in_axes=(0, None))(
            jax.random.split(reset_key, config.num_envs), env_params
        )
        obs = obs.reshape(config.num_envs, -1).astype(jnp.float32)
        optimizer = optax.chain(
            optax.clip_by_global_norm(config.max_grad_norm),
            optax.adam(schedule, eps=config.adam_eps),
        )
        state = TrainState.create(
            # a batch of QR decompositions can hang (see ppo_agent's init_state.initial_params)
            apply_fn=network.apply,
            params=jax.custom_batching.sequential_vmap(network.init)(init_key, obs),
            tx=optimizer,
        )
        return (state, env_state, obs, jnp.zeros(config.num_envs), key)

    return init, update
