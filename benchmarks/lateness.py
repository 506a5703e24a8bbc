"""Why is an edge entered late, or in one direction only? What a delay costs, and who tried what.

    python -m benchmarks.lateness [--seeds 12001 12006] [--strength 3] [--updates 40]

Of each market with the planted `entry` edge two tables. The first: what the oracle earns a session
when it enters some bars after the signal, on all training and on the held sessions. The second: a
training with the defaults as it goes, in windows of updates: how often the agent, flat some bars
after a signal, saw a chance and took it in the signal's direction, and by how much the advantage of
taking it lay over that of another action, with its standard error, in standard deviations of all
advantages.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import tyro
from flax import struct

from benchmarks.command_line import refuse, too_small
from benchmarks.shares import joined
from eval_tools.controls.planted import Plant, PlantedMarket, SignalPolicy
from eval_tools.policies.policy import Context
from futures_env import Action
from ppo_agent import PPOConfig
from ppo_agent.algorithm import train_step
from ppo_agent.algorithm.init_state import make_members, make_state
from ppo_agent.algorithm.normalization import EPSILON
from ppo_agent.algorithm.rollout import collect
from ppo_agent.algorithm.run_description import RunDescription, flatten_axes
from ppo_agent.types import Learned

DELAYS = range(3)
"""Bars between the signal and the decision."""
LATE = ("on time", "1 bar late", "2 bars late")
SIDES = {Action.BUY: 1, Action.SELL: -1}


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line."""

    seeds: tuple[int, ...] = (12_001, 12_006)
    """Each is the seed of a market and of the training on it."""
    strength: float = 3.0
    """Of the edge, in round-turn costs."""
    sessions: int = 1_000
    """Sessions of each market, the held fifth included."""
    steps: int = 5_000_000
    """Environment steps that the schedules of the training are laid out for."""
    updates: int = 40
    """Updates watched."""
    window: int = 10
    """Updates a line of the second table."""

    def check(self) -> None:
        """Refuse what nothing could be measured on."""
        refuse(
            too_small(20, sessions=self.sessions),
            too_small(1, window=self.window, updates=self.updates),
            too_small(self.updates * PPOConfig().steps_per_update, steps=self.steps),
        )


