"""The statement of a step with vectors, for every dimension d ≥ 1.  This translator is trusted, as ``statement`` is.

A vector is a function ``nat -> R`` of the coordinates 1, …, d; an equality of vectors is stated at an ``axis``.
An inner product is ``sum (times 1 d)``, the density of N(m, v𝐈) is the product of those of the coordinates, a partial
derivative is ``partial f u i``.  Functions of vectors take such functions, and are smooth in each coordinate.  An
integral is an arbitrary functional of functions of a vector, as one over a number is.

A mean over noise is over all of its coordinates; what it is given is a constant there, as the noise is drawn later.
A mean under N(m, v𝐈) is that of m + √v z for a standard normal vector z, and a divergence is such a mean.  Of a
standard normal vector the premises say that its coordinates are independent, with the moments of N(0, 1) up to the
sixth, and where a step is justified by independence, that the states before a vector of noise are independent of it.
``VectorModel.vector_noise_exists`` shows that all this holds at once.  Times are those before N, as in ``StepsNoise``.
"""

from __future__ import annotations

from dataclasses import replace

from derive.errors import ArgumentError
from derive.language.density import KL, E, Normal, Var
from derive.language.dependence import is_noise, is_state
from derive.language.expr import Expr, Func, Mul, Symbol, log, rebuild, walk
from derive.language.functions import Apply, Function
from derive.language.goal import Goal
from derive.language.times import Index, Item
from derive.language.vectors import Space, d, has_vectors, is_variable, is_vector, redrawn, vectors

from .premises import OUTCOME, Untranslated, name_of, named, thing_of, type_of
from .statement import Statement, Translator

FREE = "axis"  # the coordinate at which vectors are equal


def prepared(goal: Goal) -> Goal:
    """The goal with means under Gaussians of vectors written as means over noise."""
    drawn: list[str] = []

    def over_noises(node):
        node = rebuild(node, over_noises)
        if isinstance(node, KL) and has_vectors(node):
            return over_noises(E(log(node.p / node.q), node.p))
        if not isinstance(node, E) or not isinstance(node.under, Normal) or not whole(node.under.at):
            return node
        z = Symbol(f"z{len(drawn)}", "", vectors, "noise")
        drawn.append(z.name)
        return E(redrawn(node.body, node.under.at, node.under.mean + Func("sqrt", node.under.variance) * z))

    left, right = over_noises(goal.left), over_noises(goal.right)
    return replace(goal, left=left, right=right, standard=goal.standard | frozenset(drawn))


def over_noise(node) -> bool:
    return isinstance(node, Var) or (isinstance(node, E) and node.under is None)


def whole(node) -> bool:
    """Is this a vector?  √v z is one, for two vectors, coordinate by coordinate."""
    try:
        return is_vector(node)
    except ArgumentError:
        return True


