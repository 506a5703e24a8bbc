"""Random accounts under every rule set: short sessions, drifts and sizes so that rules act."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from eval_tools.accounts.path import AccountPath, opening_of
from eval_tools.policies.policy import Context
from eval_tools.rollout.accounts import account_path
from eval_tools.rollout.cast import Cast, Group, Shared
from eval_tools.rollout.lanes import Queue, evaluation_params
from eval_tools.rollout.ranges import run_lanes
from eval_tools.rollout.records import step_table
from futures_env import AccountRules, EnvParams, FuturesEnv, MarketData
from futures_env.accounts.rules import RULE_FIELDS
from futures_env.market.table import ContractTable
from futures_env.params.defaults import default_params

BARS_PER_SESSION = 12
SESSIONS = 240
TICK_VALUES = {"mini": 500, "micro": 50}  # of NQ and MNQ
ORDERS = ("contracts", "stop_atr_multiple", "target_ratio", "commission_usd", "slippage_ticks",
          "stop_slippage_ticks", "target_through_ticks")  # fmt: skip


@struct.dataclass
class Taste:
    """A random policy: how often it enters, how often long, how often it manages. Leaves ()."""

    entering: jax.Array
    long: jax.Array
    managing: jax.Array

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """A legal action."""
        del obs, context
        luck = jax.random.uniform(key, (3,))
        entry = jnp.where(luck[0] < self.entering, jnp.where(luck[1] < self.long, 1, 2), 0)
        manage = jnp.where(luck[0] < self.managing, 3 + (luck[2] * 3).astype(jnp.int32), 0)
        action = jnp.where(mask[1], entry, manage)
        return jnp.where(mask[action], action, 0)


def random_market(rng: np.random.Generator, kind: str = "mini") -> MarketData:
    """Sessions of 12 one-minute bars, with drifts that last for weeks and gaps between days."""
    rows = SESSIONS * BARS_PER_SESSION
    drift = np.repeat(rng.choice([-1.5, 0.0, 2.0, 4.0], SESSIONS // 20), 20)
    size = rng.choice([1, 2, 6], rows, p=[0.5, 0.4, 0.1])
    moves = rng.normal(np.repeat(drift, BARS_PER_SESSION)[:, None], 10.0, (rows, 8))
    ticks = np.rint(moves * size[:, None]).astype(np.int64)
    gaps = np.where(np.arange(rows) % BARS_PER_SESSION == 0, rng.integers(-60, 61, rows), 0)
    jumps = np.where(rng.random(rows) < 0.05, rng.integers(-80, 81, rows), 0)
    path = 80_000 + np.cumsum(np.column_stack([gaps + jumps, ticks]).ravel()).reshape(rows, -1)
    low_first = path.argmin(axis=1) < path.argmax(axis=1)
    known = rng.random(rows) < 0.6
    position = np.tile(np.arange(BARS_PER_SESSION), SESSIONS)
    date = np.repeat(19_000 + np.cumsum(rng.choice([1, 1, 1, 1, 3], SESSIONS)), BARS_PER_SESSION)
    to_flat = BARS_PER_SESSION - 1 - position
    prices = {"open": path[:, 0], "high": path.max(1), "low": path.min(1), "close": path[:, -1]}
    return MarketData.from_columns(
        contract_table=ContractTable(
            tick_size=jnp.array([0.25], jnp.float32),
            tick_value_cents=jnp.array([TICK_VALUES[kind]], jnp.int32),
            commission_cents=jnp.array([250], jnp.int32),
            slippage_ticks=jnp.array([1], jnp.int32),
        ),
        **{name: price.astype(np.int32) for name, price in prices.items()},
        volume=np.ones(rows, np.float32),
        atr=rng.uniform(15.0, 150.0, rows).astype(np.float32),
        features=np.zeros((rows, 1), np.float32),
        minute=(date * 1_440 + 15 * 60 + position).astype(np.int32),
        date=date.astype(np.int32),
        session=np.repeat(np.arange(SESSIONS, dtype=np.int32), BARS_PER_SESSION),
        segment=np.zeros(rows, np.int32),
        bars_to_flat=to_flat.astype(np.int32),
        session_last=to_flat == 0,
        entry_ok=to_flat >= 2,
        extreme_order=(known * np.where(low_first, 1, 2)).astype(np.int8),
        market=np.zeros(rows, np.int8),
        starts=np.arange(rows - 1, dtype=np.int32),
        start_offsets=np.array([0, rows - 1], np.int32),
    )


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account as the simulator played it."""

    rules: AccountRules
    asked: int
    path: AccountPath


