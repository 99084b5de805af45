"""What to do where a program that a test needs is not there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(message: str) -> NoReturn:
    """Fail where everything must be tested, as on hosted machines; skip elsewhere."""
    __tracebackhide__ = True
    pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
