"""What happens inside one bar to a position (docs/environments/rules.md, section 6).

Every price here is signed, price x side: up is good and down is adverse for longs and shorts alike.
"""

from typing import NamedTuple, Protocol

from futures_env.codes import ExitReason, ExtremeOrder


class Exit(NamedTuple):
    """A closed trade: why, and the signed price of the fill."""

    reason: ExitReason
    price: int


class Bar(NamedTuple):
    """One bar seen from a position, signed ticks."""

    open: int
    favourable: int
    adverse: int
    close: int
    adverse_first: bool
    favourable_first: bool

    @classmethod
    def seen_from(cls, side: int, open_: int, high: int, low: int, close: int, order: int) -> "Bar":
        """The bar's prices times ``side``, and which extreme came first where that is known."""
        if side > 0:
            first = (ExtremeOrder.LOW_FIRST, ExtremeOrder.HIGH_FIRST)
            return cls(open_, high, low, close, order == first[0], order == first[1])
        first = (ExtremeOrder.HIGH_FIRST, ExtremeOrder.LOW_FIRST)
        return cls(-open_, -low, -high, -close, order == first[0], order == first[1])


class Book(Protocol):
    """What the walk needs to know of the position and its account."""

    @property
    def stop(self) -> int:
        """The stop."""
        ...

    @property
    def target(self) -> int:
        """The target."""
        ...

    @property
    def through(self) -> int:
        """Ticks beyond the target that fill it."""
        ...

    @property
    def stop_slippage(self) -> int:
        """Adverse ticks of a stop fill."""
        ...

    def equity_at(self, price: int) -> int:
        """Equity in cents with the position valued at a signed price."""
        ...

    def mark(self, equity: int) -> None:
        """Mark the high-water mark, and the floor where it follows marks."""
        ...

    def account_levels(self) -> list[tuple[ExitReason, int]]:
        """Floor and, if there is one, daily limit, in cents of equity, the floor first."""
        ...

    def price_at(self, equity: int) -> int:
        """The highest signed price at which equity is no more than this."""
        ...


def walk(book: Book, bar: Bar, *, is_new: bool) -> Exit | None:
    """Visit the points of one bar in order; the first exit, or None when the position survives."""
    return _at_open(book, bar, is_new) or _inside(book, bar)


def _at_open(book: Book, bar: Bar, is_new: bool) -> Exit | None:
    if not is_new and bar.open <= book.stop:
        return Exit(ExitReason.STOP, bar.open - book.stop_slippage)
    equity = book.equity_at(bar.open)
    for reason, level in book.account_levels():
        if equity <= level:
            return Exit(reason, bar.open - book.stop_slippage)
    if not is_new and bar.open >= book.target:
        return Exit(ExitReason.TARGET, book.target)
    book.mark(equity)
    return None


def _inside(book: Book, bar: Bar) -> Exit | None:
    if bar.adverse_first:
        return (
            _leg(book, bar.open, bar.adverse)
            or _favourable(book, bar)
            or _leg(book, bar.favourable, bar.close)
        )
    if bar.favourable_first:
        return _favourable(book, bar) or _leg(book, bar.favourable, bar.adverse)
    if bar.adverse <= book.stop:
        return _stop_before_target(book, bar)
    if bar.favourable >= book.target + book.through:
        return _leg(book, bar.open, bar.adverse) or Exit(ExitReason.TARGET, book.target)
    return (
        _leg(book, bar.open, bar.adverse)
        or _favourable(book, bar)
        or _leg(book, bar.favourable, bar.adverse)
    )


def _stop_before_target(book: Book, bar: Bar) -> Exit | None:
    first = _leg(book, bar.open, bar.adverse)
    if first is not None and first.reason != ExitReason.STOP:
        return first
    last_without_target = book.target + book.through - 1
    peak = min(bar.favourable, last_without_target)
    book.mark(book.equity_at(peak))
    return _leg(book, peak, bar.adverse)


def _favourable(book: Book, bar: Bar) -> Exit | None:
    if bar.favourable >= book.target + book.through:
        return Exit(ExitReason.TARGET, book.target)
    book.mark(book.equity_at(bar.favourable))
    return None


def _leg(book: Book, start: int, end: int) -> Exit | None:
    levels = [(ExitReason.STOP, book.stop)]
    levels += [(reason, book.price_at(equity)) for reason, equity in book.account_levels()]
    # max() keeps the first of equals: stop, then floor, then daily limit
    reason, level = max(levels, key=lambda item: min(start, item[1]))
    price = min(start, level)
    if price < end:
        return None
    return Exit(reason, price - book.stop_slippage)
