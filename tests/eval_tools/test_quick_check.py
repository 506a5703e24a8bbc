"""The quick check passes on a sound learner and fails on each of three broken ones."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from eval_tools import quick_check as quick
from eval_tools.cli.main import main
from ppo_agent.algorithm import rollout, train_step

thorough = pytest.mark.thorough


@pytest.fixture
def patch(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """What was compiled without the patch is not used, nor is the patched later."""
    jax.clear_caches()
    yield monkeypatch
    monkeypatch.undo()
    jax.clear_caches()


def run(folder: Path, *flags: str) -> int:
    return main(["quick-check", "--seed", "0", "--out", str(folder), *flags])


@thorough
def test_a_sound_learner_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path) == 0
    printed = capsys.readouterr().out
    assert printed.count("pass  ") == 3 + len(quick.ARTEFACTS)
    gates = json.loads((tmp_path / "quick-check-0" / quick.RESULT).read_text())
    assert [gate["passed"] for gate in gates] == [True] * len(gates)
    for name in quick.ARTEFACTS:
        assert gates[-1]["limit"] == 0
        assert (tmp_path / "quick-check-0" / name).exists()


@thorough
def test_without_learning_it_fails(
    tmp_path: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    patch.setitem(quick.SETTINGS, "learning_rate", 0.0)
    patch.setitem(quick.SETTINGS, "learning_rate_final", 0.0)
    assert run(tmp_path) == 1
    assert "zero-edge twin" in capsys.readouterr().err


@thorough
def test_with_advantages_negated_it_fails(
    tmp_path: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = train_step.generalized_advantages
    patch.setattr(train_step, "generalized_advantages", lambda *given: -right(*given))
    assert run(tmp_path) == 1
    assert "zero-edge twin" in capsys.readouterr().err


@thorough
def test_with_actions_drawn_under_a_permuted_mask_it_fails(
    tmp_path: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The loss keeps the right mask."""
    right = rollout.policy_distribution

    def permuted(logits: Any, mask: Any, floor: Any) -> Any:
        return right(logits, jnp.roll(mask, 1, axis=-1), floor)

    patch.setattr(rollout, "policy_distribution", permuted)
    assert run(tmp_path) == 1
    assert "eval-tools: " in capsys.readouterr().err


@pytest.mark.parametrize("lost", quick.ARTEFACTS)
def test_a_file_that_is_missing_or_broken_is_seen(tmp_path: Path, lost: str) -> None:
    (gate,) = [g for g in quick.artefact_gates(tmp_path) if g.name.startswith(lost)]
    assert not gate.passed
    (tmp_path / lost).write_text("{")
    (gate,) = [g for g in quick.artefact_gates(tmp_path) if g.name.startswith(lost)]
    assert not gate.passed


def test_wrong_flags_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--sessions", "249") == 2
    assert "--sessions 249: at least 250 are needed" in capsys.readouterr().err
