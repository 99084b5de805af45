"""What a derivation is written in: terms, times, densities, and how they are matched and replaced."""

from . import text  # noqa: F401, it tells expressions how they are written
