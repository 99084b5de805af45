"""The algebra of a script: equal operators become one, Gaussians are opened; roots and logarithms come last."""

from __future__ import annotations

from fractions import Fraction

from derive.language.alphabets import alphabet_of
from derive.language.density import Density, Derivative, Distribution, E, Integral, Normal
from derive.language.expr import Add, Div, Func, Mul, Neg, Num, Pow, Symbol, children, rebuild
from derive.language.functions import Apply
from derive.language.times import Index, Item, Product, Span, Sum
from derive.language.tree import at

from .factors import PRIME
from .facts import closed, folded, has_normal_factor, replaced, split_log
from .premises import OUTCOME, Untranslated, name_of, scope
from .radicals import opened, script


class Algebra:
    """What a script does between the facts and ``field``."""

    def algebra(self, left, right) -> str:
        if left == right:
            return "reflexivity"
        lines = ["values", *self.domains(left, right)]
        left, right = (self.fold(side, lines) for side in (left, right))
        swap = self.equal_atoms(left, right, lines)
        left, right = (self.swapped(side, swap) for side in (left, right))
        if left == right:
            return "; ".join([*lines, "reflexivity"])
        left, right = (self.split_logs(side, lines) for side in (left, right))
        left, right = self.equal_normals(left, right, lines)
        if left == right:
            return "; ".join([*lines, "reflexivity"])
        if self.opens and any(isinstance(part, Normal) for side in (left, right) for part in self.visible(side)):
            left, right = self.open(left), self.open(right)
            lines.append("rewrite ?normal_open")
        lines += self.denominators(left, right)
        return "; ".join(
            [*lines, f"first [ solve [ {script(left, right, self.text)} ] | solve [ by_logs ] | solve [ opened ] ]"]
        )

    def fold(self, side, lines):
        """Rational constants become one number."""

        def note(before, after):
            lines.append(f"try replace {self.text(before)} with {self.text(after)} by number")

        return folded(side, note)

    def equal_atoms(self, left, right, lines) -> dict:
        """Operators that have one value are proved equal; those that are left over may be equal in their order."""
        swap: dict = {}
        sides = [list(dict.fromkeys(self.atoms(side))) for side in (left, right)]
        representative: dict = {}
        for atom in dict.fromkeys([*sides[0], *sides[1]]):
            first = representative.setdefault(self.print(atom), atom)
            if first != atom:
                self.equate(atom, first, lines)
                swap[atom] = first
        for atom in (a for a in dict.fromkeys([*sides[0], *sides[1]]) if isinstance(a, Func) and a not in swap):
            turned = [a for a in representative.values() if isinstance(a, Func) and a != atom and self.turned(a, atom)]
            if turned and turned[0] not in swap:
                one = turned[0]
                turn = f"replace {self.text(atom.arg)} with (- {self.text(one.arg)}) by fields"
                swap[atom] = Add((Num(Fraction(1)), Neg(one)))
                self.rewritten(atom, swap[atom], f"{turn}; apply Phi_minus", lines)
        prints = [{self.print(a) for a in side} for side in sides]
        alone = [
            [a for a in side if self.print(a) not in prints[1 - n] and a not in swap] for n, side in enumerate(sides)
        ]
        kinds = [[Integral if isinstance(a, E) else type(a) for a in side] for side in alone]
        if kinds[0] == kinds[1] and all(kind in (Integral, Sum, Product, Derivative) for kind in kinds[0]):
            for first, atom in zip(*alone, strict=True):
                self.equate(atom, first, lines)
                swap[atom] = first
        return swap

    def equal_normals(self, left, right, lines):
        """Gaussians with equal places, means and variances are proved equal before any is written out."""
        known: dict = {}
        swap: dict = {}
        for part in dict.fromkeys(p for side in (left, right) for p in self.visible(side) if isinstance(p, Normal)):
            first = known.setdefault(tuple(map(self.print, children(part))), part)
            if first != part:
                pairs = zip(children(part), children(first), strict=True)
                proof = " | ".join(self.algebra(a, b) for a, b in pairs)
                self.rewritten(part, first, f"apply normal_eq; [ {proof} ]", lines)
                swap[part] = first
        return tuple(replaced(side, swap) for side in (left, right)) if swap else (left, right)

    def turned(self, a, b) -> bool:
        """Are these the values of Phi at z and -z?"""
        return all((x + y) % PRIME == 0 for x, y in zip(self.print(a.arg), self.print(b.arg), strict=True))

    def equate(self, atom, first, lines):
        self.rewritten(atom, first, self.inside(atom, first), lines)

    def rewritten(self, before, after, proof, lines):
        name = self.fresh("A")
        lines.append(f"assert ({name} : {self.text(before)} = {self.text(after)}) by ({proof}); rewrite ?{name}")

    def split_logs(self, node, lines):
        """Logarithms of products with Gaussians become sums."""
        if closed(node):
            return node
        node = rebuild(node, lambda child: self.split_logs(child, lines))
        if not (isinstance(node, Func) and node.name == "log" and has_normal_factor(node.arg)):
            return node
        whole = split_log(node.arg)
        self.rewritten(node, whole, "split_logs", lines)
        return whole

    def denominators(self, left, right) -> list[str]:
        """Products in denominators of denominators are positive, perhaps: a hint for their sums."""
        under = [part.under for side in (left, right) for part in self.visible(side) if isinstance(part, Div)]
        deep = [n.under for node in under for n in self.visible(node) if isinstance(n, Div)]
        products = dict.fromkeys(p for node in deep for p in self.visible(node) if isinstance(p, Mul))
        return [f"try assert (0 < {self.text(product)}) by pos" for product in products]

    def open(self, node):
        if closed(node):
            return node
        node = rebuild(node, self.open)
        return opened(node) if isinstance(node, Normal) else node

    def swapped(self, node, swap):
        if node in swap:
            return swap[node]
        return node if closed(node) else rebuild(node, lambda child: self.swapped(child, swap))

    def visible(self, node):
        yield node
        if not closed(node):
            for child in children(node):
                yield from self.visible(child)

    def atoms(self, node):
        return [part for part in self.visible(node) if closed(part)]

    def domains(self, *nodes) -> list[str]:
        """What the premises say of the members of sequences and values of functions that are in sight."""
        lines = []
        seen = set()
        for part in (part for node in nodes for side in self.visible(node) for part in self.within(side)):
            if not isinstance(part, (Item, Apply, Density, Symbol)) or alphabet_of(part):
                continue
            text = self.text(part)
            if text in seen:
                continue
            seen.add(text)
            lines.append(f"domain {text}") if not isinstance(part, Symbol) or " " in text else None
        return lines

    def within(self, node):
        """Arguments of functions are in sight, too."""
        yield node
        if isinstance(node, Apply):
            for child in children(node):
                yield from self.visible(child)

    def inside(self, atom, first) -> str:
        """A proof of the equality of two operators of the same kind."""
        kind = type(atom)
        if scope(atom)[0] == (OUTCOME,):
            return f"f_equal; outcomes; {self.algebra(atom.body, first.body)}"
        if isinstance(atom, (E, Integral)):
            measure = getattr(atom, "under", None)
            if isinstance(measure, Distribution):
                raise Untranslated("equal means under joint distributions")
            variable = measure.targets[0] if isinstance(measure, Density) else atom.over
            bodies = [self.body(each) for each in (atom, first)]
        elif isinstance(atom, Derivative):
            variable, bodies = atom.by, [atom.body, first.body]
        elif isinstance(atom, Sum):
            name = name_of(atom.symbol)
            other = at(first.body, {first.symbol: Index(atom.symbol)})
            word = "prod_ext" if isinstance(atom, Product) else "sum_ext"
            return f"apply {word}; intros {name} Hin; apply in_times in Hin; {self.algebra(atom.body, other)}"
        elif isinstance(atom, (Apply, Pow, Func)):
            pairs = [(a, b) for a, b in zip(children(atom), children(first), strict=True) if a != b]
            return "f_equal; " + (
                f"[ {' | '.join(self.algebra(a, b) for a, b in pairs)} ]" if len(pairs) > 1 else self.algebra(*pairs[0])
            )
        else:
            raise Untranslated(kind.__name__)
        name = name_of(getattr(variable, "sequence", variable).name)
        self.word.local.append(getattr(variable, "name", ""))
        proof = self.algebra(*bodies)
        self.word.local.pop()
        return f"{self.same_sets(atom, first)}same_bodies {name}; {proof}"

    def same_sets(self, *nodes) -> str:
        """Integrals over x[0] and x[1], and over x[0:1], run over one set of states."""
        under = [getattr(node, "under", None) for node in nodes]
        parts = [
            m.targets if isinstance(m, Density) else (getattr(n, "over", None),)
            for n, m in zip(nodes, under, strict=True)
        ]
        if not all(isinstance(part, (Item, Span)) for side in parts for part in side):
            return ""
        a, b = sorted(map(self.word.set, parts), key=lambda words: "span" not in words)
        return "" if a == b else f"replace {a} with {b} by same_set; "

    def body(self, node):
        return node.body * node.under if isinstance(node, E) else node.body
