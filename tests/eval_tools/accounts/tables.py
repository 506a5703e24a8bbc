"""Accounts as tables in which a reader can add the numbers up.

One contract moves 1 USD a tick; there are no costs; a target fills when it is touched. Every number
is in USD: prices are away from the day's price, balance, peak and floor away from the start
balance. One row is one bar::

    day | trade | open high low close | exit | balance peak floor | status

- ``day``: number of the trading day; another number begins another session, and days between two
  numbers pass on the calendar. A day whose first row trades begins with a quiet bar, not shown, as
  an entry is decided on a bar of its own session.
- ``trade``: entry at the row's open. ``+2`` buys two contracts, ``-1`` sells one, ``+2 of 5`` asks
  for five and gets two; ``s500 t900`` are the distances of stop and target (far away unless given).
  ``.`` opens nothing.
- ``H`` behind the close: the high came first; ``?``: not known; else the low came first.
- ``exit``: why and at which price, e.g. ``floor -500``: close (of the session), stop, target,
  floor, daily; ``.`` for none.
"""

import re
from dataclasses import dataclass

import numpy as np

from eval_tools.accounts.path import AccountPath, Opening, Terms, opening_of
from futures_env.accounts.rules import AccountRules
from futures_env.codes import AccountStatus, ExitReason

PRICE = 100_000
FAR_STOP, FAR_TARGET = 40_000, 80_000
TERMS = Terms(
    tick_value_cents=100,
    commission_cents=0,
    slippage_ticks=0,
    stop_slippage_ticks=0,
    target_through_ticks=0,
)
EXITS = {
    "close": ExitReason.SESSION_CLOSE,
    "stop": ExitReason.STOP,
    "target": ExitReason.TARGET,
    "floor": ExitReason.LIQUIDATION,
    "daily": ExitReason.DAILY_LOSS_LIMIT,
}
TRADE = re.compile(r"(?P<size>[+-]\d+)(?: of (?P<asked>\d+))?(?: s(?P<s>\d+) t(?P<t>\d+))?")


@dataclass(frozen=True)
class Golden:
    """A table under a shipped rule set, and what is to be made of it.

    Attributes:
        rules: name of the rule set.
        table: see above.
        outcome: of the verdict.
        waits: what a pass still lacks.
        breaches: (rule, value, allowed) of the rules on single trades.
        forbidden: what the checker must refuse in it; such a table cannot come from a simulator.
        required: profit that passes, in USD, where it is worth telling.
        number: of the payout to come.
        payout: (day, USD) of it; None: there is none.
    """

    rules: str
    table: str
    outcome: str = "active"
    waits: tuple[str, ...] = ()
    breaches: tuple[tuple[str, int, int], ...] = ()
    forbidden: tuple[str, ...] = ()
    required: float | None = None
    number: int = 1
    payout: tuple[int, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar of a table, in ticks and cents; ``balance`` and so on as written down."""

    day: int
    size: int
    asked: int
    stop: int
    target: int
    prices: tuple[int, int, int, int]
    order: int
    reason: int
    exit_price: int
    balance: int
    peak: int
    floor: int
    status: int


def read(table: str, rules: AccountRules, opening: Opening | None = None) -> list[Bar]:
    """The bars of a table, those not shown included."""
    opening = opening or opening_of(rules)
    bars: list[Bar] = []
    for line in filter(None, map(str.strip, table.splitlines())):
        bar = _row(line, rules)
        new_day = not bars or bars[-1].day != bar.day
        if new_day and bar.size:
            bars.append(_quiet(bar.day, bars, opening))
        bars.append(bar)
    return bars


def _row(line: str, rules: AccountRules) -> Bar:
    day, trade, prices, left, money, status = (cell.strip() for cell in line.split("|"))
    wanted = TRADE.fullmatch(trade)
    found = wanted.groupdict() if wanted else {}
    *ohlc, mark = [*prices.split(), ""][:5] if prices[-1] in "H?" else [*prices.split(), ""]
    open_, high, low, close = (PRICE + int(price) for price in ohlc)
    reason, _, price = left.partition(" ")
    start = round(rules.start_balance * 100)
    balance, peak, floor = (start + round(float(amount) * 100) for amount in money.split())
    return Bar(
        day=int(day),
        size=int(found.get("size") or 0),
        asked=abs(int(found.get("asked") or found.get("size") or 0)),
        stop=int(found.get("s") or FAR_STOP),
        target=int(found.get("t") or FAR_TARGET),
        prices=(open_, high, low, close),
        order={"": 1, "H": 2, "?": 0}[mark],
        reason=EXITS[reason] if price else ExitReason.NONE,
        exit_price=PRICE + int(price) if price else 0,
        balance=balance,
        peak=peak,
        floor=floor,
        status=AccountStatus[status.upper()],
    )


def _quiet(day: int, earlier: list[Bar], opening: Opening) -> Bar:
    """A bar in which nothing happens, behind ``earlier``."""
    last = earlier[-1] if earlier else None
    return Bar(
        day=day, size=0, asked=0, stop=FAR_STOP, target=FAR_TARGET, prices=(PRICE,) * 4, order=0,
        reason=ExitReason.NONE, exit_price=0,
        balance=last.balance if last else opening.balance,
        peak=last.peak if last else opening.high_water_mark,
        floor=last.floor if last else opening.floor,
        status=last.status if last else AccountStatus.ACTIVE,
    )  # fmt: skip


def path_of(bars: list[Bar], rules: AccountRules, opening: Opening | None = None) -> AccountPath:
    """The account as the table tells it, ready to be checked and judged."""

    def column(values: list[int]) -> np.ndarray:
        return np.array(values, np.int64)

    days = column([bar.day for bar in bars])
    equity, held = [], None
    stops = []
    for bar in bars:
        held = bar if bar.size else held
        stops.append(held.prices[0] - np.sign(held.size) * held.stop if held else 0)
        if held and not bar.reason:
            equity.append(bar.balance + (bar.prices[3] - held.prices[0]) * held.size * 100)
        else:
            equity.append(bar.balance)
        held = None if bar.reason else held
    prices = column([bar.prices for bar in bars])
    size = column([bar.size for bar in bars])
    return AccountPath(
        terms=TERMS,
        opening=opening or opening_of(rules),
        first_date=int(days[0]),
        open=prices[:, 0],
        high=prices[:, 1],
        low=prices[:, 2],
        close=prices[:, 3],
        extreme_order=column([bar.order for bar in bars]),
        date=days,
        session=days,
        session_last=np.append(days[1:] != days[:-1], True),
        entry_side=np.sign(size),
        entry_price=np.where(size != 0, prices[:, 0], 0),
        entry_contracts=abs(size),
        entry_stop=column([bar.stop if bar.size else 0 for bar in bars]),
        entry_target=column([bar.target if bar.size else 0 for bar in bars]),
        stop_price=column(stops),
        exit_reason=column([bar.reason for bar in bars]),
        exit_price=column([bar.exit_price for bar in bars]),
        balance=column([bar.balance for bar in bars]),
        equity=column(equity),
        high_water_mark=column([bar.peak for bar in bars]),
        floor=column([bar.floor for bar in bars]),
        status=column([bar.status for bar in bars]),
    )