@struct.dataclass
class Delayed:
    """Decides as a policy would have some bars ago, in one direction.

    Attributes:
        oracle: whose decision is delayed; it reads nothing but the bars.
        delay: () int32, bars.
        action: () int32, the only entry made.
    """

    oracle: SignalPolicy
    delay: jax.Array
    action: jax.Array

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.Policy``."""
        earlier = context.state.replace(row=context.state.row - self.delay)
        wanted = self.oracle(obs, mask, key, context._replace(state=earlier))
        return jnp.where(wanted == self.action, wanted, jnp.int32(Action.HOLD))


def delayed_usd(market: PlantedMarket) -> list[list[str]]:
    """Lines of the first table: range, direction, USD a session by delay."""
    ranges = {"training": market.all_training_sessions, "held": market.held_sessions}
    return [
        [name, action.name]
        + [
            f"{market.value(Delayed(market.oracle, jnp.int32(n), jnp.int32(action)), part):.0f}"
            for n in DELAYS
        ]
        for name, part in ranges.items()
        for action in SIDES
    ]


class Chances(NamedTuple):
    """Decisions of a flat agent, some bars after a signal; advantages in deviations of all."""

    taken: np.ndarray
    left: np.ndarray


Seen = dict[tuple[Action, int], Chances]
"""By direction of the signal and bars since."""


def watched(market: PlantedMarket, config: PPOConfig, updates: int) -> Iterator[Seen]:
    """What each of the first updates of a training learns from."""
    env = market.env(market.training)
    params = env.default_params
    run = RunDescription(
        env=env, config=config.static_part(), param_axes=flatten_axes(params, None)
    )
    hyper, key, _ = make_members(config, None)
    state = make_state(run, params, hyper, key, None)

    @jax.jit
    def look(state):
        after, rollout, _ = collect(run, state, params, jnp.zeros(()))
        return rollout, train_step.prepare(run, after, rollout)[1].advantage

    update = jax.jit(partial(train_step.train_update, run))
    columns = [env.observation_layout.index(f"bar-{n}/volume") for n in DELAYS]
    for _ in range(updates):
        rollout, advantage = jax.tree.map(np.asarray, look(state))
        volume = raw_columns(state.learned, rollout.obs, columns)
        signal = np.sign(volume) * (np.abs(volume) > market.threshold)
        flat = rollout.mask[..., Action.BUY] & rollout.mask[..., Action.SELL]
        yield chances(signal, flat, rollout.action, advantage / advantage.std())
        state, _ = update(state, params)


def raw_columns(learned: Learned, inputs: np.ndarray, columns: list[int]) -> np.ndarray:
    """(..., C) observations as the environment gave them, from what the network is shown."""
    scale = np.sqrt(np.asarray(learned.obs_stats.var)[columns] + EPSILON)
    mean, weight = (np.asarray(x)[columns] for x in (learned.obs_stats.mean, learned.input_weights))
    return inputs[..., columns] / weight * scale + mean


def chances(
    signal: np.ndarray, flat: np.ndarray, action: np.ndarray, advantage: np.ndarray
) -> Seen:
    """Sort decisions by the newest signal in sight.

    Args:
        signal: (..., DELAYS) +1, -1 or 0 by bars since.
        flat: (...) bool, both entries are legal.
        action: (...) int.
        advantage: (...) float.
    """
    seen = {}
    for delay in DELAYS:
        newest = flat & ~signal[..., :delay].any(axis=-1)
        for entry, side in SIDES.items():
            here = newest & (signal[..., delay] == side)
            took = here & (action == entry)
            seen[entry, delay] = Chances(advantage[took], advantage[here & ~took])
    return seen


def tried(first: int, last: int, parts: list[Seen]) -> list[list[str]]:
    """Lines of the second table for a window of updates."""
    lists: dict[tuple[Action, int], list[Chances]] = defaultdict(list)
    for part in parts:
        for key, found in part.items():
            lists[key].append(found)
    lines = []
    for (entry, delay), found in lists.items():
        taken, left = (np.concatenate(values) for values in zip(*found, strict=True))
        share = len(taken) / max(len(taken) + len(left), 1)
        gain = "-"
        if min(len(taken), len(left)) > 1:
            error = np.sqrt(taken.var() / len(taken) + left.var() / len(left))
            gain = f"{taken.mean() - left.mean():.2f} ± {error:.2f}"
        lines.append(
            [f"{first} to {last}", entry.name, str(delay), str(len(taken)), f"{share:.2f}", gain]
        )
    return lines


def main(args: Sequence[str] | None = None) -> int:
    """Print both tables of every market."""
    options = tyro.cli(Options, description=__doc__, args=args)
    options.check()
    for seed in options.seeds:
        plant = Plant(edge="entry", strength=options.strength, sessions=options.sessions, seed=seed)
        market = PlantedMarket.draw(plant)
        heads = ["USD a session", "entry", *LATE]
        print(f"\nMarket {seed}\n\n" + joined([heads, ["---"] * len(heads), *delayed_usd(market)]))
        heads = ["updates", "signal for", "bars ago", "tried", "of the chances", "gain of trying"]
        print("\n" + joined([heads, ["---"] * len(heads)]), flush=True)
        parts: list[Seen] = []
        config = PPOConfig(seed=seed, total_timesteps=options.steps)
        for number, seen in enumerate(watched(market, config, options.updates), start=1):
            parts.append(seen)
            if number % options.window == 0 or number == options.updates:
                print(joined(tried(number - len(parts) + 1, number, parts)), flush=True)
                parts = []
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
