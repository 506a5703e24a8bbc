"""Speed of the adapters beside a bare compiled loop, one process, everything takes turns.

python -m benchmarks.clients [--repeats 25] [--against COMMIT] [--learn]

`vector` steps `FuturesVectorEnv`, `bare` a jitted `vmap(env.step)` with the masks and nothing but
NumPy arrays on the host; both play HOLD. `single` is `GymnasiumEnv`, `leaf by leaf` the same
environment fetching every leaf of `info` and asking for the mask by itself; `--against` adds the
`GymnasiumEnv` of another commit. With `--learn` (needs
`make clients`) MaskablePPO trains on `SB3VecEnv`, and on `DummyVecEnv` of as many environments.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
import gymnax
import jax
import numpy as np

from benchmarks.against import archive_of, package_from
from benchmarks.command_line import refuse, too_small
from futures_env import FuturesEnv, FuturesVectorEnv, GymnasiumEnv
from futures_env.adapters.packing import Packed

SIZES = (8, 64, 1_024)
STEPS = {8: 200, 64: 200, 1_024: 50}
SINGLE_STEPS = 200
LEARN_SIZES, ROLLOUT = (8, 64), 32
Play = Callable[[], int]
"""Plays for a while and returns how many steps."""


def bare(env: FuturesEnv, num_envs: int) -> Play:
    """A jitted vmapped step with mask; all but ``info``, which stays on the device, as arrays."""
    params = env.default_params

    @jax.jit
    def step(key: jax.Array, state: Any, actions: jax.Array, params: Any) -> Any:
        key, following = jax.random.split(key)
        keys = jax.random.split(key, num_envs)
        batched = jax.vmap(env.step, (0, 0, 0, None))
        stepped = batched(keys, state, actions, params)
        return following, stepped, jax.vmap(env.action_mask, (0, None))(stepped[1], params)

    held = {"key": jax.random.key(0)}
    keys = jax.random.split(jax.random.key(1), num_envs)
    held["state"] = jax.jit(jax.vmap(env.reset, (0, None)))(keys, params)[1]
    actions = np.zeros(num_envs, np.int32)

    def play() -> int:
        for _ in range(STEPS[num_envs]):
            key, (obs, state, *ended, _), mask = step(held["key"], held["state"], actions, params)
            held.update(key=key, state=state)
            [np.asarray(one) for one in (obs, *ended, mask)]
        return STEPS[num_envs] * num_envs

    return play


def vector(env: FuturesEnv, num_envs: int) -> Play:
    """The batched adapter."""
    envs = FuturesVectorEnv(env, num_envs)
    envs.reset(seed=0)
    actions = np.zeros(num_envs, np.int32)

    def play() -> int:
        for _ in range(STEPS[num_envs]):
            envs.step(actions)
        return STEPS[num_envs] * num_envs

    return play


@partial(jax.jit, static_argnames=("env",))
def _plain_step(env: FuturesEnv, state: Any, action: jax.Array, params: Any) -> Any:
    obs, state, reward, terminated, info = env.step_env(jax.random.key(0), state, action, params)
    return obs, state, reward, terminated, env.is_truncated(state, params), info


_unpack = jax.jit(Packed.unpack)
_plain_mask = jax.jit(FuturesEnv.action_mask, static_argnums=(0,))


class LeafByLeaf(GymnasiumEnv):
    """The single environment with a transfer for every leaf, two compiled calls a step."""

    def reset(self, **arguments: Any) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode."""
        begun = super().reset(**arguments)
        self._leaves = _unpack(self._state)
        return begun

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One step."""
        obs, self._leaves, reward, terminated, truncated, info = _plain_step(
            self._env, self._leaves, np.int32(action), self._params
        )
        host = jax.tree.map(lambda leaf: leaf.item(), info)
        self._mask = np.asarray(_plain_mask(self._env, self._leaves, self._params))
        host["action_mask"] = self._mask
        return np.asarray(obs), float(reward), bool(terminated), bool(truncated), host


def single(env: gymnasium.Env) -> Play:
    """One environment, reset where an episode ends."""
    env.reset(seed=0)

    def play() -> int:
        for _ in range(SINGLE_STEPS):
            _, _, terminated, truncated, _ = env.step(0)
            if terminated or truncated:
                env.reset()
        return SINGLE_STEPS

    return play


def single_of(commit: str) -> Play:
    """The single environment as another commit has it."""
    archive = archive_of(commit)
    refuse(None if archive else f"--against {commit}: git knows no such commit")
    with tempfile.TemporaryDirectory() as folder:
        package = package_from(archive or b"", Path(folder))
        env = package.FuturesEnv(2, market=package.synthetic_market())
        return single(package.GymnasiumEnv(env))


class Learner:
    """MaskablePPO: rollouts of 32 steps of every environment, one epoch of minibatches of 256."""

    def __init__(self, envs: Any) -> None:
        """Learn on ``envs``, a ``VecEnv``."""
        from sb3_contrib import MaskablePPO

        self._model = MaskablePPO(
            "MlpPolicy", envs, n_steps=ROLLOUT, batch_size=256, n_epochs=1, seed=0
        )
        self._steps = ROLLOUT * envs.num_envs
        self.inside, self.total = 0.0, 0.0
        for name in ("step", "env_method"):
            setattr(envs, name, self._timed(getattr(envs, name)))

    def _timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            result = call(*given, **named)
            self.inside += time.perf_counter() - began
            return result

        return timed

    def __call__(self) -> int:
        """One rollout and its update."""
        began = time.perf_counter()
        self._model.learn(self._steps)
        self.total += time.perf_counter() - began
        return self._steps


def learners(env: FuturesEnv, num_envs: int) -> dict[str, Learner]:
    """MaskablePPO on both kinds of batch; torch computes with one thread, as two of them wait."""
    import torch
    from stable_baselines3.common.vec_env import DummyVecEnv

    from futures_env.adapters.sb3 import SB3VecEnv

    torch.set_num_threads(1)
    several = [partial(GymnasiumEnv, env)] * num_envs
    return {
        f"MaskablePPO, SB3VecEnv, {num_envs}": Learner(SB3VecEnv(FuturesVectorEnv(env, num_envs))),
        f"MaskablePPO, DummyVecEnv, {num_envs}": Learner(DummyVecEnv(several)),
    }


def seconds(play: Play) -> tuple[float, float]:
    """Wall and processor seconds a step of one turn."""
    wall, processor = time.perf_counter(), time.process_time()
    steps = play()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return wall / steps, processor / steps


def race(contenders: dict[str, Play], repeats: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds a step of each in turns, after one uncounted round."""
    rounds = [
        {name: seconds(play) for name, play in contenders.items()} for _ in range(repeats + 1)
    ]
    return {name: [one[name] for one in rounds[1:]] for name in contenders}


