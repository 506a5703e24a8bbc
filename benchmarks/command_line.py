"""Wrong command lines: one sentence and exit code 2, before anything is measured or trained."""

import sys
from pathlib import Path


def refuse(*problems: str | None) -> None:
    """Exit with code 2 and the first problem on stderr; return when there is none."""
    for problem in filter(None, problems):
        sys.stderr.write(f"{Path(sys.argv[0]).stem}: {problem}\n")
        sys.exit(2)


def too_small(least: int, **flags: int) -> str | None:
    """The first flag below ``least``, named as on the command line."""
    for name, value in flags.items():
        if value < least:
            return f"--{name.replace('_', '-')} must be at least {least:,}, got {value:,}"
    return None


def unwritable(flag: str, path: Path | None, suffixes: tuple[str, ...] = ()) -> str | None:
    """Why ``path`` cannot become a file with one of ``suffixes`` (empty: any)."""
    if path is None:
        return None
    if path.is_dir():
        return f"{flag} {path} is a folder, give a file"
    if not path.absolute().parent.is_dir():
        return f"{flag} {path}: no such folder"
    if suffixes and path.suffix.lower() not in suffixes:
        return f"{flag} {path} must end in {', '.join(suffixes)}"
    return None
