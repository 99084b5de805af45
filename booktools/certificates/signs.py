"""Proof scripts for signs: definitions are put in, operators keep the signs of their parts; then cases and tangents."""

from __future__ import annotations


def proof(script) -> str:
    facts = [f"H{n}" for n, fact in enumerate(script.goal.facts) if not fact.symbols]
    lines = [script.intros(), *(f"try rewrite ?{name} in *" for name in facts)]
    return "; ".join([*lines, "first [ solve [ sign ] | solve [ kinks ] | solve [ bounded ] ]"])