def report(found: dict[str, list[tuple[float, float]]], base: str) -> None:
    """Median rates, and the median ratios to ``base`` of the same round."""
    for name, took in found.items():
        pairs = list(zip(took, found[base], strict=True))
        wall, processor = (statistics.median(b[of] / t[of] for t, b in pairs) for of in (0, 1))
        rate = 1 / statistics.median(one for one, _ in took)
        sys.stdout.write(
            f"{name:40} {rate:>12,.0f} steps/s {wall:>7.2f} x {base} "
            f"({processor:.2f} by processor time)\n"
        )


def first_steps(env: FuturesEnv) -> float:
    """Seconds of the first step of a second instance, on another market object."""
    again = FuturesEnv(2, market=env.default_params.market, name=env.name)
    other = GymnasiumEnv(again)
    other.reset(seed=0)
    began = time.perf_counter()
    other.step(0)
    return time.perf_counter() - began


def main(args: Sequence[str] | None = None) -> None:
    """Print rates and ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=25, help="rounds of turns; medians count")
    parser.add_argument("--against", metavar="COMMIT", help="compare `single` with its commit")
    parser.add_argument("--learn", action="store_true", help="train MaskablePPO too")
    options = parser.parse_args(args)
    refuse(too_small(1, repeats=options.repeats))
    env, _ = gymnax.make("FuturesNQ-Phase2")
    for size in SIZES:
        contenders = {f"bare, {size}": bare(env, size), f"vector, {size}": vector(env, size)}
        report(race(contenders, options.repeats), f"bare, {size}")
    singles = {"leaf by leaf": single(LeafByLeaf(env)), "single": single(GymnasiumEnv(env))}
    if options.against:
        singles[options.against] = single_of(options.against)
    report(race(singles, options.repeats), options.against or "leaf by leaf")
    sys.stdout.write(f"first step of a second instance: {1_000 * first_steps(env):.1f} ms\n")
    for size in LEARN_SIZES if options.learn else ():
        both = learners(env, size)
        report(race(both, options.repeats), f"MaskablePPO, DummyVecEnv, {size}")
        for name, one in both.items():
            sys.stdout.write(f"{name}: {one.inside / one.total:.0%} of it in the environments\n")


if __name__ == "__main__":
    main()
