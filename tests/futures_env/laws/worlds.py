"""Random worlds of one fixed shape, so that every drawn seed reuses one compiled function."""

from dataclasses import dataclass, replace

import numpy as np

from tests.futures_env.parity.markets import TABLE, random_market
from tests.futures_env.parity.programs import Program, random_program

ROWS, LANES, STEPS, PARAM_SETS, STARTS = 600, 48, 64, 64, 400
WINDOW = 3
BY_POLICY = -1

Leaves = dict[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class World:
    """A market, what happens to its parameters, and the actions (BY_POLICY: drawn by luck)."""

    leaves: Leaves
    program: Program
    actions: np.ndarray  # (LANES, STEPS) int32


def random_world(seed: int, *, with_forced: bool = True, steady: bool = False) -> World:
    """Draw a world.

    Args:
        seed: of everything.
        with_forced: whether episodes may begin with a given position.
        steady: parameters stay the same in each lane, and size is not taken from risk.
    """
    rng = np.random.default_rng(seed)
    leaves = _fixed_shape(random_market(rng, segments_per_market=1, sessions=10))
    program = random_program(rng, leaves["starts"], lanes=LANES, steps=STEPS, param_sets=PARAM_SETS)
    if not with_forced:
        program = replace(program, forced=np.zeros_like(program.forced))
    if steady:
        program = replace(
            program,
            params=[{**one, "risk_per_trade_usd": 0.0} for one in program.params],
            params_index=np.broadcast_to(program.params_index[:, :1], (LANES, STEPS)),
        )
    actions = np.full((LANES, STEPS), BY_POLICY, np.int32)
    return World(leaves=leaves, program=program, actions=actions)


def _fixed_shape(leaves: Leaves) -> Leaves:
    """Rows from the middle of the market, so that two contracts are seen."""
    middle = len(leaves["close"]) // 2
    kept = slice(middle - ROWS // 2, middle + ROWS // 2)
    whole = (*TABLE, "starts", "start_offsets")
    cut = {name: leaf if name in whole else leaf[kept].copy() for name, leaf in leaves.items()}
    cut["session_last"][-1] = True
    last = np.append(cut["segment"][1:] != cut["segment"][:-1], True)
    behind = np.arange(ROWS) - np.searchsorted(cut["market"], cut["market"])
    starts = np.flatnonzero(~last & (behind >= WINDOW))[:STARTS]  # a full window behind each
    counts = np.bincount(cut["market"][starts], minlength=len(TABLE["tick_size"]))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return cut | {"starts": starts.astype(np.int32), "start_offsets": offsets.astype(np.int32)}
