"""The register of falsehoods: every named case of the test files, as a function without arguments that must raise."""

from __future__ import annotations

import importlib

FILES = ("falsehoods", "attacks", "scopes", "holes", "holes_of_the_kernel", "truths", "new_truths", "soundness")


def cases() -> dict:
    """All cases: ``file:name`` → a function without arguments."""
    tables = {f"test_{file}": importlib.import_module(f"tests.derive.test_{file}").FALSE for file in FILES}
    return {f"{file}:{name}": case for file, table in tables.items() for name, case in table.items()}
