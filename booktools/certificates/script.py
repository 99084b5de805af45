"""Proof scripts.  They are not trusted: a wrong one makes Rocq refuse the step."""

from __future__ import annotations

from importlib import import_module

from derive.language.expr import Add, Func, Least, Mul, walk
from derive.language.times import Index, Item, Product, Sum
from derive.language.tree import at, unfold

from .algebra import Algebra
from .facts import instances, is_range, opened_means, recursive, with_stated
from .fingerprint import Fingerprint
from .premises import Untranslated, name_of
from .statement import Translator

PROOFS = {  # the module whose ``proof(script)`` writes the script, or returns None; a step with noise has ``noises``
    "differentiation": "derivatives",
    "exchange": "derivatives",
    "limit": "derivatives",
    "Itô": "derivatives",
    "test functions": "derivatives",
    "integration by parts": "derivatives",
    "Gaussian integral": "gaussians",
    "integration": "gaussians",
    "substitution": "gaussians",
    "reparameterisation": "gaussians",
    "linearity": "finite",
    "tower": "finite",
    "chain rule": "finite",
    "Markov": "finite",
    "marginalisation": "finite",
    "Bayes": "finite",
    "Jensen": "finite",
}


class Option:
    """One way to put facts in: the sides after facts, after stated values, and with ranges split."""

    def __init__(self, script, left, right, choice):
        facts, ranges, inner = choice
        start = script.goal.start
        self.raw = unfold((left, right), facts, start) if facts else (left, right)
        self.left, self.right = opened_means(left), opened_means(right)
        self.a, self.b = map(opened_means, self.raw)
        self.c, self.d = with_stated(self.a), with_stated(self.b)
        found = script.range_steps((self.c, self.d), ranges).items()
        self.steps = {item: with_stated(value) for item, value in found}
        self.deep = {k: with_stated(unfold((v,), inner, start)[0]) if inner else v for k, v in self.steps.items()}
        self.sides = tuple(script.swapped(side, self.deep) for side in (self.c, self.d))


