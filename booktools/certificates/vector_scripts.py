"""Proof scripts of steps with vectors.  They are not trusted.

Both sides are brought to the form that the kernel gives them: sums over coordinates multiplied out, logarithms of
Gaussians opened, means and partial derivatives taken.  Each such operator is proved equal to its form, innermost first,
and what is left is algebra.
"""

from __future__ import annotations

from derive.kernel.sums import ONE, product, products, times, total
from derive.kernel.vectors import HALF, Coordinates, put, rooted
from derive.language.density import Density, Derivative, E, Normal
from derive.language.expr import Div, Expr, Func, Interval, Mul, Pi, Symbol, children, log, walk
from derive.language.functions import Apply
from derive.language.times import Item
from derive.language.tree import at, match
from derive.language.vectors import Dot, Gradient, Jacobian, Total, d, has_vectors, is_variable

from .facts import replaced
from .fingerprint import Fingerprint
from .premises import Untranslated
from .script import Script
from .vectors import Words

SPECIAL = (Dot, Total, Gradient, Jacobian, E, Normal)
MOST = 20  # facts that are put in


class VectorScript(Script):
    def __init__(self, goal):
        self.word = Words(goal)
        self.goal = self.word.goal
        self.said = self.word.statement()
        self.count, self.opens = 0, True
        self.kernel = self.word.symbols = Coordinates(self.goal)
        self.print = Fingerprint()

    def proof(self) -> str:
        lines, (left, right) = self.facts(self.goal.left, self.goal.right)
        a, b = self.kernel(left), self.kernel(right)
        self.print = self.points((a, b))
        lines.append(f"change ({self.text(left)} = {self.text(right)})")
        lines.append(f"transitivity {self.text(a)}; [ {self.normal(left)} | ]")
        lines.append(f"symmetry; transitivity {self.text(b)}; [ {self.normal(right)} | symmetry ]")
        last = self.algebra(a, b)
        if isinstance(a, Derivative):
            moved = "apply is_derive_unique; auto_derive; [ repeat split; side | first [ ring | field; nonzero ] ]"
            last = f"first [ solve [ {moved} ] | {last} ]"
        return "; ".join([self.intros(), *lines, last])

    def facts(self, *sides):
        """What is cited is put in, also under sums: the vector y t is a function of the coordinate."""
        lines, done = [], []
        for _ in range(MOST):
            items = [part for side in sides for part in walk(side) if isinstance(part, (Item, Symbol, Apply))]
            found = next((f for item in items if item not in done for f in self.instance(item)), None)
            if found is None:
                break
            item, value, number, indices = found
            done.append(item)
            name, head, binders = self.fresh("F"), self.head(item), self.binders(item)
            with_ends = f"(fun {binders} => {self.at_place(value)})" if binders else self.text(value)
            proof = f"try rename outcome into outside; {''.join(f'extensionality {b}; ' for b in binders.split())}first [ apply H{number}; side | cited ]"
            lines.append(f"assert ({name} : {head} = {with_ends}) by ({proof}); try rewrite !{name}; cbv beta")
            sides = tuple(put(side, item, value) for side in sides)
        return lines, sides

    def instance(self, item):
        for number, fact in enumerate(self.goal.facts):
            bound: dict = {}
            if match(fact.left, item, fact.symbols, bound):
                yield item, at(fact.right, bound), number, []

    def head(self, item) -> str:
        """The word for a vector as a whole."""
        if not is_variable(item):
            return self.text(item)
        text, binders = self.at_place(item), self.binders(item)
        return f"({text[1:-1].removesuffix(' ' + binders)})" if " " in text[1:-1].removesuffix(" " + binders) else text[1:-1].removesuffix(" " + binders)

    def binders(self, item) -> str:
        return " ".join((["i0'"] if is_variable(item) else []) + (["outcome"] if self.word.moves(item) else []))

    def at_place(self, node) -> str:
        outside, self.word.place = self.word.place, "i0'"
        text = self.text(node)
        self.word.place = outside
        return text

    # Each operator has the form that the kernel gives it

    def normal(self, node) -> str:
        """A proof that ``node`` equals its form."""
        lines = []
        for part in dict.fromkeys(self.outermost(node)):
            form = self.kernel(part)
            name = self.fresh("A")
            lines.append(f"assert ({name} : {self.text(part)} = {self.text(form)}) by ({self.one(part, form)})")
            lines.append(f"rewrite ?{name}")
        return "; ".join([*lines, "reflexivity"])

    def outermost(self, node):
        if has_vectors(node) and (isinstance(node, SPECIAL) or (isinstance(node, Func) and node.name == "log")):
            yield node
        elif not isinstance(node, (Apply, Density)):
            for child in children(node):
                yield from self.outermost(child)

    def one(self, node, form) -> str:
        if self.text(node) == self.text(form):
            return "reflexivity"
        return getattr(self, f"_{type(node).__name__}")(node, form)

    def _Dot(self, node, form):
        return self.summed(Mul((node.left, node.right)), self.kernel(Mul((node.left, node.right))), form)

    def _Total(self, node, form):
        return self.summed(node.body, self.kernel(node.body), form)

    def summed(self, raw, body, form, inner=None) -> str:
        """A sum over coordinates, multiplied out."""
        before = self.over(body)
        each = self.under(lambda: inner(self.word.place) if inner else self.normal(raw))
        return f"transitivity {before}; [ {each} | {self.expanded(body, form)} ]"

    def under(self, proof) -> str:
        """The bodies of two sums are equal."""
        place, outside = f"k{self.word.depth + 1}'", self.word.place
        self.word.place, self.word.depth = place, self.word.depth + 1
        text = f"apply sum_ext; intros {place} Hin; apply in_times in Hin; {proof()}"
        self.word.place, self.word.depth = outside, self.word.depth - 1
        return text

    def over(self, body) -> str:
        return self.word.over(lambda: self.text(body))

    def inside(self, *nodes):
        """The text of ``nodes`` as functions of a coordinate."""
        return [self.word.function_of(lambda node=node: self.text(node)) for node in nodes]

    def expanded(self, body, form) -> str:
        parts = []
        for c, factors in products(body):
            moving = {f: n for f, n in rooted(factors).items() if self.kernel.moves(f)}
            rest = {f: n for f, n in rooted(factors).items() if f not in moving}
            kept = self.kernel.sums[self.kernel.sum(moving)] if moving else {}  # in the order of the kernel
            parts.append((product(c, rest), product(ONE.value, kept)))
        words = [f"({self.text(c)}, {self.inside(m)[0]})" for c, m in parts]
        written = total([*(Mul((c, m)) for c, m in parts)]) if parts else total([])
        place, outside = f"k{self.word.depth + 1}'", self.word.place
        self.word.place, self.word.depth = place, self.word.depth + 1
        pointwise = self.algebra(body, written)
        each = f"intros {place} Hin; apply in_times in Hin; cbn [combination]; transitivity {self.text(written)}; [ {pointwise} | ring ]"
        self.word.place, self.word.depth = outside, self.word.depth - 1
        return (
            f"etransitivity; [ apply (sum_combination _ [{'; '.join(words)}]); {each} | "
            f"cbn [combined]; rewrite ?sum_ones; first [ ring | field; nonzero ] ]"
        )

    # Gaussians

    def _Normal(self, node, form):
        return f"apply as_exponential; [ pos | {self._log(node, form.arg)} ]"

    def _Func(self, node, form):
        return self._log(node.arg, form)

    def _log(self, node, form) -> str:
        if isinstance(node, Normal):
            at_, mean, variance = map(self.kernel, (node.at, node.mean, node.variance))
            functions = " ".join(self.inside(at_, mean, variance))
            raw = self.under_product(node)
            body = opened(at_, mean, variance)
            opening = f"rewrite (ln_normals {self.word.index(d)} {functions}) by (intros; pos)"
            same = f"transitivity {self.over(body)}; [ apply sum_ext; intros; cbv beta; first [ reflexivity | field; nonzero ] | {self.expanded(body, form)} ]"
            return f"{raw}{opening}; {same}"
        if isinstance(node, (Mul, Div)) and form != log(self.kernel(node)):
            parts = children(node)
            logs = [self.kernel.log(part) for part in parts]
            proofs = []
            for part, value in zip(parts, logs, strict=True):
                name = self.fresh("L")
                proofs.append(f"assert ({name} : ln {self.text(part)} = {self.text(value)}) by ({self._log(part, value)})")
                proofs.append(f"rewrite ?{name}")
            return f"repeat first [ rewrite ln_quotient by pos | rewrite ln_mult by pos ]; {'; '.join(proofs)}; ring"
        return f"f_equal; {self.normal(node)}"

    def under_product(self, node) -> str:
        """Place, mean and variance in the form of the kernel."""
        parts = [node.at, node.mean, node.variance]
        forms = list(map(self.kernel, parts))
        if all(self.text(a) == self.text(b) for a, b in zip(parts, forms, strict=True)):
            return ""
        raise Untranslated("a Gaussian whose mean has an operator inside")

    # Means

    def _E(self, node, form):
        return Means(self).proof(node, form)

    # Derivatives

    def _Gradient(self, node, form):
        return self.partial(node.body, node.by, form, self.word.place)

    def _Divergence(self, node, form):
        inner = self.kernel._Gradient(node)
        return self.summed(None, inner, form, lambda place: self.partial(node.body, node.by, inner, place))

    def _Jacobian(self, node, form):
        raise Untranslated("a Jacobian matrix times a sum")

    def partial(self, raw, by, form, place) -> str:
        """∂ raw / ∂ by = form: one coordinate is split off from each sum, and the rest is a function of a number."""
        if not isinstance(by, Symbol):
            raise Untranslated("a derivative by a state")
        outside, self.word.place = self.word.place, place
        u, body = by.name, self.kernel(raw)
        same = f"replace (fun {u} : nat -> R => {self.text(raw)}) with (fun {u} : nat -> R => {self.text(body)}) "
        same += f"by (vary {u}; symmetry; {self.normal(raw)})"
        moving = [p for p in dict.fromkeys(walk(body)) if isinstance(p, Symbol) and self.moved(p, by)]
        swap, poses, equal, known, back = {}, [], [], [], []
        for symbol in moving:
            swap[symbol] = new = Symbol(f"moved {len(swap)}", "", Interval())
            self.word.shown[new] = self.split(symbol, by, place, poses, equal, known, back)
        there = self.text(replaced(body, swap))
        first = "; ".join(["intros h; cbv beta", *equal, "rewrite ?put_same; reflexivity"])
        backs = "".join(f"{line}; " for line in back)
        last = f"[ repeat split; {backs}derivable | {backs}first [ ring | field; nonzero ] ]"
        second = "; ".join([*known, f"auto_derive; {last}"])
        self.word.place = outside
        derive = f"apply is_derive_unique; apply (is_derive_ext (fun h : R => {there}))"
        return "; ".join([same, "unfold partial at 1", *poses, f"{derive}; [ {first} | {second} ]"])

    def moved(self, symbol, by) -> bool:
        kernel = self.kernel
        if symbol in kernel.sums:
            return any(self.moved(f, by) for factor in kernel.sums[symbol] for f in walk(factor) if isinstance(f, Symbol))
        node = kernel.atoms.get(symbol, kernel.values.get(symbol))
        return node is not None and by in walk(node)

    def split(self, symbol, by, place, poses, equal, known, back) -> str:
        """What a symbol is where coordinate ``place`` of ``by`` is h; and what is needed for that."""
        u, kernel = by.name, self.kernel
        atom = kernel(by)
        if symbol == atom:
            return "h"
        if symbol in kernel.sums:
            node, y = product(ONE.value, kernel.sums[symbol]), Symbol("y'", "", Interval())
            if any(self.moved(f, by) and f != atom for f in walk(node) if isinstance(f, Symbol)):
                raise Untranslated("a sum of arbitrary functions under a derivative")
            self.word.shown[y] = "y'"
            inner = self.at_coordinate(replaced(node, {atom: y}), "k'")
            function = f"(fun k' y' => {inner})"
            self.word.shown[y] = "h"
            moved, still = self.text(replaced(node, {atom: y})), self.text(node)
            whole = f"({moved} + ({self.text(symbol)} - {still}))"
            at_put = self.text(symbol).replace(f"({u} ", f"(put {u} {place} h ")
            name = self.fresh("Q")
            proof = f"apply (sum_put {self.word.index(d)} {function} {u} {place} h); lia"
            equal.append(f"assert ({name} : {at_put} = {whole}) by ({proof}); rewrite ?{name}")
            back.append(f"replace ({still} + ({self.text(symbol)} - {still})) with {self.text(symbol)} by ring")
            return whole
        name, value = self.fresh("G"), self.text(symbol)
        at_put = f"(fun {u} : nat -> R => {value}) (put {u} {place} h)"
        slope = self.text(kernel.slope(symbol, by))
        poses.append(f"pose ({name} := fun h : R => {at_put})")
        known.append(f"assert (E{name} : ex_derive {name} ({u} {place})) by (unfold {name}; smooth_side)")
        known.append(f"assert (D{name} : Derive {name} ({u} {place}) = {slope}) by reflexivity")
        known.append(f"assert (V{name} : {name} ({u} {place}) = {value}) by (unfold {name}; now rewrite put_id)")
        known.append(f"clearbody {name}")
        back.append(f"change (fun y : R => {name} y) with {name}; rewrite ?D{name}, ?V{name}")
        return f"({name} h)"

    def expanded_or_same(self, body, form) -> str:
        return f"first [ reflexivity | {self.expanded(body, form)} ]"

    def at_coordinate_of(self, body, by, outer, inner) -> str:
        """∂_inner of coordinate ``outer``."""
        outside, self.word.place = self.word.place, outer
        text = self.word.slope(body, by, inner)
        self.word.place = outside
        return text

    def at_coordinate(self, node, place) -> str:
        outside, self.word.place = self.word.place, place
        text = self.text(node)
        self.word.place = outside
        return text


