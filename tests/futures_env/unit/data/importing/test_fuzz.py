"""A file with one thing wrong is read right, or refused in one line: never read wrong."""

import gzip
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from futures_env.data.importing.importer import import_bars
from tests.futures_env.unit.data.importing.test_vendors import assert_same
from tests.futures_env.unit.data.vendor_files import WRITERS

TEXT = [name for name in WRITERS if not name.endswith(("parquet", "dbn"))]
Lines = list[bytes]
Corruption = Callable[[Lines, int, np.random.Generator], Lines]


def _field(lines: Lines, row: int, rng: np.random.Generator, change) -> Lines:
    """Change one field of a row."""
    sep = max((b",", b";"), key=lines[row].count)
    fields = lines[row].split(sep)
    at = int(rng.integers(len(fields)))
    fields[at : at + 1] = change(fields[at])
    return [*lines[:row], sep.join(fields), *lines[row + 1 :]]


def drop_field(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    return _field(lines, row, rng, lambda field: [])


def double_field(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    return _field(lines, row, rng, lambda field: [field, field])


def empty_field(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    return _field(lines, row, rng, lambda field: [b""])


def word_in_field(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    word = rng.choice([b"n/a", b"nan", b"-", b"inf", b"null", b"1,5", b"#REF!", b"True", b"0x1F"])
    return _field(lines, row, rng, lambda field: [bytes(word)])


def letter_in_field(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    def change(field: bytes) -> list[bytes]:
        at = int(rng.integers(len(field) + 1))
        return [field[:at] + b"x" + field[at:]]

    return _field(lines, row, rng, change)


def minus_in_front(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    return _field(lines, row, rng, lambda field: [b"-" + field])


def open_quote(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    return _field(lines, row, rng, lambda field: [b'"' + field])


def quoted(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    return _field(lines, row, rng, lambda field: [b'"' + field.strip(b'"') + b'"'])


def strange_byte(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    byte = bytes([int(rng.choice([0, 1, 7, 0x80, 0xE9, 0xFF]))])
    return _field(lines, row, rng, lambda field: [field + byte])


def repeat_row(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    return [*lines[: row + 1], *lines[row:]]


def swap_rows(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    other = min(row + 1, len(lines) - 1)
    lines = list(lines)
    lines[row], lines[other] = lines[other], lines[row]
    return lines


def cut_in_row(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    """The rest of a row is gone, from a separator on."""
    sep = max((b",", b";"), key=lines[row].count)
    fields = lines[row].split(sep)
    return [*lines[:row], sep.join(fields[: rng.integers(1, len(fields))]), *lines[row + 1 :]]


def glue_rows(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    return [*lines[:row], b"".join(lines[row : row + 2]), *lines[row + 2 :]]


def noise_row(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    noise = [b"<html>", b"# resumed", b",,,,,", b"0", b"Timeout", b";;;"]
    return [*lines[:row], bytes(rng.choice(noise)), *lines[row:]]


def blank_row(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    return [*lines[:row], bytes(rng.choice([b"", b"   ", b"\t"])), *lines[row:]]


def trailing_separator(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    sep = max((b",", b";"), key=lines[row].count)
    return [*lines[:row], lines[row] + sep, *lines[row + 1 :]]


def windows_lines(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    return [line + b"\r" for line in lines]


def byte_order_mark(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    return [b"\xef\xbb\xbf" + lines[0], *lines[1:]]


def header_again(lines: Lines, row: int, rng: np.random.Generator) -> Lines:
    return [*lines[:row], lines[0], *lines[row:]]


CORRUPTIONS: list[Corruption] = [
    drop_field, double_field, empty_field, word_in_field, letter_in_field, minus_in_front,
    open_quote, quoted, strange_byte, repeat_row, swap_rows, cut_in_row, glue_rows, noise_row,
    blank_row, trailing_separator, windows_lines, byte_order_mark, header_again,
]  # fmt: skip
HARMLESS = (quoted, blank_row, trailing_separator, windows_lines, byte_order_mark)
"""What every layout must read as if nothing had happened."""


def corrupted(data: bytes, corruption: Corruption, rng: np.random.Generator) -> bytes:
    """One corruption, somewhere behind the first line."""
    lines = data.rstrip(b"\n").split(b"\n")
    row = int(rng.integers(1, len(lines)))
    return b"\n".join(corruption(lines, row, rng)) + b"\n"


def corrupt_file(path: Path, corruption: Corruption, rng: np.random.Generator) -> None:
    """Corrupt the text of a file, packed as it is; of a folder of zips, that of one of them."""
    if path.is_dir():
        path = sorted(path.glob("*.zip"))[int(rng.integers(len(list(path.glob("*.zip")))))]
        with zipfile.ZipFile(path) as archive:
            (name,) = archive.namelist()
            data = archive.read(name)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, corrupted(data, corruption, rng))
    elif path.suffix == ".gz":
        path.write_bytes(
            gzip.compress(corrupted(gzip.decompress(path.read_bytes()), corruption, rng), 1)
        )
    else:
        path.write_bytes(corrupted(path.read_bytes(), corruption, rng))


FOREIGN = re.compile(
    r"pandas|numpy|dtype|Traceback|tokeniz|unconverted data|doesn't match|Errno|codec|"
    r"Length mismatch|NaTType|object at 0x",
    re.IGNORECASE,
)
"""Words of libraries that no user should meet."""


def assert_clean(error: ValueError, path: Path) -> None:
    """One line that names the file and says what to do, in our own words."""
    said = str(error)
    assert said.startswith(str(path))
    assert "\n" not in said
    assert not FOREIGN.search(said.removeprefix(str(path))), said
    assert len(said) < 600, said


def try_one(name: str, number: int, few: pd.DataFrame, folder: Path) -> str:
    """Write, corrupt, read: what became of it."""
    rng = np.random.default_rng([number, TEXT.index(name)])
    corruption = CORRUPTIONS[number % len(CORRUPTIONS)]
    folder.mkdir()
    path = WRITERS[name](few, folder)
    corrupt_file(path, corruption, rng)
    what = f"{name}, {corruption.__name__}, number {number}"
    refused: ValueError | None = None
    try:
        bars, report = import_bars(path, "NQ")
    except ValueError as error:
        refused = error
    if refused is not None:
        assert_clean(refused, path)
        # a footer of Barchart's is no row: what is done to it may be refused
        assert corruption not in HARMLESS or name in ("barchart", "lean"), f"{what}: {refused}"
        return "refused"
    try:
        assert_same(bars, few)
    except AssertionError as error:
        raise AssertionError(f"{what}: read wrong") from error
    assert report.rows_kept == len(few)
    return "read"


@pytest.fixture(scope="module")
def few(frame: pd.DataFrame) -> pd.DataFrame:
    """Two trading days around the close of the first, so that zone and stamp can be told."""
    return frame[900:1900].reset_index(drop=True)


def fuzz(numbers: range, few: pd.DataFrame, folder: Path) -> dict[str, int]:
    counts = {"refused": 0, "read": 0}
    for number in numbers:
        name = TEXT[number % len(TEXT)]
        counts[try_one(name, number // len(TEXT) + number, few, folder / str(number))] += 1
    return counts


def test_one_corruption_is_read_right_or_refused(few: pd.DataFrame, tmp_path: Path) -> None:
    counts = fuzz(range(100), few, tmp_path)
    assert counts["refused"] > 30, counts
    assert counts["read"] > 15, counts


@pytest.mark.thorough
def test_one_corruption_is_read_right_or_refused_2000_times(
    few: pd.DataFrame, tmp_path: Path
) -> None:
    counts = fuzz(range(100, 2_100), few, tmp_path)
    assert counts["refused"] > 600, counts


@pytest.mark.parametrize("name", ["own_parquet", "databento_dbn", "polygon", "lean"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_packed_file_that_is_cut_off_is_refused(
    name: str, share: float, few: pd.DataFrame, tmp_path: Path
) -> None:
    path = file = WRITERS[name](few, tmp_path)
    if path.is_dir():
        file = sorted(path.glob("*.zip"))[0]
    data = file.read_bytes()
    file.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ValueError, match=r"damaged|cut off|empty|not recognised") as error:
        import_bars(path, "NQ")
    assert_clean(error.value, path)
