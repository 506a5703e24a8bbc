"""Contracts by name: what a file's name says, and which of two expires first."""

import re
from pathlib import Path

from futures_env.market.instruments import INSTRUMENTS

MONTHS = "FGHJKMNQUVXZ"
_CODE = re.compile(rf"([{MONTHS}])(\d{{1,2}})(?:\D|$)")
_DIGITS = re.compile(r"(20\d{2})(0[1-9]|1[0-2])")
_ROOT = "|".join(sorted(INSTRUMENTS, key=len, reverse=True))
_WORDS = r"(?:[ _.-](?:\d+ ?m(?:in)?|1s|all|bars|last|lf|trades))*"
_STEM = re.compile(rf"({_ROOT})[ _-]?([{MONTHS}])(\d{{1,2}}){_WORDS}", re.IGNORECASE)
_NINJATRADER = re.compile(rf"({_ROOT}) (\d\d)-(\d\d){_WORDS}", re.IGNORECASE)
_OUTRIGHT = re.compile(rf"([A-Z0-9]{{1,3}}) ?(?:[{MONTHS}]\d{{1,4}}|20\d{{4}})", re.IGNORECASE)
_PART = re.compile(r"(.+) #\S+")
_ENDINGS = {".csv", ".txt", ".parquet", ".gz", ".bz2", ".xz", ".zst", ".zip", ".dbn", ".tsv"}


def contract_of(path: Path) -> str:
    """Contract that a file is named after; empty where its whole stem does not say one.

    ``NQH5.csv``, ``nqz25_1m_all_bars.parquet`` and NinjaTrader's ``NQ 12-25.Last.txt`` do;
    ``2024.csv`` and ``glbx-mdp3-20240108.csv`` do not.
    """
    stem = path
    while stem.suffix.lower() in _ENDINGS:
        stem = stem.with_suffix("")
    if found := _STEM.fullmatch(stem.name):
        return "".join(found.groups()[:3]).upper()
    if (found := _NINJATRADER.fullmatch(stem.name)) and 1 <= int(found[2]) <= 12:
        return f"{found[1].upper()}{MONTHS[int(found[2]) - 1]}{found[3]}"
    return ""


def expiry(name: str, near_year: int) -> tuple[int, int]:
    """Year and month of a contract: ``NQH5``, ``NQM25``, ``NQ 202503``.

    Args:
        name: contract code.
        near_year: year of the bars; a one-digit year is the one closest to it.

    Raises:
        ValueError: no month code in the name.
    """
    if found := _DIGITS.search(name):
        return int(found[1]), int(found[2])
    matches = _CODE.findall(name.upper())
    if not matches:
        raise ValueError(
            f"symbol {name!r} is not a contract such as NQH5: cannot order it against the others; "
            "give one file per contract or a symbol column of contract codes"
        )
    letter, digits = matches[-1]
    base = 10 ** len(digits)
    year = min(
        (int(digits) + base * k for k in range(2100 // base + 1)), key=lambda y: abs(y - near_year)
    )
    return year, MONTHS.index(letter) + 1


def root(name: str) -> str:
    """Root symbol of an outright contract: NQ of ``NQH5``; empty: the name is none."""
    found = _OUTRIGHT.fullmatch(name)
    return found[1].upper() if found else ""


def part_of(series: str, instrument: str) -> str:
    """Name of one of the contracts that a series such as Databento's ``NQ.c.0`` runs through."""
    return f"{series} #{instrument}"


def series_of(name: str) -> str:
    """The series that a contract is a part of, ``NQ.c.0`` of ``NQ.c.0 #4378``; empty: of none."""
    found = _PART.fullmatch(name)
    return found[1] if found else ""


def is_spread(name: str) -> bool:
    """A calendar spread names two contracts: ``NQH5-NQM5``."""
    return "-" in name and len(_CODE.findall(name.upper())) > 1
