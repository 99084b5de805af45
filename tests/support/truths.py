"""A register of true steps: each kind is a function of a world, and of a variant."""

from __future__ import annotations


class Truths(dict):
    """``@truth(a, b)`` keeps a kind with two variants; ``@truth()`` one without."""

    def __init__(self):
        self.variants: dict[str, list[tuple]] = {}

    def __call__(self, *variants):
        def keep(build):
            name = build.__name__.replace("_", "-")
            if name in self:
                raise KeyError(f"two truths are named {name}")
            self[name], self.variants[name] = build, [(one,) for one in variants] or [()]
            return build

        return keep

    def cases(self):
        return [(name, variant) for name, variants in self.variants.items() for variant in variants]
