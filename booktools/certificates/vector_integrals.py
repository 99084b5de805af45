"""Scripts about integrals over vectors."""

from __future__ import annotations

from derive.kernel.sums import ONE, product, products, total
from derive.language.expr import Mul, walk
from derive.proof.differentiation import derivative

from .premises import name_of

INT = name_of("int")  # the word for an integral


class Integrals:
    """The part of ``VectorScript`` for integrals."""

    def _Integral(self, node, form):
        return self.integrated(self.kernel(node.body), node.over, lambda: self.normal(node.body))

    def as_numbers(self, *nodes) -> list[str]:
        """Integrals become variables, of which one knows whether they are positive."""
        lines = []
        for symbol in dict.fromkeys(p for node in nodes for p in walk(node) if p in self.kernel.integrals):
            text, name = self.text(symbol), self.fresh("I")
            lines += [f"try assert (0 < {text}) by pos"] * (symbol.domain.low is not None)
            lines.append(f"repeat match goal with K : 0 < {text} |- _ => revert K end")
            lines.append(f"generalize {text}; intros {name}; intros")
            self.word.shown[symbol] = name
        return lines

    def function(self, over, node) -> str:
        return f"(fun {name_of(over.name)} : nat -> R => {self.text(node)})"

    def integrated(self, body, over, same) -> str:
        """An integral is what the kernel makes of it; ``same()`` proves what is inside equal to ``body``."""
        vary = f"f_equal; vary {name_of(over.name)}; "
        lines = f"transitivity ({INT} {self.function(over, body)}); [ {vary}{same()} | "
        if not self.goal.justification.linear:
            inside, _ = self.kernel.integrals[self.kernel.one(body, over)]
            return f"{lines}{vary}{self.alike(body, inside)} ]"
        return f"{lines}{self.apart(body, over)} ]"

    def alike(self, left, right) -> str:
        """Algebra inside of an integral, at points of its own."""
        outside, self.print = self.print, self.points((left, right))
        script, self.print = self.algebra(left, right), outside
        return script

    def apart(self, body, over) -> str:
        """Sums and constants are pulled out."""
        kernel, parts, lines = self.kernel, [], []
        for c, factors in products(body):
            moving = {f: n for f, n in factors.items() if kernel.reaches(f, over)}
            rest = product(c, {f: n for f, n in factors.items() if f not in moving})
            inside, split = product(ONE.value, moving), kernel.split(moving, over)
            if split:
                lines.append(self.coordinates(moving, split, over))
            else:
                inside, _ = kernel.integrals[kernel.one(inside, over)]
            parts.append((rest, inside))
        words = [f"({self.text(rest)}, {self.function(over, inside)})" for rest, inside in parts]
        written = total(map(Mul, parts))
        same = f"transitivity {self.text(written)}; [ {self.alike(body, written)} | "
        same += "cbn [linear_terms]; rewrite ?Rplus_assoc, ?Rplus_0_r; first [ reflexivity | ring ] ]"
        terms = f"apply (integral_terms {INT} [{'; '.join(words)}])"
        first = f"{terms}; [ assumption | outcome_is {name_of(over.name)}; {same} ]"
        whole = [f"({INT} {self.function(over, inside)})" for _, inside in parts]
        lines += [f"try generalize {text}; intros" for text in whole]  # ``ring`` would look inside
        rest = "; ".join(["cbn [integrals]", *lines, "first [ ring | field; nonzero ]"])
        return f"etransitivity; [ {first} | {rest} ]"

    def coordinates(self, moving, split, over) -> str:
        """An integral of an inner product is one for each coordinate."""
        symbol, still, inside = split
        rest = product(ONE.value, {f: n for f, n in moving.items() if f != symbol})
        summand = product(ONE.value, self.kernel.sums[symbol])
        inner, _ = self.kernel.integrals[self.kernel.one(product(ONE.value, inside), over)]
        whole, integral = self.function(over, product(ONE.value, moving)), INT
        each = Mul((product(ONE.value, still), inner))
        a = self.word.function_of(lambda: self.text(product(ONE.value, still)))
        b = self.word.function_of(lambda: self.function(over, inner))
        new = self.over(product(ONE.value, self.kernel.summand(split, over)))
        scaled = f"transitivity ({self.text(rest)} * {self.over(summand)}); [ first [ ring | field; nonzero ] | "
        scaled += "rewrite <- sum_scale; apply sum_ext; intros; first [ ring | field; nonzero ] ]"
        same = f"transitivity ({integral} (fun {name_of(over.name)} : nat -> R => {self.over(each)}))"
        rule = f"apply (integral_sum {integral} _ {a} {b}); assumption"
        rule = f"etransitivity; [ {rule} | apply sum_ext; intros; ring ]"
        same += f"; [ f_equal; vary {name_of(over.name)}; {scaled} | {rule} ]"
        name = self.fresh("J")
        return f"assert ({name} : {integral} {whole} = {new}) by ({same}); rewrite ?{name}"

    def exchanged_with_number(self, raw, by, form) -> str:
        """The derivative by a number of an integral is an integral of derivatives."""
        kernel, over, s, integral = self.kernel, raw.over, name_of(by.name), INT
        body, y = kernel(raw.body), name_of(over.name)
        found = derivative(body, lambda symbol: kernel.by_number(symbol, by))
        moved = total(product(c, factors) for c, factors in products(found))
        functions = [f"(fun {s} : R => {self.function(over, each)})" for each in (body, moved)]
        around = {(True, True): f"near_unit; [ given | given | outcome_is {s}; intros ? ?; outcome_is {y}",
                  (True, False): f"near_pos; [ given | outcome_is {s}; intros ?; outcome_is {y}",
                  (False, False): f"filter_forall; [ outcome_is {s}; outcome_is {y}"}  # fmt: skip
        near = around[by.domain.low is not None, by.domain.high is not None]
        exchange = f"match goal with E : exchanges _ |- _ => apply (E {' '.join(functions)} {s}) end"
        same = f"same_bodies {s}; f_equal; vary {y}; {self.normal(raw.body)}"
        rule = f"apply is_derive_unique; {exchange}; apply {near}; {self.by_number(body, moved)} ]"
        first = f"transitivity (Derive (fun {s} : R => {integral} {self.function(over, body)}) {s}); [ {same} | "
        return (
            f"{first}transitivity ({integral} {self.function(over, moved)}); [ {rule} | {self.apart(moved, over)} ] ]"
        )

    def exchanged(self, raw, by, form, place) -> str:
        """The gradient of an integral is an integral of gradients."""
        kernel, over = self.kernel, raw.over
        outside, self.word.place = self.word.place, place
        moved = total(product(c, f) for c, f in products(derivative(kernel(raw.body), lambda s: kernel.partial(s, by))))
        u, name, integral = name_of(by.name), name_of(over.name), INT
        both = [f"(fun {u} : nat -> R => {self.function(over, each)})" for each in (raw.body, moved)]
        inner = f"outcome_is {u}; outcome_is {name}; {self.partial(raw.body, by, moved, place, inside=True)}"
        rule = f"apply is_derive_unique; apply (exchange_partial {integral} {' '.join(both)} {u} {place})"
        lines = f"unfold partial at 1; transitivity ({integral} {self.function(over, moved)}); "
        lines += f"[ {rule}; [ assumption | {inner} ] | {self.apart(moved, over)} ]"
        self.word.place = outside
        return lines
