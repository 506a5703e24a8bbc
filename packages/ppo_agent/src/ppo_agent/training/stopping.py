"""Reasons to stop between chunks: signals and the clock."""

import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any

from ppo_agent.algorithm.sharding import agree

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopRequest:
    """Context in which SIGTERM and Ctrl-C ask for a checkpoint and a clean end.

    A second signal does what it did before. Outside the main thread only the clock counts. The
    clock runs from the making of this object.
    """

    def __init__(self, max_minutes: float) -> None:
        self._deadline = time.monotonic() + 60.0 * max_minutes if max_minutes else None
        self._signal: str | None = None
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()

    def signalled(self) -> str | None:
        """``"SIGTERM"`` or ``"SIGINT"``; whether there was one is the same in every process."""
        return (self._signal or "signal") if agree(self._signal is not None) else None

    def reason(self) -> str | None:
        """A signal or ``"max_minutes"``, likewise."""
        late = self._deadline is not None and time.monotonic() >= self._deadline
        return self.signalled() or ("max_minutes" if agree(late) else None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signal = signal.Signals(number).name
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}
