"""What a client of gymnax relies on: spaces, transforms, autoreset, one trace."""

import copy
import pickle

import chex
import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import futures_env
from futures_env.codes import Action

KEY = jax.random.key(0)


@pytest.fixture(scope="module", params=[1, 2])
def env(request):
    return gymnax.make(f"FuturesNQ-Phase{request.param}")[0]


def legal_rollout(env, params, keys, num_steps):
    """(obs, mask, action, reward, terminated, truncated, info) of masked random play."""
    obs, state = jax.vmap(env.reset, (0, None))(keys, params)

    def step(carry, key):
        obs, state = carry
        key_action, key_step = jax.random.split(key)
        mask = jax.vmap(env.action_mask, (0, None))(state, params)
        action = jax.random.categorical(key_action, jnp.where(mask, 0.0, -jnp.inf))
        step_keys = jax.random.split(key_step, len(keys))
        out = jax.vmap(env.step, (0, 0, 0, None))(step_keys, state, action, params)
        return (out[0], out[1]), (obs, mask, action, *out[2:])

    return jax.lax.scan(step, (obs, state), jax.random.split(KEY, num_steps))[1]


@pytest.fixture(scope="module")
def rollout(env):
    keys = jax.random.split(jax.random.key(1), 64)
    return jax.jit(legal_rollout, static_argnums=(0, 3))(env, env.default_params, keys, 500)


def test_spaces_and_shapes(env):
    size = {1: 225, 2: 231}[env.config.phase]
    obs, _ = env.reset(KEY)
    assert obs.shape == env.observation_space(env.default_params).shape == (size,)
    assert obs.dtype == jnp.float32
    assert env.num_actions == env.action_space(env.default_params).n == len(env.action_names)
    assert len(env.observation_layout) == size


def test_step_returns_six_values_and_a_constant_info_tree(env):
    params = env.default_params
    _, state = env.reset(KEY, params)
    trees = set()
    for action in range(env.num_actions):
        obs, _, reward, terminated, truncated, info = env.step(KEY, state, action, params)
        assert reward.dtype == jnp.float32
        assert terminated.dtype == truncated.dtype == jnp.bool_
        assert obs.shape == info["final_observation"].shape
        trees.add(str(jax.tree.map(lambda leaf: (leaf.shape, str(leaf.dtype)), info)))
    assert len(trees) == 1


def test_reward_is_the_sum_of_its_terms(rollout):
    reward, info = rollout[3], rollout[6]
    np.testing.assert_allclose(
        sum(np.asarray(term, np.float64) for term in info["reward_terms"].values()),
        reward, atol=1e-5,
    )  # fmt: skip


def test_masked_random_play_is_legal_finite_and_ends(rollout):
    obs, mask, action, reward, terminated, truncated, info = rollout
    assert not np.asarray(info["illegal_action"]).any()
    assert np.take_along_axis(np.asarray(mask), np.asarray(action)[..., None], -1).all()
    assert np.isfinite(obs).all()
    assert np.isfinite(reward).all()
    done = np.asarray(terminated | truncated)
    assert done.any()
    assert (np.asarray(info["done_reason"])[done] > 0).all()
    assert (np.asarray(info["done_reason"])[~done] == 0).all()
    assert np.asarray(info["trade_closed"]).sum() > 100


def test_final_observation_is_the_next_one_until_the_episode_ends(rollout):
    obs, _, _, _, terminated, truncated, info = rollout
    done = np.asarray(terminated | truncated)[:-1]
    following, final = np.asarray(obs)[1:], np.asarray(info["final_observation"])[:-1]
    np.testing.assert_array_equal(following[~done], final[~done])
    assert (following[done] != final[done]).any(axis=-1).all()


def test_mask_is_in_the_phase2_observation(env, rollout):
    if env.config.phase == 2:
        obs, mask = rollout[0], rollout[1]
        np.testing.assert_array_equal(futures_env.mask_from_observation(obs), mask)
        with pytest.raises(ValueError, match="raw Phase 2 observations"):
            futures_env.mask_from_observation((obs - 0.3) / 0.7)
        assert jax.jit(futures_env.mask_from_observation)(obs[0]).shape == (64, 6)


def test_illegal_action_holds_and_says_so(env):
    params = env.default_params
    row = int(jnp.argmax(params.market.entry_ok & (jnp.arange(params.market.num_bars) > 30)))
    state = env.step_env(KEY, env.state_at(row, params), Action.BUY, params)[1]
    assert int(state.side) == 1
    held = env.step_env(KEY, state, Action.HOLD, params)
    for action in (Action.BUY, Action.SELL, env.num_actions, 99, -1):
        told = env.step_env(KEY, state, action, params)
        chex.assert_trees_all_equal(told[1], held[1])
        assert bool(told[-1]["illegal_action"])


def test_equal_configuration_shares_one_trace_and_markets_stay_apart(env):
    other_market = futures_env.synthetic_market(sessions=60, seed=1)
    twin = type(env)(env.config.phase, market=other_market, name=env.name)
    assert twin == env
    assert hash(twin) == hash(env)
    env.step(KEY, env.reset(KEY)[1], 0)
    traces = type(env)._step._cache_size()
    _, state = twin.reset(KEY)
    twin.step(KEY, state, 0)
    if other_market.num_bars == env.default_params.market.num_bars:
        assert type(env)._step._cache_size() == traces
    assert twin.reset(KEY)[0].tolist() != env.reset(KEY)[0].tolist()


def test_vmap_over_one_parameter(env):
    params = futures_env.broadcast_params(env.default_params, 3, "start_balance")
    params = params.replace(start_balance=jnp.asarray([1e4, 5e4, 9e4], jnp.float32))
    axes = futures_env.params_in_axes(params, "start_balance")
    _, state = jax.vmap(env.reset, (0, axes))(jax.random.split(KEY, 3), params)
    assert state.balance_cents.tolist() == [1_000_000, 5_000_000, 9_000_000]
    with pytest.raises(ValueError, match="no such EnvParams field: balance"):
        futures_env.params_in_axes(params, "balance")


def test_copies_and_pickles(env):
    for twin in (copy.deepcopy(env), pickle.loads(pickle.dumps(env))):
        assert twin == env
        assert twin.reset(KEY)[0].tolist() == env.reset(KEY)[0].tolist()


def test_market_with_other_columns_is_refused(env):
    with pytest.raises(ValueError, match="feature columns"):
        futures_env.FuturesEnv(1, market=env.default_params.market, features=("return",))


def test_registration_is_idempotent_and_names_all_symbols():
    before = list(gymnax.registered_envs)
    futures_env.register_environments()
    assert gymnax.registered_envs == before
    ours = [name for name in before if name.startswith("Futures")]
    assert len(ours) == 2 * (12 + 1) * 2  # each once more with five values a step
