"""Cold validation as the demo does it: seconds, compiled programs, and a hash of the numbers.

Agents are untrained, which costs what trained ones cost. Set JAX_ENABLE_COMPILATION_CACHE=false.
"""

import hashlib
import json
import time
from dataclasses import dataclass

import gymnax
import jax
import tyro

from eval_tools import (
    Contender,
    Options,
    agent_policy,
    baseline_contenders,
    evaluate,
    fixed_bracket,
    metrics,
    sessions_between,
)
from futures_env import FuturesEnv, synthetic_market
from ppo_agent.config import PPOConfig
from ppo_agent.policy import Policy, untrained

_BACKEND_COMPILES = "/jax/core/compile/backend_compile_duration"


@dataclass(frozen=True, kw_only=True)
class Config:
    """What is validated."""

    sessions: int = 100
    """Length of the synthetic market."""
    held: int = 20
    """Sessions judged, the last ones."""


def agent(env: FuturesEnv, hidden_sizes: tuple[int, ...] | None = None) -> Policy:
    """An agent that has learned nothing; without sizes of the default network."""
    config = PPOConfig() if hidden_sizes is None else PPOConfig(hidden_sizes=hidden_sizes)
    learned = untrained(config, len(env.observation_layout), env.num_actions)
    return Policy(learned=learned, config=config)


def main(config: Config) -> None:
    """Print seconds of the first and of a second validation in this process."""
    market = synthetic_market("NQ", sessions=config.sessions, seed=0)
    second, params = gymnax.make("FuturesNQ-Phase2", market=market)
    first, _ = gymnax.make("FuturesNQ-Phase1", market=market)
    sessions = sessions_between(market, 20).tail(config.held).reset_index(drop=True)
    subject = Contender(
        name="Phase 2 policy", env=second, policy=agent_policy(agent(second)), params=params
    )
    earlier = Contender(
        name="Phase 1 policy", env=first, policy=agent_policy(agent(first)), params=params
    )
    others = [*baseline_contenders(second, params), fixed_bracket(subject), earlier]
    compiled: list[float] = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, seconds, **_: compiled.append(seconds) if event == _BACKEND_COMPILES else None
    )
    for run in ("cold", "warm"):
        compiled.clear()
        began, used = time.perf_counter(), time.process_time()
        evaluation = evaluate(subject, others, sessions, Options())
        seconds, used = time.perf_counter() - began, time.process_time() - used
        long = [one for one in compiled if one > 0.2]
        numbers = json.dumps(metrics(evaluation), sort_keys=True).encode()
        digest = hashlib.sha256(numbers).hexdigest()[:12]
        print(
            f"{run}: {seconds:.1f} s, {used:.1f} s of processors; {len(long)} programs took "
            f"longer than 0.2 s to compile, together {sum(long):.1f} s; metrics {digest}"
        )


if __name__ == "__main__":
    main(tyro.cli(Config))
