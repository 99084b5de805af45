"""A limit for symbolic work: a step that takes too long is undecided, never accepted.

The limit is on processor time, so that a busy machine decides the same steps as an idle one.  An interrupt can be lost:
Python drops what is raised in a callback of its garbage collector, and libraries install such callbacks.  So it is
repeated until the block has ended.
"""

from __future__ import annotations

import ctypes
import threading
import time
from contextlib import contextmanager

from diffusion_lib.errors import Inconclusive

SECONDS = 30
AGAIN = 1.0  # seconds of processor time after which a block that still runs is interrupted once more


class _TooSlow(BaseException):
    """Raised inside the working thread; no ``except Exception`` on the way may swallow it."""


@contextmanager
def patience(seconds: float = SECONDS):
    """Raise ``Inconclusive`` if the block, which must be pure Python as SymPy is, takes more than ``seconds``."""
    worker, lock = threading.get_ident(), threading.Lock()
    state = {"running": True, "end": time.process_time() + seconds}

    def wait(left):
        state["timer"] = threading.Timer(left, interrupt)
        state["timer"].daemon = True
        state["timer"].start()

    def interrupt():
        with lock:
            if not state["running"]:
                return
            if time.process_time() >= state["end"]:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker), ctypes.py_object(_TooSlow))
                state["end"] = time.process_time() + AGAIN
            wait(max(state["end"] - time.process_time(), 0.0))

    wait(seconds)
    try:
        yield
        with lock:
            state["running"] = False
    except _TooSlow:
        raise Inconclusive(
            f"not decided within {seconds} s of processor time; split the step into smaller ones"
        ) from None
    finally:
        with lock:
            state["running"] = False
            state["timer"].cancel()
