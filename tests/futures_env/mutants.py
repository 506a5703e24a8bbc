"""One-line mutations of the rules, each of which the suite must notice: ``make mutants``.

A mutant is a copy of futures_env with one line of ``core`` changed. It dies when the parity run
(Phase 2, a quarter of the default size) differs from the reference engine, or, where a file is
named, when that test file fails. The result is written to docs/mutants.md.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "packages" / "futures_env" / "src"
LANES, STEPS = 256, 192
INFORMATION = "tests/futures_env/laws/test_information_laws.py"
PARAMETERS = "tests/futures_env/contract/test_parameters.py"
BAR_TABLE = "tests/futures_env/unit/market/test_bar_table.py"
GOLDEN = "tests/futures_env/parity/test_golden.py"
METRICS = "tests/futures_env/laws/test_metrics_laws.py"


@dataclass(frozen=True)
class Mutant:
    """One change: ``before`` stands exactly once in ``core/<file>.py``."""

    file: str
    before: str
    after: str
    killer: str = "parity"


MUTANTS = (
    Mutant("fills", "carried & (opening <= position.stop)", "carried & (opening < position.stop)"),
    Mutant("fills", "equity <= floor,", "equity <= floor - 50_000,"),
    Mutant("fills", "equity <= position.daily_level,", "equity <= position.daily_level - 50_000,"),
    Mutant("fills", "carried & (opening >= position.target)", "carried & (opening > position.target)"),
    Mutant("fills", "position.equity(jnp.maximum(position.stop + 1, end)) <= level", "position.equity(jnp.maximum(position.stop, end)) <= level"),
    Mutant("fills", "position.equity(jnp.maximum(position.stop + 1, end)) <= level", "position.equity(end) <= level"),
    Mutant("fills", "~before_stop & (position.stop >= end)", "~before_stop & (position.stop > end)"),
    Mutant("fills", "liquidated = position.equity(price) <= leg.floor", "liquidated = leg.floor >= position.daily_level", GOLDEN),
    Mutant("fills", "price = jnp.minimum(position.price_at(level), leg.start)", "price = position.price_at(level)"),
    Mutant("fills", "first_stop = walked & first.stop & known", "first_stop = walked & first.stop"),
    Mutant("fills", "jnp.where(first_money, one, other), first, last)", "jnp.where(last_money, one, other), first, last)"),
    Mutant("fills", "opening, close = side * next_bar.open, side * next_bar.close", "opening, close = side * next_bar.open, side * next_bar.open"),
    Mutant("fills", "favourable = jnp.where(side > 0, next_bar.high, -next_bar.low)", "favourable = jnp.where(side > 0, next_bar.high, -next_bar.high)"),
    Mutant("fills", "(order == ExtremeOrder.HIGH_FIRST) == (side > 0)", "(order == ExtremeOrder.HIGH_FIRST) == (side < 0)"),
    Mutant("fills", "stop_in_doubt = ~known & (adverse <= position.stop)", "stop_in_doubt = known & (adverse <= position.stop)"),
    Mutant("fills", "(favourable >= fill_from)", "(favourable > fill_from)"),
    Mutant("fills", "peak = jnp.minimum(favourable, fill_from - 1)", "peak = jnp.minimum(favourable, fill_from)"),
    Mutant("fills", "marks = marked(marks, opening, still_open)", "marks = marked(marks, opening, ~still_open)"),
    Mutant("fills", "marks = marked(marks, peak, still_open)", "marks = marked(marks, close, still_open)"),
    Mutant("fills", "jnp.where(adverse_first, close, adverse)", "adverse"),
    Mutant("fills", "~last.stop & next_bar.session_last", "~last.stop & ~next_bar.session_last"),
    Mutant("fills", "position.target, opening - stop_slippage)", "opening, opening - stop_slippage)"),
    Mutant("fills", "money_price - stop_slippage)", "money_price)"),
    Mutant("fills", "jnp.int8(ExitReason.STOP), position.stop - stop_slippage)", "jnp.int8(ExitReason.STOP), position.stop)"),
    Mutant("fills", "close - rules.slippage_ticks)", "close)"),
    Mutant("settlement", "commission = state.contracts * rules.commission_cents", "commission = state.contracts * 0"),
    Mutant("settlement", "net = balance - state.balance_cents - state.entry_commission_cents", "net = balance - state.balance_cents"),
    Mutant("settlement", "jnp.where(side != 0, value, ", "jnp.where(side > 0, value, "),
    Mutant("brackets", "filled = side != 0", "filled = side > 0"),
    Mutant("bars", "jnp.where(row < last, *pair)", "pair[1]"),
    Mutant("bars", "jnp.where(row < last, *pair)", "pair[0]", BAR_TABLE),
    Mutant("bars", "jnp.minimum(row + 1, last), following", "row + 1, following", BAR_TABLE),
    Mutant("settlement", "breached = closed & (balance <= marks.floor)", "breached = closed & (balance < marks.floor)", GOLDEN),
    Mutant("settlement", "marks = mark(params, rules, marks, balance, closed)", "marks = mark(params, rules, marks, balance + commission, closed)"),
    Mutant("account", "trailed = jnp.minimum(high_water - rules.drawdown_cents, rules.lock_cents)", "trailed = high_water - rules.drawdown_cents"),
    Mutant("account", "jnp.maximum(marks.floor, followed)", "followed"),
    Mutant("account", "bars_held=state.bars_held + (state.side != 0)", "bars_held=state.bars_held + 1"),
    Mutant("account", "entries_paused=state.entries_paused & ~new_session", "entries_paused=state.entries_paused"),
    Mutant("account", "(lost >= rules.daily_loss_cents)", "(lost > rules.daily_loss_cents)", GOLDEN),
    Mutant("account", "next_bar.date - state.first_date >= params.max_days", "next_bar.date - state.first_date > params.max_days"),
    Mutant("account", "(state.days_traded >= params.min_days)", "(state.days_traded > params.min_days)"),
    Mutant("account", "(state.balance_cents >= rules.target_balance_cents)", "(state.balance_cents > rules.target_balance_cents)", GOLDEN),
    Mutant("brackets", "side * close - distance, none)", "side * close + distance, none)"),
    Mutant("brackets", "side * close - 1)", "side * close)"),
    Mutant("brackets", "stop = side * jnp.maximum(side * state.stop_price, candidate)", "stop = side * candidate"),
    Mutant("brackets", "(profit >= needed)", "(profit > needed)"),
    Mutant("bars", "(next_bar.session_age > 0) | (next_bar.row == decision_bar.row)", "(next_bar.session_age >= 0)"),
    Mutant("brackets", "same_session(decision_bar, next_bar)", "True"),
    Mutant("brackets", "fill = next_bar.open + side * rules.slippage_ticks", "fill = next_bar.close + side * rules.slippage_ticks"),
    Mutant("brackets", "balance_cents=state.balance_cents - commission", "balance_cents=state.balance_cents"),
    Mutant("brackets", "(state.trailing | command.trail_on) & ~command.trail_off", "state.trailing & ~command.trail_off"),
    Mutant("sizing", "jnp.maximum(rules.slippage_ticks + 1,", "jnp.maximum(rules.slippage_ticks,"),
    Mutant("sizing", "jnp.minimum(wanted, rules.max_contracts)", "wanted"),
    Mutant("sizing", "return jnp.maximum(1, by_ratio)", "return by_ratio"),
    Mutant("mask", "& ~state.entries_paused", ""),
    Mutant("mask", "(size >= 1)", "(size >= 0)"),
    Mutant("mask", "(profit >= wanted_profit)", "(profit > wanted_profit)"),
    Mutant("mask", "state.side * (state.entry_price - state.stop_price) > 0", "state.side * (state.entry_price - state.stop_price) >= 0"),
    Mutant("units", "return (doubled + 1) >> 1", "return doubled >> 1"),
    Mutant("rules", "jnp.maximum(1, max_stop // tick_value)", "jnp.maximum(1, max_stop // tick_value + 1)"),
    Mutant("rules", "start + 10_000", "start + 1_000"),
    Mutant("rules", "profit_cents >= begins[row]", "profit_cents > begins[row]", GOLDEN),
    Mutant("rules", "usd_to_cents(jnp.abs(params.tier_profit)), INT32_MAX)", "usd_to_cents(jnp.abs(params.tier_profit)), 0)"),
    Mutant("rules", "jnp.where(used, above, first)", "above"),
    Mutant("rules", "by_tier(rules.daily_loss_cents, limits)", "by_tier(rules.daily_loss_cents, rules.daily_loss_cents)"),
    Mutant("rules", "by_tier(rules.max_contracts, params.tier_max_contracts)", "by_tier(rules.max_contracts, rules.max_contracts)"),
    Mutant("account", "jnp.where(new_session, reached_tier, state.tier)", "jnp.where(new_session, reached_tier, 0)"),
    Mutant("transition", "state.balance_cents - rules.start_cents)", "state.equity_cents - rules.start_cents + 1)", GOLDEN),
    Mutant("opening", "balance_cents=state.balance_cents - carried", "balance_cents=state.balance_cents"),
    Mutant("opening", "side * bar.close - 1)", "side * bar.close)"),
    Mutant("terminations", "time_limit = state.time >= params.max_steps_in_episode", "time_limit = state.time > params.max_steps_in_episode"),
    Mutant("terminations", "return time_limit | session_end | data_end", "return time_limit | data_end"),
    Mutant("rewards", "events.net_cents > 0", "events.net_cents >= 0"),
    Mutant("rewards", "first = (bit & ~state.rewarded_management) != 0", "first = bit != 0"),
    Mutant("observations", "((row - (window - 1)) * columns,)", "((row - window) * columns,)", INFORMATION),
    Mutant("opening", "wanted = uniform[0] < params.forced_position_ratio", "wanted = uniform[0] < 0.0", PARAMETERS),
    Mutant("opening", "drawn = (bits[0] % market.num_markets)", "drawn = (bits[0] % 1)", PARAMETERS),
    Mutant("settlement", "commission_cents=jnp.where(closed, commission, 0)", "commission_cents=commission"),
    Mutant("settlement", "net_cents=jnp.where(closed, net, 0)", "net_cents=net"),
    Mutant("settlement", "state.entry_commission_cents - state.carried_pnl_cents", "state.entry_commission_cents"),
    Mutant("settlement", "high_water_mark_cents=marks.high_water", "high_water_mark_cents=state.high_water_mark_cents"),
    Mutant("transition", "opened.entry_commission_cents * entered + trade.commission_cents", "trade.commission_cents"),
    Mutant("transition", "opened.entry_commission_cents * entered + trade.commission_cents", "opened.entry_commission_cents + trade.commission_cents"),
    Mutant("transition", "opened.side * trade.closed", "state.side * trade.closed"),
    Mutant("transition", "\"forced_episode\": state.began_forced", "\"forced_episode\": opened.forced"),
    Mutant("opening", "began_forced=jnp.bool_(True)", "began_forced=jnp.bool_(False)"),
    Mutant("metrics", "own = info[\"trade_closed\"] & ~info[\"forced_trade\"]", "own = info[\"trade_closed\"]", METRICS),
    Mutant("metrics", "\"wins\": net > 0", "\"wins\": net >= 0", METRICS),
    Mutant("metrics", "jnp.maximum(-net, 0)", "jnp.maximum(net, 0)", METRICS),
    Mutant("metrics", "jnp.where(info[\"forced_trade\"], 0, info[\"fees_cents\"])", "info[\"fees_cents\"]", METRICS),
    Mutant("metrics", "of_side = own & (info[\"trade_side\"] == side)", "of_side = info[\"trade_side\"] == side", METRICS),
    Mutant("metrics", "((\"long\", 1), (\"short\", -1))", "((\"long\", -1), (\"short\", 1))", METRICS),
    Mutant("metrics", "fallen = info[\"high_water_mark_cents\"] - info[\"equity_cents\"]", "fallen = info[\"equity_cents\"]", METRICS),
    Mutant("metrics", "jnp.where(counted, fallen, 0)", "fallen", METRICS),
    Mutant("metrics", "counted = ~info[\"forced_episode\"]", "counted = ~info[\"forced_trade\"]", METRICS),
    Mutant("metrics", "& (info[\"done_reason\"] == kind)", "& (info[\"done_reason\"] >= kind)", METRICS),
    Mutant("metrics", "REDUCTIONS = {\"max_drawdown_cents\": \"max\"}", "REDUCTIONS = {}", METRICS),
    Mutant("metrics", "value / 100.0 if name.endswith", "value if name.endswith", METRICS),
    Mutant("metrics", "ratio(totals[\"long_trades\"], totals[\"trades\"])", "ratio(totals[\"wins\"], totals[\"trades\"])", METRICS),
    Mutant("metrics", "if name.startswith(\"breach_\"))", "if name == \"breach_time\")", METRICS),
)  # fmt: skip


def _copy_with(mutant: Mutant, folder: Path) -> Path:
    """A copy of the package's source with one line changed."""
    source = folder / "src"
    shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("__pycache__"))
    path = source / "futures_env" / "core" / f"{mutant.file}.py"
    text = path.read_text()
    if text.count(mutant.before) != 1:
        raise ValueError(f"{path.name}: {mutant.before!r} stands {text.count(mutant.before)} times")
    path.write_text(text.replace(mutant.before, mutant.after))
    return source


