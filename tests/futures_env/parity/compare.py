"""Find the first step in which two runs of one program differ, and say how."""

import numpy as np

from tests.futures_env.parity.programs import Program
from tests.futures_env.parity.runs import Record

BARS = ("open", "high", "low", "close", "extreme_order", "atr", "session", "session_last")


def first_difference(
    leaves: dict[str, np.ndarray], program: Program, reference: Record, jax_run: Record
) -> str | None:
    """A description of the earliest mismatch, None when there is none.

    Integers and flags must be equal; rewards agree to 1e-5 of the step's largest term, and
    observations to 1e-5 of themselves.
    """
    wrong = {name: _differs(name, reference, jax_run[name]) for name in jax_run}
    anywhere = np.any(list(wrong.values()), axis=0)
    if not anywhere.any():
        return None
    step, lane = min((step, lane) for lane, step in zip(*np.nonzero(anywhere), strict=True))
    at = (lane, step)
    return _report(leaves, program, reference, jax_run, at, [n for n, w in wrong.items() if w[at]])


def _differs(name: str, reference: Record, value: np.ndarray) -> np.ndarray:
    expected = reference[name]
    if name.startswith("reward"):
        largest = np.max([np.abs(v) for k, v in reference.items() if "reward" in k], axis=0)
        return ~(np.abs(value - expected) <= 1e-5 * largest + 1e-12)
    if name == "observed":
        return ~np.isclose(value, expected, rtol=1e-5, atol=1e-6).all(axis=-1)
    unequal = expected != value
    return unequal.any(axis=-1) if name == "mask" else unequal


def _report(
    leaves: dict[str, np.ndarray],
    program: Program,
    reference: Record,
    jax_run: Record,
    at: tuple[int, int],
    names: list[str],
) -> str:
    lane, step = at
    row = int(reference["before/row"][at])
    lines = [f"lane {lane}, step {step}, action {int(reference['action'][at])}"]
    lines += [
        f"  {name}: reference {reference[name][at]}, jax {jax_run[name][at]}" for name in names
    ]
    lines += ["state before:"]
    before = [name for name in reference if name.startswith("before/")]
    lines += [f"  {name} = {reference[name][at]:.0f}" for name in before]
    lines += ["params:"]
    params = program.params[program.params_index[at]]
    lines += [f"  {name} = {value}" for name, value in params.items()]
    for i in range(max(0, row - 1), min(row + 2, len(leaves["close"]))):
        lines += [f"row {i}: " + ", ".join(f"{name} {leaves[name][i]}" for name in BARS)]
    market = int(leaves["market"][row])
    table = ("tick_value_cents", "commission_cents", "slippage_ticks")
    return "\n".join([*lines, f"contract: {[int(leaves[name][market]) for name in table]}"])
