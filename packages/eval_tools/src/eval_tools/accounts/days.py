"""Trading days of an account: the unit of most of a firm's rules."""

from dataclasses import dataclass

import numpy as np

from eval_tools.accounts.path import AccountPath, Flags, Ints


@dataclass(frozen=True, kw_only=True)
class Days:
    """D sessions of an account; arrays (D,), money in cents.

    Attributes:
        last_bar: the session's last recorded bar.
        date: trading day, days since 1970-01-01.
        start, end: balance before and after the session.
        traded: whether an entry was filled.
    """

    last_bar: Ints
    date: Ints
    start: Ints
    end: Ints
    traded: Flags

    @property
    def profit(self) -> Ints:
        """Change of the balance over the day."""
        return self.end - self.start


def days_of(path: AccountPath) -> Days:
    """The sessions of ``path`` in order; the last one may be cut short."""
    last = np.flatnonzero(np.append(path.session[1:] != path.session[:-1], True))
    first = np.append(0, last[:-1] + 1)
    return Days(
        last_bar=last,
        date=path.date[last],
        start=path.session_start[first],
        end=path.balance[last],
        traded=np.add.reduceat(path.entered.astype(np.int64), first) > 0,
    )


def best_day_so_far(path: AccountPath) -> Ints:
    """(N,) largest profit of a day up to each bar, the present day as it stands, at least 0."""
    return np.maximum.accumulate(np.maximum(path.balance - path.session_start, 0))


def days_traded_so_far(path: AccountPath) -> Ints:
    """(N,) sessions with an entry up to each bar."""
    traded = np.unique(path.session[path.entered], return_index=True)[1]
    first_entries = np.flatnonzero(path.entered)[traded]
    return np.searchsorted(first_entries, np.arange(len(path)), side="right").astype(np.int64)
