"""The kernel: the only place that makes theorems, from rules, by matching and rewriting modulo algebra.

It knows no numbers, calls no ``simplify``, and its rules hold for all times in range.  For algebra and calculus,
``theorem`` calls ``proof.algebra``, which rests on SymPy; this choice is fixed, and no caller can pass another.
"""
