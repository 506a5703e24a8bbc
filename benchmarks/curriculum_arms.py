"""What `benchmarks.curricula` compares: an arm is one training, a study sets arms side by side."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from futures_env.data.synthetic.market import Edge
from futures_env.params.curriculum import PHASE2_STAGES, Curriculum, curriculum, piecewise_linear
from futures_env.params.defaults import REWARD_PRESETS

Ground = Literal["exit", "thin", "entry", "twin", "rising"]
"""rising: Phase 1 on a market without a signal that rises. The others: see ``PLANTED``."""
PLANTED: dict[Ground, tuple[Edge, float]] = {
    "exit": ("exit", 3.0),
    "thin": ("exit", 1.0),
    "entry": ("entry", 3.0),
    "twin": ("entry", 0.0),
}
"""Edge and its strength in round-turn costs: `exit` is for Phase 2, `entry` for Phase 1; `thin`
pays so little above costs that not to trade is nearly as good."""
Points = tuple[tuple[float, float], ...]
"""(progress, value), linear between them."""

SEED_REWARD = tuple(REWARD_PRESETS["seed"].items())
FLOOR: Points = ((0.0, 0.08), (0.4, 0.0))
"""Action floor of the preset `phase1-seed`."""


def fading(first: float, last: float) -> Points:
    """As the preset `phase2-seed` lets a value fall: constant, down to ``last`` at 0.8, then 0."""
    return ((0.0, first), (0.2, first), (0.8, last), (0.8, 0.0))


FORCED = fading(0.5, 0.1)
"""Share of episodes that begin in a position, of the preset `phase2-seed`."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One training; what is not said is as the defaults have it, under production parameters.

    Attributes:
        ground: market and phase.
        base: preset curriculum that ``fields`` are put into.
        fields: schedules by name of the parameter.
        constants: parameters set once.
        floor: of the actions.
        compliance: share of environments with long accounts.
        mirror: share of episodes on the market upside down.
    """

    ground: Ground
    base: str | None = None
    fields: tuple[tuple[str, Points], ...] = ()
    constants: tuple[tuple[str, float], ...] = ()
    floor: Points = ((0.0, 0.0), (1.0, 0.0))
    compliance: float = 0.0
    mirror: float = 0.0

    @property
    def phase(self) -> int:
        """1 or 2."""
        return 2 if self.ground in ("exit", "thin") else 1


@cache
def plan_of(arm: Arm) -> Curriculum:
    """One object an arm: schedules are compared by identity, and another would recompile."""
    preset = curriculum(arm.base) if arm.base else None
    own = {name: piecewise_linear(*points) for name, points in arm.fields}
    return Curriculum(
        name=arm.base or "own",
        fields=({**preset.fields} if preset else {}) | own,
        constants=({**preset.constants} if preset else {}) | dict(arm.constants),
        action_floor=piecewise_linear(*arm.floor),
        stages=PHASE2_STAGES if arm.base else (),
    )


def _seed(**fields: Points) -> Arm:
    return Arm(ground="exit", base="phase2-seed", fields=tuple(fields.items()))


GIVEN = (("forced_position_ratio", FORCED),)
ARMS: dict[str, Arm] = {
    "thin": Arm(ground="thin"),
    "thin-forced": Arm(ground="thin", fields=GIVEN),
    "thin-reward-seed": Arm(ground="thin", constants=SEED_REWARD),
    "thin-reward-seed-forced": Arm(ground="thin", constants=SEED_REWARD, fields=GIVEN),
    "p2": Arm(ground="exit"),
    "p2-reward-seed": Arm(ground="exit", constants=SEED_REWARD),
    "p2-seed": _seed(),
    "p2-seed-bonus-0": _seed(management_bonus=fading(0.0, 0.0)),
    "p2-seed-bonus-200": _seed(management_bonus=fading(200.0, 50.0)),
    "p2-seed-bonus-600": _seed(management_bonus=fading(600.0, 150.0)),
    "p2-seed-forced-0": _seed(forced_position_ratio=fading(0.0, 0.0)),
    "p2-seed-forced-constant": _seed(forced_position_ratio=fading(0.5, 0.5)),
    "p2-seed-forced-to-0": _seed(forced_position_ratio=fading(0.5, 0.0)),
    "p1": Arm(ground="entry"),
    "p1-floor": Arm(ground="entry", floor=FLOOR),
    "p1-reward-seed": Arm(ground="entry", constants=SEED_REWARD),
    "p1-compliance-0.2": Arm(ground="entry", compliance=0.2),
    "p1-compliance-0.5": Arm(ground="entry", compliance=0.5),
    "p1-twin": Arm(ground="twin"),
    "p1-twin-compliance-0.2": Arm(ground="twin", compliance=0.2),
    "p1-twin-compliance-0.5": Arm(ground="twin", compliance=0.5),
    "p1-rising": Arm(ground="rising"),
    "p1-rising-mirror": Arm(ground="rising", mirror=0.5),
}
"""By name; every name is that of its results too."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """Arms side by side.

    Attributes:
        title: of its table.
        pairs: arms of which the second is subtracted from the first.
        figures: columns, names of ``curriculum_case`` figures.
    """

    title: str
    pairs: tuple[tuple[str, str], ...]
    figures: tuple[str, ...]

    @property
    def arms(self) -> tuple[str, ...]:
        """Of all pairs, each once, what is subtracted first."""
        return tuple(dict.fromkeys(name for ours, theirs in self.pairs for name in (theirs, ours)))


def _against(base: str, *others: str) -> tuple[tuple[str, str], ...]:
    return tuple((other, base) for other in others)


EARNED = ("held USD", "held trades", "always HOLD")
MANAGED = ("managing legal", "managing legal, end")
GAP = (
    "rollouts USD", "held USD", "held long USD", "long slices lost", "rollouts - long",
    "short - long", "train - train long",
)  # fmt: skip
STUDIES: tuple[Study, ...] = (
    Study(
        title="HOLD trap: episodes that begin in a position, and none",
        pairs=(("thin-forced", "thin"), ("thin-reward-seed-forced", "thin-reward-seed")),
        figures=(*EARNED, "drawn trades", *MANAGED),
    ),
    Study(
        title="Action floor, on and off",
        pairs=(("p1-floor", "p1"),),
        figures=(*EARNED, "drawn trades"),
    ),
    Study(
        title="Decay of the share of episodes that begin in a position",
        pairs=_against(
            "p2-seed", "p2-seed-forced-0", "p2-seed-forced-to-0", "p2-seed-forced-constant"
        ),
        figures=(*EARNED, *MANAGED),
    ),
    Study(
        title="Management bonus 0, 200, 400 (p2-seed) and 600 USD; p2: no curriculum at all",
        pairs=_against(
            "p2-seed", "p2-seed-bonus-0", "p2-seed-bonus-200", "p2-seed-bonus-600", "p2"
        ),
        figures=(*EARNED, *MANAGED),
    ),
    Study(
        title="Share of environments with long accounts, with an edge",
        pairs=_against("p1", "p1-compliance-0.2", "p1-compliance-0.5"),
        figures=GAP,
    ),
    Study(
        title="Share of environments with long accounts, without an edge",
        pairs=_against("p1-twin", "p1-twin-compliance-0.2", "p1-twin-compliance-0.5"),
        figures=(*GAP, "drawn USD", "drawn long USD"),
    ),
    Study(
        title="Mirror, on and off, on a market that rises",
        pairs=_against("p1-rising", "p1-rising-mirror"),
        figures=(*EARNED, "imbalance", "drawn USD", "drawn imbalance", "falling drawn USD"),
    ),
    Study(
        title="Reward presets equity and seed",
        pairs=(("p1-reward-seed", "p1"), ("p2-reward-seed", "p2")),
        figures=EARNED,
    ),
)
