"""Curricula of one's own: what the file says is what the environment charges."""

from dataclasses import replace

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from futures_env import ArgumentError, curriculum, find_curriculum, load_curriculum
from futures_env.codes import Action
from futures_env.types import SCALAR_FIELDS

OWN = """
action_floor = [[0.0, 0.1], [0.5, 0.0]]
[fields]
commission_usd = [[0.0, 1.0], [0.5, 3.0], [0.5, 5.0]]
slippage_ticks = [[0.0, 4.0], [1.0, 0.0]]
contracts = [[0.25, 2]]
[constants]
pnl_scale_usd = 75
[stages]
dear = 0.5
cheap = 0
"""


@pytest.fixture
def own(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(OWN)
    return load_curriculum(file)


def test_a_file_gives_points_constants_floor_and_stages(own):
    assert own.name == "own"
    assert float(own.fields["commission_usd"](0.25)) == 2.0
    assert float(own.fields["commission_usd"](0.5)) == 5.0
    assert float(own.fields["contracts"](0.9)) == 2.0
    assert float(own.action_floor(0.25)) == pytest.approx(0.05)
    assert own.constants == {"pnl_scale_usd": 75.0}
    assert [own.stage(p) for p in (0.0, 0.49, 0.5, 1.0)] == ["cheap", "cheap", "dear", "dear"]


@pytest.fixture(scope="module")
def env():
    return gymnax.make("FuturesNQ-Phase1")[0]


@pytest.mark.parametrize("progress", [0.0, 0.3, 0.5, 0.99])
def test_what_is_scheduled_is_what_is_charged(own, env, progress):
    """And nothing else changes."""
    params = own.prepare(env.default_params)
    at = own(params, jnp.float32(progress))
    step = jax.jit(env.step_env)
    _, state = jax.jit(env.reset)(jax.random.key(0), at)
    _, held, *_ = step(jax.random.key(0), state, Action.BUY, at)
    commission = float(own.fields["commission_usd"](progress))
    charged = int(held.contracts) * round(100 * commission)
    assert int(held.entry_commission_cents) == charged == 2 * round(100 * commission)
    assert int(held.balance_cents) == int(state.balance_cents) - charged
    slippage = round(float(own.fields["slippage_ticks"](progress)))
    next_open = int(np.asarray(at.market.open)[int(held.row)])
    assert int(held.entry_price) == next_open + slippage
    set_here = {"commission_usd", "slippage_ticks", "contracts", "pnl_scale_usd"}
    default = env.default_params
    changed = [n for n in SCALAR_FIELDS if (getattr(at, n) != getattr(default, n)).any()]
    assert set(changed) <= set_here
    assert {"contracts", "pnl_scale_usd"} <= set(changed)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[fields]\ncommision_usd = [[0, 1]]", "no such EnvParams field: commision_usd"),
        ("[fields]\ncommission_usd = 1", "must be points such as"),
        ("[fields]\ncommission_usd = []", "must be points such as"),
        ("[fields]\ncommission_usd = [[0.5, 1], [0.2, 2]]", "must ascend, not [0.5, 0.2]"),
        ("[fields]\ncommission_usd = [[1.5, 1]]", "progress 1.5 must lie between 0 and 1"),
        ("[fields]\ndrawdown = [[0, 0]]", "drawdown is 0: must be above 0"),
        ("[fields]\ndrawdown = [[0, nan]]", "drawdown is nan: must be a finite number"),
        ("[constants]\nforced_position_ratio = 2", "must lie between 0 and 1"),
        ("action_floor = [[0, 0.6]]", "action_floor is 0.6: must lie between 0 and 0.5"),
        ("[constants]\ndrawdown = 1\n[fields]\ndrawdown = [[0, 1]]", "in fields and in constants"),
        ("floor = 1", "no such entry: floor"),
        ("fields = 1", "fields must be a table"),
        ("[stages]\nlate = 2", "late: progress 2.0 must lie"),
        ("= 1", "own.toml"),
    ],
)
def test_a_wrong_file_is_explained(text, message, tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(text)
    with pytest.raises(ArgumentError, match=r"own\.toml") as error:
        load_curriculum(file)
    assert message in str(error.value)


def test_a_curriculum_is_found_by_name_or_file(tmp_path):
    assert find_curriculum("phase2-seed").name == "phase2-seed"
    with pytest.raises(ArgumentError, match="no curriculum 'sed': give a TOML file, or one of ph"):
        find_curriculum("sed")
    with pytest.raises(ArgumentError, match=r"absent\.toml"):
        find_curriculum(str(tmp_path / "absent.toml"))


def test_a_file_can_say_what_a_preset_says(tmp_path):
    file = tmp_path / "same.toml"
    file.write_text("[fields]\ncommission_usd = [[0.0, 1.0], [0.5, 2.5]]\n")
    points = jnp.linspace(0.0, 1.0, 50)
    mine, preset = load_curriculum(file), curriculum("phase1-seed")
    same = [jax.vmap(one.fields["commission_usd"])(points) for one in (mine, preset)]
    np.testing.assert_array_equal(*same)


def test_nothing_else_is_touched(own, env):
    at = own(own.prepare(env.default_params), jnp.float32(0.5))
    kept = replace(at, **{n: getattr(env.default_params, n) for n in (*own.fields, *own.constants)})
    for a, b in zip(jax.tree.leaves(kept), jax.tree.leaves(env.default_params), strict=True):
        assert a is b or (a == b).all()
