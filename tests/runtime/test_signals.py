"""Signals to stop: whatever the process is at when one arrives, the wait ends, and what was before is put back."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from diffusion_lib.runtime.signals import END, Stopped, stop_signals, stopping


@pytest.mark.parametrize("number", END)
def test_a_signal_ends_a_wait_in_a_callback_of_the_event_loop(number):
    """asyncio swallows what a callback raises, unless it is a ``KeyboardInterrupt`` or a ``SystemExit``."""
    loop = asyncio.new_event_loop()

    async def wait():
        loop.call_soon(signal.raise_signal, number)
        await asyncio.sleep(0.2)
        seen.append("the wait went on")

    before, seen = signal.getsignal(number), []
    task = loop.create_task(wait())
    with pytest.raises(Stopped) as stopped, stopping():
        loop.run_until_complete(task)
    assert stopped.value.args == (number,) and not seen and signal.getsignal(number) is before
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_python_drops_is_raised_at_the_end():
    class Dropped:
        def __del__(self):
            signal.raise_signal(signal.SIGTERM)

    seen = []
    with pytest.raises(Stopped) as stopped, stopping():
        Dropped()
        seen.append("the work went on")
    assert stopped.value.args == (signal.SIGTERM,) and seen


def test_a_second_signal_does_not_disturb_what_follows_the_first():
    seen = []
    with pytest.raises(Stopped) as stopped, stopping():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)
            seen.append("saved")
    assert stopped.value.args == (signal.SIGTERM,) and seen


@pytest.mark.parametrize("collect", [stopping, stop_signals])
def test_nohup_means_what_it_says(collect):
    """A run that was started by nohup outlives its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with collect() as received:
            signal.raise_signal(signal.SIGHUP)
        assert not received and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    except Stopped:
        pytest.fail("it was stopped")
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_thread_has_no_signals_to_wait_for():
    def work():
        with stopping():
            seen.append(signal.getsignal(signal.SIGTERM) is before)

    before, seen = signal.getsignal(signal.SIGTERM), []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [True]
