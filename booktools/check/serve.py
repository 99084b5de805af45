"""A host on this machine that serves the pages as a real one does, compressed, and counts what it sends."""

from __future__ import annotations

import gzip
import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml",
    ".png": "image/png", ".webp": "image/webp", ".woff2": "font/woff2", ".woff": "font/woff", ".txt": "text/plain",
    ".ipynb": "application/json", ".md": "text/markdown", ".json": "application/json", ".xml": "application/xml",
    ".mjs": "text/javascript", ".wasm": "application/wasm", ".zip": "application/zip",
}  # fmt: skip
PACKED = {".html", ".css", ".js", ".mjs", ".svg", ".ipynb", ".md", ".json", ".xml", ".txt"}


@cache
def packed(path: Path, changed: float) -> bytes:
    body = path.read_bytes()
    return gzip.compress(body, 6, mtime=0) if path.suffix in PACKED else body


class Host(http.server.ThreadingHTTPServer):
    """Serves ``folder``; ``sent`` counts the bytes of all answers, heads and bodies, but the sign of the tab's.

    Not every browser has tabs.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.folder, self.sent, self.lock = folder.resolve(), 0, threading.Lock()
        self.open: set[socket.socket] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request: socket.socket, client_address: tuple) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def server_close(self) -> None:
        """Also end the connections that a browser keeps: a host that is gone answers nothing."""
        super().server_close()
        for each in self.open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Host

    def do_GET(self) -> None:
        path = (self.server.folder / unquote(urlsplit(self.path).path).lstrip("/")).resolve()
        path = path / "index.html" if path.is_dir() else path
        known = path.is_relative_to(self.server.folder) and path.is_file()
        body = packed(path, path.stat().st_mtime) if known else b""
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", TYPES.get(path.suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")  # as GitHub Pages says
        if known and path.suffix in PACKED:
            self.send_header("Content-Encoding", "gzip")
        head = sum(map(len, self._headers_buffer))
        self.end_headers()
        self.wfile.write(body)
        with self.server.lock:
            self.server.sent += 0 if path.stem == "favicon" else head + len(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def host(folder: Path) -> Iterator[Host]:
    server = Host(folder)
    threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()  # seconds until it hears of its end
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
