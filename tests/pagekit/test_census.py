"""The count of the lines that decide whether a step passes."""

from __future__ import annotations

import sys

import grimp

from pagekit.census import DECIDE, PARTS, code, lines_of_code


def test_lines_of_code_leave_out_what_is_no_code():
    module = '"""Doc."""\n\n# why\nx = 1  # a comment\n'
    function = 'def f():\n    """Doc\n    of two lines."""\n    return (\n        x\n    )\n'
    assert code(module) == 1 and code(module + function) == 5 and code("") == 0


def test_every_part_is_counted():
    lines = lines_of_code()
    assert set(lines) == set(PARTS) and min(lines.values()) > 50


def test_what_decides_a_step_rests_on_sympy_and_on_nothing_that_is_not_counted():
    """Whatever the kernel imports, directly or not, is counted, or is a library that the page names."""
    graph = grimp.build_graph("derive", include_external_packages=True)
    reached = graph.find_upstream_modules("derive.kernel.theorem")
    parts = {".".join(name.split(".")[:2]) for name in reached if name.startswith("derive.")}
    others = {name for name in reached if not name.startswith("derive")}
    assert parts == {*DECIDE, "derive.errors"}
    assert others - sys.stdlib_module_names == {"sympy"}
