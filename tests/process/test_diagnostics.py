"""The linter on published schedules: what it remarks, and what it does not say."""

from __future__ import annotations

import pytest
import torch

from diffusion_lib.process.diagnostics import PRIOR_KL_LIMIT, diagnose
from diffusion_lib.process.schedule import Schedule, cosine, linear, scaled_linear


def finding_codes(schedule: Schedule, **arguments) -> list[str]:
    return [issue.code for issue in diagnose(schedule, **arguments)]


PUBLISHED = {  # name: schedule, alpha_bar_T, clean?
    "DDPM, T = 1000": (linear(), "4.04e-05", True),
    "improved DDPM's cosine without its clip": (Schedule.from_betas(cosine().beta[1:]), "2.43e-09", True),
    "Stable Diffusion 1": (scaled_linear(), "0.00466", False),
    "the annotated diffusion model, T = 200": (linear(200), "0.132", False),
    "udlbook 18.3": (Schedule.from_betas([0.01511] * 100), "0.218", False),
    "tiny-diffusion's default": (linear(50), "0.603", False),
    "acids-ircam 02": (
        Schedule.from_betas(torch.linspace(-6, 6, 100).sigmoid() * (1e-2 - 1e-5) + 1e-5),
        "0.605",
        False,
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_lint_separates_published_schedules(name):
    schedule, alpha_bar_T, clean = PUBLISHED[name]
    issues = diagnose(schedule)
    assert f"{schedule.alpha_bar[-1]:.3g}" == alpha_bar_T
    assert [issue.code for issue in issues] == ([] if clean else ["signal-left"])
    L_T = f"{schedule.prior_kl():.3g}"
    assert clean or (
        f"alpha_bar_T = {alpha_bar_T}" in issues[0].message and f"L_T = {L_T} bits/dim" in issues[0].message
    )


def test_a_schedule_that_ends_in_the_prior_is_not_said_to_miss_it():
    """Gaussian data of variance 1 end in N(0, I) exactly under every schedule, however much of them is left."""
    (issue,) = diagnose(linear(50))
    assert "is not N(0, I)" not in issue.message
    assert "of which 0 lie between q(x_T) and N(0, I) if the data are Gaussian of variance 1;" in issue.message
    (issue,) = diagnose(linear(50), data_variance=0.25)
    assert f"of which {linear(50).prior_gap(0.25):.2g} lie between q(x_T) and N(0, I)" in issue.message


def test_stable_diffusions_last_step_is_not_pure_noise():
    schedule = scaled_linear()
    assert f"{schedule.alpha_bar[-1].sqrt():.4f}" == "0.0683" and f"{schedule.snr[-1]:.2e}" == "4.68e-03"
    assert schedule.prior_kl() > 3 * PRIOR_KL_LIMIT


def test_lint_reports_clipped_and_falling_betas():
    assert (
        finding_codes(cosine()) == ["clipped-beta"]
        and "1 of 1000 betas clipped to 0.999" in diagnose(cosine())[0].message
    )
    assert finding_codes(Schedule.from_betas([0.9, 0.99, 0.98, 0.99])) == ["non-monotone-beta"]
    assert "at t=3" in diagnose(Schedule.from_betas([0.9, 0.99, 0.98, 0.99]))[0].message


def test_lint_takes_the_shortest_schedule():
    assert finding_codes(Schedule.from_betas([0.5])) == ["signal-left"]


def test_lint_judges_by_the_variance_of_the_data():
    schedule = linear(350)  # alpha_bar_T = 0.028
    assert finding_codes(schedule, data_variance=100.0) == ["signal-left"]
    assert linear().prior_kl(100.0) > PRIOR_KL_LIMIT > linear().prior_kl(1.0)
