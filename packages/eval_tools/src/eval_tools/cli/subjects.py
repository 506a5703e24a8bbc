"""Whose actions a command judges: an agent of ours, of Stable-Baselines3, or one's own function."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval_tools.cli.account import checkpoint_step
from eval_tools.cli.checks import check_files
from eval_tools.conditions.training import TrainingRecord
from eval_tools.policies.agents import agent_policy, load_agent
from eval_tools.policies.own import load_policy
from eval_tools.policies.policy import Policy
from eval_tools.policies.sb3 import sb3_policy
from futures_env import ArgumentError
from futures_env.env import FuturesEnv
from ppo_agent.storage.checkpoint_reader import find_step


@dataclass(frozen=True, kw_only=True)
class SubjectFlags:
    """Who is judged: exactly one of --checkpoint, --policy and --sb3."""

    checkpoint: Path | None = None
    """Run folder or checkpoint folder of ppo-agent."""
    step: str = ""
    """Updates done, or `best` by the validation metric; without it the newest."""
    policy: str | None = None
    """Policy of your own as module:callable, found from the present folder too: a pure JAX
    function, or a host function on NumPy batches declared with eval_tools.host_policy."""
    sb3: Path | None = None
    """Archive of a Stable-Baselines3 agent (model.zip). It is unpickled: load only what you
    trust."""
    sb3_stats: Path | None = None
    """File of the VecNormalize that the Stable-Baselines3 agent was trained behind."""
    sampled: bool = False
    """Draw actions from the policy instead of taking the most probable. Not with --policy."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The policy that is judged.

    Attributes:
        name: in every table.
        stem: beginning of the names of its runs.
        record: what its training recorded; None: it comes from no checkpoint of ours.
        facts: of the checkpoint, for metadata.json.
    """

    policy: Policy
    name: str
    stem: str
    record: TrainingRecord | None
    facts: dict[str, Any]


def check_subject(flags: SubjectFlags) -> None:
    """Refuse flags that contradict each other, before anything is read."""
    given = [flags.checkpoint, flags.policy, flags.sb3]
    if sum(one is not None for one in given) != 1:
        raise ArgumentError("who is judged? give one of --checkpoint, --policy and --sb3")
    if flags.step and flags.checkpoint is None:
        raise ArgumentError(f"--step {flags.step} belongs to --checkpoint")
    if flags.sb3_stats and flags.sb3 is None:
        raise ArgumentError(f"--sb3-stats {flags.sb3_stats} belongs to --sb3")
    if flags.sampled and flags.policy is not None:
        raise ArgumentError("--sampled: a policy of your own draws its actions itself")


def find_subject(flags: SubjectFlags) -> None:
    """Refuse a checkpoint or a file that is not there, before the bars are read.

    Raises:
        FileNotFoundError, ValueError: no such checkpoint.
    """
    if flags.checkpoint is not None:
        find_step(flags.checkpoint, checkpoint_step(flags.step))
    check_files(flags.sb3, flags.sb3_stats)


def open_subject(flags: SubjectFlags, env: FuturesEnv, phase: int) -> Subject:
    """Load whoever is judged; see ``check_subject``.

    Raises:
        ArgumentError, ValueError, OSError: it cannot be found, read, or used in ``env``.
    """
    drawn = ", sampled" if flags.sampled else ""
    columns = len(env.observation_layout)
    if flags.policy is not None:
        sys.path.insert(0, str(Path.cwd()))
        return Subject(
            policy=load_policy(flags.policy, columns, env.num_actions),
            name=flags.policy,
            stem=flags.policy.replace(":", "-"),
            record=None,
            facts={},
        )
    if flags.sb3 is not None:
        return Subject(
            policy=sb3_policy(flags.sb3, flags.sb3_stats, columns, greedy=not flags.sampled),
            name=f"{flags.sb3.stem}{drawn}",
            stem=flags.sb3.stem,
            record=None,
            facts={},
        )
    assert flags.checkpoint is not None
    step = checkpoint_step(flags.step)
    agent = load_agent(flags.checkpoint, env.observation_layout, step)
    return Subject(
        policy=agent_policy(agent, greedy=not flags.sampled),
        name=f"Phase {phase} policy{drawn}",
        stem=flags.checkpoint.name,
        record=TrainingRecord.of(flags.checkpoint, agent.metadata),
        facts={"step": agent.metadata["step"]},
    )
