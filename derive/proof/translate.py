"""The common part of all translations: arithmetic, and the times of sequences, which may stay symbols."""

from __future__ import annotations

from contextlib import contextmanager

from ..language.expr import children
from ..language.times import Index, Item, OutOfRange, Sum


class Translator:
    """Calls ``self.Add(node)`` for an ``Add``; ``self.index`` holds what index symbols stand for."""

    def __init__(self, index=None):
        self.index: dict[str, int | Index] = dict(index or {})

    def __call__(self, node):
        return getattr(self, type(node).__name__)(node)

    def time(self, index: Index):
        """A number, or an index where nothing is known of its symbol."""
        if index.symbol is None:
            return index.offset
        return self.index.get(index.symbol, Index(index.symbol)) + index.offset

    @contextmanager
    def bind(self, symbol, value):
        """Set one index symbol inside a ``with`` block."""
        old = self.index.get(symbol)
        self.index[symbol] = value
        try:
            yield
        finally:
            self.index[symbol] = old
            if old is None:
                del self.index[symbol]

    def member(self, node: Item):
        """The sequence of an item and its time."""
        sequence, time = node.sequence, self.time(node.index)
        if not isinstance(time, Index) and time < sequence.start:
            raise OutOfRange(f"{sequence.name}[{time}] is before the first member, {sequence.name}[{sequence.start}]")
        return sequence, time

    def variables(self, node, role="state"):
        """The members of state (or noise) sequences in ``node``, with their times, in order of appearance."""
        if isinstance(node, Item):
            return [self.member(node)] if node.sequence.role == role else []
        if isinstance(node, Sum):
            found = []
            low, high = self.time(node.low), self.time(node.high)
            for time in range(low, high + 1):
                with self.bind(node.symbol, time):
                    found += self.variables(node.body, role)
        else:
            found = [pair for child in children(node) for pair in self.variables(child, role)]
        return list(dict.fromkeys(found))

    def stated(self, sequence, time):
        """The value of a first member that was declared, or None."""
        return self.number(sequence.first) if sequence.first is not None and time == sequence.start else None

    def number(self, value):
        raise NotImplementedError

    def Num(self, node):
        return self.number(node.value)

    def Add(self, node):
        first, *rest = map(self, node.terms)
        for value in rest:
            first = first + value
        return first

    def Neg(self, node):
        return -self(node.arg)

    def Mul(self, node):
        first, *rest = map(self, node.factors)
        for value in rest:
            first = first * value
        return first

    def Div(self, node):
        return self(node.over) / self(node.under)