class Words(Translator):
    """Words for a goal about vectors."""

    def __init__(self, goal: Goal):
        before = [part for side in goal.sides() for part in walk(side)]
        self.of_vectors, cited, goal = is_vector(goal.left), goal.standard, prepared(goal)
        self.drawn = goal.standard - cited
        if self.drawn and any(map(over_noise, before)):
            raise Untranslated("a mean over noise beside a mean under a Gaussian")
        parts = [part for side in goal.sides() for part in walk(side)]
        self.given = {part for node in parts if over_noise(node) for part in node.given}
        if any(isinstance(node, Var) for node in parts):
            raise Untranslated("a variance beside vectors")
        states = [part for node in parts if over_noise(node) and not node.given for part in walk(node.body)]
        if self.given & set(states):
            raise Untranslated("a state that is given in one mean, and random in another")
        self.place, self.depth = FREE, 0
        super().__init__(goal)

    def free(self, node) -> set:
        return set() if self.stands_still(node) else super().free(node)

    def moves(self, node) -> tuple:
        """What a vector is a function of, beside time and coordinate."""
        if self.stands_still(node):
            return ()
        chance = self.random and (is_noise(node) or is_state(node))
        return (OUTCOME,) if chance else self.moving.get(named(node), ())

    def stands_still(self, node) -> bool:
        """Is this given, or not what the mean is over?  A mean under a Gaussian is over its own noise alone."""
        chance = is_noise(node) or is_state(node)
        return node in self.given or bool(self.drawn and chance and getattr(node, "name", "") not in self.drawn)

    def __call__(self, node: Expr) -> str:
        if is_variable(node):
            return self.coordinate(node)
        if isinstance(node, Normal) and whole(node.at):
            return self.every(lambda: super(Words, self).__call__(node), "prod")
        if isinstance(node, Apply) and has_vectors(node):
            return self.applied(node)
        word = getattr(self, f"_{type(node).__name__}", None)
        return super().__call__(node) if word is None else word(node)

    def coordinate(self, node) -> str:
        if isinstance(node, Apply):
            return self.applied(node, self.place)
        chance = [each for each in self.moves(node) if each == OUTCOME]
        moves = [each for each in self.moves(node) if each != OUTCOME]
        if not all(isinstance(each, Symbol) and is_variable(each) for each in moves):
            raise Untranslated(f"{node!r} depends on what is bound")
        index = [self.index(node.index)] if isinstance(node, Item) else []
        types = [*("nat" for _ in index), *map(type_of, moves), "nat", *map(type_of, chance)]
        word = self.use(named(node), thing_of(node), *types)
        vectors_ = [self.function_of(lambda each=each: self(each)) for each in moves]
        return f"({' '.join([word, *index, *vectors_, self.place, *map(self, chance)])})"

    def applied(self, node: Apply, *place) -> str:
        """A function at vectors, numbers and times, and at the coordinate of its value if that is a vector."""
        types, values = [], []
        for arg in node.args:
            types.append("nat -> R" if whole(arg) else "nat" if isinstance(arg, Index) else "R")
            words = {"nat": self.index, "R": self, "nat -> R": lambda arg: self.function_of(lambda: self(arg))}
            values.append(words[types[-1]](arg))
        word = self.use(node.function.name, node.function, *types, *("nat" for _ in place))
        return f"({' '.join([word, *values, *place])})"

    def function_of(self, words) -> str:
        """``words()`` as a function of the coordinate."""
        self.depth += 1
        outside, self.place = self.place, f"k{self.depth}'"
        text = f"(fun {self.place} : nat => {words()})"
        self.depth, self.place = self.depth - 1, outside
        return text

    def every(self, words, word="sum") -> str:
        """A sum or a product over all coordinates."""
        return f"({word} (times 1%nat {self.index(d)}) {self.function_of(words)})"

    def _Dot(self, node):
        return self.every(lambda: self(Mul((node.left, node.right))))

    def _Total(self, node):
        return self.every(lambda: self(node.body))

    def derivative(self, body, by, place) -> str:
        """∂ body / ∂ by at a coordinate."""
        self.stands(body, by)
        here, value = (by, by.name) if isinstance(by, Symbol) else (Symbol("here", "", vectors), None)
        words = self(redrawn(body, by, here)) if value is None else self(body)
        if value is None:
            self.names.pop("here"), self.things.pop("here")
            outside, self.place = self.place, "at"
            value, self.place = self(by)[1:-1].removesuffix(" at"), outside
            return f"(partial (fun here : nat -> R => {words}) ({value}) {place})"
        word = name_of(value)
        self.use(value, by, "nat")
        return f"(partial (fun {word} : nat -> R => {words}) {word} {place})"

    def stands(self, body, by):
        """Nothing in ``body`` moves with ``by`` but what shows it."""
        todo, seen = [part for part in walk(body) if isinstance(part, (Symbol, Item)) and part != by], set()
        while todo:
            name = named(todo.pop())
            for left, right in self.goal.stated if name not in seen else ():
                if isinstance(left, (Symbol, Item)) and named(left) == name:
                    inner = [part for part in walk(right) if isinstance(part, (Symbol, Item))]
                    if any(named(part) == named(by) for part in inner):
                        raise Untranslated(f"{name} moves with {by!r}")
                    todo += inner
            seen.add(name)

    def _Gradient(self, node):
        return self.derivative(node.body, node.by, self.place)

    def _Divergence(self, node):
        return self.every(lambda: self.derivative(node.body, node.by, self.place))

    def _Jacobian(self, node):
        outer = self.place

        def term():
            inner, self.place = self.place, outer
            derivative = self.derivative(node.body, node.by, inner)
            self.place = inner
            return f"{derivative} * {self(node.along)}"

        return self.every(term)

    def functional(self, given) -> str:
        return "mean_of"

    def word(self, part, *index: str) -> str:
        if any(map(is_variable, self.moving.get(named(part), ()))):
            raise Untranslated(f"{part!r} depends on a vector that is bound")
        return super().word(part, *index)

    # Premises

    def premises(self, name) -> list[str]:
        return ["(1 <= d)%nat"] if name == d.symbol else super().premises(name)

    def _noise(self, name, noise) -> list[str]:
        if not isinstance(noise.domain, Space):
            raise Untranslated("a noise that is no vector beside vectors")
        if getattr(noise, "backward", False):
            raise Untranslated("a noise of a process that runs backward")
        alone = isinstance(noise, Symbol)
        last = name_of("N")
        own, times = (name, "") if alone else (f"({name} t')", f"forall t', ({noise.start} <= t' < {last})%nat -> ")
        found = []
        if noise.name in self.goal.standard:
            found.append(f"{times}standard_vector mean_of {self.index(d)} {own}")
        if self.by == "independence":
            for word, thing in self.things.items():
                if getattr(thing, "role", "") == "state" and "Outcome" in self.arguments[word]:
                    before = "0%nat" if alone else "s'"
                    guard = "" if alone else f"forall s' t', (s' < t' < {last})%nat -> "
                    state = f"(fun w' => f' (fun i' => {word} {before} i' w'))"
                    found.append(
                        f"{guard}forall (f' : (nat -> R) -> R) j', independent_under mean_of {state} ({own} j')"
                    )
        return found

    def _smooth(self, name, function: Function) -> list[str]:
        types = self.arguments[name]
        if "nat -> R" not in types or not self.goal.justification.differentiates:
            return super()._smooth(name, function)
        found = []
        for n in (n for n, type_ in enumerate(types) if type_ == "nat -> R"):
            rest = "".join(f"(z{k} : {type_}) " for k, type_ in enumerate(types) if k != n)
            value = " ".join("y" if k == n else f"z{k}" for k in range(len(types)))
            found.append(f"forall {rest}, smooth_in (fun y => {name} {value})" if rest else f"smooth_in {name}")
        return found

    def fact(self, fact) -> str:
        every = f"forall ({FREE} : nat), " if is_vector(fact.left) else ""
        return every + super().fact(fact)

    def statement(self) -> Statement:
        self.index(d)
        if self.of_vectors:
            self.use(FREE, "", result="nat")
        said = super().statement()
        if self.of_vectors:
            said.premises["D_place"] = f"(1 <= {FREE} <= {d.symbol})%nat"
        return said
