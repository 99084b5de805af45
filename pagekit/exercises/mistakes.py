"""Common mistakes: what people write instead of the right answer, and a message for each.

Every subexpression of the right answer is changed in the ways in which people go wrong at the blackboard.  A wrong
answer that equals one of the changed ones is that mistake.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from .exercise import confused_with

HALF = sp.Rational(1, 2)


def mistakes(answer: sp.Expr) -> Iterator[tuple[str, sp.Expr]]:
    """Yield (words, wrong answer), the changes of the whole answer first."""
    yield "the sign is wrong", -answer
    yield "a factor 2 is missing", answer / 2
    yield "there is a factor 2 too many", 2 * answer
    yield "it is upside down", 1 / answer
    yield "this is its square; was the root forgotten, or a variance given for a standard deviation?", answer**2
    if not answer.is_negative:
        yield "this is its root; was a standard deviation given for a variance?", sp.sqrt(answer)
    for symbol in sorted(answer.free_symbols, key=str):
        for other in confused_with(symbol):
            yield f"{other} stands in place of {symbol}", answer.subs(symbol, other)
    for path, part in _subexpressions(answer):
        for words, wrong in _local(part):
            yield words, _put(answer, path, wrong)


def _local(part) -> Iterator[tuple[str, sp.Expr]]:
    if part.is_Pow and abs(part.exp) == HALF:
        yield f"the root over {part.base} is missing", part.base ** (2 * part.exp)
    if part.is_Pow and abs(part.exp) == 2:
        yield f"the square on {part.base} is missing", part.base ** (part.exp / 2)
    if part.is_Add:
        for term in part.args:
            yield f"the sign of the term {term} is wrong", part - 2 * term
            yield f"the term {term} is missing", part - term
    if part.is_Mul:
        for factor in part.args:
            yield f"the factor {factor} is missing", part / factor
            yield f"the factor {factor} is on the wrong side of the fraction bar", part / factor**2
    if part.is_Symbol:
        for other in confused_with(part):
            yield f"one {part} should not be {other}", other
    if part.is_Symbol or part.is_Add:
        yield f"there is a root too many over {part}", sp.sqrt(part)
        yield f"there is a square too many on {part}", part**2


def _subexpressions(expr, path=()) -> Iterator[tuple[tuple[int, ...], sp.Expr]]:
    """Every subexpression and the path to it."""
    yield path, expr
    for number, part in enumerate(expr.args):
        if not part.is_Number:
            yield from _subexpressions(part, (*path, number))


def _put(expr, path, part):
    """``expr`` with ``part`` at ``path``."""
    if not path:
        return part
    arguments = list(expr.args)
    arguments[path[0]] = _put(arguments[path[0]], path[1:], part)
    return expr.func(*arguments)
