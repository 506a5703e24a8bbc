"""Entry point ``futures-env``: what is refused is one line, and the exit code says whose fault.

0: done. 1: the data cannot be used, or something is not installed. 2: wrong arguments, or
arguments that contradict each other or what the data say of themselves. 130: Ctrl-C.
"""

import sys
from collections.abc import Sequence

from futures_env.market.info import ArgumentError

COMMANDS = ("import", "inspect", "synth", "split", "calendar")
RULES = ("list", "show", "check")
USAGE = f"""usage: futures-env data {{{",".join(COMMANDS)}}} ...
       futures-env rules {{{",".join(RULES)}}} ...

  data   bars: check and save them, make them up, divide them, list short days
  rules  rule sets of prop firms: list, show, check one's own

Exit codes: 0 done; 1 the data cannot be used, or something is not installed; 2 wrong or
contradictory arguments; 130 interrupted."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command line; anything but success is ``SystemExit`` with its code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] in (["-h"], ["--help"]):
        print(USAGE)
        raise SystemExit(0)
    if words[:1] not in (["data"], ["rules"]):
        unknown = f"no command {words[0]!r}: " if words else ""
        _refuse(f"{unknown}give one of data, rules (see futures-env --help)", 2)
    try:
        _run(words[0], words[1:])
    except ArgumentError as error:
        _refuse(error, 2)
    except (ValueError, OSError) as error:
        system = isinstance(error, OSError) and error.strerror
        _refuse(f"{error.strerror}: {error.filename}" if system else error, 1)
    except ModuleNotFoundError as error:
        _refuse(f"{error.name} is not installed: pip install 'futures-env[data]'", 1)
    except KeyboardInterrupt:
        _refuse("interrupted", 130)


def _run(group: str, words: list[str]) -> None:
    from futures_env.cli import data, parsing, rules  # ask for tyro

    try:
        commands = {"data": data.COMMANDS, "rules": rules.COMMANDS}[group]
        command = parsing.parse(words, commands, group)
    except ValueError as error:
        raise ArgumentError(str(error)) from error
    command()


def _refuse(what: object, code: int) -> None:
    print(f"error: {what}", file=sys.stderr)
    raise SystemExit(code) from None


if __name__ == "__main__":
    main()
