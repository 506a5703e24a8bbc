"""Where rows come from, for messages that a reader can act on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Origin:
    """File and row of each row of a table."""

    files: tuple[str, ...]
    file: NDArray[np.int64]  # (T,) index into files
    row: NDArray[np.int64]  # (T,) row in its file, from 0, header and blank lines not counted

    @classmethod
    def of_one(cls, file: str, rows: int) -> "Origin":
        """All rows of one file."""
        return cls((file,), np.zeros(rows, np.int64), np.arange(rows))

    @classmethod
    def join(cls, parts: "list[Origin]") -> "Origin":
        """The rows of several files after one another."""
        files = tuple(name for part in parts for name in part.files)
        firsts = np.cumsum([0, *(len(part.files) for part in parts[:-1])]).tolist()
        return cls(
            files,
            np.concatenate([part.file + first for part, first in zip(parts, firsts, strict=True)]),
            np.concatenate([part.row for part in parts]),
        )

    def take(self, rows: NDArray[Any] | slice) -> "Origin":
        """The given rows only."""
        return Origin(self.files, self.file[rows], self.row[rows])

    def at(self, position: int) -> str:
        """``row 7``, or ``NQH5.csv, row 7`` where there are several files."""
        row = f"row {self.row[position]}"
        return row if len(self.files) == 1 else f"{self.files[self.file[position]]}, {row}"
