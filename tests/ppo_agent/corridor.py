"""A small environment with every hook: mask, names, metrics, scheduled and batched parameters."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct
from gymnax.environments import environment, spaces

WIDTH = 3


@struct.dataclass
class CorridorState(environment.EnvState):
    position: jax.Array


@struct.dataclass
class CorridorParams(environment.EnvParams):
    max_steps_in_episode: int = 6
    goal_reward: float | jax.Array = 1.0
    step_cost: float | jax.Array = 0.1
    poison: float | jax.Array = 0.0


class Corridor(environment.Environment[CorridorState, CorridorParams]):
    """Walk from 0 to the right end, WIDTH steps away; walls are masked, time runs out at 6.

    Args:
        rich: know one feature and one action more, in another order.
    """

    def __init__(self, rich: bool = False) -> None:
        super().__init__()
        self.observation_layout = ("clock", "position", "goal") if rich else ("position", "goal")
        self.action_names = ("LEFT", "JUMP", "RIGHT", "STAY") if rich else ("LEFT", "RIGHT", "STAY")
        self.resting_action = "STAY"
        self.observation_ages = (3, 1, 0) if rich else (1, 0)

    def __eq__(self, other: object) -> bool:
        """Equal corridors share compiled functions, those that ``gymnax.make`` makes as well."""
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((type(self), self.action_names))

    @property
    def default_params(self) -> CorridorParams:
        return CorridorParams()

    @property
    def name(self) -> str:
        return "Corridor"

    @property
    def num_actions(self) -> int:
        return len(self.action_names)

    def action_space(self, params: CorridorParams | None = None) -> spaces.Discrete:
        return spaces.Discrete(self.num_actions)

    def observation_space(self, params: CorridorParams) -> spaces.Box:
        return spaces.Box(-10.0, 10.0, (len(self.observation_layout),), jnp.float32)

    def action_mask(self, state: CorridorState, params: CorridorParams) -> jax.Array:
        legal = {"LEFT": state.position > -WIDTH, "JUMP": state.position < 0}
        return jnp.stack([jnp.asarray(legal.get(name, True)) for name in self.action_names])

    def reset_env(self, key: jax.Array, params: CorridorParams) -> tuple[jax.Array, CorridorState]:
        state = CorridorState(time=0, position=jax.random.randint(key, (), -WIDTH, WIDTH))
        return self.get_obs(state, params), state

    def step_env(
        self, key: jax.Array, state: CorridorState, action: Any, params: CorridorParams
    ) -> tuple[jax.Array, CorridorState, jax.Array, jax.Array, dict[str, Any]]:
        moves = {"LEFT": -1, "STAY": 0, "RIGHT": 1, "JUMP": 2}
        legal = self.action_mask(state, params)[action]
        move = jnp.array([moves[name] for name in self.action_names])[action]
        position = jnp.clip(state.position + move, -WIDTH, WIDTH)
        arrived = position == WIDTH
        reward = jnp.where(arrived, params.goal_reward, -params.step_cost)
        reward = jnp.where(params.poison > 0, jnp.nan, reward)
        state = CorridorState(time=state.time + 1, position=position)
        info = {"arrived": arrived, "illegal": ~legal, "position": position}
        return self.get_obs(state, params), state, reward, arrived, info

    def get_obs(self, state: CorridorState, params: Any = None, key: Any = None) -> jax.Array:
        features = {"clock": state.time, "position": state.position, "goal": WIDTH}
        return jnp.stack([jnp.float32(features[name]) for name in self.observation_layout])

    def step_metrics(self, info: Mapping[str, Any]) -> dict[str, jax.Array]:
        return {
            "arrivals": jnp.float32(info["arrived"]),
            "illegal": jnp.float32(info["illegal"]),
            "steps": jnp.ones((), jnp.float32),
            "farthest": jnp.float32(info["position"]),
        }

    metric_reductions = MappingProxyType({"farthest": "max"})
    activity_metric = "arrivals"

    def summarize_metrics(self, sums: dict[str, float]) -> dict[str, float]:
        return sums | {"arrivals_per_step": sums["arrivals"] / sums["steps"]}

    def quality_components(
        self,
        figures: Mapping[str, float],
        halves: tuple[Mapping[str, float], Mapping[str, float]] | None,
        steps: int,
        params: CorridorParams,
        charged: Mapping[str, float],
    ) -> dict[str, tuple[float, float]]:
        progress = (figures["farthest"] + WIDTH) / (2 * WIDTH)
        return {"arrivals": (figures["arrivals"] / steps, 2.0), "farthest": (progress, 1.0)}

    def describe_params(self, params: CorridorParams) -> dict[str, Any]:
        return {"width": WIDTH, "goal_reward": float(params.goal_reward)}
