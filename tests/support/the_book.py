"""The book of this repository; its pages are read once in a process, so leave them as they are."""

from __future__ import annotations

from root import ROOT

from booktools.source.pages import Book

BOOK = Book(ROOT)
