"""Running slices side by side: many policies, many ranges, one compiled program."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from eval_tools.policies.policy import Policy
from eval_tools.rollout.cast import Cast, Shared, by_structure, with_equals_shared
from eval_tools.rollout.episode import Episode, Slice
from eval_tools.rollout.lanes import Queue, TradingEnv, evaluation_params
from eval_tools.rollout.ranges import run_lanes
from eval_tools.rollout.records import step_table
from futures_env.types import EnvParams


@dataclass(frozen=True, kw_only=True)
class Task:
    """Slices that belong together.

    Attributes:
        slices: what to run; names must be unique.
        reenter: go on with a fresh account after a failure.
        seed: of the policies' draws; slice i has its draws whatever runs beside it.
    """

    slices: Sequence[Slice]
    reenter: bool = False
    seed: int = 0


def run_slices(
    env: TradingEnv,
    policy: Policy,
    params: EnvParams,
    slices: Sequence[Slice],
    *,
    seed: int = 0,
    reenter: bool = False,
    chunk: int = 256,
) -> list[Episode]:
    """Run ``policy`` over every slice with the same rules and costs as ``params``.

    Args:
        env: environment of the phase.
        policy: callable pytree.
        params: production parameters; see ``evaluation_params`` for what is overridden.
        slices: what to run; names must be unique.
        seed: of the policy's draws; slice i keeps its draws whatever the chunk.
        reenter: go on with a fresh account after a failure.
        chunk: slices run side by side at most.

    Returns:
        One episode per slice, in order.

    Raises:
        ValueError: without slices, for a duplicate name or a slice of one row.
    """
    task = Task(slices=slices, seed=seed, reenter=reenter)
    return run_tasks(env, [(policy, params)], [task], width=min(chunk, len(slices)))[0][0]


def run_tasks(
    env: TradingEnv,
    players: Sequence[tuple[Policy, EnvParams]],
    tasks: Sequence[Task],
    *,
    width: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[list[list[Episode]]]:
    """Run every player over the slices of every task, all in one loop over bars.

    Args:
        env: environment of the phase.
        players: policies with the parameters they trade under, on one market.
        tasks: what each of them runs.
        width: lanes of a player; None: as few as are no longer than the longest slice.
        progress: told the share of the bars that are done.

    Returns:
        Episodes by player, task and slice.

    Raises:
        ValueError: without slices, for a duplicate name in a task or a slice of one row.
    """
    ranges = _Ranges.of(tasks)
    lanes = pack(ranges.slices, width)
    order = by_structure([policy for policy, _ in players])
    params = with_equals_shared([evaluation_params(players[index][1]) for index in order])
    market = params[0].market
    if any(one.market is not market for one in params):
        raise ValueError("players: all of them trade one market")
    cast = Cast.of([players[index][0] for index in order], len(lanes))
    queues = _queues(ranges, lanes, len(players))
    longest = max(sum(_bars(ranges.slices[index]) for index in lane) for lane in lanes)
    blocks = []
    for block in run_lanes(env, cast, Shared.of(params, len(lanes)), queues):
        blocks.append(block)
        if progress is not None:
            progress(sum(map(len, blocks)) / longest)
    session = np.asarray(market.session)
    episodes = {
        player: _episodes(blocks, ranges, lanes, place * len(lanes), session)
        for place, player in enumerate(order)
    }
    return [_by_task(episodes[player], tasks) for player in range(len(players))]


@dataclass(frozen=True, kw_only=True)
class _Ranges:
    """All slices of all tasks with what they are run with, (R,) each."""

    slices: list[Slice]
    keys: jax.Array
    reenter: NDArray[np.bool_]

    @classmethod
    def of(cls, tasks: Sequence[Task]) -> "_Ranges":
        for task in tasks:
            _check(task.slices)
        counts = [len(task.slices) for task in tasks]
        keys = [jax.random.split(jax.random.key(task.seed), len(task.slices)) for task in tasks]
        return cls(
            slices=[piece for task in tasks for piece in task.slices],
            keys=jnp.concatenate(keys),
            reenter=np.repeat([task.reenter for task in tasks], counts),
        )


def pack(slices: Sequence[Slice], width: int | None) -> list[list[int]]:
    """Indices of the slices of each lane: the longest first, each on the emptiest lane."""
    lengths = [_bars(piece) for piece in slices]
    width = width or -(-sum(lengths) // max(lengths))
    lanes: list[list[int]] = [[] for _ in range(width)]
    load = np.zeros(width, np.int64)
    for index in sorted(range(len(slices)), key=lambda index: -lengths[index]):
        lane = int(load.argmin())
        lanes[lane].append(index)
        load[lane] += lengths[index]
    return lanes


def _queues(ranges: _Ranges, lanes: Sequence[Sequence[int]], players: int) -> Queue:
    """(players x lanes, Q): every player has the same lanes."""
    length = max(map(len, lanes))
    # a lane with fewer ranges is filled up; -1 says that there is none
    picks = np.array([[*lane, *[-1] * (length - len(lane))] for lane in lanes])
    first = np.array([piece.first_row for piece in ranges.slices], np.int32)
    last = np.array([piece.last_row for piece in ranges.slices], np.int32)
    queue = Queue(
        first_row=jnp.asarray(np.where(picks < 0, -1, first[picks])),
        last_row=jnp.asarray(last[picks]),
        key=ranges.keys[picks],
        reenter=jnp.asarray(ranges.reenter[picks]),
    )
    return jax.tree.map(lambda leaf: jnp.concatenate([leaf] * players), queue)


def _episodes(
    blocks: Sequence[NDArray[np.int32]],
    ranges: _Ranges,
    lanes: Sequence[Sequence[int]],
    first_lane: int,
    session: NDArray[np.int32],
) -> list[Episode]:
    """The episodes of the player whose lanes begin with ``first_lane``, one per range."""
    found: dict[int, Episode] = {}
    for number, lane in enumerate(lanes):
        records = np.concatenate([block[:, :, first_lane + number] for block in blocks])
        records = records[records[:, 0] >= 0]
        ends = np.searchsorted(records[:, 0], np.arange(len(lane)), side="right")
        for index, begin, end in zip(lane, [0, *ends], ends, strict=False):
            found[index] = _episode(ranges.slices[index], records[begin:end], session)
    return [found[index] for index in range(len(ranges.slices))]


def _by_task(episodes: list[Episode], tasks: Sequence[Task]) -> list[list[Episode]]:
    ends = np.cumsum([len(task.slices) for task in tasks])
    return [episodes[end - len(task.slices) : end] for task, end in zip(tasks, ends, strict=True)]


def _bars(piece: Slice) -> int:
    return piece.last_row - piece.first_row


def _check(slices: Sequence[Slice]) -> None:
    if not slices:
        raise ValueError("slices: at least one is needed")
    names = [piece.name for piece in slices]
    if len(set(names)) < len(names):
        raise ValueError(f"slices: names must be unique, got {names}")
    for piece in slices:
        if piece.last_row <= piece.first_row:
            raise ValueError(f"slice {piece.name}: no bar after row {piece.first_row}")


def _episode(piece: Slice, records: NDArray[np.int32], session: NDArray[np.int32]) -> Episode:
    steps = step_table(records)
    asked, base = np.arange(piece.first_row + 1, piece.last_row + 1), session[piece.first_row]
    missing = np.bincount(session[np.setdiff1d(asked, steps["row"])] - base)
    complete = tuple(
        index for index in piece.sessions if not missing[index - base : index - base + 1].any()
    )
    return Episode(piece, steps, complete)
