"""Work that goes on beside its giver: reading, turning into rows and compressing all at once."""

import gc
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType

_TURN_SECONDS = 0.0005
_OBJECTS = 100_000  # more than the pages at work are made of


class Behind:
    """One thread that does what it is given, in order; at most `depth` pieces wait for it.

    What a piece raises comes out of the next `do` or of the end of the block, and nothing given
    after it is done.
    """

    def __init__(self, *, depth: int) -> None:
        self._depth = depth
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="behind")
        self._waiting: deque[Future[object]] = deque()
        self._failed = False

    def do(self, work: Callable[..., object], *arguments: object) -> None:
        """Have the work done after all that was given before; waits while there is much of it."""
        while len(self._waiting) >= self._depth:
            self._waiting.popleft().result()
        self._waiting.append(self._executor.submit(self._unless_failed, work, arguments))

    def _unless_failed(self, work: Callable[..., object], arguments: tuple[object, ...]) -> None:
        if self._failed:
            return
        try:
            work(*arguments)
        except BaseException:
            self._failed = True
            raise

    def finish(self) -> None:
        """Wait until all is done, and end the thread."""
        try:
            while self._waiting:
                self._waiting.popleft().result()
        finally:
            self._executor.shutdown(cancel_futures=True)

    def __enter__(self) -> "Behind":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._waiting.clear()
        self.finish()


@contextmanager
def without_cycles() -> Iterator[None]:
    """Few searches for reference cycles: rows have none, and it took a quarter of the time.

    Threads take turns more often, too: one that has an answer of the database waited longer for
    its turn than the answer had taken. For whole processes that build; not for those that answer
    requests.
    """
    thresholds, turn = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(_OBJECTS)
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(turn)
        gc.set_threshold(*thresholds)
