"""From ``book/X.md`` to ``notebooks/X.ipynb`` and to ``_build/html``; each step is a function of a root directory."""
