"""What users pass to an environment is looked at before it is used: parameters, markets by file."""

import gymnax
import jax
import jax.numpy as jnp
import pytest

from futures_env import ArgumentError, FuturesEnv, check_env, save_market, synthetic_market
from futures_env.market.info import DataError

WRONG = {
    "drawdown": (jnp.nan, "drawdown is nan: must be finite"),
    "start_balance": (1e9, "start_balance is 1000000000.0: at most 10,000,000 USD"),
    "contracts": (1.5, "contracts is 1.5: must be a whole number"),
}


@pytest.mark.parametrize("field", WRONG)
def test_concrete_parameters_are_checked_by_reset_and_step(phase1_env: FuturesEnv, field) -> None:
    value, message = WRONG[field]
    params = phase1_env.default_params.replace(**{field: value})
    with pytest.raises(ValueError, match=message):
        phase1_env.reset(jax.random.key(0), params)
    _, state = phase1_env.reset(jax.random.key(0))
    with pytest.raises(ValueError, match=message):
        phase1_env.step(jax.random.key(0), state, 0, params)


def test_the_same_parameters_are_checked_once(phase1_env: FuturesEnv, monkeypatch) -> None:
    params = phase1_env.default_params.replace(drawdown=2_000.0)
    looked_at = []
    monkeypatch.setattr(FuturesEnv, "check_params", lambda self, given: looked_at.append(given))
    _, state = phase1_env.reset(jax.random.key(0), params)
    for step in range(3):
        _, state, *_ = phase1_env.step(jax.random.key(step), state, 0, params)
    assert len(looked_at) == 1
    assert looked_at[0] is params


def test_traced_parameters_are_left_to_whoever_traces(phase1_env: FuturesEnv) -> None:
    params = phase1_env.default_params.replace(drawdown=jnp.float32(jnp.nan))
    jax.eval_shape(lambda given: phase1_env.reset(jax.random.key(0), given), params)


def test_a_market_may_be_named_by_its_file(tmp_path) -> None:
    save_market(synthetic_market("ES", sessions=25), tmp_path / "es.npz")
    env, params = gymnax.make("FuturesES-Phase1", market=str(tmp_path / "es.npz"))
    assert params.market.infos[0].symbol == "ES"
    assert "ES" in repr(env)
    with pytest.raises(ValueError, match=r"(?s)ES.*NQ|NQ.*ES"):
        gymnax.make("FuturesNQ-Phase1", market=str(tmp_path / "es.npz"))


def test_a_market_that_cannot_be_used_is_told_from_a_wrong_argument(tmp_path) -> None:
    """A command ends with 1 for the data and with 2 for the argument."""
    (tmp_path / "damaged.npz").write_bytes(b"PK")
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    for name in ("damaged.npz", "odd.csv"):
        with pytest.raises(DataError, match=name) as caught:
            gymnax.make("FuturesNQ-Phase1", market=str(tmp_path / name))
        assert caught.value.exit_code == 1
    with pytest.raises(FileNotFoundError, match=r"no such file: .*absent\.npz"):
        gymnax.make("FuturesNQ-Phase1", market=str(tmp_path / "absent.npz"))
    save_market(synthetic_market("ES", sessions=25), tmp_path / "es.npz")
    with pytest.raises(ArgumentError) as wrong:
        gymnax.make("FuturesNQ-Phase1", market=str(tmp_path / "es.npz"))
    assert not hasattr(wrong.value, "exit_code")


def test_check_env_knows_its_checks(phase1_env: FuturesEnv) -> None:
    with pytest.raises(ValueError, match="no check foo; known: "):
        check_env(phase1_env, only=("foo",))
