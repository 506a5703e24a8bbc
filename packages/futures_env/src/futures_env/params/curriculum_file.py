"""A curriculum of one's own from a TOML file: fields and action floor by (progress, value) points.

name = "own"                      # optional, else the file's name
action_floor = [[0.0, 0.08], [0.4, 0.0]]

[fields]                          # any scalar field of EnvParams
commission_usd = [[0.0, 1.0], [0.5, 2.5]]

[constants]                       # set once, before training
pnl_scale_usd = 50.0

[stages]                          # first progress of each
cheap = 0.0
dear = 0.5
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from futures_env.market.info import ArgumentError
from futures_env.params.checks import RULES
from futures_env.params.curriculum import CURRICULA, Curriculum, curriculum, piecewise_linear
from futures_env.types import SCALAR_FIELDS

_KNOWN = ("name", "fields", "constants", "action_floor", "stages")
_MOST_FLOOR = 0.5

Points = list[tuple[float, float]]


def find_curriculum(name: str) -> Curriculum:
    """A preset by its name, or the curriculum in a TOML file.

    Raises:
        ArgumentError: neither, or a file that is no curriculum.
    """
    if name in CURRICULA:
        return curriculum(name)
    if Path(name).suffix == ".toml":
        return load_curriculum(name)
    raise ArgumentError(
        f"no curriculum {name!r}: give a TOML file, or one of {', '.join(CURRICULA)}"
    )


def load_curriculum(path: str | Path) -> Curriculum:
    """Read a curriculum from a TOML file.

    Raises:
        ArgumentError: naming the file, the field, what it holds and what it must hold.
    """
    try:
        return _parse(tomllib.loads(Path(path).read_text(encoding="utf-8")), Path(path).stem)
    except OSError as error:
        raise ArgumentError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ArgumentError(f"{path}: {error}") from error


def _parse(content: Mapping[str, Any], stem: str) -> Curriculum:
    _check_names("entry", content, _KNOWN)
    fields, constants = _table(content, "fields"), _table(content, "constants")
    for kind in (fields, constants):
        _check_names("EnvParams field", kind, SCALAR_FIELDS)
    if both := sorted(set(fields) & set(constants)):
        raise ValueError(f"{', '.join(both)} stands in fields and in constants: keep one")
    points = {name: _points(name, value, _rule(name)) for name, value in fields.items()}
    floor = _points("action_floor", content.get("action_floor", [[0.0, 0.0]]), _FLOOR)
    return Curriculum(
        name=str(content.get("name", stem)),
        fields={name: piecewise_linear(*each) for name, each in points.items()},
        constants={name: _value(name, one, _rule(name)) for name, one in constants.items()},
        action_floor=piecewise_linear(*floor),
        stages=_stages(_table(content, "stages")),
    )


Rule = tuple[str, Callable[[np.ndarray], np.ndarray]]
_FLOOR: Rule = (f"must lie between 0 and {_MOST_FLOOR}", lambda x: (x >= 0) & (x <= _MOST_FLOOR))
_ANY: Rule = ("must be a number", lambda x: np.isfinite(x))


def _rule(name: str) -> Rule:
    return RULES.get(name, _ANY)


def _table(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = content.get(name, {})
    if not isinstance(table, Mapping):
        raise ValueError(f"{name} must be a table, [{name}], not {table!r}")
    return table


def _check_names(what: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"no such {what}: {', '.join(unknown)}; known: {', '.join(known)}")


def _points(name: str, given: Any, rule: Rule) -> Points:
    """Progress ascending within [0, 1]; two points of one progress are a jump."""
    pairs = isinstance(given, list) and all(isinstance(p, list) and len(p) == 2 for p in given)
    if not pairs or not given:
        raise ValueError(f"{name} must be points such as [[0.0, 1.0], [0.5, 2.5]], not {given!r}")
    found = [(_progress(name, x), _value(name, y, rule)) for x, y in given]
    places = [x for x, _ in found]
    if places != sorted(places):
        raise ValueError(f"{name}: the progress of its points must ascend, not {places}")
    return found if len(found) > 1 else [*found, (1.0, found[0][1])]


def _progress(name: str, given: Any) -> float:
    value = _number(name, given)
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name}: progress {value} must lie between 0 and 1")
    return value


def _value(name: str, given: Any, rule: Rule) -> float:
    value, (text, holds) = _number(name, given), rule
    if not holds(np.asarray(value)):
        raise ValueError(f"{name} is {value:g}: {text}")
    return value


def _number(name: str, given: Any) -> float:
    if not isinstance(given, int | float) or not np.isfinite(given):
        raise ValueError(f"{name} is {given!r}: must be a finite number")
    return float(given)


def _stages(given: Mapping[str, Any]) -> tuple[tuple[float, str], ...]:
    return tuple(sorted((_progress(name, first), name) for name, first in given.items()))
