"""What every chapter does around its own work: start repeatably, check its parameters, show numbers, report completion.

A notebook repeats byte by byte when nothing in it depends on the clock, on the number of processors or on chance.
``setup`` fixes all three.  A notebook can be trusted with other parameters when a bad one stops it before any work:
papermill only warns about unknown names, turns ``true`` into a text and accepts NaN, so the chapter checks for itself
with ``check_parameters``.  A notebook that ran to its end says so with ``finish``; one that left early cannot.
The second code cell of a chapter holds plain values (tag ``parameters``), the third checks them and calls ``setup``.
"""

from __future__ import annotations

import contextlib
import difflib
import gc
import math
import numbers
import os
import random
import re
import reprlib
import sys
import warnings
from collections.abc import Callable, Collection, MutableMapping
from typing import Any

from diffusion_lib import PACKAGES
from diffusion_lib.errors import ConfigError, check_choice, check_integer, check_real, check_seed

SENTINEL = "chapter complete"
Rule = Callable[[str, object], object]  # rule(name, value) returns, or raises ConfigError
# What a kernel inherits when a chapter is to be repeated: sums in one order, sets in one order, no bars with times.
ENVIRONMENT = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
ENVIRONMENT |= {"PYTHONHASHSEED": "0", "TQDM_DISABLE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
SVG_OPTIONS: dict[str, Any] = {"bbox_inches": "tight", "metadata": {"Date": None, "Creator": None}}
COLOURS = ("#4269d0", "#d9480f", "#2b8a3e", "#9c36b5", "#c29200", "#1098ad", "#868e96")
# Text becomes outlines: then a figure looks the same on a phone without these fonts, and formulas keep their shape.
# Grounds are transparent and lines avoid black and white, so that the book can invert a figure for dark mode.
STYLE = {
    "svg.fonttype": "path",
    "svg.hashsalt": "diffusion_lib",
    "figure.figsize": (6.4, 3.4),
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "auto",
    "font.size": 10.5,
    "axes.titlesize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#666666",
    "axes.grid": True,
    "grid.color": "#999999",
    "grid.alpha": 0.3,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
}


def setup(seed: int = 0) -> None:
    """Make everything that follows repeatable: seeds, one thread, deterministic algorithms, fixed ways to print.

    Seeds Python, NumPy and torch with ``seed`` (0 ≤ seed < 2⁶³; NumPy through a ``SeedSequence``, which takes all of
    it); raises ``ConfigError`` for another value.  May be called again: the second call seeds again.
    """
    seed = check_seed(seed)
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # cuBLAS reads it once, when CUDA starts
    for name in ("TQDM_DISABLE", "HF_HUB_DISABLE_PROGRESS_BARS"):  # tqdm and the hub read these when they are imported
        os.environ[name] = ENVIRONMENT[name]
    import numpy as np

    gc.set_threshold(100_000, 50, 100)  # expressions hold no cycles; to look for some took a tenth of a proof
    random.seed(seed)
    np.random.seed(np.random.SeedSequence(seed).generate_state(8))
    np.set_printoptions(precision=4, suppress=True, linewidth=100)
    _setup_torch(seed)
    _setup_figures()
    # The default names a file in a temporary directory, which differs from run to run.
    warnings.formatwarning = lambda message, category, *_, **__: f"{category.__name__}: {message}\n"
    warnings.filterwarnings("ignore", "IProgress not found")  # tqdm looks for a widget, and pages show no bars
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # it warns of parts that no page uses


def _setup_torch(seed: int) -> None:
    import torch
    from threadpoolctl import threadpool_limits

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    with contextlib.suppress(RuntimeError):  # it can be set only once, before the first parallel work
        torch.set_num_interop_threads(1)
    threadpool_limits(1)  # NumPy's and SciPy's BLAS; sums in another order give other last digits
    torch.set_deterministic_debug_mode("error")  # use_deterministic_algorithms also loads the compiler, for 0.7 s
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.set_printoptions(precision=4, sci_mode=False, linewidth=100)


def _setup_figures() -> None:
    import matplotlib
    from IPython import get_ipython

    matplotlib.rcParams.update(STYLE)
    matplotlib.rcParams["axes.prop_cycle"] = matplotlib.cycler(color=COLOURS)
    if get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", **SVG_OPTIONS)


def integer(low: int, high: int) -> Rule:
    """A whole number in low..high; ``True`` and ``1e3`` are none."""
    return lambda name, value: check_integer(name, value, low, high)


def multiple(of: int, low: int, high: int) -> Rule:
    """A whole number in low..high that ``of`` divides; both ends are such numbers, and the remedy is the next below."""

    def rule(name: str, value: object) -> int:
        number = check_integer(name, value, low, high)
        if number % of:
            raise ConfigError(
                f"{name} must be a multiple of {of} in {low}..{high}, got {number}; use {number // of * of}"
            )
        return number

    return rule


def real(low: float, high: float, *, open_low: bool = False, open_high: bool = False) -> Rule:
    """A finite number between ``low`` and ``high``, which belong to the interval unless declared open."""
    return lambda name, value: check_real(name, value, low, high, open_low=open_low, open_high=open_high)


def choice(*names: str) -> Rule:
    """One of the texts ``names``."""
    return lambda name, value: check_choice(name, value, names)


def text(longest: int) -> Rule:
    """A text of at most so many characters."""

    def rule(name: str, value: object) -> str:
        if not isinstance(value, str) or len(value) > longest:
            what = f"got {reprlib.repr(value)} of type {type(value).__name__}"
            raise ConfigError(f"{name} must be a text of at most {longest} characters, {what}")
        return value

    return rule


def boolean() -> Rule:
    """``True`` or ``False``; the text "false" is true in Python and is refused."""

    def rule(name: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise ConfigError(f"{name} must be True or False, got {value!r} of type {type(value).__name__}")
        return value

    return rule


def check_parameters(namespace: MutableMapping[str, object], /, **rules: Rule) -> None:
    """Check a chapter's parameters: ``check_parameters(globals(), T=integer(1, 4000))``, before any work.

    Raises ``ConfigError`` for a value that breaks its rule, for a parameter that is not defined, and for any other
    variable that holds a plain value: papermill defines ``TT = 5`` for ``-p TT 5`` and goes on.  Unknown variables
    are looked for on the first call only; when a reader runs the cell again, the chapter has variables of its own.
    """
    if not namespace.get("_parameters_checked"):
        _refuse_unknown(namespace, rules)
    for name, rule in rules.items():
        if name not in namespace:
            raise ConfigError(f"{name} must be set, got nothing; define it in the cell tagged parameters")
        try:
            rule(name, namespace[name])
        except ConfigError as error:
            raise ConfigError(f"{error}; set it in the cell tagged parameters, or with -p {name} VALUE") from None
    namespace["_parameters_checked"] = True


def _refuse_unknown(namespace: MutableMapping[str, object], rules: dict[str, Rule]) -> None:
    for name, value in namespace.items():
        if name in rules or name.startswith("_") or name in ("In", "Out"):  # IPython's own are not parameters
            continue
        if _is_plain(value) and not _is_imported(name, value):
            raise unknown_parameter(name, value, rules)


def unknown_parameter(name: str, value: object, known: Collection[str]) -> ConfigError:
    """The refusal of a name that is no parameter of the chapter, with the nearest one that is."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "remove it"
    given = f"{name} = {reprlib.repr(value)}"
    return ConfigError(f"{given} is not a parameter of this chapter, allowed: {', '.join(known)}; {hint}")


def _is_plain(value: object) -> bool:
    """Whether papermill could have written ``value`` into the notebook."""
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, [*value, *value.values()]))
    return value is None or isinstance(value, (bool, int, float, str))


def _is_imported(name: str, value: object) -> bool:
    """Whether ``value`` came by ``from … import name`` out of a package of ours: a constant, not a parameter."""
    modules = [module for key, module in sys.modules.items() if key.partition(".")[0] in PACKAGES]
    return any(vars(module).get(name, modules) is value for module in modules)


def value(name: str, number: numbers.Real | str) -> None:
    """Show a computed number, or a text, under a name by which the book's prose quotes it: ``{value}`name```.

    Whole numbers are shown as they are, others with four significant digits.  Raises ``ConfigError`` for a name that
    is not lower-case words joined by hyphens, and for NaN and infinity.
    """
    from IPython.display import display

    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise ConfigError(f"name must be lower-case words joined by hyphens, got {name!r}")
    if not isinstance(number, str) and not math.isfinite(number):
        raise ConfigError(f"{name} must be finite, got {number!r}; a page does not quote it")
    text = str(number) if isinstance(number, (str, numbers.Integral)) else f"{float(number):.4g}"
    display({"text/plain": text}, raw=True, metadata={"diffusion_lib": {"value": name}})


def measured(label: str, number: float, low: float = -math.inf, high: float = math.inf) -> None:
    """Print ``label ≈ number``, a result of float32 training, whose last digits depend on the processor.

    Whoever compares it with a stored output passes over what follows ≈; this line checks it, by the interval in which
    the number must lie.  Raises ``ArithmeticError`` outside of it.
    """
    number = float(number)
    if not low <= number <= high:
        raise ArithmeticError(f"{label.strip()} must lie in {low:g}..{high:g}, got {number:.4g}")
    print(f"{label} ≈ {number:.3f}")


def finish() -> None:
    """Report that the chapter ran to its end, in the last cell; a re-run without this line counts as failed."""
    print(SENTINEL)
