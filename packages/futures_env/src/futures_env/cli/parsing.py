"""A command line parsed by tyro; what is wrong with it in one line."""

import io
import re
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr
from itertools import groupby
from typing import Any

import tyro

Commands = Mapping[str, Any]
"""Dataclasses of flags whose instances are called, by name."""

_PLAINER = {
    r"Failed to parse key-value pairs!": "give pairs of a check and raise, drop or keep",
    r"invalid literal for int\(\) with base 10: ('.*')": r"\1 is no whole number",
    r"could not convert string to float: ('.*')": r"\1 is no number",
}


def _plain(text: str) -> str:
    """What tyro and Python say of a wrong value, in words for those who typed it."""
    said = " ".join(text.split())
    for pattern, words in _PLAINER.items():
        said = re.sub(pattern, words, said)
    return said


def parse(words: list[str], commands: Commands, group: str) -> Callable[[], None]:
    """The command of a command line.

    Raises:
        ValueError: wrong arguments, in one line: the first paragraph of what tyro has to say.
    """
    boxed = io.StringIO()
    refused: list[ValueError] = []
    noted: dict[str, Any] = {name: _noting(commands[name], refused) for name in commands}
    try:
        with redirect_stderr(boxed):
            return tyro.extras.subcommand_cli_from_dict(
                noted, prog=f"futures-env {group}", args=words
            )
    except SystemExit as stop:
        if not stop.code:
            raise
    asked = [word for word in words[:1] if word in commands]
    help_line = " ".join([f"futures-env {group}", *asked, "--help"])
    said = str(refused[-1]) if refused else _first_paragraph(boxed.getvalue())
    raise ValueError(f"{said} (see {help_line})")


def _noting(command: Any, refused: list[ValueError]) -> type:
    """The command; what its check refuses is kept: tyro breaks long words, and so paths."""

    def check(self: Any) -> None:
        try:
            command.__post_init__(self)
        except ValueError as error:
            refused.append(error)
            raise

    checked = {"__post_init__": check} if hasattr(command, "__post_init__") else {}
    return type(command.__name__, (command,), {"__doc__": command.__doc__} | checked)


def _first_paragraph(box: str) -> str:
    """What stands in tyro's box up to the first rule, without its title."""
    lines = (line.strip("\u2502| ") for line in box.splitlines()[1:])
    groups = groupby(lines, key=lambda line: bool(line.strip("-\u2500\u2570\u256f")))
    return _plain(" ".join(next((group for is_text, group in groups if is_text), ())))