def _reference(folder: Path) -> None:
    """Run the reference engine once; the mutants are compared with its record."""
    from tests.futures_env.parity.runs import run_reference

    leaves, program = _scenario()
    np.savez(folder / "reference.npz", **run_reference(leaves, program, 2))


def _scenario():
    from tests.futures_env.parity.markets import random_market
    from tests.futures_env.parity.programs import random_program

    leaves = random_market(np.random.default_rng(7))
    program = random_program(np.random.default_rng(8), leaves["starts"], lanes=LANES, steps=STEPS)
    return leaves, program


def run_parity(folder: Path) -> int:
    """Compare the futures_env on the path with the recorded reference: 0 equal, 1 different."""
    from futures_env import FuturesEnv
    from tests.futures_env.parity.compare import first_difference
    from tests.futures_env.parity.markets import to_market_data
    from tests.futures_env.parity.runs import run_jax

    leaves, program = _scenario()
    with np.load(folder / "reference.npz") as file:
        recorded = dict(file)
    env = FuturesEnv(2, market=to_market_data(leaves), window=1, features=("noise",))
    difference = first_difference(leaves, program, recorded, run_jax(env, program, recorded))
    print("equal" if difference is None else difference.splitlines()[0])
    return int(difference is not None)


def _killed(source: Path, killer: str, folder: Path) -> bool:
    """Whether the killer fails on the package in ``source``."""
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(source), str(ROOT)]),
        "JAX_ENABLE_COMPILATION_CACHE": "false",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",
    }
    command = [sys.executable, __file__, "--parity", str(folder)]
    if killer != "parity":
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", killer]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    return done.returncode != 0


