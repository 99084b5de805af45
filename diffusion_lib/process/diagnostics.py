"""Remarks on a schedule: what is left of the data at its end, and betas that look like a mistake.

The prior term of the bound is L_T = I(x_0; x_T) + KL(q(x_T) ‖ N(0, I)).  Only the second term is an error of a
sampler that starts from N(0, I).  It depends on the shape of the data, which no schedule knows; L_T bounds it.
"""

from __future__ import annotations

from typing import NamedTuple

from .schedule import MASTER, Schedule

# Likelihoods are quoted with two or three decimals of a bit per dimension: a prior term below 1e-3 does not show in
# them.  DDPM's L_T is 3e-5; Stable Diffusion's is 3e-3, and it does show in samples (Lin et al. 2023).  L_T bounds the
# prior's gap for data of any shape; the gap itself depends on the shape, which a schedule does not know.
PRIOR_KL_LIMIT = 1e-3


class Issue(NamedTuple):
    """One remark of ``diagnose``: a short ``code`` for programs and a ``message`` for people."""

    code: str
    message: str


def diagnose(schedule: Schedule, data_variance: float = 1.0) -> list[Issue]:
    """Return remarks on a schedule (signal-left, clipped-beta, non-monotone-beta); none means clean.

    signal-left: x_T still tells something of x_0, by L_T in bits per dimension, for data with mean 0 and the given
    variance.  q(x_T) itself depends on the data: the message says how far it is from N(0, I) if they are Gaussian.
    """
    beta, end = schedule.to(*MASTER).beta, f"alpha_bar_T = {schedule.to(*MASTER).alpha_bar[-1]:.3g}"
    L_T, gap = schedule.prior_kl(data_variance), schedule.prior_gap(data_variance)
    max_beta, t = schedule.config.get("max_beta"), int(beta.diff().argmin()) + 1
    clipped = 0 if max_beta is None else int((beta == max_beta).sum())
    signal = (
        f"x_T still tells of x_0: {end}, L_T = {L_T:.3g} bits/dim, above {PRIOR_KL_LIMIT:g}, of which {gap:.2g} lie "
        f"between q(x_T) and N(0, I) if the data are Gaussian of variance {data_variance:g}; use more or larger betas"
    )
    clip = f"{clipped} of {schedule.T} betas clipped to {max_beta}: {end}, not 0; expected of the cosine schedule"
    fall = f"beta falls from {beta[t - 1]:.3g} to {beta[t]:.3g} at t={t}; sort the betas"
    remarks = (
        (L_T > PRIOR_KL_LIMIT, "signal-left", signal),
        (clipped > 0, "clipped-beta", clip),
        (bool(beta[t] < beta[t - 1]), "non-monotone-beta", fall),
    )
    return [Issue(code, message) for found, code, message in remarks if found]
