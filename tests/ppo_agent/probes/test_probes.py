"""Eight probes pass, and every mutant of the learner fails the probe made for it."""

from collections.abc import Callable

import pytest

from tests.ppo_agent.probes import checks, mutants

PROBES = [
    checks.constant_value,
    checks.discounting,
    checks.advantage_sign,
    checks.truncation,
    checks.masked_best,
    checks.observation_dependence,
    checks.normaliser_drift,
    checks.last_minibatch,
]

LONG = (
    checks.constant_value,
    checks.discounting,
    checks.advantage_sign,
    checks.observation_dependence,
    checks.normaliser_drift,
)

MUTANTS = [
    (mutants.critic_without_gradient, checks.constant_value),
    (mutants.no_discount, checks.discounting),
    (mutants.flipped_advantage, checks.advantage_sign),
    (mutants.truncation_as_termination, checks.truncation),
    (mutants.bootstrap_from_reset, checks.truncation),
    (mutants.mask_forgotten_in_loss, checks.masked_best),
    (mutants.observations_shuffled_apart, checks.observation_dependence),
    (mutants.normaliser_fed_its_own_output, checks.normaliser_drift),
    (mutants.last_minibatch_dropped, checks.last_minibatch),
]


@pytest.mark.parametrize(
    "probe",
    [pytest.param(p, marks=pytest.mark.thorough) if p in LONG else p for p in PROBES],
    ids=[probe.__name__ for probe in PROBES],
)
def test_learner_passes(probe: Callable[[], None]) -> None:
    probe()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("mutant", "probe"), MUTANTS, ids=[mutant.__name__ for mutant, _ in MUTANTS]
)
def test_mutant_fails(
    mutant: Callable[[pytest.MonkeyPatch], None],
    probe: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        probe()
