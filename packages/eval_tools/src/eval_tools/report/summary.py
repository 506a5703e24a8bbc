"""The text that the console shows: aligned, and as sceptical as the report."""

import textwrap
from typing import Any

from eval_tools.conditions.parameters import value_in_words
from eval_tools.conditions.training import Seen
from eval_tools.formats import aligned, number, percent, usd, words
from eval_tools.requirements import Checked

WIDTH = 100
CHOICE_OF_MARKETS = "To pick the best of them afterwards is a choice: no interval allows for it."

_POLICY_COLUMNS: tuple[str, ...] = (
    "policy",
    "net P&L",
    "per day",
    "interval",
    "trades",
    "per trade",
    "win (break-even)",
    "PF",
    "max DD",
    "breaches",
)


def summary_text(numbers: dict[str, Any]) -> str:
    """Summarise ``eval_tools.report.metrics.metrics``; no time and no path in it."""
    data, span, policy = numbers["data"], numbers["range"], numbers["policy"]
    own = numbers["results"][policy]
    asked, run = own["coverage"]["sessions_asked"], own["coverage"]["sessions_run"]
    lines = [
        f"Validation of {policy} on {data['label']}"
        + (" (SYNTHETIC MARKET)" if data["synthetic"] else ""),
        f"  {sessions_in_words(span)}, {span['first_session']} to {span['last_session']}, "
        f"{span['bars']:,} bars; coverage {run}/{asked} sessions = "
        f"{percent(own['coverage']['share'], 0)}",
        "",
        *textwrap.wrap(f"VERDICT: {numbers['verdict']['headline']}", WIDTH),
        *(
            line
            for remark in [*numbers["verdict"]["remarks"], luck_in_words(numbers)]
            for line in textwrap.wrap(
                remark, WIDTH, initial_indent="  - ", subsequent_indent="    "
            )
        ),
        *(f"  {Checked(**one)}" for one in numbers["verdict"]["requirements"]),
        *_each_market(numbers["markets"]),
        "",
        *_conditions(numbers),
        "",
        "Per session, fresh account each; US dollars after costs:",
        *aligned(_policy_rows(numbers["results"])),
        "",
        "Paired by day (policy minus baseline), without costs"
        + (", and where no policy can win:" if numbers["null"] else ":"),
        *aligned(_interval_rows(numbers)),
        "",
        "One account over the whole range:",
        *aligned(_account_rows(numbers["results"])),
        *_folds(numbers.get("folds")),
    ]
    return "\n".join(lines) + "\n"


def _folds(folds: dict[str, Any] | None) -> list[str]:
    """Each fold of a walk-forward, which other evaluations have not."""
    if folds is None:
        return []
    rows = [["fold", "test", "chosen", "gates passed", "trades", "per day", "interval"]]
    for one in folds["rows"]:
        mean = one["interval"]
        rows.append(
            [
                str(one["fold"]),
                one["test"],
                one["chosen"],
                one["gates"],
                f"{one['trades']:,}",
                usd(mean["mean"]),
                f"{usd(mean['low'], 0)} .. {usd(mean['high'], 0)}",
            ]
        )
    return ["", *textwrap.wrap(folds["remark"], WIDTH), *aligned(rows)]


def sessions_in_words(span: dict[str, Any]) -> str:
    """How many sessions, called held only where the training record shows it."""
    count, seen = span["sessions"], span["seen"]
    if seen == Seen.HELD:
        return f"{count} held sessions"
    return f"{count} sessions" + ("" if seen is None else f" ({seen})")


def luck_in_words(numbers: dict[str, Any]) -> str:
    """The Sharpe ratio beside what the best of as many strategies without skill would show."""
    luck, own = numbers["luck"], numbers["results"][numbers["policy"]]
    if luck["deflated_sharpe"] is None:
        return "Sharpe ratio: undefined on these days."
    return (
        f"Sharpe {number(own['days']['sharpe'])}, above 0 with probability "
        f"{percent(own['probabilistic_sharpe'])}; above the best of {luck['trials']['count']:,} "
        f"tried without skill ({number(luck['best_sharpe_by_luck'])}) with "
        f"{percent(luck['deflated_sharpe'])} (deflated)."
    )


