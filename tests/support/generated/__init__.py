"""Falsehoods made from the rules: each side condition is dropped in turn, in all forms in which a page might have it.

A generator yields ``False_(name, build, because)``; ``build(w)`` states the false step in a ``Setting``.
``because`` is the reason why the step is false, where numbers cannot see it.
"""

from __future__ import annotations

from dataclasses import replace

from generated import blocks, cited, densities, means, numbers, sums

BECAUSE = {  # what begins like this is false for this reason, which no number shows
    "Markov, undeclared": "the law is not declared to be a Markov chain; models are drawn by the justification",
    "Markov, path of an undeclared law": "the law is not declared to be a Markov chain",
    "Markov, a sum of undeclared logs": "the law is not declared to be a Markov chain",
    "linearity, into a mean, a": "what goes into the mean is another number at each x_1; outside it has one value",
    "linearity, into a mean, two": "what goes into the mean is another number at each x_1; outside it has one value",
    "linearity, out of a mean, a member": "the member depends on x_1, by a definition that the line does not cite",
    "sum of densities, a product that is zero at first": "at T = 8 the left side is not zero",
    "limit, a member": "the sequence is arbitrary and need not have a limit",
    "number, zeroth power of a real": "0 to the power 0 has no value on this page",
    "number, cancelled": "there is no value at zero",
    "calculus, a letter stands still": "the letter is defined by the variable of the slope",
    "calculus, two letters stand still": "the letter is defined by the variable of the slope, over two definitions",
    "calculus, a function stands still": "the function is defined by the variable of the slope",
    "induction, step": "nothing was proved from t to t + 1",
    "induction, base": "nothing was proved at t = 1",
    "induction, the hypothesis one too far": "the hypothesis is about t, and is cited at t + 1",
    "gap, a square that may be zero": "the gap is zero at r = 0, and the bound strict",
    "cited, a hypothesis": "a hypothesis holds within its induction only",
    "cited, an induction": "nothing was concluded",
    "cited, an inequality": "the last line is a bound",
}


def generated() -> dict:
    """All generated falsehoods by name, in one order."""
    found = {}
    for module in (densities, means, sums, numbers, blocks, cited):
        for one in module.falsehoods():
            if one.name in found:
                raise KeyError(f"two generated falsehoods are named {one.name}")
            known = [reason for start, reason in BECAUSE.items() if one.name.startswith(start)]
            found[one.name] = replace(one, because=known[0]) if known and not one.because else one
    return found
