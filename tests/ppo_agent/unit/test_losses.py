"""The loss against formulas written out in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ppo_agent.algorithm import losses
from ppo_agent.algorithm.init_state import make_hyper
from ppo_agent.algorithm.networks import forward
from ppo_agent.algorithm.run_description import RunDescription
from ppo_agent.types import Minibatch
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor

ROWS, COLUMNS, ACTIONS = 32, 3, 4


@pytest.fixture(scope="module")
def batch() -> Minibatch:
    rng = np.random.default_rng(0)
    mask = rng.random((ROWS, ACTIONS)) < 0.6
    action = rng.integers(0, ACTIONS, ROWS)
    mask[np.arange(ROWS), action] = True
    return Minibatch(
        obs=jnp.float32(rng.normal(size=(ROWS, COLUMNS))),
        mask=jnp.array(mask),
        action=jnp.int32(action),
        log_prob=jnp.float32(-rng.uniform(0.5, 2.0, ROWS)),
        value=jnp.float32(rng.normal(size=ROWS)),
        advantage=jnp.float32(rng.normal(size=ROWS)),
        target=jnp.float32(rng.normal(size=ROWS)),
    )


@pytest.mark.parametrize("clip_value", [True, False])
@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("resting_logit", [0.0, 2.0])
def test_loss_equals_the_formula(
    batch: Minibatch, clip_value: bool, normalize: bool, resting_logit: float
) -> None:
    config = small_config(
        clip_value=clip_value,
        normalize_advantages=normalize,
        ent_coef=0.1,
        resting_logit=resting_logit,
    )
    run = RunDescription(env=Corridor(rich=True), config=config)
    params = run.network.init(jax.random.PRNGKey(1), batch.obs)["params"]
    params["actor"]["kernel"] *= 100.0
    hyper = make_hyper(config)
    static = run.network, config, run.prior_logits(hyper)
    loss, metrics = losses.ppo_loss(params, *static, hyper, jnp.float32(0.0), batch)
    logits, value = (np.asarray(x, np.float64) for x in forward(run.network, params, batch.obs))
    legal = np.asarray(batch.mask)
    pi = np.where(legal, np.exp(logits), 0.0)
    pi /= pi.sum(-1, keepdims=True)
    ratio = pi[np.arange(ROWS), batch.action] / np.exp(np.asarray(batch.log_prob, np.float64))
    gain = np.asarray(batch.advantage, np.float64)
    gain = (gain - gain.mean()) / (gain.std() + 1e-8) if normalize else gain
    policy_loss = -np.minimum(ratio * gain, np.clip(ratio, 0.8, 1.2) * gain).mean()
    old, target = np.asarray(batch.value), np.asarray(batch.target)
    error = (value - target) ** 2
    if clip_value:
        error = np.maximum(error, (old + np.clip(value - old, -0.2, 0.2) - target) ** 2)
    entropy = -(pi * np.log(np.where(pi > 0, pi, 1.0))).sum(-1)
    prior = np.where(legal, np.exp([0.0, 0.0, 0.0, resting_logit]), 0.0)
    prior /= prior.sum(-1, keepdims=True)
    cross = -(pi * np.log(np.where(legal, prior, 1.0))).sum(-1)
    divergence = (cross - entropy).mean()
    expected = policy_loss + 0.5 * 0.5 * error.mean() + 0.1 * divergence
    np.testing.assert_allclose(metrics["prior_kl"], divergence, rtol=1e-4)
    np.testing.assert_allclose(loss, expected, rtol=1e-4)
    choice = legal.sum(-1) > 1
    assert 0 < choice.sum() < ROWS or choice.all()
    np.testing.assert_allclose(metrics["entropy_choice"], entropy[choice].mean(), rtol=1e-4)
    np.testing.assert_allclose(metrics["clip_fraction"], (abs(ratio - 1) > 0.2).mean())
    np.testing.assert_allclose(metrics["kl"], (ratio - 1 - np.log(ratio)).mean(), rtol=1e-4)


def test_figures_over_choices_leave_forced_states_out() -> None:
    mask = jnp.array([[True, False], [True, True]])
    found = losses.diagnostics(jnp.array([0.0, 0.5]), jnp.array([0.0, 0.6]), mask, jnp.float32(0.2))
    np.testing.assert_allclose(found["entropy"], 0.3, rtol=1e-6)
    np.testing.assert_allclose(found["entropy_choice"], 0.6, rtol=1e-6)
    np.testing.assert_allclose(found["kl_choice"], 2.0 * found["kl"], rtol=1e-6)


def test_clipped_ratios_have_no_gradient_where_clipping_binds() -> None:
    gain, clip = jnp.array([1.0, -1.0]), jnp.float32(0.2)
    gradient = jax.grad(lambda x: losses.clipped_surrogate(x, gain, clip))
    np.testing.assert_allclose(gradient(jnp.array([0.5, -0.5])), [0.0, 0.0])
    assert (np.abs(gradient(jnp.array([-0.5, 0.5]))) > 0.1).all()
