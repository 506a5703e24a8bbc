"""One program run by both engines, recorded as arrays of shape (lanes, steps)."""

from dataclasses import fields, replace
from functools import partial
from operator import attrgetter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from futures_env import EnvParams, EnvState, ForcedPosition, FuturesEnv
from tests.futures_env.parity.programs import Program, choose
from tests.futures_env.reference import engine as reference
from tests.futures_env.reference.observation import scalars

Record = dict[str, Any]

STATE_FIELDS = tuple(field.name for field in fields(EnvState))
INFO_FIELDS = (
    "trade_closed",
    "trade_pnl_cents",
    "trade_side",
    "fees_cents",
    "exit_reason",
    "exit_price",
    "entry_filled",
    "fill_price",
    "stop_price",
    "equity_cents",
    "high_water_mark_cents",
    "floor_cents",
    "account_status",
    "done_reason",
    "illegal_action",
    "forced_trade",
    "forced_episode",
)
REWARD_TERMS = (
    "realized",
    "equity",
    "target_bonus",
    "stop_penalty",
    "hold_penalty",
    "entry_bonus",
    "management_bonus",
    "outcome",
    "breach_penalty",
)
ENDS = ("terminated", "truncated")
_state_of = attrgetter(*STATE_FIELDS)


def run_reference(leaves: dict[str, np.ndarray], program: Program, phase: int) -> Record:
    """Run the plain-Python engine; it also chooses the actions and finds the restarts."""
    lanes = [_reference_lane(leaves, program, phase, i) for i in range(len(program.taste))]
    columns = [
        *(f"before/{name}" for name in STATE_FIELDS),
        *(f"state/{name}" for name in STATE_FIELDS),
        *(f"info/{name}" for name in INFO_FIELDS),
        *(f"reward/{name}" for name in REWARD_TERMS),
        *ENDS,
        "reward",
        "action",
        "restart",
    ]
    numbers, masks, observed = (np.stack(part) for part in zip(*lanes, strict=True))
    record: Record = {name: numbers[..., i] for i, name in enumerate(columns)}
    return record | {"mask": masks.astype(bool), "observed": observed}


def _reference_lane(
    leaves: dict[str, np.ndarray], program: Program, phase: int, lane: int
) -> tuple[np.ndarray, ...]:
    """(numbers, masks, observations) of the lane's steps, each (steps, ...) float64."""
    engine = reference.ReferenceEngine(leaves, program.params[0], phase)
    features = leaves["features"].tolist()
    rows, done = [], True
    for step in range(program.params_index.shape[1]):
        engine.params = program.params[program.params_index[lane, step]]
        restart = done
        if restart:
            forced = reference.ForcedPosition(*program.forced[lane, step].tolist())
            row = int(program.restart_row[lane, step])
            engine.reset(row, forced if forced.side else None)
        before, mask = _state_of(engine), engine.mask()
        action = choose(mask, program.taste[lane], program.luck[lane, step])
        info = engine.step(action)
        done = info["terminated"] or info["truncated"]
        terms = info["reward_terms"]
        numbers = [
            *before,
            *_state_of(engine),
            *(info[name] for name in INFO_FIELDS),
            *(terms[name] for name in REWARD_TERMS),
            *(info[name] for name in ENDS),
            info["reward"],
            action,
            restart,
        ]
        rows.append((numbers, mask, [*features[engine.row], *scalars(engine)]))
    return tuple(np.array(part, np.float64) for part in zip(*rows, strict=True))


def run_jax(env: FuturesEnv, program: Program, recorded: Record) -> Record:
    """Run the JAX engine on the actions and restarts of the reference."""
    default = env.default_params
    names = tuple(field.name for field in fields(EnvParams) if field.name != "market")
    table = replace(
        default,
        **{
            name: np.array([one[name] for one in program.params], getattr(default, name).dtype)
            for name in names
        },
    )
    per_step = {
        "params": program.params_index,
        "row": program.restart_row,
        "forced": program.forced,
        "action": recorded["action"].astype(np.int32),
        "restart": recorded["restart"].astype(bool),
    }
    per_step = {name: jnp.asarray(np.swapaxes(value, 0, 1)) for name, value in per_step.items()}
    out = jax.device_get(_scan(env, table, per_step))
    return {name: np.swapaxes(value, 0, 1) for name, value in out.items()}


@partial(jax.jit, static_argnums=0)
def _scan(env: FuturesEnv, table: EnvParams, per_step: dict[str, jax.Array]) -> Record:
    market, scalars = table.market, {k: v for k, v in table.__dict__.items() if k != "market"}
    key = jax.random.key(0)

    def one_step(state: EnvState, given: dict[str, jax.Array]) -> tuple[EnvState, Record]:
        own = {name: leaf[given["params"]] for name, leaf in scalars.items()}
        params = EnvParams(market=market, **own)
        side, profit_ticks, bars_held = given["forced"]
        forced = ForcedPosition(side=side, profit_ticks=profit_ticks, bars_held=bars_held)
        fresh = env.state_at(given["row"], params, forced)
        state = jax.tree.map(lambda new, old: jnp.where(given["restart"], new, old), fresh, state)
        mask = env.action_mask(state, params)
        observed, after, reward, terminated, info = env.step_env(
            key, state, given["action"], params
        )
        record = {f"before/{name}": getattr(state, name) for name in STATE_FIELDS}
        record |= {f"state/{name}": getattr(after, name) for name in STATE_FIELDS}
        record |= {f"info/{name}": info[name] for name in INFO_FIELDS}
        record |= {f"reward/{name}": info["reward_terms"][name] for name in REWARD_TERMS}
        record |= {"terminated": terminated, "truncated": env.is_truncated(after, params)}
        return after, record | {"reward": reward, "mask": mask, "observed": observed}

    first = EnvParams(market=market, **{name: leaf[0] for name, leaf in scalars.items()})
    lanes = per_step["row"].shape[1]
    begin = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (lanes,)), env.state_at(0, first))
    return jax.lax.scan(jax.vmap(one_step), begin, per_step)[1]
