"""Results of ``benchmarks.generalisation``: figures, tables and plots of what a folder holds."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.seeds import estimate

Row = dict[str, Any]

BOUND = "bound-"
"""In front of the names of files that hold a supervised bound."""
SHOWN = (-0.5, 2.0)
"""Shares on the plots; where the oracle itself earns next to nothing they can be of any size."""


def share(usd: float, oracle_usd: float) -> float:
    """nan where the oracle earns nothing: without an edge there is nothing to share."""
    return usd / oracle_usd if oracle_usd > 0.0 else float("nan")


def share_draws(usd: np.ndarray, oracle_usd: np.ndarray) -> np.ndarray:
    """(10,000,) shares on sessions drawn with replacement, the same ones for agent and oracle.

    They tell how far luck of the sessions judged on carries a share; not how far another training
    would.

    Args:
        usd: (S,) what the agent earned on each session.
        oracle_usd: (S,) what the oracle did.
    """

    rows = np.random.default_rng(0).integers(len(usd), size=(10_000, len(usd)))
    best = oracle_usd[rows].mean(axis=1)
    return np.where(best > 0.0, usd[rows].mean(axis=1) / np.where(best > 0.0, best, 1.0), np.nan)


def middle(draws: np.ndarray) -> list[float] | None:
    """Where 95 % of the draws lie; None where more than one in a hundred has no share."""
    if np.mean(np.isfinite(draws)) < 0.99:
        return None
    return [float(end) for end in np.nanquantile(draws, [0.025, 0.975])]


def known(value: float) -> float | None:
    """The figure, None where there is none."""
    return value if np.isfinite(value) else None


def write_whole(path: Path, row: Row) -> None:
    """A file appears whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
    partial.rename(path)


def stored(folder: Path) -> list[Row]:
    """All trainings of a folder."""
    paths = [path for path in sorted(folder.glob("*.json")) if not path.name.startswith(BOUND)]
    return [json.loads(path.read_text("utf-8")) for path in paths]


def stored_bounds(folder: Path) -> list[Row]:
    """All supervised bounds of a folder."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob(f"{BOUND}*.json"))]


def by_cell(rows: list[Row]) -> dict[tuple[Any, ...], list[Row]]:
    """Results by (edge, strength, sessions, configuration, steps)."""
    cells: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        case, plant = row["case"], row["case"]["plant"]
        names = ("edge", "strength", "sessions")
        key = (*(plant[name] for name in names), case["config"], case["steps"])
        cells.setdefault(key, []).append(row)
    return cells


COLUMNS = ("usd", "trades", "extra_trades", "flat_at_signals", "taken_rightly", "choice_states")


def markdown(rows: list[Row]) -> str:
    """One line a cell: shares over seeds, and means of what the policy did on held sessions."""
    head = ["edge", "strength", "sessions", "config", "steps", "held", "held by seed", "train"]
    head += ["fresh", "given entries"]
    lines = [head + list(COLUMNS), ["---"] * (len(head) + len(COLUMNS))]
    for key, found in sorted(by_cell(rows).items(), key=str):
        held, train_ = ([row["final"][name] for row in found] for name in ("held", "train"))
        played = [np.mean([row["played"][name] for row in found]) for name in COLUMNS]
        seeds = " ".join("-" if value is None else f"{value:.2f}" for value in held)
        more = [
            str(estimate(row["final"].get(name) for row in found))
            for name in ("fresh", "given_entries")
        ]
        line = [*map(str, key), str(estimate(held)), seeds, str(estimate(train_)), *more]
        lines.append(line + [f"{value:.2f}" for value in played])
    return joined(lines)


def cases_markdown(rows: list[Row]) -> str:
    """One line a training: shares and the gap between them, each with where luck puts it."""
    names = ["train", "held", "gap"]
    head = ["edge", "strength", "sessions", "config", "steps", "seed", *names, "fresh"]
    lines = [head, ["---"] * len(head)]
    for key, found in sorted(by_cell(rows).items(), key=str):
        for row in (row for row in found if "intervals" in row):
            final, around = row["final"], row["intervals"]
            gap = (
                None if None in (final["train"], final["held"]) else final["train"] - final["held"]
            )
            values = {"train": final["train"], "held": final["held"], "gap": gap}
            cells = [with_interval(values[name], around[name]) for name in names]
            cells.append(with_interval(final.get("fresh"), None))
            lines.append([*map(str, key), str(row["case"]["plant"]["seed"]), *cells])
    return joined(lines)


def with_interval(value: float | None, interval: list[float] | None) -> str:
    """``0.42 [0.20, 0.71]``; what there is none of is left out."""
    if value is None:
        return "-"
    return f"{value:.2f}" + (f" [{interval[0]:.2f}, {interval[1]:.2f}]" if interval else "")


def bounds_markdown(bounds: list[Row], rows: list[Row]) -> str:
    """One line a market: the supervised bound, and held shares of the agents trained on it."""
    head = ["strength", "sessions", "seed", "model", "margin, USD", "bound, held", "agents, held"]
    lines = [head, ["---"] * len(head)]
    for bound in bounds:
        plant = bound["plant"]
        on_it = [row for row in rows if row["case"]["plant"] == plant]
        agents = [f"{row['case']['config']} {row['final']['held']:.2f}" for row in on_it]
        figures = [f"{bound['margin']:.0f}", f"{bound['held']:.2f}", ", ".join(agents) or "-"]
        names = [str(plant[name]) for name in ("strength", "sessions", "seed")]
        lines.append([*names, bound["setting"], *figures])
    return joined(lines)


def joined(lines: list[list[str]]) -> str:
    """A Markdown table of its cells."""
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def plot(rows: list[Row], folder: Path) -> None:
    """Share against sessions, and training and held share over steps, as two pictures."""
    import matplotlib.pyplot as plt

    cells = by_cell(rows)
    figure, axes = plt.subplots(figsize=(7, 4.5))
    for name in sorted({(*key[:2], key[3]) for key in cells}):
        line = sorted((k[2], v) for k, v in cells.items() if (*k[:2], k[3]) == name)
        held = [estimate(row["final"]["held"] for row in found).mean for _, found in line]
        axes.plot([n for n, _ in line], held, "o-", label=f"{name[0]} {name[1]:g}, {name[2]}")
    axes.set(xscale="log", xlabel="sessions of history", ylabel="share of the oracle, held")
    axes.set(ylim=SHOWN)
    axes.legend()
    figure.savefig(folder / "history.svg")
    panels = sorted({(*key[:2], key[3]) for key in cells})
    figure, all_axes = plt.subplots(
        1, len(panels), figsize=(3.5 * len(panels), 3.8), sharey=True, squeeze=False
    )
    for axes, panel in zip(all_axes[0], panels, strict=True):
        of_panel = {key: found for key, found in cells.items() if (*key[:2], key[3]) == panel}
        for index, (key, found) in enumerate(sorted(of_panel.items())):
            steps = [point["timesteps"] for point in found[0]["curve"]]
            for style, name in (("-", "held"), ("--", "train")):
                curves = [[point.get(name, np.nan) for point in row["curve"]] for row in found]
                label = f"{key[2]} sessions, {name}"
                axes.plot(steps, np.mean(curves, 0), style, color=f"C{index}", label=label)
        axes.set(title=f"{panel[0]} {panel[1]:g}, {panel[2]}", ylim=SHOWN)
        axes.legend(fontsize="x-small")
    all_axes[0, 0].set(ylabel="share of the oracle")
    figure.supxlabel("environment steps of training")
    figure.tight_layout()
    figure.savefig(folder / "steps.svg")
