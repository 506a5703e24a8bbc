"""Tiny environments with known answers, one for each classic PPO bug."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import struct
from gymnax.environments import environment, spaces


@struct.dataclass
class State(environment.EnvState):
    time: int
    hidden: jax.Array


@struct.dataclass
class Params(environment.EnvParams):
    max_steps_in_episode: int = 1_000_000


class Probe(environment.Environment[State, Params]):
    """Base of the probes: a step counter and one hidden number per episode."""

    columns = 1
    actions = 2

    @property
    def default_params(self) -> Params:
        return Params()

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def num_actions(self) -> int:
        return self.actions

    def action_space(self, params: Params | None = None) -> spaces.Discrete:
        return spaces.Discrete(self.actions)

    def observation_space(self, params: Params) -> spaces.Box:
        return spaces.Box(-1e6, 1e6, (self.columns,), jnp.float32)

    def hide(self, key: jax.Array) -> jax.Array:
        """The hidden number of a new episode (or step)."""
        return jnp.zeros(())

    def view(self, state: State) -> jax.Array:
        """The observation, (columns,)."""
        return jnp.zeros(self.columns)

    def play(self, state: State, action: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Reward and whether the episode terminates."""
        raise NotImplementedError

    def reset_env(self, key: jax.Array, params: Params) -> tuple[jax.Array, State]:
        state = State(time=0, hidden=self.hide(key))
        return self.view(state), state

    def step_env(
        self, key: jax.Array, state: State, action: Any, params: Params
    ) -> tuple[jax.Array, State, jax.Array, jax.Array, dict[str, Any]]:
        reward, terminated = self.play(state, action)
        state = State(time=state.time + 1, hidden=self.hide(key))
        return self.view(state), state, jnp.float32(reward), jnp.asarray(terminated), {}

    def get_obs(self, state: State, params: Params | None = None, key: Any = None) -> jax.Array:
        return self.view(state)


class ConstantValue(Probe):
    """One step, reward 1 always: the value is 1."""

    def play(self, state: State, action: jax.Array) -> tuple[Any, Any]:
        return 1.0, True


class Discounting(Probe):
    """Two steps, reward 1 at the second: values are gamma and 1."""

    def view(self, state: State) -> jax.Array:
        return jnp.float32(state.time)[None]

    def play(self, state: State, action: jax.Array) -> tuple[Any, Any]:
        return jnp.float32(state.time == 1), state.time == 1


class AdvantageSign(Probe):
    """One step, action 1 pays 1 and action 0 pays -1."""

    def play(self, state: State, action: jax.Array) -> tuple[Any, Any]:
        return 2.0 * action - 1.0, True


class Truncation(Probe):
    """Reward 1 a step for ever after a first step without, watched for 4 steps at a time.

    Values are 1 / (1 - gamma), and gamma times that at the start. The start looks different, so a
    bootstrap from the reset observation shows as well as none.
    """

    @property
    def default_params(self) -> Params:
        return Params(max_steps_in_episode=4)

    def view(self, state: State) -> jax.Array:
        return jnp.float32(state.time > 0)[None]

    def play(self, state: State, action: jax.Array) -> tuple[Any, Any]:
        return jnp.float32(state.time > 0), False


class MaskedBest(Probe):
    """Three actions that pay 0, 1 and 5; the last is illegal and costs 5 when taken."""

    actions = 3

    def action_mask(self, state: State, params: Params) -> jax.Array:
        return jnp.array([True, True, False])

    def play(self, state: State, action: jax.Array) -> tuple[Any, Any]:
        return jnp.array([0.0, 1.0, -5.0])[action], True


class ObservationDependence(Probe):
    """One step; the observation is -1 or +1 and the action of the same sign pays 1, else -1."""

    def hide(self, key: jax.Array) -> jax.Array:
        return jnp.where(jax.random.bernoulli(key), 1.0, -1.0)

    def view(self, state: State) -> jax.Array:
        return state.hidden[None]

    def play(self, state: State, action: jax.Array) -> tuple[Any, Any]:
        return state.hidden * (2.0 * action - 1.0), True


class NormaliserDrift(ObservationDependence):
    """The same, with the observation at 1000 +- 1: only standardised inputs show the sign."""

    def view(self, state: State) -> jax.Array:
        return 1000.0 + state.hidden[None]


class LastMinibatch(Probe):
    """Four steps; only in the last one, which has its own observation, the action pays."""

    columns = 4

    def view(self, state: State) -> jax.Array:
        return jax.nn.one_hot(state.time, 4)

    def play(self, state: State, action: jax.Array) -> tuple[Any, Any]:
        last = state.time == 3
        return jnp.where(last, 2.0 * action - 1.0, 0.0), last
