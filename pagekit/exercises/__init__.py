"""Exercises of the book: ``grade("posterior-mean", answer)`` says whether an answer is right, or names its mistake.

Each chapter has a module with its ``EXERCISES``; a new module is found by itself.
"""

from .exercise import Exercise, symbols
from .grade import Verdict, exercises, grade, grade_answer

__all__ = ["Exercise", "Verdict", "exercises", "grade", "grade_answer", "symbols"]
