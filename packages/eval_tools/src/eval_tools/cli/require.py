"""The flag that says what a policy must meet."""

from typing import Annotated

from tyro.conf import UseAppendAction, arg

Requirements = Annotated[
    UseAppendAction[tuple[str, ...]],
    arg(
        help="What the policy must meet, e.g. 'sharpe>2'; may be given several times. Exit code 1 "
        "where one is not met; an unknown figure lists the known ones."
    ),
]
"""Type of the flag ``--require``."""
