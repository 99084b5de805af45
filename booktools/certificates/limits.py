"""Proof scripts for limits: of powers, of Riemann and Stieltjes sums, and of what is smooth in h = 1/T."""

from __future__ import annotations

from fractions import Fraction

from derive.language.density import Integral
from derive.language.expr import Add, Div, Expr, Func, Interval, Mul, Neg, Num, Pow, Symbol, rebuild, walk
from derive.language.functions import Apply
from derive.language.times import Index, Product, Sum
from derive.language.tree import free_indices

from .differentiation import Derivatives, neg, over, terms
from .facts import replaced
from .polynomials import ONE, ZERO
from .polynomials import product as times
from .polynomials import total as add
from .premises import Untranslated

H = Symbol("h_to_0", "h", Interval())


def limit(script) -> str:
    body, symbol, right = script.goal.left.body, script.goal.left.symbol, script.goal.right
    if isinstance(body, Pow):
        return "intros; apply is_lim_seq_geom; apply Rabs_def1; lra" if right == ZERO else "intros; apply limit"
    if isinstance(body, Product):
        return of_product(script, body, right)
    if any(isinstance(part, Sum) for part in walk(body)):
        return of_sum(script, right)
    powers = laurent(body, symbol)
    most = max(powers)
    if most > 1:
        raise Untranslated("a limit that is neither a value nor a derivative")
    function = add(*(times(c, *[H] * (most - power)) for power, c in powers.items()))
    text = f"(fun {H.name} : R => {script.text(function)})"
    first = replaced(function, {H: ZERO})
    roots = [part.arg for part in walk(first) if isinstance(part, Func) and part.name == "sqrt"]
    plain = [
        part.arg for side in (body, right) for part in walk(side) if isinstance(part, Func) and part.name == "sqrt"
    ]
    lines = ["intros"]
    for root in roots:
        lines.append(f"try assert ({script.fresh('K')} : 0 < {script.text(root)}) by (rewrite ?Rmult_0_r; lra)")
        same = next((part for part in plain if script.print(part) == script.print(root)), None)
        if same is not None:
            a, b = script.text(root), script.text(same)
            lines.append(
                f"try assert ({script.fresh('K')} : 0 < {a}) by (replace {a} with {b} by (field; nonzero); pos)"
            )
    if most < 1:
        closed = at_zero(script, first, right)
        lines.append(f"apply (limit_of_value {text}); [ eexists; slope | cbv beta; {closed} | of_inverse ]")
        return "; ".join(lines)
    at_h = replaced(Derivatives(script).by(function, H), {H: ZERO})
    value = f"eapply slope_eq; [ slope | transitivity {script.text(at_h)}; [ same | {at_zero(script, at_h, right)} ] ]"
    lines.append(f"apply (limit_of_slope {text}); [ {value} | cbv beta; {at_zero(script, first, ZERO)} | of_inverse ]")
    return "; ".join(lines)


def at_zero(script, left, right) -> str:
    other = "rewrite ?Rmult_0_r, ?Ropp_0, ?Rplus_0_r, ?exp_0, ?sqrt_1; first [ ring | field; nonzero ]"
    return f"first [ solve [ {script.algebra(left, right)} ] | {other} ]"


def of_sum(script, right) -> str:
    ((factor, integral),) = terms(right)
    if not isinstance(integral, Integral) or not isinstance(integral.body, Apply):
        raise Untranslated("the limit of this sum")
    f, a = f"(fun {integral.over.name} : R => {script.text(integral.body)})", script.text(factor)
    if integral.high == ONE:
        whole, rule = f"({a} * RInt {f} 0 1)", "apply limit_of_riemann; [ assumption | of_sums ]"
        return f"intros; replace {script.text(right)} with {whole} by (unfold Rdiv; ring); {rule}"
    w, up = script.text(integral.high).strip("()").split()[0], integral.high.args == (ONE,)
    whole = f"({a} * RInt {f} ({w} {int(not up)}) ({w} {int(up)}))"
    rule = f"apply limit_of_stieltjes{'_up' * up}; [ assumption | assumption | of_sums ]"
    return f"intros; replace {script.text(right)} with {whole} by (unfold Rdiv; ring); {rule}"


def of_product(script, body, right) -> str:
    if not isinstance(right, Func) or right.name != "exp":
        raise Untranslated("the limit of this product")
    if body.symbol not in free_indices(body.body):
        return "intros; apply limit_of_power; of_products"
    ((factor, integral),) = terms(right.arg)
    if not isinstance(integral, Integral) or integral.high != ONE:
        raise Untranslated("the limit of this product")
    f, a = f"(fun {integral.over.name} : R => {script.text(integral.body)})", script.text(factor)
    same = f"replace {script.text(right)} with (exp ({a} * RInt {f} 0 1)) by (f_equal; unfold Rdiv; ring)"
    return f"intros; {same}; apply limit_of_product; [ assumption | of_products ]"


def laurent(node: Expr, symbol: str) -> dict[int, Expr]:
    """``node`` as a sum of powers of T with factors that are functions of h = 1/T."""
    if symbol not in free_indices(node):
        return {0: node}
    if isinstance(node, Index):
        return {1: ONE, 0: Num(Fraction(node.offset))} if node.offset else {1: ONE}
    if isinstance(node, Neg):
        return {power: neg(c) for power, c in laurent(node.arg, symbol).items()}
    if isinstance(node, Add):
        found: dict[int, Expr] = {}
        for term in node.terms:
            for power, c in laurent(term, symbol).items():
                found[power] = add(found.get(power, ZERO), c)
        return found
    if isinstance(node, Mul):
        found = {0: ONE}
        for factor in node.factors:
            new: dict[int, Expr] = {}
            for power, c in found.items():
                for more, d in laurent(factor, symbol).items():
                    new[power + more] = add(new.get(power + more, ZERO), times(c, d))
            found = new
        return found
    if isinstance(node, Div):
        under = laurent(node.under, symbol)
        if len(under) == 1:
            ((less, c),) = under.items()
            return {power - less: d if c == ONE else over(d, c) for power, d in laurent(node.over, symbol).items()}
    return {0: in_h(node, symbol)}


def in_h(node: Expr, symbol: str) -> Expr:
    if isinstance(node, Div) and node.under == Index(symbol):
        return Mul((in_h(node.over, symbol), H))
    if isinstance(node, Index) and node.symbol == symbol:
        raise Untranslated("a time that is not below")
    return rebuild(node, lambda child: in_h(child, symbol))
