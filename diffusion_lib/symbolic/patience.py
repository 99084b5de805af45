"""A time limit for symbolic work: a step that takes too long is undecided, never accepted."""

from __future__ import annotations

import ctypes
import threading
from contextlib import contextmanager

from diffusion_lib.errors import Inconclusive

SECONDS = 30


class _TooSlow(BaseException):
    """Raised inside the working thread; no ``except Exception`` on the way may swallow it."""


@contextmanager
def patience(seconds: float = SECONDS):
    """Raise ``Inconclusive`` if the block, which must be pure Python as SymPy is, runs longer than ``seconds``."""
    worker, lock, state = threading.get_ident(), threading.Lock(), {"running": True}

    def interrupt():
        with lock:
            if state["running"]:
                state["running"] = False
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker), ctypes.py_object(_TooSlow))

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
        with lock:
            state["running"] = False
    except _TooSlow:
        raise Inconclusive(f"not decided within {seconds} s; split the step into smaller ones") from None
    finally:
        timer.cancel()
        with lock:
            state["running"] = False
