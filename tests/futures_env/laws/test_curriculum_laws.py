"""Curricula: the numbers of docs/training.md, and laws of any piecewise linear schedule."""

import re
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from futures_env import CURRICULA, Curriculum, curriculum, piecewise_linear, synthetic_market
from futures_env.params.curriculum import Schedule
from futures_env.params.defaults import default_params
from futures_env.phases import PHASES

PAGE = (Path(__file__).parents[3] / "docs" / "training.md").read_text(encoding="utf-8")
COLUMNS = {
    "phase1-seed": ("610", ("entry_bonus", "action_floor", "commission_usd")),
    "phase2-seed": (
        "3,051",
        ("forced_position_ratio", "entry_bonus", "management_bonus", "commission_usd"),
    ),
}
"""Preset -> number of updates and columns of its table in the page."""
RISING = ("commission_usd",)
JUMP = float(np.float32(0.8))
BEFORE_JUMP = float(np.nextafter(np.float32(JUMP), np.float32(0)))
SHARES = st.lists(st.floats(0, 1, width=32), min_size=2, max_size=2).map(sorted)
VALUES = st.floats(-1000, 1000, width=32)


def schedules(name: str) -> dict[str, Schedule]:
    preset = curriculum(name)
    return {**preset.fields, "action_floor": preset.action_floor}


ALL = [(name, field) for name in CURRICULA for field in schedules(name)]


def at(schedule: Schedule, *progress: float) -> np.ndarray:
    return np.asarray(schedule(jnp.asarray(progress, jnp.float32)))


def number(cell: str) -> float:
    plain = cell.replace("%", "").replace(",", "").strip()
    return float(plain) / (100 if "%" in cell else 1)


@pytest.mark.parametrize("name", COLUMNS)
def test_presets_have_the_numbers_of_the_page(name: str) -> None:
    updates, fields = COLUMNS[name]
    head = rf"^\| u of {updates} \|.*\n\|[-|]+\|\n((?:\|.*\|\n)+)"
    rows = [line.strip("| ").split(" | ") for line in re.findall(head, PAGE, re.M)[0].splitlines()]
    assert len(rows) >= 4
    for update, *cells in rows:
        progress = (int(update) - 1) / number(updates)
        for field, cell in zip(fields, cells, strict=True):
            decimals = len(cell.partition(".")[2].rstrip(" %")) + 2 * ("%" in cell)
            (value,) = at(schedules(name)[field], progress)
            assert value == pytest.approx(number(cell), abs=0.51 * 10.0**-decimals), (update, field)


@pytest.mark.parametrize(("name", "field"), ALL)
@given(pair=SHARES)
def test_presets_run_one_way_between_their_ends(name: str, field: str, pair: list[float]) -> None:
    first, earlier, later, last = at(schedules(name)[field], 0.0, *pair, 1.0)
    ordered = [first, earlier, later, last]
    assert ordered == sorted(ordered, reverse=field not in RISING)


@pytest.mark.parametrize(("name", "field"), ALL)
@given(pair=SHARES)
@example(pair=[BEFORE_JUMP, JUMP])
def test_no_preset_jumps_but_the_one_that_says_so(name: str, field: str, pair: list[float]) -> None:
    """Between two points a value moves at most at the steepest slope: range / 0.4."""
    if name == "phase2-seed" and pair[0] < JUMP <= pair[1]:
        pair = [pair[0], BEFORE_JUMP]
    schedule = schedules(name)[field]
    first, last, earlier, later = at(schedule, 0.0, 1.0, *pair)
    span = abs(last - first)
    assert abs(later - earlier) <= span * (abs(pair[1] - pair[0]) / 0.4 + 1e-5)


@pytest.mark.parametrize("name", ["phase2-seed", "phase2-seed-continuous"])
@given(progress=st.floats(JUMP, 1, width=32, exclude_min=True))
def test_phase_2_ends_in_production(name: str, progress: float) -> None:
    values = {field: at(schedule, progress)[0] for field, schedule in schedules(name).items()}
    assert values.pop("commission_usd") == 2.5
    assert set(values.values()) == {0}


@pytest.mark.parametrize("name", CURRICULA)
@given(short=st.integers(2, 700), times=st.integers(2, 50), data=st.data())
def test_a_shorter_run_has_the_same_values_sooner(
    name: str, short: int, times: int, data: st.DataObject
) -> None:
    update = data.draw(st.integers(1, short))
    same = times * (update - 1) + 1
    for schedule in schedules(name).values():
        one, other = at(schedule, (update - 1) / short, (same - 1) / (times * short))
        assert one == other


@given(updates=st.integers(10, 5_000))
def test_the_entry_bonus_takes_two_fifths_of_any_run(updates: int) -> None:
    rewarded = 8_000_000 / (610 * 256 * 128) * updates
    before, after = np.floor(rewarded - 1e-3) / updates, np.ceil(rewarded + 1e-3) / updates
    paid, unpaid = at(schedules("phase1-seed")["entry_bonus"], before, after)
    assert (paid > 0, unpaid) == (True, 0)


@given(
    points=st.dictionaries(
        st.integers(0, 100).map(lambda n: n / 100), VALUES, min_size=2, max_size=5
    ),
    progress=st.floats(-0.5, 1.5, width=32),
)
def test_interpolation_is_numpys(points: dict[float, float], progress: float) -> None:
    xs = sorted(points)
    ys = [points[x] for x in xs]
    (got,) = at(piecewise_linear(*zip(xs, ys, strict=True)), progress)
    scale = max(map(abs, ys)) + 1
    slope = max(abs(b - a) / (y - x) for a, b, x, y in zip(ys, ys[1:], xs, xs[1:], strict=False))
    np.testing.assert_allclose(got, np.interp(progress, xs, ys), atol=1e-6 * (scale + slope))
    assert min(ys) - 1e-6 * scale <= got <= max(ys) + 1e-6 * scale


@given(place=st.integers(1, 99), before=VALUES, after=VALUES)
def test_of_two_points_at_one_place_the_later_counts(
    place: int, before: float, after: float
) -> None:
    x = place / 100
    jump = piecewise_linear((0.0, before), (x, before), (x, after), (1.0, after))
    assert at(jump, np.nextafter(np.float32(x), np.float32(0)), x).tolist() == [before, after]


@pytest.fixture(scope="module")
def params():
    return default_params(PHASES[2], synthetic_market(sessions=5))


@given(value=st.floats(0, 20, width=32), ratio=st.floats(0, 1, width=32))
def test_applied_values_keep_the_dtype_of_their_field(params, value: float, ratio: float) -> None:
    plan = Curriculum(
        name="own",
        fields={"contracts": lambda _: jnp.float32(value)},
        constants={"forced_position_ratio": ratio},
    )
    applied = plan(plan.prepare(params), jnp.float32(0.5))
    changed = {
        field
        for field, old in params.__dict__.items()
        if field != "market" and getattr(applied, field) is not old
    }
    assert changed == {"contracts", "forced_position_ratio"}
    assert applied.market is params.market
    assert (applied.contracts.dtype, int(applied.contracts)) == (jnp.int32, round(value))
    assert applied.forced_position_ratio == np.float32(ratio)
