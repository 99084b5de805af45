"""Firefox without a window, spoken to by WebDriver BiDi over a socket: enough to open a page and to ask it something.

Debian's ``firefox-esr`` comes without a driver, and Playwright's Firefox is a build of its own; BiDi is in the browser.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

from tornado.ioloop import IOLoop
from tornado.websocket import websocket_connect

FLAGS = ["--headless", "--no-remote", "--remote-debugging-port=0"]
LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
SECONDS = 60  # for one answer


class Firefox:
    """One tab; ``errors`` holds what its pages complained about."""

    def __init__(self, address: str) -> None:
        self.errors: list[str] = []
        self._numbers, self._thread = count(1), ThreadPoolExecutor(1)  # Playwright's loop runs in the other one
        self._loop = self._thread.submit(lambda: IOLoop(make_current=False)).result()
        self._socket = self._wait(lambda: websocket_connect(f"{address}/session", max_message_size=2**26))
        self._ask("session.new", capabilities={})
        self._ask("session.subscribe", events=["log.entryAdded"])
        self._tab = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, address: str, size: tuple[int, int]) -> None:
        viewport = {"width": size[0], "height": size[1]}
        self._ask("browsingContext.setViewport", context=self._tab, viewport=viewport)
        self._ask("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def evaluate(self, expression: str) -> object:
        """What ``expression`` comes to, as JSON; it may be a promise."""
        wrapped = f"(async () => JSON.stringify(await ({expression})))()"
        told = self._ask("script.evaluate", expression=wrapped, target={"context": self._tab}, awaitPromise=True)
        if told["type"] == "exception":
            raise AssertionError(told["exceptionDetails"]["text"])
        return json.loads(told["result"].get("value", "null"))

    def touch(self, places: list[tuple[float, float]]) -> None:
        """A finger that is put down at the first place, moves through the others, and is lifted."""
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in places]
        up = {"type": "pointerUp", "button": 0}
        steps = [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], up]
        finger = {"type": "pointer", "id": "finger", "parameters": {"pointerType": "touch"}, "actions": steps}
        self._ask("input.performActions", context=self._tab, actions=[finger])

    def _wait(self, future):
        return self._thread.submit(self._loop.run_sync, future, timeout=SECONDS).result()

    def _ask(self, method: str, **params: object) -> dict:
        number = next(self._numbers)
        self._wait(lambda: self._socket.write_message(json.dumps({"id": number, "method": method, "params": params})))
        while True:
            told = json.loads(self._wait(self._socket.read_message))
            if told.get("method") == "log.entryAdded" and told["params"]["level"] == "error":
                self.errors.append(str(told["params"]["text"]))
            if told.get("id") == number:
                if told["type"] == "error":
                    raise AssertionError(f"{method}: {told['message']}")
                return told["result"]


def program() -> str | None:
    return shutil.which("firefox-esr") or shutil.which("firefox")


@contextmanager
def firefox() -> Iterator[Firefox]:
    with tempfile.TemporaryDirectory() as profile:
        command = [program(), *FLAGS, "--profile", profile, "about:blank"]
        browser = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        try:
            yield Firefox(next(found[1] for line in browser.stderr if (found := LISTENS.search(line))))
        finally:
            browser.kill()
            browser.wait()
