"""How long until the agent trades a planted edge on sessions it has not seen? Ours and another.

    python -m benchmarks.time_to_edge [--seeds 6001 6002 6003] [--limit-s 600] [--trials FILE]

Wall time, compiling included, until the greedy policy earns 0.8 of the oracle on the held sessions
(entry edge, strength 10, 1,000 sessions, window 20): this project with its defaults, and a
PureJaxRL-style PPO on the same environment and network widths, in the settings of TRIALS that did
best on the tuning seed. Both are judged every ten updates, which is taken off the clock. Who does
not get there within the limit counts as the limit, marked >=. `--trials` runs every setting of the
other on the tuning seed first and writes what they reached into FILE.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import tyro
from flax import struct

from benchmarks.command_line import refuse, too_small, unwritable
from benchmarks.purejaxrl_style import TwoTowers, make_parts
from benchmarks.seeds import write_json
from eval_tools import Context, agent_policy
from eval_tools import Policy as Acting
from eval_tools.controls.planted import Plant, PlantedMarket
from ppo_agent import PPOConfig, train

Agent = tuple[Callable[[PlantedMarket, PPOConfig, "Watch"], None], dict[str, Any]]
"""How to train, and fields that differ from the defaults."""

TUNING_SEED = 1001
WANTED = 0.8
EVERY = 10
"""Updates between judgements."""

_BASE = {"ent_coef": 0.01}
TRIALS: dict[str, dict[str, Any]] = {
    "PureJaxRL": {**_BASE, "learning_rate": 2.5e-4, "learning_rate_final": 0.0},
    "fast": {**_BASE, "learning_rate": 3e-3},
    "fast, little entropy": {"ent_coef": 0.001, "learning_rate": 3e-3},
    "fast, short": {**_BASE, "learning_rate": 3e-3, "gamma": 0.97, "gae_lambda": 0.9},
    "middle": {**_BASE, "learning_rate": 1e-3},
    "middle, small batches": {**_BASE, "learning_rate": 1e-3, "num_minibatches": 16},
}
"""Settings of the other agent; what is not named is ours."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line."""

    seeds: tuple[int, ...] = (6001, 6002, 6003)
    """Each is the seed of a market and of both trainings."""
    limit_s: int = 600
    """Seconds after which a training counts as not having got there."""
    steps: int = 3_000_000
    """Environment steps that our schedules are laid out for."""
    sessions: int = 1_000
    """Sessions of each market, the held fifth included."""
    trial: str = "fast, short"
    """Name of TRIALS that the other agent runs with."""
    trials: Path | None = None
    """Run all TRIALS on the tuning seed instead, and write the best share of each here."""
    json: Path | None = None
    """Write the times here."""

    def check(self) -> None:
        """Refuse what cannot be run."""
        unknown = None if self.trial in TRIALS else f"--trial: known are {', '.join(TRIALS)}"
        refuse(
            unknown,
            too_small(1, limit_s=self.limit_s),
            too_small(20, sessions=self.sessions),
            too_small(PPOConfig().steps_per_update * EVERY, steps=self.steps),
            unwritable("--json", self.json),
            unwritable("--trials", self.trials),
        )


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


@dataclass(frozen=True)
class Outcome:
    """Seconds until the share was reached, or the limit."""

    seconds: float
    reached: bool
    best: float

    def __str__(self) -> str:
        return f"{'' if self.reached else '>='}{self.seconds:.0f} s (best share {self.best:.2f})"


class Over(Exception):  # noqa: N818 (an end, not an error)
    """Training may stop: the share is reached, or the time is up."""


@dataclass
class Watch:
    """Judges policies off the clock and ends the training.

    Attributes:
        oracle_usd: what the oracle earns a held session.
        began: when training began, moved on by the time spent judging.
        best: largest share so far.
    """

    market: PlantedMarket
    oracle_usd: float
    limit_s: float
    began: float = 0.0
    best: float = float("-inf")

    @property
    def seconds(self) -> float:
        """Seconds spent on training."""
        return time.perf_counter() - self.began

    @property
    def reached(self) -> bool:
        """Whether the edge is traded."""
        return self.best >= WANTED

    def look(self, policy: Acting) -> float:
        """The share of a policy; ``Over`` when training need not go on."""
        spent = self.seconds
        usd = self.market.value(policy, self.market.held_sessions)
        self.best = max(self.best, usd / self.oracle_usd)
        self.began = time.perf_counter() - spent
        if self.reached or spent > self.limit_s:
            raise Over
        return usd / self.oracle_usd

    def run(self, training: Callable[["Watch"], None]) -> Outcome:
        """Train until it is over."""
        self.began = time.perf_counter()
        with suppress(Over):
            training(self)
        return Outcome(self.seconds if self.reached else self.limit_s, self.reached, self.best)


def ours(market: PlantedMarket, config: PPOConfig, watch: Watch) -> None:
    """Train with the defaults."""
    env = market.env(market.training)
    train(
        env,
        env.default_params,
        config,
        validate_fn=lambda policy: {"score": watch.look(agent_policy(policy))},
        validate_every=EVERY,
        progress=False,
    )


def theirs(market: PlantedMarket, config: PPOConfig, watch: Watch) -> None:
    """Train the other agent, ``EVERY`` updates a call."""
    env = market.env(market.training)
    width = config.hidden_sizes[0]
    network = TwoTowers(env.num_actions, width, config.activation)
    init, update = make_parts(env, env.default_params, config, network)
    chunk = jax.jit(lambda runner: jax.lax.scan(update, runner, None, EVERY)[0])
    runner = jax.jit(init)(jax.random.key(config.seed))
    for _ in range(config.num_updates // EVERY):
        runner = jax.block_until_ready(chunk(runner))
        watch.look(TowersPolicy(runner[0].params, width))


def race(options: Options, seed: int, agents: dict[str, Agent]) -> dict[str, Outcome]:
    """All agents on the market of a seed, one after the other, each with its own compiling."""
    plant = Plant(edge="entry", strength=10.0, sessions=options.sessions, seed=seed)
    market = PlantedMarket.draw(plant)
    oracle = market.value(market.oracle, market.held_sessions)
    outcomes = {}
    for name, (training, changed) in agents.items():
        config = PPOConfig(seed=seed, total_timesteps=options.steps, **changed)
        watch = Watch(market, oracle, options.limit_s)
        outcomes[name] = watch.run(partial(training, market, config))
        print(f"seed {seed}, {name}: {outcomes[name]}", flush=True)
    return outcomes


def main(args: Sequence[str] | None = None) -> int:
    """Print the times of every seed, or the shares of every trial."""
    options = tyro.cli(Options, description=__doc__, args=args)
    options.check()
    jax.config.update("jax_enable_compilation_cache", False)  # compiling is part of the time
    if options.trials:
        agents: dict[str, Agent] = {name: (theirs, TRIALS[name]) for name in TRIALS}
        found = {TUNING_SEED: race(options, TUNING_SEED, agents)}
    else:
        agents = {"ours": (ours, {}), "PureJaxRL-style": (theirs, TRIALS[options.trial])}
        found = {seed: race(options, seed, agents) for seed in options.seeds}
    rows = {seed: {name: asdict(one) for name, one in runs.items()} for seed, runs in found.items()}
    write_json(options.trials or options.json, {"settings": asdict(options), "runs": rows})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
