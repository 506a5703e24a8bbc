"""Each probe trained and held against its known answer; AssertionError when the learner errs."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ppo_agent import Policy, PPOConfig, TrainResult, train
from tests.ppo_agent.probes import environments as probes

GAMMA = 0.5

SETTINGS: dict[str, Any] = {
    "num_envs": 16,
    "num_steps": 8,
    "num_minibatches": 2,
    "total_timesteps": 16 * 8 * 150,
    "learning_rate": 1e-2,
    "learning_rate_final": 1e-3,
    "gamma": GAMMA,
    "ent_coef": 0.0,
    "clip_value": False,
    "hidden_sizes": (16,),
    "scale_returns": False,
    "updates_per_chunk": 50,
}


def _train(env: probes.Probe, **changed: Any) -> tuple[TrainResult, Policy]:
    config = PPOConfig(**(SETTINGS | changed))
    result = train(env, env.default_params, config, progress=False)
    return result, Policy.from_train_state(result.train_state, config)


def _probability(policy: Policy, obs: list[float], mask: list[bool] | None = None) -> np.ndarray:
    legal = None if mask is None else jnp.array(mask)
    return np.asarray(jax.nn.softmax(policy.logits(jnp.array(obs), legal)))


def constant_value() -> None:
    _, policy = _train(probes.ConstantValue())
    np.testing.assert_allclose(policy.value(jnp.zeros(1)), 1.0, atol=0.02)


def discounting() -> None:
    _, policy = _train(probes.Discounting())
    np.testing.assert_allclose(policy.value(jnp.array([[0.0], [1.0]])), [GAMMA, 1.0], atol=0.03)


def advantage_sign() -> None:
    _, policy = _train(probes.AdvantageSign())
    assert _probability(policy, [0.0])[1] > 0.95


def truncation() -> None:
    _, policy = _train(probes.Truncation())
    forever = 1.0 / (1.0 - GAMMA)
    values = policy.value(jnp.array([[0.0], [1.0]]))
    np.testing.assert_allclose(values, [GAMMA * forever, forever], atol=0.1)


def masked_best() -> None:
    result, policy = _train(probes.MaskedBest())
    probability = _probability(policy, [0.0], [True, True, False])
    assert probability[1] > 0.95
    assert probability[2] == 0.0
    # the gradient to an illegal logit is exactly 0, so Adam never moved its bias
    assert np.asarray(policy.learned.params["actor"]["bias"])[2] == 0.0
    assert all(row["action/2"] == 0.0 for row in result.metrics)


def observation_dependence() -> None:
    _, policy = _train(probes.ObservationDependence())
    assert _probability(policy, [1.0])[1] > 0.95
    assert _probability(policy, [-1.0])[0] > 0.95


def normaliser_drift() -> None:
    _, policy = _train(probes.NormaliserDrift())
    np.testing.assert_allclose(policy.learned.obs_stats.mean, 1000.0, atol=0.05)
    np.testing.assert_allclose(policy.learned.obs_stats.var, 1.0, atol=0.01)
    assert _probability(policy, [1001.0])[1] > 0.95
    assert _probability(policy, [999.0])[0] > 0.95


def last_minibatch() -> None:
    _, policy = _train(
        probes.LastMinibatch(), num_steps=4, num_minibatches=4, total_timesteps=16 * 4 * 150
    )
    assert _probability(policy, [0.0, 0.0, 0.0, 1.0])[1] > 0.95
