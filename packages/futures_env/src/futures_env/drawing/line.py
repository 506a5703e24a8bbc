"""A bar and the account after it as one line of text; lines of a run stand in columns."""

from futures_env.drawing.moment import SIDES, Moment


def bar_line(seen: Moment) -> str:
    """One line: time (New York), the bar, position with entry, stop and target, account."""
    opened, high, low, close = (_price(seen, value) for value in seen.bars[-1])
    position = f"{SIDES[seen.side]:5} {seen.contracts or '':>2}"
    levels = "  ".join(
        f"{name} {_price(seen, value)}"
        for name, value in (("entry", seen.entry), ("stop", seen.stop), ("target", seen.target))
    )
    return (
        f"{seen.time:%Y-%m-%d %H:%M}  O {opened}  H {high}  L {low}  C {close}  {position}  "
        f"{levels}  open {seen.open_usd:>+11,.2f}  equity {seen.equity_usd:>12,.2f}  "
        f"floor {seen.floor_usd:>12,.2f}  {seen.status}"
    )


def _price(seen: Moment, value: float) -> str:
    shown = "-" if value != value else f"{value:,.{seen.decimals}f}"
    return f"{shown:>10}"
