"""Proof scripts for signs: definitions are put in, and operators keep the signs of their parts; or by cases, or tangents."""

from __future__ import annotations


def proof(script) -> str:
    facts = [f"H{n}" for n, fact in enumerate(script.goal.facts) if not fact.symbols]
    return "; ".join(
        [
            script.intros(),
            *(f"try rewrite ?{name} in *" for name in facts),
            "first [ solve [ sign ] | solve [ kinks ] | solve [ tangents ] ]",
        ]
    )
