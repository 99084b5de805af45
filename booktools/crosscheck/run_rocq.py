"""One file for each chapter, checked by ``coqc``; a statement that its script does not prove is left without proof."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

PRELUDE = Path(__file__).with_name("prelude.v")
SECONDS = 600


def ask(chapter: str, statements: dict[int, str], folder: Path) -> dict[int, str]:
    """The verdict on each statement, "confirmed" or "unknown"; raises if Rocq does not accept the file."""
    if not statements:
        return {}
    names = "; ".join(f"proved s{number}" for number in statements)
    file = folder / f"{chapter.replace('-', '_')}.v"
    file.write_text(
        PRELUDE.read_text(encoding="utf-8") + "\n" + "\n".join(statements.values()) + f"\nEval lazy in [{names}].\n",
        encoding="utf-8",
    )
    done = subprocess.run(["coqc", "-q", file.name], cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    answers = re.findall(r"\b(?:true|false)\b", done.stdout)
    if done.returncode or len(answers) != len(statements):
        raise RuntimeError(f"coqc does not accept {file}: {done.stderr[-2000:]}")
    return {
        number: "confirmed" if answer == "true" else "unknown"
        for number, answer in zip(statements, answers, strict=True)
    }
