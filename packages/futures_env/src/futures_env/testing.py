"""A public check of environments of this family, for authors of variants.

``check_env(env)`` plays masked random episodes and verifies what clients rely on: the gymnax
contract, dtypes, one trace, vmap, determinism, the mask, autoreset, finiteness, cash conservation
and the absence of look-ahead. It raises ``EnvCheckError`` listing every check that failed.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from futures_env.market.table import MarketData
from futures_env.types import EnvParams


class EnvCheckError(AssertionError):
    """An environment broke its contract; the message lists every failed check."""


class _Probe:
    """An environment with one recorded masked random rollout."""

    def __init__(self, env: Any, params: EnvParams, num_envs: int, num_steps: int) -> None:
        self.env, self.params, self.num_steps = env, params, num_steps
        self.keys = jax.random.split(jax.random.key(7), num_envs)
        self._rollout = jax.jit(partial(_rollout, env, num_steps))
        self.record = self.play(params)

    def play(self, params: EnvParams) -> dict[str, Any]:
        """The rollout under other parameters; compiled once for all checks."""
        return self._rollout(params, self.keys)

    def first(self, index: int = 0) -> tuple[Any, Any]:
        return self.env.reset(self.keys[index], self.params)


def _rollout(env: Any, num_steps: int, params: EnvParams, keys: jax.Array) -> dict[str, Any]:
    """Time-major record of masked random play; (num_steps, num_envs, ...) leaves."""
    obs, state = jax.vmap(env.reset, (0, None))(keys, params)

    def step(carry: Any, key: jax.Array) -> Any:
        obs, state = carry
        key_action, key_step = jax.random.split(key)
        mask = jax.vmap(env.action_mask, (0, None))(state, params)
        action = jax.random.categorical(key_action, jnp.where(mask, 0.0, -1e9))
        step_keys = jax.random.split(key_step, keys.shape[0])
        batched = jax.vmap(env.step, (0, 0, 0, None))
        following, after, reward, terminated, truncated, info = batched(
            step_keys, state, action, params
        )
        record = {
            "obs": obs, "state": state, "mask": mask, "action": action, "reward": reward,
            "terminated": terminated, "truncated": truncated, "info": info, "after": after,
            "following": following,
        }  # fmt: skip
        return (following, after), record

    return jax.lax.scan(step, (obs, state), jax.random.split(jax.random.key(8), num_steps))[1]


def _structure(tree: Any) -> str:
    return str(jax.tree.map(lambda leaf: (jnp.shape(leaf), str(jnp.asarray(leaf).dtype)), tree))


def _require(condition: Any, message: str) -> None:
    if not bool(np.all(condition)):
        raise AssertionError(message)


def _check_spaces(probe: _Probe) -> None:
    space = probe.env.observation_space(probe.params)
    obs = probe.first()[0]
    _require(obs.shape == space.shape, f"observation {obs.shape}, its space {space.shape}")
    _require(obs.dtype == jnp.float32, f"observation is {obs.dtype}, not float32")
    actions = probe.env.action_space(probe.params).n
    _require(actions == probe.env.num_actions, "action space and num_actions differ")
    mask = probe.record["mask"]
    _require(mask.shape[-1] == actions, f"mask has {mask.shape[-1]} entries for {actions} actions")


def _check_dtypes(probe: _Probe) -> None:
    record = probe.record
    _require(record["reward"].dtype == jnp.float32, f"reward is {record['reward'].dtype}")
    for name in ("mask", "terminated", "truncated"):
        _require(record[name].dtype == jnp.bool_, f"{name} is {record[name].dtype}, not bool")
    for name in ("terminated", "truncated", "final_observation"):
        _require(name in record["info"], f"info has no {name!r}")


def _check_identity(probe: _Probe) -> None:
    twin = copy.deepcopy(probe.env)
    _require(twin == probe.env and hash(twin) == hash(probe.env),
             "a deep copy is not equal or hashes apart: every copy would recompile")  # fmt: skip


def _check_one_trace(probe: _Probe) -> None:
    traces = 0

    def counted(key: jax.Array, state: Any, action: jax.Array, params: EnvParams) -> Any:
        nonlocal traces
        traces += 1
        return probe.env.step(key, state, action, params)

    step = jax.jit(counted)
    _, state = probe.first()
    reset_state = _structure(state)
    for index in range(3):
        scaled = replace(probe.params, start_balance=probe.params.start_balance + index)
        _, state, *_ = step(probe.keys[0], state, jnp.int32(0), scaled)
    _require(_structure(state) == reset_state, "reset and step return different state trees")
    _require(traces == 1, f"{traces} traces for one shape: weak types or changing leaves")


def _check_vmap_and_jit(probe: _Probe) -> None:
    """Lane 0 of the vmapped, scanned rollout against plain steps from the same states."""
    record = probe.record
    keys = jax.random.split(jax.random.key(8), probe.num_steps)
    for index in (0, probe.num_steps // 2):
        state = jax.tree.map(lambda leaf, index=index: leaf[index, 0], record["state"])
        key = jax.random.split(jax.random.split(keys[index])[1], len(probe.keys))[0]
        alone = probe.env.step(key, state, record["action"][index, 0], probe.params)
        _require(alone[0] == record["following"][index, 0], "vmap and a single step differ in obs")
        _require(alone[2] == record["reward"][index, 0], "vmap and a single step differ in reward")


def _check_determinism(probe: _Probe) -> None:
    again = probe.play(probe.params)
    for name in ("obs", "reward", "mask"):
        _require(again[name] == probe.record[name], f"the same key gave another {name}")


def _check_mask(probe: _Probe) -> None:
    record = probe.record
    _require(record["mask"][..., 0], "HOLD (action 0) is masked")
    _require(~record["info"]["illegal_action"], "a legal action was reported as illegal")
    step = jax.jit(probe.env.step_env)
    for index in range(0, probe.num_steps, max(probe.num_steps // 20, 1)):
        state = jax.tree.map(lambda leaf, index=index: leaf[index, 0], record["state"])
        held = step(probe.keys[0], state, jnp.int32(0), probe.params)
        for action in np.flatnonzero(~np.asarray(record["mask"][index, 0])):
            tried = step(probe.keys[0], state, jnp.int32(action), probe.params)
            _require(tried[-1]["illegal_action"], f"illegal action {action} was not reported")
            _require(_equal(tried[1], held[1]), f"illegal action {action} did not act as HOLD")


def _equal(one: Any, other: Any) -> bool:
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def _check_autoreset(probe: _Probe) -> None:
    short = replace(probe.params, max_steps_in_episode=jnp.int32(3))
    record = probe.play(short)
    done = np.asarray(record["terminated"] | record["truncated"])
    _require(done[:3].any(axis=0), "an episode of at most 3 steps went on")
    time = np.asarray(record["after"].time)
    _require(time[done] == 0, "after the end of an episode the state was not reset")
    _require(time[~done] > 0, "the state was reset inside an episode")
    final = np.asarray(record["info"]["final_observation"])
    following = np.asarray(record["following"])
    _require(final[~done] == following[~done], "final_observation differs inside an episode")
    one = partial(probe.env.observe, probe.keys[0])
    observe = jax.jit(jax.vmap(jax.vmap(one, (0, None, None)), (0, None, None)))
    _require(observe(record["after"], None, short) == following,
             "the observation returned is not that of the state returned")  # fmt: skip


def _check_finite(probe: _Probe) -> None:
    for name in ("obs", "reward"):
        _require(np.isfinite(probe.record[name]), f"{name} is not finite")


def _check_cash(probe: _Probe) -> None:
    """balance after a step = balance before + net P&L of the trade + entry side paid in between."""
    record = probe.record
    info, before, after = record["info"], record["state"], record["after"]
    done = np.asarray(record["terminated"] | record["truncated"])
    change = np.asarray(after.balance_cents - before.balance_cents)
    paid_before = np.asarray(before.entry_commission_cents)
    paid_after = np.asarray(after.entry_commission_cents)
    closed, entered = np.asarray(info["trade_closed"]), np.asarray(info["entry_filled"])
    net = np.asarray(info["trade_pnl_cents"])
    carried = closed & ~entered & ~np.asarray(info["forced_trade"]) & ~done
    _require(change[carried] == (net + paid_before)[carried], "cash and net P&L do not reconcile")
    opened = entered & ~closed & ~done
    _require(change[opened] == -paid_after[opened], "an entry charged other than its commission")
    _require(change[~closed & ~entered & ~done] == 0, "cash changed without a fill")


def _noise_after(market: MarketData, row: int) -> MarketData:
    """Prices, indicators and order flags after ``row`` replaced; the calendar stays."""
    rng = np.random.default_rng(11)
    later = np.arange(market.num_bars) > row

    columns = market.columns()
    center = columns["close"][row] + rng.integers(-400, 400, (4, market.num_bars))
    noise = {
        "open": center[0],
        "close": center[1],
        "high": center.max(0),
        "low": center.min(0),
        "volume": rng.random(market.num_bars) * 1e3,
        "atr": 1.0 + rng.random(market.num_bars) * 50.0,
        "features": rng.standard_normal(columns["features"].shape),
        "extreme_order": rng.integers(0, 3, market.num_bars),
        "session_last": rng.random(market.num_bars) < 0.01,
    }
    for name, values in noise.items():
        rows = later[:, None] if values.ndim == 2 else later
        columns[name] = np.where(rows, values, columns[name])
    return market.with_columns(**columns)


def _check_no_look_ahead(probe: _Probe) -> None:
    starts = probe.params.market.starts
    start, num_steps = int(starts[starts.shape[0] // 2]), probe.num_steps
    params = replace(probe.params, start_row=jnp.int32(start))
    noisy = replace(params, market=_noise_after(params.market, start + num_steps - 1))
    truth, changed = probe.play(params), probe.play(noisy)
    before = slice(0, num_steps - 1)
    for name in ("obs", "mask"):
        _require(truth[name] == changed[name], f"{name} depends on bars that have not closed")
    _require(truth["reward"][before] == changed["reward"][before],
             "the reward depends on bars after the one it is for")  # fmt: skip


_CHECKS: dict[str, Callable[[_Probe], None]] = {
    "spaces": _check_spaces,
    "dtypes": _check_dtypes,
    "identity": _check_identity,
    "one_trace": _check_one_trace,
    "vmap_and_jit": _check_vmap_and_jit,
    "determinism": _check_determinism,
    "mask": _check_mask,
    "autoreset": _check_autoreset,
    "finite": _check_finite,
    "cash": _check_cash,
    "no_look_ahead": _check_no_look_ahead,
}
CHECKS = tuple(_CHECKS)
"""Names of the checks, in their order."""


def check_env(
    env: Any,
    params: EnvParams | None = None,
    *,
    num_envs: int = 16,
    num_steps: int = 200,
    only: Sequence[str] = CHECKS,
) -> None:
    """Verify an environment of this family by playing it.

    Args:
        env: a ``FuturesEnv`` or a variant with the same methods.
        params: parameters to play with; default ``env.default_params``.
        num_envs: environments side by side.
        num_steps: steps of the masked random rollout; the market must have as many bars behind
            the middle one of its starts.
        only: names of the checks to run, of ``CHECKS``.

    Raises:
        ValueError: for a check that there is none of, naming those that there are.
        EnvCheckError: naming every failed check and what was seen.
    """
    unknown = [name for name in only if name not in _CHECKS]
    if unknown:
        raise ValueError(f"no check {', '.join(unknown)}; known: {', '.join(CHECKS)}")
    params = env.default_params if params is None else params
    try:
        probe = _Probe(env, params, num_envs, num_steps)
    except Exception as error:
        raise EnvCheckError(f"rollout: the environment cannot be stepped: {error}") from error
    failures = []
    for name in only:
        try:
            _CHECKS[name](probe)
        except Exception as error:
            failures.append(f"{name}: {error}")
    if failures:
        raise EnvCheckError("\n".join(failures))
