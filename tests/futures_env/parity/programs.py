"""Random parameters and action programs, drawn so that every branch of the rules is frequent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

ParamSet = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Program:
    """What is decided before the run, for N lanes of S steps."""

    params: list[ParamSet]
    params_index: np.ndarray  # (N, S) int32, parameters in force in the step
    restart_row: np.ndarray  # (N, S) int32, where an episode begins if one does
    forced: np.ndarray  # (N, S, 3) int32, side (0: none), profit in ticks, bars held
    taste: np.ndarray  # (N, 6) float, weight of each action while it is legal
    luck: np.ndarray  # (N, S, 2) float in [0, 1), draws an action

    def lanes(self, count: int) -> "Program":
        """The first ``count`` lanes."""
        per_lane = ("params_index", "restart_row", "forced", "taste", "luck")
        return replace(self, **{name: getattr(self, name)[:count] for name in per_lane})


def random_program(
    rng: np.random.Generator, starts: np.ndarray, *, lanes: int, steps: int, param_sets: int = 600
) -> Program:
    """Draw a program over the given start rows."""
    forced = np.stack(
        [
            rng.choice([-1, 0, 1], (lanes, steps), p=[0.2, 0.6, 0.2]),
            rng.integers(-20, 21, (lanes, steps)),
            rng.integers(0, 11, (lanes, steps)),
        ],
        axis=-1,
    )
    return Program(
        params=[random_params(rng) for _ in range(param_sets)],
        params_index=_held(rng, rng.integers(param_sets, size=(lanes, steps)), 0.04),
        restart_row=rng.choice(starts, (lanes, steps)).astype(np.int32),
        forced=forced.astype(np.int32),
        taste=rng.choice([0.1, 1.0, 3.0], (lanes, 6)),
        luck=rng.random((lanes, steps, 2)),
    )


def choose(mask: Sequence[bool], taste: np.ndarray, luck: np.ndarray) -> int:
    """An action: one in twenty at random, legal or not, the rest legal ones by taste."""
    if luck[0] < 0.05:
        return int(luck[1] * len(mask))
    weights = np.cumsum(taste[: len(mask)] * mask)
    return int(np.searchsorted(weights, luck[1] * weights[-1], side="right"))


def random_params(rng: np.random.Generator) -> ParamSet:
    """EnvParams without ``market``; money with odd fractions of a cent here and there."""
    params = _episode(rng) | _costs(rng) | _orders(rng) | _account(rng) | _reward(rng)
    with_tiers = params["tier_profit"][0] >= 0
    return params | ({"max_contracts": max(params["max_contracts"], 1)} if with_tiers else {})


def _held(rng: np.random.Generator, drawn: np.ndarray, change: float) -> np.ndarray:
    """Keep each lane's value until a change is drawn."""
    changes = rng.random(drawn.shape) < change
    changes[:, 0] = True
    since = np.maximum.accumulate(np.where(changes, np.arange(drawn.shape[1]), 0), axis=1)
    return np.take_along_axis(drawn, since, axis=1).astype(np.int32)


def _usd(rng: np.random.Generator, low: float, high: float) -> float:
    """Log-uniform amount in half cents."""
    amount = np.exp(rng.uniform(np.log(low), np.log(high)))
    return float(np.float32(round(amount * 200) / 200))


def _sometimes(rng: np.random.Generator, share: float, value: Any, otherwise: Any) -> Any:
    return value if rng.random() < share else otherwise


def _uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.float32(rng.uniform(low, high)))


def _episode(rng: np.random.Generator) -> ParamSet:
    return {
        "max_steps_in_episode": int(rng.integers(20, 400)),
        "start_row": -1,
        "end_at_session_close": bool(rng.random() < 0.1),
        "end_on_pass": bool(rng.random() < 0.3),
        "forced_position_ratio": 0.0,
    }


def _costs(rng: np.random.Generator) -> ParamSet:
    return {
        "commission_usd": _sometimes(rng, 0.3, -1.0, _usd(rng, 0.01, 6.0)),
        "slippage_ticks": int(rng.integers(-1, 4)),
        "stop_slippage_ticks": int(rng.integers(-1, 5)),
        "target_through_ticks": int(rng.integers(0, 4)),
    }


def _orders(rng: np.random.Generator) -> ParamSet:
    return {
        "stop_atr_multiple": _sometimes(rng, 0.4, _uniform(rng, 0.2, 2.0), _uniform(rng, 2.0, 6.0)),
        "target_ratio": _uniform(rng, 0.1, 2.5),
        "max_stop_usd": _sometimes(rng, 0.7, 0.0, _usd(rng, 2.0, 500.0)),
        "contracts": _sometimes(rng, 0.02, 0, int(rng.integers(1, 5))),
        "max_contracts": _sometimes(rng, 0.02, 0, int(rng.integers(1, 7))),
        "risk_per_trade_usd": _sometimes(rng, 0.6, 0.0, _usd(rng, 20.0, 4000.0)),
        "break_even_min_profit_atr": _sometimes(rng, 0.3, 0.0, _uniform(rng, 0.0, 1.0)),
        "trail_activation_r": _sometimes(rng, 0.4, 0.0, _uniform(rng, 0.0, 1.5)),
        "trail_atr_multiple": _uniform(rng, 0.1, 2.0),
    }


def _account(rng: np.random.Generator) -> ParamSet:
    return {
        "start_balance": _sometimes(rng, 0.97, 50_000.0, 50_150.25),
        "profit_target": _usd(rng, 15.0, 1000.0),
        "drawdown": _usd(rng, 40.0, 5000.0),
        "drawdown_mode": int(rng.integers(0, 3)),
        "lock": int(rng.integers(0, 4)),
        "daily_loss_limit": _sometimes(rng, 0.4, 0.0, _usd(rng, 30.0, 1500.0)),
        "daily_loss_hard": bool(rng.random() < 0.4),
        "min_days": int(rng.choice([0, 0, 1, 2, 3])),
        "max_days": _sometimes(rng, 0.6, 0, int(rng.integers(1, 12))),
        "pass_test": int(rng.integers(0, 2)),
    } | _tiers(rng)


def _tiers(rng: np.random.Generator) -> ParamSet:
    """None to five tiers above the account's first, the lowest within a few trades' reach."""
    used = int(rng.choice([0, 0, 1, 2, 5]))
    profits = np.cumsum([_usd(rng, 0.01, 60.0) for _ in range(used)]).tolist()
    profits = [float(np.float32(round(profit * 200) / 200)) for profit in profits]
    limits = [_sometimes(rng, 0.3, 0.0, _usd(rng, 30.0, 1500.0)) for _ in range(used)]
    unused = 5 - used
    return {
        "tier_profit": profits + [-1.0] * unused,
        "tier_max_contracts": rng.integers(1, 7, used).tolist() + [1] * unused,
        "tier_daily_loss_limit": limits + [0.0] * unused,
    }


def _reward(rng: np.random.Generator) -> ParamSet:
    weights = (
        "realized_weight",
        "equity_weight",
        "target_bonus",
        "stop_penalty",
        "hold_penalty",
        "win_bonus",
        "loss_penalty",
        "breach_penalty",
    )
    return {name: _uniform(rng, 0.0, 2.0) for name in weights} | {
        "pnl_scale_usd": _uniform(rng, 10.0, 100.0),
        "entry_bonus": _uniform(rng, 0.0, 400.0),
        "management_bonus": _uniform(rng, 0.0, 400.0),
    }
