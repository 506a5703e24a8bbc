"""A command line parsed by tyro; what is wrong with it in one line."""

import io
import re
from collections.abc import Callable
from contextlib import redirect_stderr
from itertools import groupby

import tyro

Commands = dict[str, Callable[..., Callable[[], None]]]
"""What makes a subcommand from its flags, by name."""

_PLAINER = {
    r"^Error parsing (?=[A-Z])\w+: ": "",  # tyro's word for what a command checks itself
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
    try:
        with redirect_stderr(boxed):
            return tyro.extras.subcommand_cli_from_dict(
                commands, prog=f"futures-env {group}", args=words
            )
    except SystemExit as stop:
        if not stop.code:
            raise
    lines = (line.strip("\u2502| ") for line in boxed.getvalue().splitlines()[1:])  # no title
    groups = groupby(lines, key=lambda line: bool(line.strip("-\u2500\u2570\u256f")))
    said = _plain(" ".join(next((group for is_text, group in groups if is_text), ())))
    asked = [word for word in words[:1] if word in commands]
    help_line = " ".join([f"futures-env {group}", *asked, "--help"])
    raise ValueError(f"{said} (see {help_line})")