class Script(Algebra):
    def __init__(self, goal):
        self.goal = goal
        self.word = Translator(goal)
        self.said = self.word.statement()
        sides = (goal.left, goal.right)
        self.print = self.points((*sides, *(unfold(sides, goal.facts, goal.start) if goal.facts else ())))
        self.count = 0
        self.opens = True  # are densities written out, where algebra is asked?

    def points(self, sides, kept=None):
        """Points at which all radicands are squares."""
        roots = [part.arg for side in sides for part in walk(side) if isinstance(part, Func) and part.name == "sqrt"]
        if kept and all(kept.square(value) for root in roots for value in kept(root)):
            return kept
        salts = [0, 0]
        for p in (0, 1):
            tries = ((salt, Fingerprint((salt, salt))) for salt in range(3000))
            salts[p] = next((salt for salt, at in tries if all(at.square(at(root)[p]) for root in roots)), 0)
        return Fingerprint(tuple(salts))

    def text(self, node) -> str:
        return self.word(node)

    def fresh(self, stem):
        self.count += 1
        return f"{stem}{self.count}"

    def intros(self) -> str:
        letters = "; symbols" if self.word.alphabet else ""
        return " ".join(["intros", *self.said.names, *self.said.premises]) + letters

    def proof(self) -> str:
        """Where a member may lie on the border of its domain, the least time is a case of its own."""
        if over := getattr(self.goal, "over", ""):
            sides = f"{self.text(self.goal.left)} = {self.text(self.goal.right)}"
            claim = f"(fun {name_of(over)} : nat => {sides})"
            return f"{self.intros()}; apply (induction_from_one {claim}); assumption"
        own = "noises" if self.word.random else PROOFS.get(self.goal.justification.name)
        own = "gaussians" if own == "finite" and self.said.space == "line" else own
        own = "finite" if self.word.alphabet else own
        own = "signs" if self.said.relation in ("<", "<=") else own
        script = import_module(f".{own}", __package__).proof(self) if own is not None else None
        if script and not self.word.alphabet:
            return script
        parts = [part for side in (self.goal.left, self.goal.right) for part in walk(side)]
        if any(isinstance(part, Least) or (isinstance(part, Func) and part.name == "abs") for part in parts):
            return f"{self.intros()}; kinks"
        ways = [f"solve [ {tactic} ]" for tactic in [*self.citing(), *self.by_sums(), self.by_cases()]]
        general = f"{self.intros()}; {ways[0] if len(ways) == 1 else 'first [ ' + ' | '.join(ways) + ' ]'}"
        return f"first [ solve [ {script} ] | {general} ]" if script else general

    def citing(self) -> list[str]:
        """What is cited may be what is to be proved."""
        return [*(["cited"] if self.goal.facts else []), *(["joined"] if self.said.space == "finite" else [])]

    def by_sums(self) -> list[str]:
        """Sums and products up to a time that is in the goal, by induction."""
        sides = (self.goal.left, self.goal.right)
        last = {p.high.symbol for side in sides for p in self.visible(side) if isinstance(p, Sum)}
        same = self.print(sides[0]) == self.print(sides[1])
        affine = [way for side in sides if type(side) is Sum and (way := self.affine(side, *sides))]
        return affine + (
            [f"by_last {name_of(s)}" if s else "one_by_one" for s in sorted(last & {*self.word.least, None}, key=str)]
            if not same
            else []
        )

    def affine(self, side, left, right) -> str | None:
        """A sum from 1 on whose terms are a + b t."""
        here = Index(side.symbol)
        one, two = (at(side.body, {side.symbol: Index(None, n)}) for n in (0, 1))
        terms = one + here * (two - one)
        if side.low != Index(None, 1) or self.print(terms) != self.print(side.body):
            return None
        whole = Sum(terms, side.symbol, side.low, side.high)
        name, turn = name_of(side.symbol), "symmetry; " if side is right else ""
        each = f"apply sum_ext; intros {name} Hin; apply in_times in Hin; fields"
        return f"{turn}transitivity {self.text(whole)}; [ {each} | rewrite sum_affine; fields ]"

    def by_cases(self) -> str:
        symbol = self.border()
        if symbol is None:
            return self.chain(self.goal.left, self.goal.right)
        least = self.word.least[symbol]
        first = [at(side, {symbol: Index(None, least)}) for side in (self.goal.left, self.goal.right)]
        name = name_of(symbol)
        sides = " = ".join(self.text(side) for side in first)
        one, rest = self.chain(*first), self.chain(self.goal.left, self.goal.right)
        return f"destruct (Nat.eq_dec {name} {least}) as [->|]; [ change ({sides}); {one} | {rest} ]"

    def border(self):
        for part in (part for side in (self.goal.left, self.goal.right) for part in walk(side)):
            if not isinstance(part, Item) or part.sequence.first is None or part.index.symbol not in self.word.least:
                continue
            if self.word.least[part.index.symbol] + part.index.offset == part.sequence.start:
                return part.index.symbol
        return None

    def chain(self, left, right) -> str:
        """Put facts in, then stated values, then split ranges, and leave the rest to algebra."""
        good, others, seen = [], [], set()
        for option in (Option(self, left, right, choice) for choice in self.choices()):
            if option.sides in seen:
                continue
            seen.add(option.sides)
            self.print = self.points(option.sides, self.print)
            same = self.print(option.sides[0]) == self.print(option.sides[1])
            try:
                (good if same else others).append(self.way(option))
            except Untranslated:
                continue
        ways = [f"solve [ {way} ]" for way in [*good, *others]]
        return ways[0] if len(ways) == 1 else f"first [ {' | '.join(ways)} ]"

    def way(self, option) -> str:
        a, b, c, d = option.a, option.b, option.c, option.d
        lines = [f"try assert ({self.fresh('I')} : {said}) by ({proof})" for said, proof in self.moved(option)]
        if a != option.left:
            lines.append(f"transitivity {self.text(a)}; [ solve [ cong ] | ]")
        if b != option.right:
            lines.append(f"symmetry; transitivity {self.text(b)}; [ solve [ cong ] | ]; symmetry")
        if (a, b) != (c, d):
            lines.append(f"values; change ({self.text(c)} = {self.text(d)})")
        if option.deep:
            lines += self.step_lines(option.steps, option.deep)
        lines.append(self.algebra(*option.sides))
        return "; ".join(lines)

    def moved(self, option):
        """What is cited, at the indices at which it is used."""
        nodes = (self.goal.left, self.goal.right, option.left, option.right, *option.raw, *option.steps.values())
        for number, fact, indices in instances(self.goal, nodes):
            own = "".join(f"intros {name_of(symbol)}; " for symbol in sorted(fact.symbols))
            yield self.word.fact(fact), f"{own}by_fact (H{number} {' '.join(map(self.word.index, indices))})"

    def choices(self):
        """Which facts are put in, and of which ranges single factors are split off."""
        facts = self.goal.facts
        ranges = tuple(f for f in facts if is_range(f) or recursive(f))
        plain = tuple(f for f in facts if f not in ranges and not any(isinstance(part, Sum) for part in walk(f.right)))
        yield (), (), ()
        yield plain, (), ()
        yield (), ranges, ()
        yield plain, ranges, plain
        yield (), ranges, plain
        yield facts, (), ()

    def range_steps(self, sides, ranges) -> dict:
        """For a[t] = prod (times 1 t) f: a[t] as a[t - 1] times f at t, where both stand in the goal."""
        steps = {}
        for fact in ranges:
            items = {
                part
                for side in sides
                for part in walk(side)
                if isinstance(part, Item) and part.sequence == fact.left.sequence
            }
            for symbol in {item.index.symbol for item in items}:
                offsets = sorted(item.index.offset for item in items if item.index.symbol == symbol)
                first = fact.right.low.offset - 1 if symbol is None and is_range(fact) else offsets[0]
                for offset in offsets if recursive(fact) else ():
                    if offset > offsets[0] or (symbol is None and offset > fact.left.sequence.start):
                        item = Item(fact.left.sequence, Index(symbol, offset))
                        value = at(fact.right, {fact.left.index.symbol: Index(symbol, offset - fact.left.index.offset)})
                        steps[item] = self.swapped(value, steps)
                for offset in offsets if not recursive(fact) else ():
                    members = [
                        at(fact.right.body, {fact.right.symbol: Index(symbol, k)}) for k in range(first + 1, offset + 1)
                    ]
                    if not members:
                        continue
                    item = Item(fact.left.sequence, Index(symbol, offset))
                    kept = [] if symbol is None else [Item(fact.left.sequence, Index(symbol, first))]
                    parts = (*kept, *members)
                    steps[item] = parts[0] if len(parts) == 1 else (Mul if type(fact.right) is Product else Add)(parts)
        return steps

    def step_lines(self, steps, deep):
        lines = []
        names = []
        for item, value in steps.items():
            name = self.fresh("R")
            names.append(name)
            lines.append(f"domain {self.text(item)}")
            first = f"transitivity {self.text(value)}; [ first [ by_range | solve [ cong ] ] | solve [ values; cong ] ]"
            lines.append(f"assert ({name} : {self.text(item)} = {self.text(deep[item])}) by ({first})")
            lines.append(f"carry {name}")
        return lines + [f"rewrite ?{name}" for name in names]