def play(
    rng: np.random.Generator,
    rules: Sequence[AccountRules],
    *,
    lanes: int,
    steps: int,
    kind: str = "mini",
) -> list[Account]:
    """Accounts of ``lanes`` policies under each rule set; a failed one is replaced."""
    market = random_market(rng, kind)
    env = FuturesEnv(2, market=market, window=1, features=("none",))
    base = evaluation_params(default_params(env.config.spec, market))
    each = [one for one in rules for _ in range(lanes)]
    params, names = _draw_orders(rng, base, each)
    taste = Taste(
        entering=jnp.asarray(rng.choice([0.05, 0.3, 0.9], len(each)), jnp.float32),
        long=jnp.asarray(rng.choice([0.2, 0.5, 0.9, 1.0], len(each)), jnp.float32),
        managing=jnp.asarray(rng.choice([0.0, 0.2], len(each)), jnp.float32),
    )
    starts = rng.integers(0, SESSIONS * BARS_PER_SESSION - steps - 1, len(each))
    keys = jax.random.split(jax.random.key(int(rng.integers(2**31))), len(each))
    record = _run(env, taste, params, names, jnp.asarray(starts, jnp.int32), keys, steps)
    host = jax.device_get(params)
    return [
        account
        for lane, one in enumerate(each)
        for account in _accounts(record, lane, one, _lane(host, names, lane))
    ]


def _draw_orders(
    rng: np.random.Generator, base: EnvParams, rules: Sequence[AccountRules]
) -> tuple[EnvParams, tuple[str, ...]]:
    """Rule sets and random orders, one lane each, and the names of the batched fields."""
    each = [one.apply(base) for one in rules]
    caps = np.array([int(np.max([one.max_contracts, *one.tier_max_contracts])) for one in each])
    n = len(rules)
    size = np.maximum(1, np.rint(caps * rng.choice([0.1, 0.3, 0.6, 1.0, 1.3], n))).astype(np.int32)
    drawn = {
        "contracts": size,
        "stop_atr_multiple": rng.choice([0.5, 1.0, 2.0, 6.0], n).astype(np.float32),
        "target_ratio": rng.choice([0.15, 0.5, 1.0, 3.0], n).astype(np.float32),
        "commission_usd": rng.choice([0.0, 2.5, 3.07], n).astype(np.float32),
        "slippage_ticks": rng.integers(0, 3, n).astype(np.int32),
        "stop_slippage_ticks": rng.integers(0, 4, n).astype(np.int32),
        "target_through_ticks": rng.integers(0, 3, n).astype(np.int32),
    }
    stacked = {name: jnp.stack([getattr(one, name) for one in each]) for name in RULE_FIELDS}
    values = stacked | {name: jnp.asarray(value) for name, value in drawn.items()}
    free = {"max_stop_usd": jnp.float32(0), "end_on_pass": jnp.zeros(n, bool)}
    return replace(base, **(values | free)), (*RULE_FIELDS, *ORDERS)


def _lane(params: EnvParams, names: tuple[str, ...], lane: int) -> EnvParams:
    """The parameters of one lane."""
    return replace(params, **{name: getattr(params, name)[lane] for name in names})


def _run(
    env: FuturesEnv,
    taste: Taste,
    params: EnvParams,
    names: tuple[str, ...],
    starts: jax.Array,
    keys: jax.Array,
    steps: int,
) -> np.ndarray:
    """(bars, columns, lanes) records; every lane has its own taste and the named parameters."""
    nothing = jax.tree.map(lambda _: None, params)
    shared = Shared(
        common=replace(params, **dict.fromkeys(names)),
        own=replace(nothing, **{name: getattr(params, name) for name in names}),
    )
    policies = Shared(common=jax.tree.map(lambda _: None, taste), own=taste)
    cast = Cast((Group(policies=policies, size=len(starts), lanes=1),))
    queues = Queue(
        first_row=starts[:, None],
        last_row=starts[:, None] + steps,
        key=keys[:, None],
        reenter=jnp.ones((len(starts), 1), bool),
    )
    return np.concatenate(list(run_lanes(env, cast, shared, queues)))


def _accounts(
    record: np.ndarray, lane: int, rules: AccountRules, params: EnvParams
) -> list[Account]:
    steps = step_table(record[:, :, lane])
    return [
        Account(
            rules=rules,
            asked=int(params.contracts),
            path=account_path(own, params, opening_of(rules)),
        )
        for _, own in steps.groupby("attempt", sort=True)
    ]
