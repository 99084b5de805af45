"""Scripts that take means over vectors of noise."""

from __future__ import annotations

from derive.kernel.sums import ONE, product, products, times, total
from derive.language.expr import Mul
from derive.language.vectors import d

from .premises import Untranslated


class Means:
    """The mean over noise of a polynomial, term by term."""

    def __init__(self, script):
        self.script, self.kernel, self.text = script, script.kernel, script.text

    def proof(self, node, form) -> str:
        script, value = self.script, self.kernel(node.body)
        parts, lines = [], []
        for c, factors in products(value):
            chance = {f: n for f, n in factors.items() if self.kernel.random(f, node.given)}
            rest = {f: n for f, n in factors.items() if f not in chance}
            parts.append((product(c, rest), product(ONE.value, chance), chance))
        words = [f"({self.text(c)}, {self.outcome(m)})" for c, m, _ in parts]
        written = total(Mul((c, m)) for c, m, _ in parts)
        same = f"transitivity {self.text(written)}; [ {script.algebra(value, written)} | cbn [terms]; ring ]"
        for _, m, chance in parts:
            if chance:
                self.moment(m, chance, node.given, lines)
        head = f"transitivity (mean_of {self.outcome(value)}); [ f_equal; outcomes; {script.normal(node.body)} | ]"
        linear = f"apply (mean_terms mean_of [{'; '.join(words)}]); [ assumption | outcome_is outcome; {same} ]"
        end = "; ".join(["cbn [means]", *lines, "rewrite ?(mean_one mean_of) by assumption"])
        return f"{head}; etransitivity; [ {linear} | {end}; first [ ring | field; nonzero ] ]"

    def outcome(self, node) -> str:
        return self.script.word.outcomes(node)

    def moment(self, node, chance, given, lines):
        """Note a proof of the mean of a product of sums and coordinates."""
        script, kernel = self.script, self.kernel
        value = kernel.moment(chance, given, script.goal.standard)
        old, new = f"mean_of {self.outcome(node)}", self.text(value)
        if old == new.strip("()") or f"({old})" == new:
            return
        parts: list[dict] = [{}]
        for factor, n in chance.items():
            if factor in kernel.sums and n > 0:
                parts += [kernel.sums[factor]] * n
            else:
                parts[0] = times(parts[0], {factor: n})
        if len(parts) == 1:
            proof = self.power(parts[0], value)
        elif len(parts) == 2 and not parts[0]:
            proof = self.trace(parts[1]) or self.summed(parts[1], value, given)
        else:
            proof = self.pair(node, parts, value)
        name = script.fresh("M")
        lines.append(f"assert ({name} : {old} = {new}) by ({proof}); rewrite ?{name}")

    def power(self, factors, value) -> str:
        """A power of one coordinate of a noise."""
        ((noise, _),) = factors.items()
        return f"assert (K : standard mean_of {self.outcome(noise)}) by coordinate_law; moments"

    def summed(self, factors, value, given) -> str:
        """The mean of a sum is the sum of means."""
        script, kernel = self.script, self.kernel
        moving = {f: n for f, n in factors.items() if kernel.random(f, given)}
        still = product(ONE.value, {f: n for f, n in factors.items() if f not in moving})
        inner = product(ONE.value, moving)
        whole = product(ONE.value, factors)
        mean = kernel.moment(moving, given, script.goal.standard)
        place = f"k{script.word.depth + 1}'"
        body = script.at_coordinate(whole, place)
        functions = f"(fun {place} outcome => {body})"

        def each():
            old = f"mean_of {self.outcome(inner)}"
            if f"({old})" == self.text(mean):
                known = "reflexivity"
            else:
                known = (
                    f"assert (K : {old} = {self.text(mean)}) by ({self.power(moving, mean)}); rewrite K; reflexivity"
                )
            scaled = f"transitivity ({self.text(still)} * {old})"
            one = f"(mean_terms mean_of [({self.text(still)}, {self.outcome(inner)})])"
            same = "[ assumption | outcome_is outcome; cbn [terms]; ring"
            by = f"etransitivity; [ apply {one}; {same} ] | cbn [means]; ring ]"
            return f"{scaled}; [ {by} | {known} ]"

        after = Mul((still, mean))
        split = f"apply (mean_sum mean_of _ {functions}); assumption"
        first = f"etransitivity; [ {split} | ]"
        return f"{first}; transitivity {script.over(after)}; [ {script.under(each)} | {script.expanded(after, value)} ]"

    def noises(self, factors):
        return [f for f in factors if self.kernel.noise(f)]

    def vector(self, noise) -> str:
        return self.script.head(self.kernel.atoms[noise])

    def facts(self, noise) -> str:
        return f"{self.script.word.index(d)} {self.vector(noise)}"

    def coefficient(self, factors, noise) -> str:
        rest = product(ONE.value, times(factors, {noise: -1}))
        return self.script.word.function_of(lambda: self.text(rest))

    def pair(self, node, parts, value) -> str:
        """Two sums, or a coordinate and a sum, with one noise."""
        script = self.script
        (noise, *others) = dict.fromkeys(f for part in parts for f in self.noises(part))
        if others:
            raise Untranslated("a product of means over several noises")
        counts = [part.get(noise, 0) for part in parts]
        proofs = "[ assumption | noise_law ]"
        if not parts[0] and counts[1:] == [2, 2] and len(parts[1]) == len(parts[2]) == 1:
            return f"etransitivity; [ apply (mean_fourth mean_of {self.facts(noise)}); {proofs} | ring ]"
        reorder = "[ f_equal; outcomes; {} | {} ]"
        if not parts[0] and counts[1:] == [1, 1]:
            a, b = (self.coefficient(part, noise) for part in parts[1:])
            rule = f"apply (mean_dots mean_of {self.facts(noise)} {a} {b}); {proofs}"
            sums = [self.ordered(part, noise) for part in parts[1:]]
            new = f"mean_of (fun outcome : Outcome => {' * '.join(sums)})"
            body = Mul(tuple(product(ONE.value, times(part, {noise: -1})) for part in parts[1:]))
            same = reorder.format(
                self.reordered(parts, noise), f"etransitivity; [ {rule} | {script.expanded_or_same(body, value)} ]"
            )
            return f"transitivity ({new}); {same}"
        if parts[0] == {noise: 1} and counts[1:] == [1]:
            b = self.coefficient(parts[1], noise)
            rule = (
                f"apply (mean_at mean_of {self.facts(noise)} {b} {script.word.place}); [ assumption | noise_law | lia ]"
            )
            new = f"mean_of (fun outcome : Outcome => {self.text(noise)} * {self.ordered(parts[1], noise)})"
            same = reorder.format(self.reordered(parts, noise), f"etransitivity; [ {rule} | cbv beta; ring ]")
            return f"transitivity ({new}); {same}"
        raise Untranslated("a product of sums with noise")

    def reordered(self, parts, noise) -> str:
        """A proof that the sums in a product are those with their noise as the last factor."""
        lines = []
        for part in parts[1:]:
            old, new, name = self.text(self.kernel.sum(part)), self.ordered(part, noise), self.script.fresh("Z")
            lines.append(f"assert ({name} : {old} = {new}) by (apply sum_ext; intros; ring); rewrite ?{name}")
        return "; ".join([*lines, "ring"])

    def ordered(self, factors, noise) -> str:
        """A sum with its noise as the last factor."""
        word = self.script.word
        rest = product(ONE.value, times(factors, {noise: -1}))
        return word.every(lambda: f"{self.text(rest)} * {self.text(noise)}")

    def trace(self, factors) -> str | None:
        """Hutchinson's estimator."""
        noises = self.noises(factors)
        others = [f for f in factors if f not in noises]
        if len(noises) != 1 or len(others) != 1 or others[0] not in self.kernel.products:
            return None
        body, by, along = self.kernel.products[others[0]]
        if along != noises[0]:
            return None
        word, (noise,) = self.script.word, noises
        outer, inner = "j'", "k'"
        derivative = self.script.at_coordinate_of(body, by, outer, inner)
        matrix = f"(fun {outer} {inner} => {derivative})"
        rule = f"apply (mean_trace mean_of {self.facts(noise)} {matrix}); [ assumption | noise_law ]"
        e = self.vector(noise)
        times_ = f"(times 1%nat {word.index(d)})"
        new = f"mean_of (fun outcome : Outcome => sum {times_} (fun {outer} => {e} {outer} outcome * "
        new += f"sum {times_} (fun {inner} => {derivative} * {e} {inner} outcome)))"
        return f"transitivity ({new}); [ f_equal; outcomes; sums_ordered | etransitivity; [ {rule} | reflexivity ] ]"
