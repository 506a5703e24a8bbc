"""How long until the agent trades a planted edge on sessions it has not seen? Ours and another.

    python -m benchmarks.time_to_edge [--seeds 6001 6002 6003] [--limit-s 600] [--trials FILE]

Wall time, compiling included, until the greedy policy earns 0.8 of the oracle on the held sessions
(entry edge, strength 10, 1,000 sessions, window 20): this project with its defaults, a
PureJaxRL-style PPO, and sb3-contrib's MaskablePPO on ``SB3VecEnv`` where it is installed (`make
clients`), on the same environment and network widths, in the settings of TRIALS that did best on
the tuning seed. They are judged every ten updates (MaskablePPO every one), which is taken off the
clock. Ours ends after `--steps`; the others go on with their last learning rate. Who does not get
there within the limit counts as the limit, marked >=. `--trials` runs every setting of the others
on the tuning seed instead and writes what they reached into FILE.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jax
import tyro

from benchmarks.command_line import refuse, too_small, unwritable
from benchmarks.other_agents import maskable_ppo, purejaxrl_style
from benchmarks.seeds import write_json
from eval_tools import Policy as Acting
from eval_tools import agent_policy
from eval_tools.controls.planted import Plant, PlantedMarket
from ppo_agent import PPOConfig, train

Training = Callable[[PlantedMarket, PPOConfig, "Watch"], None]
Agent = tuple[Training, dict[str, Any]]
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
"""Settings of the other agents; what is not named is ours."""


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
    """Name of TRIALS that the PureJaxRL-style agent runs with."""
    maskable_trial: str = "middle"
    """Name of TRIALS that MaskablePPO runs with."""
    trials: Path | None = None
    """Run all TRIALS on the tuning seed instead, and write the best share of each here."""
    json: Path | None = None
    """Write the times here."""

    def check(self) -> None:
        """Refuse what cannot be run."""
        unknown = {self.trial, self.maskable_trial} - set(TRIALS)
        refuse(
            f"--trial, --maskable-trial: known are {', '.join(TRIALS)}" if unknown else None,
            too_small(1, limit_s=self.limit_s),
            too_small(20, sessions=self.sessions),
            too_small(PPOConfig().steps_per_update * EVERY, steps=self.steps),
            unwritable("--json", self.json),
            unwritable("--trials", self.trials),
        )


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
    """Train the PureJaxRL-style agent."""
    purejaxrl_style(market.env(market.training), config, EVERY, watch.look)


def maskable(market: PlantedMarket, config: PPOConfig, watch: Watch) -> None:
    """Train sb3-contrib's agent."""
    maskable_ppo(market.env(market.training), config, watch.look)


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
    others: dict[str, tuple[Training, str]] = {"PureJaxRL-style": (theirs, options.trial)}
    if find_spec("sb3_contrib"):
        others["MaskablePPO"] = maskable, options.maskable_trial
    if options.trials:
        agents: dict[str, Agent] = {
            f"{name}, {trial}": (training, TRIALS[trial])
            for name, (training, _) in others.items()
            for trial in TRIALS
        }
        found = {TUNING_SEED: race(options, TUNING_SEED, agents)}
    else:
        chosen = {name: (training, TRIALS[trial]) for name, (training, trial) in others.items()}
        agents = {"ours": (ours, {})} | chosen
        found = {seed: race(options, seed, agents) for seed in options.seeds}
    rows = {seed: {name: asdict(one) for name, one in runs.items()} for seed, runs in found.items()}
    write_json(options.trials or options.json, {"settings": asdict(options), "runs": rows})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
