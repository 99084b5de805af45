"""Proof scripts: roots become products of roots of factors, logarithms sums, exponentials products; then ``field``."""

from __future__ import annotations

from fractions import Fraction

from derive.language.density import KL, Derivative, E, Integral, Normal, Var
from derive.language.expr import Div, Expr, Func, Mul, Neg, Num, Pi, Pow, children, rebuild
from derive.language.functions import Apply
from derive.language.times import Limit

from .factors import Factors, Text, relations

CLOSED = (Apply, Derivative, E, Integral, KL, Limit, Var)
TWO = Num(Fraction(2))


def closed(node: Expr) -> bool:
    """Is ``node`` a symbol of its own for Rocq: no rational function, root, logarithm or exponential?"""
    if isinstance(node, Pow):
        return not isinstance(node.power, Num) or node.power.value.denominator != 1
    return isinstance(node, CLOSED) or (isinstance(node, Func) and node.name == "Phi")


def script(left: Expr, right: Expr, text: Text) -> str:
    """A tactic that proves ``left = right`` behind ``intros``, if it can."""
    found = list(dict.fromkeys(node for side in (left, right) for node in _inner_first(side)))
    roots, logs, exps = (
        [n for n in found if isinstance(n, Func) and n.name == name] for name in ("sqrt", "log", "exp")
    )
    split = Factors([n.arg for n in roots], [n.arg for n in logs], text)
    orders = (exps, exps[::-1])  # in one of them more exponentials are products of earlier ones
    exps = min(orders, key=lambda order: relations([n.arg for n in order], split.value).count({}))
    rooted = {b for n in roots for b, power in split.powers(n.arg, 1).items() if power % 2}
    rooted |= {b for n in logs for b, power in split.powers(n.arg, 2).items() if power % 2}
    lines = [f"try assert (P{k} : 0 < {text(base)}) by pos" for k, base in enumerate(split.bases)]
    lines += [f"destruct (root_of _ P{k}) as [s{k} [S{k} Q{k}]]" for k in sorted(rooted)]
    squares = " ".join(f"Q{k}" for k in sorted(rooted))
    by = f"first [ ring [{squares}] | field [{squares}]; nonzero ]" if squares else "first [ ring | field; nonzero ]"
    flat = "".join(f"try rewrite E{k}; " for k in reversed(range(len(roots))))
    for k, node in enumerate(roots):
        whole = _power_product(split, node.arg, 1, text)
        inner = "".join(f"try rewrite E{n}; " for n in reversed(range(k)))
        lines.append(f"try assert (E{k} : {text(node)} = {whole}) by ({inner}apply root_is; [ pos | {by} ])")
    for k, node in enumerate(logs):
        whole, total = _power_product(split, node.arg, 2, text), _log_sum(split, node.arg, text)
        halves = "".join(f"try rewrite (ln_half s{b} _ S{b} Q{b}); " for b in sorted(rooted))
        proof = f"replace {text(node.arg)} with ({whole}) by ({flat}{by}); logs; {halves}field; nonzero"
        lines.append(f"try assert (L{k} : {text(node)} = {total}) by ({proof})")
    for k, parts in enumerate(relations([n.arg for n in exps], split.value)):
        if parts:
            words = {n: text(exps[n]) if sign > 0 else f"/ {text(exps[n])}" for n, sign in parts.items()}
            whole = " * ".join(words[n] for n, sign in parts.items() for _ in range(abs(sign)))
            proof = f"rewrite <- ?exp_Ropp, <- ?exp_plus; {flat}apply f_equal; {by}"
            lines.append(f"try assert (X{k} : {text(exps[k])} = {whole}) by ({proof})")
    rewrites = [f"try rewrite X{k}" for k in reversed(range(len(exps)))] + [
        f"try rewrite L{k}" for k in range(len(logs))
    ]
    end = f"first [ {by} | apply normal_eq; {by} | f_equal; {by} ]"
    return "; ".join([*lines, *rewrites, f"{flat}{end}"])


def opened(side: Expr) -> Expr:
    """``side`` with its Gaussians written out."""
    if closed(side):
        return side
    node = rebuild(side, opened)
    if not isinstance(node, Normal):
        return node
    exponential = Func("exp", Div(Neg(Pow(node.at - node.mean, TWO)), Mul((TWO, node.variance))))
    return Div(exponential, Func("sqrt", Mul((TWO, Pi(), node.variance))))


def _inner_first(node):
    for child in () if closed(node) else children(node):
        yield from _inner_first(child)
    yield node


def _power_product(split, node, unit, text):
    words = []
    for number, power in split.powers(node, unit).items():
        whole, odd = divmod(abs(power), 2)
        word = " * ".join([text(split.bases[number])] * whole + [f"s{number}"] * odd)
        words.append(f"({word})" if power > 0 else f"/ ({word})")
    return f"({' * '.join(words) or '1'})"


def _log_sum(split, node, text):
    words = []
    for number, power in split.powers(node, 2).items():
        base = split.bases[number]
        exponential = isinstance(base, Func) and base.name == "exp"
        words.append(f"({Fraction(power, 2)}) * {text(base.arg) if exponential else f'ln {text(base)}'}")
    return f"({' + '.join(words) or '0'})"
