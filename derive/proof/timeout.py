"""A limit for symbolic work: a step that takes too long is undecided, never accepted.

The limit is on processor time, so that a busy machine decides the same steps as an idle one.  An interrupt can be lost:
Python drops what is raised in a callback of its garbage collector, and libraries install such callbacks.  So it is
repeated until the block has ended.  A browser has no threads: there the clock is read at every thousandth call.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from contextlib import contextmanager

from ..errors import Inconclusive

SECONDS = 30
AGAIN = 1.0  # seconds of processor time after which a block that still runs is interrupted once more
CALLS = 1000  # between two readings of the clock, where calls are counted
THREADS = sys.platform != "emscripten"


class _TooSlow(BaseException):
    """Raised inside the working thread; no ``except Exception`` on the way may swallow it."""


@contextmanager
def timeout(seconds: float = SECONDS):
    """Raise ``Inconclusive`` if the block, which must be pure Python as SymPy is, takes more than ``seconds``."""
    try:
        with _by_thread(seconds) if THREADS else _by_calls(seconds):
            yield
    except _TooSlow:
        raise Inconclusive(
            f"not decided within {seconds} s of processor time; split the step into smaller ones"
        ) from None


@contextmanager
def _by_thread(seconds):
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
    finally:
        with lock:
            state["running"] = False
            state["timer"].cancel()


@contextmanager
def _by_calls(seconds):
    """The innermost block that is open decides; one around it goes on counting when that has ended."""
    watch, tool = sys.monitoring, sys.monitoring.PROFILER_ID
    state = {"end": time.process_time() + seconds, "calls": 0}

    def called(code, place):
        state["calls"] += 1
        if state["calls"] % CALLS == 0 and time.process_time() >= state["end"]:
            state["end"] = time.process_time() + AGAIN
            raise _TooSlow

    outermost = watch.get_tool(tool) is None
    if outermost:
        watch.use_tool_id(tool, "timeout")
    before = watch.register_callback(tool, watch.events.PY_START, called)
    watch.set_events(tool, watch.events.PY_START)
    try:
        yield
    finally:
        watch.register_callback(tool, watch.events.PY_START, before)
        if outermost:
            watch.set_events(tool, watch.events.NO_EVENTS)
            watch.free_tool_id(tool)
