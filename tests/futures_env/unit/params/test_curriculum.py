"""The curricula against the numbers of the specification."""

import jax
import jax.numpy as jnp
import pytest

from futures_env.codes import Action
from futures_env.params.curriculum import CURRICULA, Curriculum, curriculum, piecewise_linear

PHASE1_UPDATES = 610
PHASE2_UPDATES = 3_051


def values(name: str, update: int, num_updates: int) -> dict[str, float]:
    preset = curriculum(name)
    progress = jnp.float32((update - 1) / num_updates)
    fields = {key: float(schedule(progress)) for key, schedule in preset.fields.items()}
    return fields | {"action_floor": float(preset.action_floor(progress))}


@pytest.mark.parametrize(
    ("update", "entry_bonus", "floor"),
    [(10, 385.2544, 0.07705), (100, 237.7984, 0.04756), (240, 8.4224, 0.00168), (246, 0, 0),
     (610, 0, 0)],
)  # fmt: skip
def test_phase1_seed_bonus_and_floor(update, entry_bonus, floor):
    got = values("phase1-seed", update, PHASE1_UPDATES)
    assert got["entry_bonus"] == pytest.approx(entry_bonus, abs=2e-4)
    assert got["action_floor"] == pytest.approx(floor, abs=5e-6)


def test_phase1_seed_commission():
    assert values("phase1-seed", 100, PHASE1_UPDATES)["commission_usd"] == pytest.approx(
        1.4869, abs=5e-5
    )
    assert values("phase1-seed", 400, PHASE1_UPDATES)["commission_usd"] == 2.5


@pytest.mark.parametrize(
    ("update", "forced", "entry", "management", "commission"),
    [(50, 0.5, 300, 400, 0.25), (1000, 0.41504, 268.14, 336.28, 0.62168),
     (1500, 0.30579, 227.17, 254.34, 1.09967), (2500, 0, 0, 0, 2.5)],
)  # fmt: skip
def test_phase2_seed(update, forced, entry, management, commission):
    got = values("phase2-seed", update, PHASE2_UPDATES)
    assert got["forced_position_ratio"] == pytest.approx(forced, abs=5e-6)
    assert got["entry_bonus"] == pytest.approx(entry, abs=6e-3)
    assert got["management_bonus"] == pytest.approx(management, abs=6e-3)
    assert got["commission_usd"] == pytest.approx(commission, abs=5e-6)


def test_only_the_continuous_preset_has_no_jump():
    before, after = jnp.float32(0.7999), jnp.float32(0.8001)
    for name, jumps in (("phase2-seed", True), ("phase2-seed-continuous", False)):
        for schedule in curriculum(name).fields.values():
            jump = abs(float(schedule(before) - schedule(after)) / float(schedule(0.0)))
            assert (jump > 0.01) == jumps


def test_tightening_ends_at_production():
    fields = curriculum("phase1-tightening").fields
    got = [float(fields["drawdown"](jnp.float32(p))) for p in (0.0, 0.25, 0.5, 1.0)]
    assert got == [15_000, 10_000, 5_000, 2_500]
    assert float(fields["stop_atr_multiple"](jnp.float32(1.0))) == 1.5


@pytest.mark.parametrize("name", sorted(CURRICULA))
def test_schedule_keeps_the_tree_of_the_parameters(name, phase2_env):
    """What a schedule returns must not recompile: same structure, dtypes and shapes."""
    params = phase2_env.default_params
    scheduled = curriculum(name)(curriculum(name).prepare(params), jnp.float32(0.3))
    describe = lambda tree: jax.tree.map(lambda leaf: (leaf.shape, str(leaf.dtype)), tree)  # noqa: E731
    assert describe(scheduled) == describe(params)


def test_batched_fields_stay_batched(phase2_env):
    params = phase2_env.default_params.replace(commission_usd=jnp.zeros(4, jnp.float32))
    assert curriculum("phase2-seed")(params, 0.9).commission_usd.tolist() == [2.5] * 4


def test_integers_are_rounded(phase2_env):
    preset = Curriculum(name="c", fields={"contracts": piecewise_linear((0, 1), (1, 4))})
    assert int(preset(phase2_env.default_params, 0.5).contracts) == 2


def test_errors_name_what_is_wrong():
    with pytest.raises(ValueError, match="no curriculum 'x'; known presets: phase1-seed"):
        curriculum("x")
    with pytest.raises(ValueError, match="no such EnvParams field: comission"):
        Curriculum(name="mine", fields={"comission": piecewise_linear((0, 1), (1, 2))})


def test_bonus_reaches_the_reward_in_units_of_100_usd(phase2_env):
    params = phase2_env.default_params.replace(entry_bonus=jnp.float32(400.0))
    market = params.market
    row = int(jnp.argmax(market.entry_ok & (jnp.arange(market.num_bars) > 30)))
    state = phase2_env.state_at(row, params)
    info = phase2_env.step_env(jax.random.key(0), state, Action.BUY, params)[-1]
    assert float(info["reward_terms"]["entry_bonus"]) == 4.0


@pytest.mark.parametrize("name", ["phase2-seed", "phase2-seed-continuous"])
def test_a_stage_begins_where_its_values_do(name):
    """2C has no given position; its first update is the first at progress 0.8."""
    preset = curriculum(name)
    stages = [preset.stage((u - 1) / PHASE2_UPDATES) for u in range(1, PHASE2_UPDATES + 1)]
    assert sorted(set(stages)) == ["2A", "2B", "2C"]
    assert stages == sorted(stages)
    forced = preset.fields["forced_position_ratio"]
    shares = jax.vmap(forced)(jnp.arange(PHASE2_UPDATES) / jnp.float32(PHASE2_UPDATES))
    assert [stage == "2C" for stage in stages] == (shares == 0.0).tolist()
    assert [stage == "2A" for stage in stages] == (shares >= 0.5).tolist()
    assert curriculum("phase1-seed").stage(0.5) == ""
