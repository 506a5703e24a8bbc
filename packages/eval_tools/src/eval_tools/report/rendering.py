"""The templates of pages and sections, with the formats of numbers as filters."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from eval_tools.formats import figure, number, percent, sign, usd, words


def render(template: str, **content: Any) -> str:
    """One of ``templates/`` with its content; everything in it is escaped."""
    return _templates().get_template(template).render(**content)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("eval_tools.report"), autoescape=True, undefined=StrictUndefined
    )
    for show in (figure, usd, number, percent, sign, words):
        templates.filters[show.__name__] = show
    return templates
