"""Errors that the command answers with an exit code of its own."""


class ArgumentError(ValueError):
    """What was asked for is wrong in itself, or contradicts other things that were said."""
