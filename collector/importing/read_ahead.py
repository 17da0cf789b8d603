"""Making items in a thread while the caller works on the last one."""

import queue
import threading
from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
_STOP_SECONDS = 5.0


class _Ended(Exception):
    """There are no more items."""


class _Stopped(Exception):
    """Nobody wants the items any more."""


class _Producer(threading.Thread, Generic[T]):
    """Hands over items, then what ended them, one at a time."""

    def __init__(self, items: Iterator[T]) -> None:
        super().__init__(name="read-ahead", daemon=True)
        self._items = items
        self.handed: queue.Queue[T | BaseException] = queue.Queue(maxsize=1)
        self.stopped = threading.Event()

    def run(self) -> None:
        try:
            for item in self._items:
                self._hand(item)
            self._hand(_Ended())
        except _Stopped:
            return
        except BaseException as error:  # noqa: BLE001 - raised where the items are used
            self._hand(error)

    def _hand(self, item: T | BaseException) -> None:
        while not self.stopped.is_set():
            try:
                self.handed.put(item, timeout=0.1)
            except queue.Full:
                continue
            return
        raise _Stopped


def read_ahead(items: Iterator[T], *, patience: float) -> Generator[T | None]:
    """The items; None is given whenever nothing has come for `patience` seconds.

    What `items` raises is raised here. `items` must not use the database, whose connections
    belong to the caller's thread.
    """
    producer = _Producer(items)
    producer.start()
    try:
        while True:
            try:
                item = producer.handed.get(timeout=patience)
            except queue.Empty:
                yield None
                continue
            if isinstance(item, _Ended):
                return
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        producer.stopped.set()
        producer.join(timeout=_STOP_SECONDS)
