"""Rules for sums over states and for integrals, each with its proof: what the scripts for finite spaces are made of."""

from __future__ import annotations

from derive.language.alphabets import Iverson, alphabet_of
from derive.language.density import Integral
from derive.language.expr import Add, Div, Expr, Mul, put, walk
from derive.language.times import Index, Item, Sum

from . import polynomials as poly
from .polynomials import ONE, ZERO, expression
from .premises import name_of
from .states import ALL, Marginal, Over

FORALL = "repeat first [ apply List.Forall_nil | apply List.Forall_cons; [ assumption | ] ]"


class Rules:
    """``form`` and ``equal`` are those of ``finite.Means``.  A rule returns what it leads to, and a proof."""

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    # Sums over states

    def sum_over(self, sequence, parts, body):
        """Constants are pulled out, term by term, and what is left is simplified."""
        pulled: dict = {}
        for monomial, value in self.form(body).items():
            out = tuple((node, power) for node, power in monomial if self.free(node, parts))
            rest = tuple(pair for pair in monomial if pair not in out)
            pulled.setdefault(rest, {})[out] = value
        if not pulled:
            pulled = {(): {}}
        place = self.words.parts(parts)
        pairs, lines, terms = [], [], []
        for rest, factor in pulled.items():
            start, end, prove = self.simplified(sequence, parts, rest)
            pairs.append((expression(factor), start.body))
            terms.append((expression(factor), start, end))
            if start != end:
                name = self.fresh("B")
                lines.append(f"assert ({name} : {self.words(start)} = {self.words(end)}) by ({prove})")
                lines.append(f"rewrite ?{name}")
        self.seen.update({e: (e, "reflexivity") for _, _, e in terms})
        way = Over(sequence, parts, body)
        listed = "; ".join(f"({self.words.of_states(way, c)}, {self.words.of_states(way, r)})" for c, r in pairs)
        total = self.total([(c, r) for c, r in pairs])
        whole = [part for part in walk(body) if isinstance(part, Marginal) and part.parts == ALL]
        names = {name_of(part.distribution.name) for part in whole}
        whole = "".join(f"rewrite ?(law_is_marginal {self.words.values()} {name}); " for name in names)
        split = f"into {sequence.name}; cbn [sum fst snd]; {whole}{self.equal(body, total)}"
        end = expression(poly.add(*(poly.multiply(self.form(c), self.form(e)) for c, _, e in terms)))
        lemma = f"StepsFinite.combination {self.words.values()} _ {place} [{listed}]"
        head = f"etransitivity; [ apply ({lemma}); [ bits | {split} | all_free ] | ]"
        last = self.algebra(self.total([(c, e) for c, _, e in terms]), end)
        return end, "; ".join([head, "cbn [sum fst snd]", *lines, last])

    def total(self, pairs) -> Expr:
        """c₁ r₁ + (c₂ r₂ + … + 0), as Rocq writes the sum over a list."""
        result: Expr = ZERO
        for c, r in reversed(pairs):
            result = Add((Mul((c, r)), result))
        return result

    def free(self, node, parts) -> bool:
        states = self.words.states(node)
        return states is not None and self.words.times.apart(states, parts)

    def simplified(self, sequence, parts, rest):
        """(start, end, proof): the sum over ``parts`` of a product in which no factor is free of them."""
        times = self.words.times
        if alphabet_of(sequence) and (found := self.picked(sequence, parts, rest)):
            return found
        for inner, power in rest:
            others = tuple(pair for pair in rest if pair[0] != inner)
            if power == 1 and isinstance(inner, Over) and inner.sequence == sequence:
                apart = times.apart(inner.parts, parts) and all(self.free(n, inner.parts) for n, _ in others)
                if apart:
                    return self.merged(sequence, parts, others, inner)
            if power == 1 and type(inner) is Sum:
                return self.sum_out(sequence, parts, others, inner)
        for marginal, power in rest:
            if power != 1 or not isinstance(marginal, Marginal) or marginal.sequence != sequence:
                continue
            others = tuple(pair for pair in rest if pair[0] != marginal)
            states = [self.words.states(node) for node, _ in others]
            if None in states:
                continue
            kept = self.meet(parts, times.union(*states))
            gone = times.without(parts, kept)
            if gone and times.covers(marginal.parts, gone):
                return self.reduced(sequence, parts, kept, gone, others, marginal)
        start = Over(sequence, parts, poly.word(rest))
        return start, start, "reflexivity"

    def picked(self, sequence, parts, rest):
        """The sum over one symbol, of a constant or of a product with a bracket; None if it is another one."""
        if len(parts) != 1 or parts[0][0] != parts[0][1]:
            return None
        over, start = Item(sequence, parts[0][0]), Over(sequence, parts, poly.word(rest))
        if not rest:
            proof = f"apply (counted {self.words.letters()}); first [ assumption | bits ]"
            return start, alphabet_of(sequence).size, proof
        for bracket in (node for node, power in rest if isinstance(node, Iverson) and power > 0):
            for here, there in ((bracket.left, bracket.right), (bracket.right, bracket.left)):
                others = [(node, power) for node, power in rest if node != bracket]
                hidden = [p for n, _ in others for p in walk(n) if isinstance(p, (Marginal, Over))]
                if here == over and all(self.free(node, parts) for node in (there, *hidden)):
                    end = put(poly.word(tuple(others)), over, there)
                    return start, end, f"pick {self.words(there)}"
        return None

    def meet(self, parts, states):
        """The states in ``parts``."""
        times = self.words.times
        return times.union(
            [s for s in states if times.covers(parts, [s])], [p for p in parts if times.covers(states, [p])]
        )

    def then(self, sequence, parts, old: Expr, tactic: str, start: Expr):
        """One rule, and what can be done after it."""
        (rest,) = self.form(old)
        begin, end, prove = self.simplified(sequence, parts, rest)
        after = Over(sequence, parts, old)
        lines = [f"transitivity {self.words(after)}; [ solve [ {tactic} ] | ]"]
        if begin != after:
            way = self.words.way(after)
            same = self.algebra(old, begin.body)
            lines.append(f"transitivity {self.words(begin)}; [ apply over_ext; into {way}; {same} | ]")
        return start, end, "; ".join([*lines, prove])

    def merged(self, sequence, parts, others, inner):
        both = self.words.times.union(parts, inner.parts)
        start = Over(sequence, parts, Mul((poly.word(others), inner)))
        sets = " ".join(map(self.words.parts, (parts, inner.parts, both)))
        functions = " ".join(self.words.of_states(inner, f) for f in (poly.word(others), inner.body))
        rule = f"apply (merge {self.words.values()} {sets} {functions}); [ bits | bits | frees ]"
        return self.then(sequence, both, Mul((poly.word(others), inner.body)), rule, start)

    def reduced(self, sequence, parts, kept, gone, others, marginal):
        less = Marginal(marginal.distribution, sequence, self.words.times.without(marginal.parts, gone))
        values, f = f"{self.words.values()} {name_of(marginal.distribution.name)}", poly.word(others)
        rest, whole, small = (self.words.parts(each) for each in (marginal.parts, parts, less.parts))
        if not kept:
            start = Over(sequence, parts, marginal)
            rule = f"rewrite (marginal_out {values} {whole} {rest} {small}) by bits"
            rule += "; reflexivity" if less.parts else "; apply marginal_none; assumption"
            return start, (less if less.parts else ONE), rule
        start = Over(sequence, parts, Mul((f, marginal)))
        sets = f"{whole} {self.words.parts(kept)} {rest} {small}"
        rule = f"apply (reduce {values} {sets} {self.words.of_states(marginal, f)}); [ bits | bits | bits | frees ]"
        return self.then(sequence, kept, Mul((f, less)), rule, start)

    def sum_out(self, sequence, parts, others, inner):
        outer, symbol = self.words.times, name_of(inner.symbol)
        self.words.times = outer.within(inner)
        with self.words.at_time(symbol):
            term = Over(sequence, parts, Mul((inner.body, poly.word(others))))
            body, prove = self.rewritten(term)
        self.words.times = outer
        start = Over(sequence, parts, Mul((inner, poly.word(others))))
        middle = Sum(term, inner.symbol, inner.low, inner.high)
        end = Sum(body, inner.symbol, inner.low, inner.high)
        each = f"apply sum_ext; into {symbol}; let H := fresh in intros H; apply in_times in H; {prove}"
        return start, end, f"transitivity {self.words(middle)}; [ apply over_sum_out | {each} ]"

    def under_sum(self, node):
        outer = self.words.times
        self.words.times = outer.within(node)
        symbol = name_of(node.symbol)
        with self.words.at_time(symbol):
            body = expression(self.form(node.body))
            prove = self.equal(node.body, body)
        self.words.times = outer
        new = Sum(body, node.symbol, node.low, node.high)
        return new, f"apply sum_ext; into {symbol}; let H := fresh in intros H; apply in_times in H; {prove}"

    def pairs(self, whole):
        """The marginal of a Markov chain by those of two states and of one, with the rewriting that shows it."""
        ends = [(a.symbol, a.offset, b.offset + 1) for a, b in whole.parts if a.symbol == b.symbol]
        singles = [Index(symbol, offset) for symbol, first, last in ends for offset in range(first, last)]
        if len(ends) < len(whole.parts) or len(singles) < 3:
            return whole, []
        (first, here, *rest), union = singles, self.words.times.union
        near, late, one = (
            Marginal(whole.distribution, whole.sequence, union([(time, time) for time in times]))
            for times in ((first, here), (here, *rest), (here,))
        )
        later, lines = self.pairs(late)
        given = f"{self.words.values()} ltac:(assumption) {name_of(whole.distribution.name)} ltac:(assumption)"
        sets = " ".join(self.words.parts(each.parts) for each in (whole, near, late))
        line = f"rewrite (marginal_across {given} {self.words.index(here)} {sets}) by first [ assumption | bits ]"
        return Div(Mul((near, later)), one), [line, *lines]

    # Integrals

    def integral(self, node):
        variable, pulled = node.over, {}
        for monomial, value in self.form(node.body).items():
            out = tuple((n, power) for n, power in monomial if variable not in self.words.free(n))
            pulled.setdefault(tuple(pair for pair in monomial if pair not in out), {})[out] = value
        pulled = pulled or {(): {}}
        lines, terms = [], []
        for rest, factor in pulled.items():
            start = Integral(poly.word(rest), variable, node.low, node.high)
            terms.append((expression(factor), start, start))
        name = self.words.word(variable)
        listed = "; ".join(f"({self.words(c)}, (fun {name} : R => {self.words(s.body)}))" for c, s, _ in terms)
        self.seen.update({e: (e, "reflexivity") for _, _, e in terms})
        end = expression(poly.add(*(poly.multiply(self.form(c), self.form(e)) for c, _, e in terms)))
        split = (
            f"into {name}; cbn [sum fst snd]; {self.equal(node.body, self.total([(c, s.body) for c, s, _ in terms]))}"
        )
        lemma, given = f"int_combination {name_of('int')} [{listed}]", "assumption"
        if node.low is not None:
            lemma, given = f"RInt_combination [{listed}]", FORALL
        head = f"etransitivity; [ apply ({lemma}); [ {given} | {split} ] | ]"
        last = self.algebra(self.total([(c, e) for c, _, e in terms]), end)
        return end, "; ".join([head, "cbn [sum fst snd]", *lines, last])
