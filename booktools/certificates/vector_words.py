"""The translator of steps with vectors, for scripts: the symbols of the proof checker are words, too."""

from __future__ import annotations

from derive.kernel.sums import ONE, product
from derive.language.density import Integral
from derive.language.expr import Expr, Symbol
from derive.language.vectors import Jacobian
from derive.proof.vectors import Coordinates

from .vectors import Words


class KernelWords(Words):
    """The translator, with words for the symbols of the kernel."""

    symbols: Coordinates | None = None

    def __init__(self, goal):
        super().__init__(goal)
        self.shown: dict[Symbol, str] = {}  # words of the scripts

    def __call__(self, node: Expr) -> str:
        words = self.of_kernel(node) if self.symbols is not None and isinstance(node, Symbol) else None
        return super().__call__(node) if words is None else words

    def of_kernel(self, symbol) -> str | None:
        """What a symbol of the kernel stands for."""
        kernel = self.symbols
        if symbol in self.shown:
            return self.shown[symbol]
        if symbol in kernel.derivatives:
            inner, by = kernel.derivatives[symbol]
            return self.derivative(inner, by, self.place)
        if symbol in kernel.products:
            return self._Jacobian(Jacobian(*kernel.products[symbol]))
        if symbol in kernel.integrals:
            return self(Integral(*kernel.integrals[symbol]))
        if symbol in kernel.sums:
            return self.every(lambda: self(product(ONE.value, kernel.sums[symbol])))
        node = kernel.atoms.get(symbol, kernel.values.get(symbol))
        return None if node is None else self(node)
