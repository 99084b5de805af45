"""The inference rules that a reader may choose for an equality; the others need a gap or a hypothesis."""

from __future__ import annotations

from derive.justifications import JUSTIFICATIONS

OFFERED = {
    name: one.permits
    for name, one in JUSTIFICATIONS.items()
    if name not in ("Jensen", "Gibbs", "non-negative gap", "positive gap", "induction")
}
