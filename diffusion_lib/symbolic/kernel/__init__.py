"""The kernel: the only place that makes theorems, from rules, by matching and rewriting modulo algebra.

It knows no numbers, calls no ``simplify``, and its rules hold for all times in range.  The algebra is handed to it.
"""
