"""Policies that are not ours: JAX functions, NumPy functions, agents of Stable-Baselines3."""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from zipfile import ZipFile

import jax.numpy as jnp
import numpy as np
import pytest

from eval_tools import host_policy, jax_policy, run_slices
from eval_tools.cli.main import main
from eval_tools.policies.own import HostPolicyError, load_policy
from eval_tools.policies.sb3 import sb3_policy
from eval_tools.rollout.sessions import session_slices
from futures_env import ArgumentError

RSI = 4  # column of the newest bar's features in a window of one


def with_jax(obs, mask, key):
    del key
    return jnp.where(mask[1], jnp.where(obs[0] > 0, 1, 2), 0)


def with_context(obs, mask, key, context):
    del obs, key
    return jnp.where(mask[1] & (context.state.row % 2 == 0), 1, 0)


@host_policy
def with_numpy(obs, mask):
    assert obs.ndim == mask.ndim == 2
    return np.where(mask[:, 1], np.where(obs[:, 0] > 0, 1, 2), 0)


@host_policy
def with_draws(obs, mask, draws):
    del obs
    return np.where(mask[:, 1] & (draws < 0.1), 1, 0)


def undeclared(obs, mask, key):
    del key
    return int(np.argmax(obs)) * int(mask[1])


@host_policy
def failing(obs, mask):
    raise RuntimeError(f"no weights for {obs.shape[1]} columns")


@host_policy
def returning_floats(obs, mask):
    return obs[:, 0]


def test_a_function_on_numpy_batches_does_what_its_jax_twin_does(desk) -> None:
    days = session_slices(desk.sessions)
    with_host = run_slices(desk.env, with_numpy, desk.params, days)
    traced = run_slices(desk.env, jax_policy(with_jax), desk.params, days)
    for one, other in zip(with_host, traced, strict=True):
        assert one.steps["trade_closed"].sum() > 3
        assert one.steps.equals(other.steps)


@pytest.mark.thorough
def test_draws_of_a_host_policy_belong_to_the_bar(desk) -> None:
    days = session_slices(desk.sessions)
    together = run_slices(desk.env, with_draws, desk.params, days, seed=5)
    one_by_one = run_slices(desk.env, with_draws, desk.params, days, seed=5, chunk=1)
    other = run_slices(desk.env, with_draws, desk.params, days, seed=6)
    assert all(a.steps.equals(b.steps) for a, b in zip(together, one_by_one, strict=True))
    assert not together[0].steps.equals(other[0].steps)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (failing, "test_own_policies:failing: RuntimeError: no weights for 231 columns"),
        (returning_floats, r"must return 4 whole numbers, .* returned float32 of shape \(4,\)"),
    ],
)
def test_what_a_host_policy_does_wrong_is_said_in_one_line(desk, policy, message) -> None:
    with pytest.raises(HostPolicyError, match=message) as found:
        run_slices(desk.env, policy, desk.params, session_slices(desk.sessions))
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("name", ["with_numpy", "with_jax", "with_context"])
def test_policies_are_found_by_name(name) -> None:
    assert callable(load_policy(f"{__name__}:{name}", 231, 6))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("undeclared", "declared with @eval_tools.host_policy"),
        ("absent", "give module:callable"),
        ("RSI", "int cannot be called"),
        ("test_policies_are_found_by_name", r"takes 1 arguments, a policy takes \(obs, mask, key"),
    ],
)
def test_what_is_no_policy_is_refused(name, message) -> None:
    with pytest.raises(ArgumentError, match=message):
        load_policy(f"{__name__}:{name}", 231, 6)
    with pytest.raises(ArgumentError, match=r"takes 4 arguments, a policy takes \(obs, mask\["):
        host_policy(with_context)


class _Stats:
    """As VecNormalize: statistics in a file, which normalize_obs applies."""

    def __init__(self, mean: float, around) -> None:
        assert around.observation_space.shape == (3,)
        self.mean = mean

    @staticmethod
    def load(path, around):
        return _Stats(float(Path(path).read_text()), around)

    def normalize_obs(self, obs):
        return (obs - self.mean) / 2.0


class _Agent:
    """As an SB3 algorithm; keeps what it was asked."""

    asked: list = []  # noqa: RUF012
    observation_space = SimpleNamespace(shape=(3,))
    action_space = None

    @classmethod
    def load(cls, path, device):
        assert device == "cpu"
        return cls()

    def predict(self, obs, deterministic, **more):
        self.asked.append((obs, deterministic, more))
        return np.ones(len(obs), np.int64), None


def _archive(folder, **data):
    path = folder / "model.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("data", json.dumps(data))
    return path


@pytest.mark.parametrize("masked", [False, True])
def test_an_agent_of_sb3_sees_its_own_statistics_and_the_mask(
    masked, tmp_path, monkeypatch
) -> None:
    module, name = ("sb3_contrib", "MaskablePPO") if masked else ("stable_baselines3", "PPO")
    fake = ModuleType(module)
    setattr(fake, name, _Agent)
    monkeypatch.setitem(sys.modules, module, fake)
    kind = "sb3_contrib.common.maskable.policies" if masked else "stable_baselines3.common.policies"
    path = _archive(tmp_path, policy_class={"__module__": kind}, clip_range=0.2)
    vectors = ModuleType("vec_env")
    vectors.VecNormalize = _Stats  # ty: ignore[unresolved-attribute]
    monkeypatch.setitem(sys.modules, "stable_baselines3.common.vec_env", vectors)
    stats = tmp_path / "stats.pkl"
    stats.write_text("1.0")
    policy = sb3_policy(path, stats, 3, greedy=True)
    mask = np.array([[True, True, False]])
    assert policy.function(np.full((1, 3), 3.0, np.float32), mask) == [1]
    obs, deterministic, more = _Agent.asked.pop()
    assert (obs == 1.0).all()
    assert deterministic
    assert more == ({"action_masks": mask} if masked else {})
    with pytest.raises(ValueError, match=r"trained on observations of shape \(3,\)"):
        sb3_policy(path, None, 231, greedy=True)


def test_what_is_no_agent_of_sb3_is_refused(tmp_path, monkeypatch) -> None:
    (tmp_path / "x.zip").write_text("no archive")
    with pytest.raises(ValueError, match=r"x.zip is no agent of Stable-Baselines3"):
        sb3_policy(tmp_path / "x.zip", None, 3, greedy=True)
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    with pytest.raises(ArgumentError, match="stable_baselines3 is not installed"):
        sb3_policy(_archive(tmp_path, clip_range=0.2), None, 3, greedy=True)


@pytest.mark.thorough
def test_a_policy_of_ones_own_from_the_command_line(tmp_path, capsys) -> None:
    arguments = ["evaluate", "--policy", f"{__name__}:with_numpy", "--sessions", "6"]
    arguments += ["--market-seed", "3", "--out", str(tmp_path), "--baselines", "ALWAYS_FLAT"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"Validation of {__name__}:with_numpy")
    assert "checkpoint       none" in printed
    assert len(list(tmp_path.glob("evaluate-*/report.html"))) == 1
