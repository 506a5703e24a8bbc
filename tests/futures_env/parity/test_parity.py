"""The JAX engine equals the plain-Python engine, field by field, over random programs."""

import jax
import numpy as np
import pytest

from futures_env import FuturesEnv
from tests.futures_env.parity.compare import first_difference
from tests.futures_env.parity.coverage import count_cases
from tests.futures_env.parity.markets import random_market, to_market_data
from tests.futures_env.parity.programs import Program, random_program
from tests.futures_env.parity.runs import Record, run_jax, run_reference

LANES, STEPS = 768, 256  # per phase; the two phases make 393,216 compared steps
FEW_LANES = 64
CASES_OF_EACH = 100


@pytest.fixture(scope="module")
def leaves() -> dict[str, np.ndarray]:
    return random_market(np.random.default_rng(7))


@pytest.fixture(scope="module")
def program(leaves: dict[str, np.ndarray]) -> Program:
    return random_program(np.random.default_rng(8), leaves["starts"], lanes=LANES, steps=STEPS)


@pytest.fixture(scope="module", params=[1, 2], ids=["phase1", "phase2"])
def played(
    request: pytest.FixtureRequest, leaves: dict[str, np.ndarray], program: Program
) -> tuple[int, Record]:
    return request.param, run_reference(leaves, program, request.param)


def assert_agrees(
    leaves: dict[str, np.ndarray], program: Program, phase: int, recorded: Record
) -> None:
    env = FuturesEnv(phase, market=to_market_data(leaves), window=1, features=("noise",))
    difference = first_difference(leaves, program, recorded, run_jax(env, program, recorded))
    assert difference is None, difference


@pytest.mark.thorough
def test_engines_agree(
    leaves: dict[str, np.ndarray], program: Program, played: tuple[int, Record]
) -> None:
    assert_agrees(leaves, program, *played)


@pytest.mark.parametrize("phase", [1, 2])
def test_engines_agree_over_a_few_lanes(
    leaves: dict[str, np.ndarray], program: Program, phase: int
) -> None:
    few = program.lanes(FEW_LANES)
    assert_agrees(leaves, few, phase, run_reference(leaves, few, phase))


@pytest.mark.thorough
def test_every_case_was_met(
    leaves: dict[str, np.ndarray], program: Program, played: tuple[int, Record]
) -> None:
    phase, recorded = played
    assert recorded["reward"].size * 2 >= 200_000
    counts = count_cases(leaves, program, recorded, phase)
    rare = {name: count for name, count in counts.items() if count < CASES_OF_EACH}
    assert not rare, f"cases met less than {CASES_OF_EACH} times in phase {phase}: {rare}"


def test_engines_agree_with_64_bit_numbers_enabled(
    leaves: dict[str, np.ndarray], program: Program
) -> None:
    few = program.lanes(FEW_LANES)
    recorded = run_reference(leaves, few, phase=2)
    with jax.enable_x64(True):
        assert_agrees(leaves, few, 2, recorded)
