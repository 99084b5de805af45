"""Proof scripts for signs: definitions are put in, and operators keep the signs of their parts."""

from __future__ import annotations


def proof(script) -> str:
    facts = [f"H{n}" for n, fact in enumerate(script.goal.facts) if not fact.symbols]
    return "; ".join([script.intros(), *(f"try rewrite ?{name} in *" for name in facts), "sign"])
