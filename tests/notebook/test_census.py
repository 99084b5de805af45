"""The count of what has to be trusted."""

from __future__ import annotations

from diffusion_lib.notebook.census import ROOMS, code, lines_of_code, opinion

TRUSTED = 1500  # kernel and language, which have to be read to believe a line


def test_lines_of_code_leave_out_what_is_no_code():
    module = '"""Doc."""\n\n# why\nx = 1  # a comment\n'
    function = 'def f():\n    """Doc\n    of two lines."""\n    return (\n        x\n    )\n'
    assert code(module) == 1 and code(module + function) == 5 and code("") == 0


def test_kernel_and_language_can_be_read_in_an_evening():
    lines = lines_of_code()
    assert set(lines) == set(ROOMS) and min(lines.values()) > 50
    assert lines["kernel"] + lines["language"] <= TRUSTED, lines


def test_the_opinion_is_of_all_steps():
    total = opinion()
    assert total["contradicted"] == 0 and total["either"] >= total["Rocq"] > 0
    assert total["steps"] == total["densities"] + total["alike"] + total["either"] + total["unknown"]