def difference_in_words(one: dict[str, Any]) -> str:
    """``drawdown 2,500, in training 15,000``."""
    field = one["field"]
    trained, evaluated = (value_in_words(field, one[name]) for name in ("trained", "evaluated"))
    return f"{words(field)} {evaluated}, in training {trained}"


def market_title(one: dict[str, Any]) -> str:
    """``ES, 15 sessions, 2015-02-05 to 2015-02-26``."""
    span = f"{one['first_session']} to {one['last_session']}"
    return f"{one['name']}, {one['sessions']} sessions, {span}"


def _each_market(markets: list[dict[str, Any]]) -> list[str]:
    """The verdict of each of several markets; the one above is about all of them together."""
    if not markets:
        return []
    lines = ["", f"EACH MARKET ON ITS OWN. {CHOICE_OF_MARKETS}"]
    for one in markets:
        said = [one["headline"], *one["remarks"]]
        lines += [f"  {market_title(one)}:"]
        lines += [
            line
            for sentence in said
            for line in textwrap.wrap(
                sentence, WIDTH, initial_indent="    - ", subsequent_indent="      "
            )
        ]
    return lines


def _conditions(numbers: dict[str, Any]) -> list[str]:
    found = [difference_in_words(one) for one in numbers["differences_from_training"]]
    shown = numbers["conditions"]
    if shown["checkpoint"] != "none":
        shown = shown | {"unlike training": "; ".join(found) or "nothing that is traded"}
    return [
        line
        for name, text in shown.items()
        for line in textwrap.wrap(
            text, WIDTH, initial_indent=f"  {name:<17}", subsequent_indent=" " * 19
        )
    ]


def _policy_rows(results: dict[str, Any]) -> list[list[str]]:
    rows = [list(_POLICY_COLUMNS)]
    for name, one in results.items():
        days, trades, mean = one["days"], one["trades"], one["mean_daily_pnl"]
        rows.append(
            [
                name,
                usd(days["net_pnl_usd"]),
                usd(days["mean_usd"]),
                f"{usd(mean['low'], 0)} .. {usd(mean['high'], 0)}",
                f"{trades['trades']:,}",
                usd(trades["expectancy_usd"]),
                _against(trades["win_rate"], trades["break_even_win_rate"]),
                number(trades["profit_factor"]),
                number(days["max_drawdown_usd"], 0),
                str(one["breaches"]),
            ]
        )
    return rows


def _against(rate: float | None, other: float | None) -> str:
    return percent(rate) if rate is None else f"{percent(rate)} ({percent(other)})"


def _interval_rows(numbers: dict[str, Any]) -> list[list[str]]:
    rows = [["difference", "per day", "interval"]]
    named = {f"minus {name}": interval for name, interval in numbers["paired"].items()}
    named["gross (no costs)"] = numbers["gross"]["mean_daily_pnl"]
    if numbers["null"] is not None:
        named["null (martingale)"] = numbers["null"]["mean_daily_pnl"]
    for name, one in named.items():
        rows.append([name, usd(one["mean"]), f"{usd(one['low'])} .. {usd(one['high'])}"])
    return rows


def _account_rows(results: dict[str, Any]) -> list[list[str]]:
    rows = [["policy", "net P&L", "max DD", "room to floor", "sessions run", "accounts", "status"]]
    for name, one in results.items():
        for account in one["account"]:
            market = account["slice"].removeprefix("all")
            rows.append(
                [
                    name + market,
                    usd(account["net_pnl_usd"]),
                    number(account["max_drawdown_usd"], 0),
                    number(account["lowest_room_to_floor_usd"], 0),
                    f"{account['sessions_run']}/{account['sessions_asked']}",
                    str(account["accounts_used"]),
                    words(account["final_status"]),
                ]
            )
    return rows
