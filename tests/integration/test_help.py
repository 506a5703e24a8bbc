"""The help of every subcommand of the three commands: each flag in words, exit codes alike."""

import re
from collections.abc import Callable

import pytest

import eval_tools.cli.main as eval_tools_command
import futures_env.cli.main as futures_env_command
from futures_env.cli import data, rules
from ppo_agent.cli import commands as ppo_agent_command
from ppo_agent.cli import flags

MAINS: dict[str, Callable[[list[str]], object]] = {
    "futures-env": futures_env_command.main,
    "ppo-agent": ppo_agent_command.main,
    "eval-tools": eval_tools_command.main,
}
SUBCOMMANDS = [
    *(("futures-env", "data", name) for name in data.COMMANDS),
    *(("futures-env", "rules", name) for name in rules.COMMANDS),
    *(("ppo-agent", name) for name in flags.COMMANDS),
    *(("eval-tools", name) for name in eval_tools_command.COMMANDS),
]


def help_of(command: str, *words: str) -> None:
    """Print the help, which ends with 0."""
    try:
        code = MAINS[command]([*words, "--help"])
    except SystemExit as stop:
        code = stop.code
    assert code == 0


@pytest.mark.parametrize("words", SUBCOMMANDS, ids=" ".join)
def test_every_flag_is_explained(words: tuple[str, ...], capsys: pytest.CaptureFixture) -> None:
    """Three plain words at least between a flag and its default, of which none is left out."""
    help_of(*words)
    shown = re.sub(r"[\u2502\u256d\u256e\u2570\u256f\u2500|]", " ", capsys.readouterr().out)
    head, *rows = re.split(r"\n {1,3}(?=-{1,2}[a-z\[])", shown)
    assert " ".join(words[:2]) in head
    rows = [row for row in rows if not row.startswith("-h")]
    assert rows or words[-1] in ("list", "show", "check")
    for row in rows:
        flag, _, rest = " ".join(row.split()).partition(" ")
        told = re.split(r"\((?:default|required|repeatable)", rest)[0]
        assert len(re.findall(r"\b[A-Za-z][a-z]+\b", told)) >= 3, f"{flag}: {told!r}"
        assert "``" not in told, f"{flag}: marked up as source code is"
        assert re.search(r"\((default|required|repeatable)", rest), flag


@pytest.mark.parametrize("command", MAINS)
def test_the_help_tells_the_same_exit_codes(command: str, capsys: pytest.CaptureFixture) -> None:
    help_of(command)
    shown = " ".join(re.sub(r"[^\x20-\x7e]", " ", capsys.readouterr().out).split())
    told = shown.split("Exit codes: 0 done; 1 ")[1]
    assert "2 wrong or contradictory arguments" in told
    assert "130" in told.split("interrupted")[0]
