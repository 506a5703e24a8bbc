"""A batch of environments with a rule set each gives the bits of single runs."""

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from futures_env import account_rules, params_in_axes, stack_rules, synthetic_market
from futures_env.accounts.rules import RULE_FIELDS

NAMES = ("apex-legacy-50k", "topstep-50k", "apex-eod-50k-funded", "take-profit-trader-25k")
STEPS = 800


def play(env, key, params):
    """A masked random policy with 5 contracts, so that floors, limits and tiers are met."""
    params = params.replace(contracts=jnp.int32(5), max_steps_in_episode=jnp.int32(10_000))
    obs, state = env.reset(key, params)

    def step(carry, key):
        obs, state = carry
        logits = jnp.where(env.action_mask(state, params), 0.0, -jnp.inf)
        action = jax.random.categorical(key, logits)
        obs, state, *rest = env.step(key, state, action, params)
        return (obs, state), (obs, state, rest)

    return jax.lax.scan(step, (obs, state), jax.random.split(key, STEPS))[1]


@pytest.fixture(scope="module")
def batch():
    return stack_rules("FuturesNQ-Phase2", NAMES)


@pytest.mark.thorough
def test_bits_are_those_of_single_runs(batch):
    run = jax.jit(lambda key, params: play(batch.env, key, params))
    key = jax.random.key(3)
    together = jax.jit(
        jax.vmap(lambda key, params: play(batch.env, key, params), (None, batch.in_axes))
    )(key, batch.params)
    seen = set()
    for lane, name in enumerate(NAMES):
        alone = run(key, account_rules(name).apply(batch.env.default_params))
        leaves = zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True)
        for many, one in leaves:
            np.testing.assert_array_equal(np.asarray(many)[lane], np.asarray(one), err_msg=name)
        seen.add(np.asarray(alone[1].floor_cents).tobytes())
    assert len(seen) == len(NAMES), "the rule sets made no difference"


def test_the_market_is_built_at_the_earliest_flat_by_and_said_so(batch):
    assert (batch.flat_by, batch.names) == ("16:10", NAMES)
    assert batch.params.drawdown.tolist() == [2_500, 2_000, 2_000, 1_500]
    assert batch.params.tier_profit.shape == (4, 5)
    axes = params_in_axes(batch.params, *RULE_FIELDS)
    assert jax.tree.structure(axes, is_leaf=lambda x: x is None) == jax.tree.structure(
        batch.in_axes, is_leaf=lambda x: x is None
    )
    assert batch.in_axes.contracts is None


def test_a_market_that_is_flat_too_late_names_the_remedy():
    market = synthetic_market(sessions=5)
    with pytest.raises(ValueError, match=r'topstep-50k: .*synthetic_market\(flat_by="16:10"\)'):
        stack_rules("FuturesNQ-Phase1", NAMES, market=market)
    with pytest.raises(ValueError, match="at least one rule set"):
        stack_rules("FuturesNQ-Phase1", [])


def test_a_single_environment_takes_the_same_rules():
    _, params = gymnax.make("FuturesNQ-Phase2", rules="apex-eod-50k-funded")
    assert params.tier_max_contracts.tolist() == [3, 4, 4, 1, 1]
