"""What goes on and how long it took, on stderr: stdout holds only what data and seed decide."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

from eval_tools.formats import time_left


class Progress:
    """Stages of a command, announced when they begin and timed when they end."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._tenths, self._started = 0, time.perf_counter()

    def tell(self, text: str) -> None:
        """One line about what is done next."""
        print(f"{text} ...", file=sys.stderr, flush=True)

    def share(self, done: float) -> None:
        """How much of the present stage is done, told at every further tenth."""
        if int(done * 10) > self._tenths:
            self._tenths = int(done * 10)
            left = time_left(time.perf_counter() - self._started, done)
            print(f"  {self._tenths * 10} %, {left}", file=sys.stderr, flush=True)

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """Announce and time a stage."""
        self.tell(name)
        self._tenths, self._started = 0, time.perf_counter()
        started = self._started
        yield
        self.seconds[name] = time.perf_counter() - started

    def report(self) -> None:
        """Seconds of every stage."""
        parts = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in self.seconds.items())
        print(f"time: {parts}; {sum(self.seconds.values()):.1f} s in all", file=sys.stderr)
