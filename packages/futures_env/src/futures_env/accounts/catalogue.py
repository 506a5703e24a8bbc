"""Rule sets by name or by file."""

from futures_env.accounts.files import load_rules
from futures_env.accounts.firms import ACCOUNT_RULES
from futures_env.accounts.rules import AccountRules


def account_rules(name: str | AccountRules) -> AccountRules:
    """A shipped rule set by name, one's own by its file (``"my-firm.toml"``), or itself.

    Raises:
        ValueError: for an unknown name, naming the known ones; for a file, see ``load_rules``.
    """
    if isinstance(name, AccountRules):
        return name
    if name.endswith(".toml"):
        return load_rules(name)
    if name not in ACCOUNT_RULES:
        raise ValueError(
            f"no rule set {name!r}; known: {', '.join(ACCOUNT_RULES)}; one's own is a .toml file"
        )
    return ACCOUNT_RULES[name]
