"""A deterministic episode beside a bare scan of environment and policy, in turns in one process.

The bare scan observes, masks, acts greedily and steps, and keeps the reward; the episode is
`eval_tools.run_slices`, whole: records of every bar, tables of steps included.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import gymnax
import jax
import jax.numpy as jnp
import tyro

from benchmarks.command_line import refuse, too_small
from benchmarks.validation import agent
from eval_tools import Context, Slice, agent_policy, run_slices
from eval_tools.policies.agents import AgentPolicy
from eval_tools.rollout.lanes import evaluation_params
from futures_env import EnvParams, FuturesEnv, synthetic_market


@dataclass(frozen=True, kw_only=True)
class Config:
    """What is measured."""

    bars: int = 20_000
    """Length of the episode."""
    repeats: int = 20
    """Turns of each; the best counts."""


def main(config: Config) -> None:
    """Print processor seconds for a million bars and the ratio, default and 256-256 network."""
    refuse(too_small(400, bars=config.bars), too_small(1, repeats=config.repeats))
    market = synthetic_market("NQ", sessions=config.bars // 380 + 3, seed=0)
    env, params = gymnax.make("FuturesNQ-Phase2", market=market)
    piece = Slice(name="all", sessions=(0,), first_row=389, last_row=389 + config.bars)
    for sizes in (None, (256, 256)):
        policy = agent_policy(agent(env, sizes))
        long = evaluation_params(params)
        best = best_of(
            config.repeats,
            bare=partial(bare, config.bars, env, policy, long, jnp.int32(389)),
            episode=lambda policy=policy: run_slices(env, policy, params, [piece], reenter=True),
        )
        name = "x".join(map(str, policy.config.hidden_sizes))
        million = {what: seconds / config.bars * 1e6 for what, seconds in best.items()}
        print(
            f"network {name}: a million bars {million['episode']:.1f} s, bare "
            f"{million['bare']:.1f} s, ratio {best['bare'] / best['episode']:.2f}"
        )


def best_of(repeats: int, **calls: Callable[[], object]) -> dict[str, float]:
    """Processor seconds of the best of ``repeats`` turns of each, after one that compiles."""
    best = dict.fromkeys(calls, float("inf"))
    for turn in range(repeats + 1):
        for name, call in calls.items():
            began = time.process_time()
            jax.block_until_ready(call())
            if turn:
                best[name] = min(best[name], time.process_time() - began)
    return best


@partial(jax.jit, static_argnames=("bars", "env"))
def bare(
    bars: int, env: FuturesEnv, policy: AgentPolicy, params: EnvParams, row: jax.Array
) -> jax.Array:
    """Rewards of a bare scan."""
    key = jax.random.key(0)

    def step(state, _):
        obs, mask = env.observe(key, state, None, params), env.action_mask(state, params)
        action = policy(obs, mask, key, Context(state, params))
        _, state, reward, _, _ = env.step_env(key, state, action, params)
        return state, reward

    return jax.lax.scan(step, env.state_at(row, params), None, length=bars)[1]


if __name__ == "__main__":
    main(tyro.cli(Config))
