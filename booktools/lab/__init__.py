"""The laboratories of the pages: blocks, drawn when the book is built, and the scripts that bring them to life."""

from pathlib import Path

KEPT = Path(__file__).parents[2] / "_build" / "graphs"  # graphs, pictures and tables that take long to make
