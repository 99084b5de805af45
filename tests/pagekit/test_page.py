"""What chapters use: repeatable starts in a real kernel, parameters refused before any work, named values."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import papermill
import pytest
from root import ROOT, environment

from diffusion_lib import errors
from diffusion_lib.errors import ConfigError
from pagekit import page as notebook
from pagekit.page import boolean, check_parameters, choice, integer, multiple, real

CHAPTER = [
    "from pagekit.page import check_parameters, finish, setup, value\nsetup(3)",
    "import matplotlib.pyplot as plt\nimport numpy as np\n"
    "x = np.linspace(0, 6, 50)\nplt.plot(x, np.sin(x), 'o-', label=r'$\\bar\\alpha_t$')\nplt.legend();",
    "import json, os, random, torch\n"
    "def draws():\n    return [random.random(), float(np.random.rand()), float(torch.rand(()))]\n"
    "setup(3)\nfirst = draws()\nsetup(3)\nsecond = draws()\nsetup(4)\nthird = draws()\n"
    "print(json.dumps([first, second, third]))",
    "from threadpoolctl import threadpool_info\n"
    "print(json.dumps({'threads': torch.get_num_threads(), 'pools': max(p['num_threads'] for p in threadpool_info()),\n"
    "  'deterministic': torch.are_deterministic_algorithms_enabled(),\n"
    "  'cublas': os.environ['CUBLAS_WORKSPACE_CONFIG'], 'benchmark': torch.backends.cudnn.benchmark,\n"
    "  'tf32': torch.backends.cuda.matmul.allow_tf32 or torch.backends.cudnn.allow_tf32}))",
    "print(torch.tensor([1 / 3, 12345.0]), np.array([1 / 3, 1e-9]))",
    "import warnings\nwarnings.warn('take care')",
    "value('best-loss', 1 / 3)\nvalue('steps', 12345)\nvalue('device', 'cpu')",
    "finish()",
]


def execute(directory: Path) -> nbformat.NotebookNode:
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CHAPTER])
    client = nbclient.NotebookClient(
        nb, kernel_name="python3", timeout=60, record_timing=False, resources={"metadata": {"path": str(directory)}}
    )
    client.execute(env=environment(OMP_NUM_THREADS="2"))
    return nb


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    return [execute(tmp_path_factory.mktemp(name)) for name in ("first", "second")]


def test_two_kernels_give_the_same_bytes(executed):
    first, second = ([cell.outputs for cell in nb.cells] for nb in executed)
    assert json.dumps(first) == json.dumps(second)


def test_figures_are_transparent_svg_without_dates_or_versions(executed):
    (output,) = executed[0].cells[1].outputs
    assert sorted(output.data) == ["image/svg+xml", "text/plain"]
    svg = output.data["image/svg+xml"]
    assert "<dc:date>" not in svg and "matplotlib.org" not in svg
    assert "fill: #ffffff" not in svg and "<text" not in svg
    assert len(svg) < 40_000


def test_seeds_repeat_and_differ(executed):
    first, second, third = json.loads(executed[0].cells[2].outputs[0].text)
    assert first == second
    assert not any(a == b for a, b in zip(first, third, strict=True))


def test_settings_are_deterministic(executed):
    assert json.loads(executed[0].cells[3].outputs[0].text) == {
        "threads": 1,
        "pools": 1,
        "deterministic": True,
        "cublas": ":4096:8",
        "benchmark": False,
        "tf32": False,
    }


def test_floats_are_printed_with_four_digits(executed):
    text = executed[0].cells[4].outputs[0].text
    assert "0.3333," in text and "0.3333 0. " in text and "e+" not in text


def test_warnings_do_not_name_temporary_files(executed):
    assert executed[0].cells[5].outputs[0].text == "UserWarning: take care\n"


def test_values_are_outputs_that_prose_can_quote(executed):
    marked = [(out.metadata["diffusion_lib"]["value"], dict(out.data)) for out in executed[0].cells[6].outputs]
    assert marked == [
        ("best-loss", {"text/plain": "0.3333"}),
        ("steps", {"text/plain": "12345"}),
        ("device", {"text/plain": "cpu"}),
    ]


def test_finish_prints_the_line_that_proves_it(executed, capsys):
    notebook.finish()
    assert capsys.readouterr().out == executed[0].cells[7].outputs[0].text == "chapter complete\n"


@pytest.mark.parametrize("name", ["", "Loss", "best_loss", "best loss", "-loss", "2nd", 3, None])
def test_value_refuses_names(name):
    with pytest.raises(ConfigError, match="lower-case words"):
        notebook.value(name, 1.0)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_value_refuses_what_is_not_finite(number):
    with pytest.raises(ConfigError, match=r"best-loss must be finite, got .*(nan|inf)"):
        notebook.value("best-loss", number)


@pytest.mark.parametrize("seed", [-1, 2**63, 1.0, True, "1", None, math.nan])
def test_setup_refuses_seeds_before_it_changes_anything(seed, monkeypatch):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    with pytest.raises(ConfigError, match="seed must be an integer in 0"):
        notebook.setup(seed)
    assert "CUBLAS_WORKSPACE_CONFIG" not in os.environ


def test_importing_it_is_light():
    heavy = "torch", "numpy", "matplotlib", "IPython"
    code = f"import sys, pagekit.page; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert run.stdout == "[]\n"


GOOD = [
    (integer(1, 9), [1, 9]),
    (multiple(8, 64, 256), [64, 72, 256]),
    (real(0, 1), [0, 0.0, 1, 1e-300]),
    (real(0, 1, open_low=True, open_high=True), [1e-300, 0.5]),
    (choice("linear", "cosine"), ["linear", "cosine"]),
    (boolean(), [True, False]),
]
BAD = [
    (integer(1, 9), [0, 10, -1, True, 1e3, 5.0, "5", "0x10", "1_000", "nan", None, math.nan, math.inf, [5], 10**400]),
    (multiple(8, 64, 256), [0, 56, 63, 65, 100, 255, 264, 2048, -64, True, 64.0, "64", None, math.nan, [64]]),
    (real(0, 1), [-1e-9, 1.1, True, "0.5", "nan", None, math.nan, math.inf, -math.inf, 1j, [0.5]]),
    (real(0, 1, open_low=True, open_high=True), [0, 0.0, 1, 1.0]),
    (choice("linear", "cosine"), ["cosin", "", "Linear", "cosine ", None, 0, True, ["linear"]]),
    (boolean(), ["true", "false", "True", "", 0, 1, None]),
]


@pytest.mark.parametrize(("rule", "value"), [(rule, value) for rule, values in GOOD for value in values])
def test_rules_accept(rule, value):
    check_parameters({"x": value}, x=rule)


@pytest.mark.parametrize(("rule", "value"), [(rule, value) for rule, values in BAD for value in values])
def test_rules_refuse(rule, value):
    with pytest.raises(ConfigError, match=r"^x must be .*, got .*; set it in the cell tagged parameters"):
        check_parameters({"x": value}, x=rule)


def test_a_multiple_names_what_is_allowed_and_the_next_below():
    with pytest.raises(ConfigError, match=r"^dim must be a multiple of 8 in 64\.\.256, got 71; use 64; set it in"):
        check_parameters({"dim": 71}, dim=multiple(8, 64, 256))


def test_choice_names_the_nearest():
    with pytest.raises(
        ConfigError, match="schedule must be one of 'linear', 'cosine', got 'cosin'; did you mean 'cosine'"
    ):
        check_parameters({"schedule": "cosin"}, schedule=choice("linear", "cosine"))


@pytest.mark.parametrize("value", [5, 0.5, "a", True, None, [1, [2]], {"a": {"b": 1}}])
def test_unknown_name_is_refused_with_the_nearest(value):
    with pytest.raises(
        ConfigError, match=r"^TT = .* is not a parameter of this chapter, allowed: T, seed; did you mean 'T'"
    ):
        check_parameters({"T": 5, "TT": value, "seed": 0}, T=integer(1, 9), seed=integer(0, 9))


def test_a_missing_parameter_is_refused():
    with pytest.raises(ConfigError, match="T must be set, got nothing"):
        check_parameters({}, T=integer(1, 9))


def test_names_that_are_no_parameters_are_left_alone():
    shell = {"In": ["T = 5"], "Out": {}, "_": "", "_ih": [""], "__name__": "__main__", "exit": exit, "open": open}
    imported = {"MAX_SEED": errors.MAX_SEED, "SENTINEL": notebook.SENTINEL, "math": math, "TABLE": {"a": len}}
    check_parameters(shell | imported | {"T": 5}, T=integer(1, 9))


def test_a_constant_of_the_library_with_another_value_is_refused():
    with pytest.raises(ConfigError, match="SENTINEL = 'done' is not a parameter"):
        check_parameters({"T": 5, "SENTINEL": "done"}, T=integer(1, 9))


def test_a_reader_may_run_the_cell_again_after_the_chapter_made_its_own_variables():
    namespace = {"T": 5}
    check_parameters(namespace, T=integer(1, 9))
    namespace |= {"loss": 0.5, "T": 6}
    check_parameters(namespace, T=integer(1, 9))
    namespace["T"] = 10
    with pytest.raises(ConfigError, match="got 10"):
        check_parameters(namespace, T=integer(1, 9))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        pytest.param("TT", 5, "TT = 5 is not a parameter", id="unknown"),
        pytest.param("flag", "false", "flag must be True or False, got 'false'", id="text-for-flag"),
        pytest.param("T", math.nan, "T must be an integer in 1..9, got nan", id="nan"),
        pytest.param("T", 1e3, "T must be an integer in 1..9, got 1000.0", id="1e3"),
        pytest.param("T", "0x10", "T must be an integer in 1..9, got '0x10'", id="0x10"),
        pytest.param("T", None, "T must be an integer in 1..9, got None", id="none"),
        pytest.param("T", 10, "T must be an integer in 1..9, got 10", id="out-of-range"),
    ],
)
def test_plain_papermill_is_refused_by_the_chapter_before_any_work(tmp_path, monkeypatch, name, value, message):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    sources = [
        "T = 5\nflag = True",
        "from pagekit.page import boolean, check_parameters, integer\n"
        "check_parameters(globals(), T=integer(1, 9), flag=boolean())",
        "open('work-was-done', 'w').close()",
    ]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nb.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(nb, tmp_path / "chapter.ipynb")
    with pytest.raises(papermill.PapermillExecutionError) as caught:
        papermill.execute_notebook(
            tmp_path / "chapter.ipynb",
            tmp_path / "out.ipynb",
            {name: value},
            kernel_name="python3",
            language="python",
            progress_bar=False,
            cwd=tmp_path,
        )
    assert caught.value.ename == "ConfigError" and message in caught.value.evalue
    assert not (tmp_path / "work-was-done").exists()


def test_a_measured_number_is_printed_behind_a_sign_that_nbval_knows(capsys):
    notebook.measured("error", 0.12345, low=0.1, high=0.2)
    assert capsys.readouterr().out == "error ≈ 0.123\n"


@pytest.mark.parametrize("number", [0.3, float("nan")])
def test_a_measured_number_outside_its_interval_fails(number):
    with pytest.raises(ArithmeticError, match=r"error must lie in 0\.1\.\.0\.2"):
        notebook.measured("error ", number, low=0.1, high=0.2)
