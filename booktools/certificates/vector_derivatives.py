"""Scripts that take partial derivatives of functions of a vector."""

from __future__ import annotations

from derive.kernel.sums import ONE, product
from derive.language.density import Derivative, Integral
from derive.language.expr import Interval, Symbol, walk
from derive.language.vectors import d

from .facts import replaced
from .premises import Untranslated, name_of


class Derivatives:
    """The part of ``VectorScript`` for derivatives."""

    def _Gradient(self, node, form):
        return self.partial(node.body, node.by, form, self.word.place)

    def _Divergence(self, node, form):
        inner = self.kernel._Gradient(node)
        return self.summed(None, inner, form, lambda place: self.partial(node.body, node.by, inner, place))

    def _Derivative(self, node, form):
        name = name_of(node.by.name)
        if isinstance(form, Derivative):
            return f"same_bodies {name}; {self.normal(node.body)}"
        if isinstance(node.body, Integral) and self.kernel.reaches(self.kernel(node.body), node.by):
            return self.exchanged_with_number(node.body, node.by, form)
        body = self.kernel(node.body)
        same = f"transitivity (Derive (fun {name} : R => {self.text(body)}) {name})"
        moved = self.by_number(body, form)
        return f"{same}; [ same_bodies {name}; {self.normal(node.body)} | apply is_derive_unique; {moved} ]"

    def by_number(self, body, form) -> str:
        """A proof of ``is_derive``, where sums over coordinates stand still."""
        last = "[ powers; derivable | powers; first [ ring | field; nonzero ] ]"
        return "; ".join([*self.generalized(body, form)[0], f"auto_derive; {last}"])

    def _Jacobian(self, node, form):
        raise Untranslated("a Jacobian matrix times a sum")

    def partial(self, raw, by, form, place, inside=False) -> str:
        """∂ raw / ∂ by = form: one coordinate is split off from each sum, and the rest is a function of a number."""
        if not isinstance(by, Symbol):
            raise Untranslated("a derivative by a state")
        if isinstance(raw, Integral) and not inside:
            return self.exchanged(raw, by, form, place)
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
        named, back_again = self.generalized(body, form)
        backs = "".join(f"{line}; " for line in [*back, *back_again(moving)])
        last = f"[ powers; {backs}derivable | powers; {backs}first [ ring | field; nonzero ] ]"
        second = "; ".join([*known, *named, f"auto_derive; {last}"])
        derive = f"apply (is_derive_ext (fun h : R => {there})); [ {first} | {second} ]"
        if inside:
            moved = f"(fun {u} : nat -> R => {self.text(raw)}) (put {u} {place} h)"
            goal = f"change (is_derive (fun h : R => {moved}) ({u} {place}) {self.text(form)})"
            self.word.place = outside
            return "; ".join([goal, same, *poses, derive])
        self.word.place = outside
        return "; ".join([same, "unfold partial at 1", *poses, f"apply is_derive_unique; {derive}"])

    def generalized(self, *nodes):
        """Sums become variables, since ``auto_derive`` rewrites what is inside; and what splitting them left."""
        names = {s: self.fresh("S") for s in dict.fromkeys(p for n in nodes for p in walk(n)) if s in self.kernel.sums}
        lines = [f"generalize {self.text(symbol)}; intros {name}" for symbol, name in names.items()]
        parts = {s: self.text(product(ONE.value, self.kernel.sums[s])) for s in names}
        return lines, lambda moving: [
            f"replace ({parts[s]} + ({name} - {parts[s]})) with {name} by ring"
            for s, name in names.items()
            if s in moving
        ]

    def moved(self, symbol, by) -> bool:
        kernel = self.kernel
        if symbol in kernel.sums:
            return any(
                self.moved(f, by) for factor in kernel.sums[symbol] for f in walk(factor) if isinstance(f, Symbol)
            )
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
            return whole
        name, value = self.fresh("G"), self.text(symbol)
        at_put = f"(fun {u} : nat -> R => {value}) (put {u} {place} h)"
        derivative = self.text(kernel.derivative(symbol, by))
        poses.append(f"pose ({name} := fun h : R => {at_put})")
        known.append(f"assert (E{name} : ex_derive {name} ({u} {place})) by (unfold {name}; smooth_side)")
        known.append(f"assert (D{name} : Derive {name} ({u} {place}) = {derivative}) by reflexivity")
        known.append(f"assert (V{name} : {name} ({u} {place}) = {value}) by (unfold {name}; now rewrite put_id)")
        known.append(f"clearbody {name}")
        back.append(f"change (fun y : R => {name} y) with {name}; rewrite ?D{name}, ?V{name}")
        return f"({name} h)"

    def expanded_or_same(self, body, form) -> str:
        return f"first [ reflexivity | {self.expanded(body, form)} ]"

    def at_coordinate_of(self, body, by, outer, inner) -> str:
        """∂_inner of coordinate ``outer``."""
        outside, self.word.place = self.word.place, outer
        text = self.word.derivative(body, by, inner)
        self.word.place = outside
        return text

    def at_coordinate(self, node, place) -> str:
        outside, self.word.place = self.word.place, place
        text = self.text(node)
        self.word.place = outside
        return text
