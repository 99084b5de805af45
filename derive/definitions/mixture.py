"""A mixture Σ c p is a density, if the weights c are positive constants that add up to one, and each p is one."""

from __future__ import annotations

from ..errors import ArgumentError, DerivationError
from ..justifications import justification
from ..kernel.sums import product, products, total
from ..language.density import Density
from ..language.dependence import atoms, depends_on
from ..language.expr import Add
from ..proof.defined import defined
from ..proof.signs import sign_of_value
from ..proof.symbolic import Symbolic, floors


def is_mixture(right) -> bool:
    return isinstance(right, Add) and any(
        isinstance(part, Density) for _, factors in products(right) for part in factors
    )


def mixture(name, left, right, others) -> None:
    """Raise ``ArgumentError`` unless ``right`` is a mixture of densities of the one target of ``left``."""
    weights: dict[Density, list] = {}
    for coefficient, factors in products(right):
        parts = [part for part, count in factors.items() if isinstance(part, Density) and count == 1]
        rest = {part: count for part, count in factors.items() if part not in parts}
        if len(parts) != 1 or any(depends_on(atom, others) for part in rest for atom in atoms(part)):
            raise ArgumentError(f"{name!r}: each term of the mixture {right!r} is a constant times one density")
        weights.setdefault(parts[0], []).append(product(coefficient, rest))
    for part in weights:
        fits = part.targets == left.targets and len(left.targets) == 1 and set(part.given) <= set(left.given)
        if not fits or part.distribution == left.distribution:
            raise ArgumentError(f"{name!r}: {part!r} is not a density of {left!r} under another distribution")
    sums = [total(parts) for parts in weights.values()]
    translate = Symbolic(justification("algebra"), floors=floors(*sums))
    try:
        defined(*sums)
        whole = translate.field.is_zero(translate(total(sums)) - 1)
        sure = all(sign_of_value(translate.field, translate(one)) == 1 for one in sums)
    except DerivationError as error:
        raise ArgumentError(f"{name!r}: the weights of {right!r} are not known: {error}") from error
    if not (whole and sure):
        raise ArgumentError(f"{name!r}: the weights of {right!r} must be positive and add up to one")
