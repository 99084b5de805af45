"""Pages are read by as many processes as there are cores, and written by one: writing collects what they share."""

from __future__ import annotations

import os

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx_proof.domain import ProofDomain

# They say nothing about reading by several processes, for which Sphinx would refuse it: one numbers chapters when all
# pages are read, the other acts on LaTeX alone.
SILENT = ("sphinx_multitoc_numbering", "sphinx_jupyterbook_latex")


# Its data lie in the environment, where the extension merges them itself; the domain has none.
ProofDomain.merge_domaindata = lambda *_: None


def read_together(app: Sphinx) -> None:
    for name in SILENT:
        app.extensions[name].parallel_read_safe = True
    app.parallel = os.cpu_count() or 1


def write_alone(app: Sphinx, env: BuildEnvironment) -> None:
    app.parallel = 1


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", read_together)
    app.connect("env-updated", write_alone)
