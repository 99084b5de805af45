"""Signals to stop: collected, so that a step is finished and saved first, or raised, so that a wait ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

STOP = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1") if hasattr(signal, name)]
END = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]


class Stopped(KeyboardInterrupt):
    """A signal arrived; the argument is its number.

    It is a ``KeyboardInterrupt`` since asyncio lets no other exception of ours out of its callbacks.
    """


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Collect the signals to stop instead of obeying them; the training loop checks them after each step."""
    received: list[int] = []
    with handled(STOP, lambda number, frame: received.append(number)):
        yield received


@contextmanager
def stopping() -> Iterator[None]:
    """Raise ``Stopped`` for SIGTERM, SIGINT or SIGHUP, once: what follows is the writing down of it.

    Where Python drops what is raised (while it deletes an object), it is raised again at the end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals come to the main thread alone
        return
    received: list[int] = []

    def stop(number: int, frame: object) -> None:
        for each in END:
            signal.signal(each, signal.SIG_IGN)
        received.append(number)
        raise Stopped(number)

    with handled(END, stop):
        yield
        if received:
            raise Stopped(received[0])


@contextmanager
def handled(numbers: Iterable[int], handler: Callable[[int, object], object]) -> Iterator[None]:
    """Let ``handler`` answer the signals, and afterwards whoever did before; a SIGHUP that nohup ignores stays so."""
    hung_up = getattr(signal, "SIGHUP", None)
    ignored = {hung_up} if hung_up and signal.getsignal(hung_up) is signal.SIG_IGN else set()
    before = {number: signal.signal(number, handler) for number in numbers if number not in ignored}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