def _judge(mutant: Mutant, folder: Path) -> bool:
    with tempfile.TemporaryDirectory() as own:
        return _killed(_copy_with(mutant, Path(own)), mutant.killer, folder)


def _write(results: dict[Mutant, bool]) -> None:
    killed = sum(results.values())
    lines = [
        "# Mutants of the rules",
        "",
        f"`make mutants`: {killed} of {len(results)} killed.",
        "",
        "| file | line becomes | killed by |",
        "|---|---|---|",
    ]
    for mutant, dead in results.items():
        by = Path(mutant.killer).stem if dead else "**survived**"
        change = f"`{mutant.before}` -> `{mutant.after}`".replace("|", "\\|")
        lines.append(f"| {mutant.file} | {change} | {by} |")
    (ROOT / "docs" / "mutants.md").write_text("\n".join(lines) + "\n")


def main() -> int:
    """Judge every mutant, after checking that the unchanged package survives every killer."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _reference(folder)
        for killer in sorted({mutant.killer for mutant in MUTANTS}):
            if _killed(SOURCE, killer, folder):
                print(f"the unchanged package does not pass {killer}: nothing can be concluded")
                return 1
        results: dict[Mutant, bool] = {}
        with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            judged = pool.map(lambda mutant: _judge(mutant, folder), MUTANTS)
            for mutant, dead in zip(MUTANTS, judged, strict=True):
                results[mutant] = dead
                verdict = "killed" if dead else "SURVIVED"
                print(f"{verdict:9} {mutant.file}: {mutant.before} -> {mutant.after}", flush=True)
    _write(results)
    print(f"{sum(results.values())} of {len(results)} killed")
    return int(not all(results.values()))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if len(sys.argv) == 3 and sys.argv[1] == "--parity":
        sys.exit(run_parity(Path(sys.argv[2])))
    sys.exit(main())
