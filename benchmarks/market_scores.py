"""Scores on the frozen benchmark (``eval_tools.controls.benchmark``): how others compare theirs.

    python -m benchmarks.market_scores FILE [--methods ours purejaxrl supervised] [--strength 10]

Every method sees the training sessions only and is scored on the test sessions after costs, as a
share of the oracle. ``ours`` is ppo_agent with its defaults; ``purejaxrl`` is the PPO of
``purejaxrl_style.py`` with PureJaxRL's own hyper-parameters (no masks, no normalisation), at as
many environment steps; ``supervised`` is the bound of ``supervised.py``. Results are appended to
FILE, one line each; what is there is not run again.
"""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import tyro
from flax import linen as nn
from flax import struct

from benchmarks.command_line import refuse, too_small, unwritable
from benchmarks.purejaxrl_style import TwoTowers, make_learner
from benchmarks.seeds import estimate
from benchmarks.supervised import Bound
from eval_tools import Context, Policy, agent_policy
from eval_tools.controls.benchmark import BENCHMARKS, score_on
from eval_tools.controls.planted import PlantedMarket
from ppo_agent import Policy as Agent
from ppo_agent import PPOConfig, train

Method = Literal["ours", "purejaxrl", "supervised"]
METHODS: tuple[Method, ...] = ("ours", "purejaxrl", "supervised")
PUREJAXRL = {
    "learning_rate": 2.5e-4,
    "learning_rate_final": 0.0,
    "ent_coef": 0.01,
    "ent_coef_decay": 0.0,
    "gamma": 0.99,
    "gae_lambda": 0.95,
}
"""Its own, but for the rollout, which is ours: 256 environments x 128 steps."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line."""

    file: Annotated[Path, tyro.conf.Positional]
    """Where the scores are kept."""
    name: str = "entry-v1"
    """Benchmark."""
    methods: tuple[Method, ...] = METHODS
    """Who learns."""
    strength: float = 10.0
    """Of the edge; 0: the zero-edge twin."""
    seeds: tuple[int, ...] = (5001, 5002, 5003)
    """Markets and trainings."""
    steps: int = 3_000_000
    """Environment steps of training."""


@struct.dataclass
class Towers:
    """The greedy policy of PureJaxRL's style: it knows no mask, the environment makes it HOLD."""

    params: Any
    network: nn.Module = struct.field(pytree_node=False)

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.Policy``."""
        logits = self.network.apply(self.params, obs)[0]
        return jnp.argmax(logits).astype(jnp.int32)


def ours(market: PlantedMarket, steps: int) -> Policy:
    """ppo_agent as it comes."""
    config = PPOConfig(seed=market.plant.seed, total_timesteps=steps, tensorboard=False)
    env = market.env(market.training)
    result = train(env, env.default_params, config, progress=False)
    return agent_policy(Agent.from_train_state(result.train_state, config))


def purejaxrl(market: PlantedMarket, steps: int) -> Policy:
    """The PPO in PureJaxRL's style."""
    config = PPOConfig(total_timesteps=steps, **PUREJAXRL)
    env = market.env(market.training)
    network = TwoTowers(env.num_actions, config.hidden_sizes[0], config.activation)
    learn = jax.jit(lambda params, key: make_learner(env, params, config, network)(key))
    params, _ = learn(env.default_params, jax.random.key(market.plant.seed))
    return Towers(params, network)


def supervised(market: PlantedMarket, steps: int) -> Policy:
    """The supervised bound, see ``benchmarks.supervised``."""
    del steps
    return Bound.fit(market).policy


LEARNERS = {"ours": ours, "purejaxrl": purejaxrl, "supervised": supervised}
KEY = ("name", "strength", "method", "steps", "seed")
"""Fields that identify a score."""


def run_missing(options: Options) -> None:
    """Every method on every seed that has no line yet; one market at a time."""
    for seed in options.seeds:
        done = {tuple(row[name] for name in KEY) for row in stored(options.file)}
        keys = [(options.name, options.strength, m, options.steps, seed) for m in options.methods]
        todo = [key for key in keys if key not in done]
        if not todo:
            continue
        plant = BENCHMARKS[options.name].plant(options.strength, seed)
        market = PlantedMarket.draw(plant)
        for key in todo:
            started = time.perf_counter()
            score = score_on(LEARNERS[key[2]](market, options.steps), market)
            row = dict(zip(KEY, key, strict=True)) | asdict(score)
            row["seconds"] = time.perf_counter() - started
            with options.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print(json.dumps(row), flush=True)


def stored(file: Path) -> list[dict[str, Any]]:
    """All scores of a file."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def markdown(rows: list[dict[str, Any]]) -> str:
    """One line per benchmark, strength and method."""
    lines = ["| benchmark | strength | method | share of the oracle | by seed | USD a session |"]
    lines.append("|---|---|---|---|---|---|")
    cells: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        cells.setdefault(tuple(row[name] for name in KEY[:3]), []).append(row)
    for (name, strength, method), found in sorted(cells.items(), key=str):
        seeds = " ".join("-" if r["share"] is None else f"{r['share']:.2f}" for r in found)
        usd = np.mean([r["usd_per_session"] for r in found])
        share = estimate(r["share"] for r in found)
        lines.append(f"| {name} | {strength:g} | {method} | {share} | {seeds} | {usd:,.0f} |")
    return "\n".join(lines)


def main(args: list[str] | None = None) -> int:
    """Run what is missing and print the table."""
    options = tyro.cli(Options, args=args, description=__doc__)
    refuse(
        None if options.name in BENCHMARKS else f"--name: known are {', '.join(BENCHMARKS)}",
        too_small(PPOConfig().steps_per_update, steps=options.steps),
        unwritable("FILE", options.file),
    )
    run_missing(options)
    print(markdown(stored(options.file)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