class Means:
    """The mean over noise of a polynomial, term by term."""

    def __init__(self, script: VectorScript):
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
        linear = f"apply (mean_terms mean_of [{'; '.join(words)}]); [ assumption | try rename outcome into outside; intros outcome; {same} ]"
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
            known = f"assert (K : {old} = {self.text(mean)}) by ({self.one(moving, mean, old)})"
            scaled = f"transitivity ({self.text(still)} * {old})"
            one = f"(mean_terms mean_of [({self.text(still)}, {self.outcome(inner)})])"
            by = f"etransitivity; [ apply {one}; [ assumption | try rename outcome into outside; intros outcome; cbn [terms]; ring ] | cbn [means]; ring ]"
            return f"{scaled}; [ {by} | {known}; rewrite K; reflexivity ]"

        after = Mul((still, mean))
        split = f"apply (mean_sum mean_of _ {functions}); assumption"
        first = f"etransitivity; [ {split} | ]"
        return f"{first}; transitivity {script.over(after)}; [ {script.under(each)} | {script.expanded(after, value)} ]"

    def one(self, moving, mean, old) -> str:
        return "reflexivity" if f"({old})" == self.text(mean) else self.power(moving, mean)

    def noises(self, factors):
        return [f for f in factors if self.kernel.noise(f)]

    def vector(self, noise) -> str:
        return self.script.head(self.kernel.atoms[noise])

    def laws(self, noise) -> str:
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
            return f"etransitivity; [ apply (mean_fourth mean_of {self.laws(noise)}); {proofs} | ring ]"
        reorder = "[ f_equal; outcomes; {} | {} ]"
        if not parts[0] and counts[1:] == [1, 1]:
            a, b = (self.coefficient(part, noise) for part in parts[1:])
            law = f"apply (mean_dots mean_of {self.laws(noise)} {a} {b}); {proofs}"
            sums = [self.ordered(part, noise) for part in parts[1:]]
            new = f"mean_of (fun outcome : Outcome => {' * '.join(sums)})"
            body = Mul(tuple(product(ONE.value, times(part, {noise: -1})) for part in parts[1:]))
            same = reorder.format(self.reordered(parts, noise), f"etransitivity; [ {law} | {script.expanded_or_same(body, value)} ]")
            return f"transitivity ({new}); {same}"
        if parts[0] == {noise: 1} and counts[1:] == [1]:
            b = self.coefficient(parts[1], noise)
            law = f"apply (mean_at mean_of {self.laws(noise)} {b} {script.word.place}); [ assumption | noise_law | lia ]"
            new = f"mean_of (fun outcome : Outcome => {self.text(noise)} * {self.ordered(parts[1], noise)})"
            same = reorder.format(self.reordered(parts, noise), f"etransitivity; [ {law} | cbv beta; ring ]")
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
        return word.over(lambda: f"{self.text(rest)} * {self.text(noise)}")

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
        slope = self.script.at_coordinate_of(body, by, outer, inner)
        law = f"apply (mean_trace mean_of {self.laws(noise)} (fun {outer} {inner} => {slope})); [ assumption | noise_law ]"
        e = self.vector(noise)
        times_ = f"(times 1%nat {word.index(d)})"
        new = f"mean_of (fun outcome : Outcome => sum {times_} (fun {outer} => {e} {outer} outcome * "
        new += f"sum {times_} (fun {inner} => {slope} * {e} {inner} outcome)))"
        return f"transitivity ({new}); [ f_equal; outcomes; sums_ordered | etransitivity; [ {law} | reflexivity ] ]"


def opened(x, m, v) -> Expr:
    """The logarithm of a Gaussian."""
    return -HALF * (log(2 * Pi()) + log(v)) - (x - m) ** 2 / (2 * v)
