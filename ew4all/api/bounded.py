"""A cache in memory with a bound in bytes; what is not used for longest goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["Bounded"]

T = TypeVar("T")


class Bounded(Generic[T]):
    """Values by key, at most so many bytes of them.

    Many threads may use it. A value is made once, however many ask for it at the same time: the others wait.

    Parameters
    ----------
    most
        Bytes; a value that is larger by itself is handed out and not kept.
    size
        Returns the bytes of a value.
    """

    def __init__(self, most: int, size: Callable[[T], int]) -> None:
        self.most, self._size = most, size
        self._held: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()
        self.bytes = 0

    def get(self, key: Hashable) -> T | None:
        """Return a value that is held."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def get_or_make(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return a value, made now where it is not held; an error of `make` is passed on, and nothing kept."""
        found = self.get(key)
        if found is not None:
            return found
        with self._lock:
            lock = self._making.setdefault(key, threading.Lock())
        with lock:
            found = self.get(key)
            if found is not None:
                return found
            try:
                made = make()
                self._keep(key, made)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return made

    def _keep(self, key: Hashable, value: T) -> None:
        size = self._size(value)
        if size > self.most:
            return
        with self._lock:
            before = self._held.pop(key, None)
            self.bytes += size - (0 if before is None else before[1])
            self._held[key] = (value, size)
            while self.bytes > self.most:
                _, (_, gone) = self._held.popitem(last=False)
                self.bytes -= gone
