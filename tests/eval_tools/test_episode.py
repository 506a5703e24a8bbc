"""Long episodes: against a Python loop, over breaches, days and chunks."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.policies.policy import Context, as_policy
from eval_tools.rollout.episode import Slice
from eval_tools.rollout.lanes import evaluation_params
from eval_tools.rollout.ranges import runner
from eval_tools.rollout.sessions import session_slices, whole_slices
from eval_tools.rollout.slices import Task, pack, run_slices, run_tasks
from futures_env import AccountStatus, DoneReason, slice_market

RANDOM = baseline(Baseline.RANDOM_LEGAL)
LONG = baseline(Baseline.ALWAYS_LONG)


def _usd(params, **fields: float):
    return replace(params, **{name: jnp.float32(value) for name, value in fields.items()})


@pytest.fixture(scope="module")
def days(desk):
    return session_slices(desk.sessions)


@pytest.fixture(scope="module")
def whole(desk):
    return whole_slices(desk.sessions)


def test_equals_a_python_loop(desk, days) -> None:
    episode = run_slices(desk.env, RANDOM, desk.params, days, seed=5)[1]
    key = jax.random.split(jax.random.key(5), len(days))[1]
    params = evaluation_params(desk.params)

    @jax.jit
    def step(state):
        _, act_key, step_key = jax.random.split(jax.random.fold_in(key, state.row), 3)
        obs = desk.env.observe(act_key, state, None, params)
        mask = desk.env.action_mask(state, params)
        action = RANDOM(obs, mask, act_key, Context(state, params))
        return desk.env.step_env(step_key, state, action, params)[1], action, mask

    state = desk.env.state_at(days[1].first_row, params)
    for recorded in episode.steps.to_dict("records"):
        state, action, mask = step(state)
        bits = sum(1 << code for code in np.flatnonzero(mask))
        assert (recorded["action"], recorded["legal"]) == (action, bits)
        for name in ("row", "balance_cents", "equity_cents", "floor_cents", "stop_price", "side"):
            assert recorded[name] == getattr(state, name), name
    assert recorded["row"] == days[1].last_row
    assert len(episode.steps) == days[1].last_row - days[1].first_row
    assert episode.steps["trade_closed"].sum() > 10


def test_the_account_carries_on_over_days(desk, whole) -> None:
    (episode,) = run_slices(desk.env, RANDOM, desk.params, whole)
    steps = episode.steps
    assert episode.sessions_run == whole[0].sessions
    assert np.array_equal(np.diff(steps["row"]), np.ones(len(steps) - 1))
    assert np.array_equal(steps["equity_before_cents"][1:], steps["equity_cents"][:-1])
    first_rows = desk.sessions["first_row"][1:]
    overnight = steps[steps["row"].isin(first_rows)]
    assert len(overnight) == len(first_rows)
    assert (overnight["balance_cents"] != 5_000_000).all()
    assert (overnight["side"] == 0).all()


def test_after_a_breach_the_rest_is_not_traded(desk, whole) -> None:
    tight = _usd(desk.params, drawdown=600.0)
    (stopped,) = run_slices(desk.env, LONG, tight, whole)
    status = stopped.steps["account_status"].to_numpy()
    assert status[-1] == AccountStatus.FAILED_DRAWDOWN
    assert (status[:-1] == AccountStatus.ACTIVE).all()
    assert stopped.steps["row"].iloc[-1] < whole[0].last_row
    assert len(stopped.sessions_run) < len(whole[0].sessions)


def test_or_a_fresh_account_goes_on(desk, whole) -> None:
    tight = _usd(desk.params, drawdown=600.0)
    (stopped,) = run_slices(desk.env, LONG, tight, whole)
    (episode,) = run_slices(desk.env, LONG, tight, whole, reenter=True)
    steps = episode.steps
    assert episode.sessions_run == whole[0].sessions
    assert len(steps) == whole[0].last_row - whole[0].first_row
    assert steps.head(len(stopped.steps)).equals(stopped.steps)
    failures = steps["account_status"] == AccountStatus.FAILED_DRAWDOWN
    assert steps["attempt"].iloc[-1] == failures.iloc[:-1].sum() >= 2
    begins = steps.groupby("attempt").first()
    assert (begins["equity_before_cents"] == 5_000_000).all()
    # an account's floor knows nothing of the account before it
    assert (begins["floor_cents"] < 5_000_000).all()
    assert (steps["floor_cents"] <= steps["high_water_mark_cents"] - 60_000).all()


def test_trading_goes_on_after_a_pass_and_past_the_time_limit(desk, whole) -> None:
    easy = replace(
        _usd(desk.params, profit_target=1.0),
        min_days=jnp.int32(0),
        max_steps_in_episode=jnp.int32(10),
        end_at_session_close=jnp.bool_(True),
        forced_position_ratio=jnp.float32(1.0),
    )
    (episode,) = run_slices(desk.env, RANDOM, easy, whole)
    assert (episode.steps["account_status"] == AccountStatus.PASSED).any()
    assert episode.sessions_run == whole[0].sessions
    assert not episode.steps["forced_trade"].any()
    assert set(episode.steps["done_reason"]) <= {DoneReason.RUNNING, DoneReason.DATA_END}


def test_chunks_change_nothing(desk, days) -> None:
    together = run_slices(desk.env, RANDOM, desk.params, days, seed=2)
    apart = run_slices(desk.env, RANDOM, desk.params, days, seed=2, chunk=3)
    assert [one.slice for one in apart] == list(days)
    for one, other in zip(together, apart, strict=True):
        assert one.steps.equals(other.steps)
    reseeded = run_slices(desk.env, RANDOM, desk.params, days, seed=3)
    assert not reseeded[0].steps.equals(together[0].steps)


def test_other_weights_and_other_lengths_do_not_recompile(desk, days) -> None:
    run_slices(desk.env, baseline(Baseline.ALWAYS_SHORT), desk.params, days)
    before = runner()._cache_size()
    run_slices(desk.env, LONG, _usd(desk.params, commission_usd=0.0), days)
    shorter = [replace(day, last_row=day.last_row - 60) for day in days]
    run_slices(desk.env, LONG, desk.params, shorter)
    assert runner()._cache_size() == before


@pytest.mark.thorough
def test_everybody_plays_side_by_side_what_he_plays_alone(desk, days, whole) -> None:
    """Two structures, three accounts, two tasks on packed lanes: nobody touches another's bars."""
    flags = as_policy(lambda obs, mask, key, context: jnp.where(obs[0] > 0, 1, 2) * mask[1])
    tight = _usd(desk.params, drawdown=600.0)
    players = [(LONG, desk.params), (flags, desk.params), (RANDOM, tight)]
    tasks = [Task(slices=days, reenter=True, seed=3), Task(slices=whole, seed=3)]
    before = runner()._cache_size()
    shares: list[float] = []
    together = run_tasks(desk.env, players, tasks, progress=shares.append)
    assert runner()._cache_size() == before + 1
    assert shares[-1] == 1.0
    for (policy, params), (single, long) in zip(players, together, strict=True):
        alone = run_slices(desk.env, policy, params, days, reenter=True, seed=3)
        alone += run_slices(desk.env, policy, params, whole, seed=3)
        for one, other in zip([*single, *long], alone, strict=True):
            assert one.slice == other.slice
            assert one.sessions_run == other.sessions_run
            assert one.steps.equals(other.steps)
    assert len(together[2][1][0].steps) < len(together[0][1][0].steps)
    other = replace(desk.params, market=slice_market(desk.market, "2000-01-01", "2100-01-01"))
    with pytest.raises(ValueError, match="all of them trade one market"):
        run_tasks(desk.env, [(LONG, desk.params), (LONG, other)], tasks)


def test_slices_are_packed_onto_few_lanes() -> None:
    def piece(length: int) -> Slice:
        return Slice(name=str(length), sessions=(0,), first_row=5, last_row=5 + length)

    lanes = pack([piece(n) for n in (10, 30, 20, 10, 20)], None)
    assert lanes == [[1], [2, 0], [4, 3]]
    assert pack([piece(n) for n in (1, 1, 1)], 1) == [[0, 1, 2]]
