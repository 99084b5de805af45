"""Right answers in other words, for every exercise of the book: all are proved equal, not tried."""

from __future__ import annotations

import pytest
import sympy as sp
from sympy import exp, log, sqrt

from derive.proof.timeout import timeout
from pagekit.exercises import exercises, grade_answer

A, B, P, b, SNR, SNR_1, SNR_T = (  # as a reader may write them, without their domain
    sp.Symbol(name)
    for name in ("alpha[t]", "alpha_bar[t]", "alpha_bar[t - 1]", "beta[t]", "SNR[t]", "SNR[1]", "SNR[T]")
)
A1, A2, A3, BT, x0, xt = map(sp.Symbol, ("alpha[1]", "alpha[2]", "alpha[3]", "alpha_bar[T]", "x[0]", "x[t]"))
level, b1 = map(sp.Symbol, ("level[t]", "beta[1]"))
ht, eps_t, vt, gt = map(sp.Symbol, ("h[t]", "eps[t]", "v[t]", "score[t]"))
m, y, s, g, e_c, e_u, z, eps, sigma, theta, c, b_0, b_1, y_0, v, d, T, mu, a, w, h, S, R, n, x_t, score_t = sp.symbols(
    "m y s g e_c e_u z eps sigma theta c b_0 b_1 y_0 v d T mu a w h S R n x_t score_t"
)
area, B_s, B_t, B_T, k, sigma_t, second = sp.symbols("A alpha_bar_s alpha_bar_t alpha_bar_T b sigma_t b")
D, kappa, slope, m_c, m_n = sp.symbols("D kappa slope m_c m_n")
X, V, R_0, R_1, lam, t, u, alpha_t, d_alpha, width = sp.symbols("X V R_0 R_1 lam t u alpha_t d_alpha width")
r_1, r_t, r_T, pixels, side, low, high = sp.symbols("a_1 a_t a_T pixels_ k low high")
half = sp.Rational(1, 2)
snr_s, snr_t, share, noise_level, width = sp.symbols("snr_s snr_t share level width")
first, least, s_G = sp.symbols("first least s_G")
patches, r_patch, L = sp.symbols("M p L")
wronskian = sp.Symbol("W")
n_, k_, eta, A_, gradient_, fraction_, P_, Q_, weight = sp.symbols("n k eta A gradient fraction P Q weight")
FORMS = {
    "velocity-error-from-v": [
        (wronskian / (alpha_t**2 + sigma_t**2)) ** 2,
        1 / ((alpha_t**2 + sigma_t**2) / wronskian) ** 2,
    ],
    "bound-in-noise": [wronskian * alpha_t / sigma_t**3 * (sigma_t / alpha_t) ** 2, wronskian / alpha_t / sigma_t],
    "last-aim": [first + (sp.Symbol("second") - first), 2 * sp.Symbol("second") / 2],
    "weight-at-noise": [1 + (1 - B_t) / B_t, exp(-log(B_t)), sqrt(1 / B_t**2)],
    "own-boundary": [1 - least / noise_level, (noise_level**2 - least * noise_level) / noise_level**2],
    "spread-of-neighbours": [V * (B_s - 2 * sp.Symbol("r") * sqrt(B_s * B_t) + sp.Symbol("r") ** 2 * B_t)],
    "resting-mean": [sp.Symbol("mu") / V - sp.Symbol("m") / V, -(sp.Symbol("m") - sp.Symbol("mu")) / V],
    "resting-scale": [(s_G**2 - V) / (V * s_G), (s_G / sqrt(V) - sqrt(V) / s_G) / sqrt(V)],
    "rank-for-a-fraction": [n_ * fraction_ * half, n_**2 * fraction_ / (2 * n_)],
    "step-of-an-adapter": [-eta * gradient_ * (k_ * A_) ** 2, k_ * A_ * (-eta * k_ * A_ * gradient_)],
    "best-critic": [1 / (1 + Q_ / P_), 1 - Q_ / (P_ + Q_)],
    "width-of-an-encoder": [1 / (1 + 2 * kappa / weight), 1 - 2 * kappa / (weight + 2 * kappa)],
    "step-in-lambda": [log(snr_s) / 2 - log(snr_t) / 2, -log(snr_t / snr_s) / 2, log(4 * snr_s / (4 * snr_t)) * half],
    "kept-state": [1 / exp(h), exp(-h / 2) ** 2, sqrt(exp(-2 * h))],
    "middle-weight": [half / share, 1 - (1 - 1 / (2 * share))],
    "older-estimate": [-0.25, half - sp.Rational(3, 4)],
    "even-loss": [
        1 / noise_level**2 + 1 / width**2,
        (1 / (noise_level * width / sqrt(noise_level**2 + width**2))) ** 2,
    ],
    "zoo-root": [B - B**2, half**2 - (B - half) ** 2],
    "zoo-score": [-(y - m) / s**2, m / s**2 - y / s**2],
    "zoo-guidance": [e_u + g * (e_c - e_u), e_c + (g - 1) * (e_c - e_u)],
    "zoo-one-shot": [-(sigma * eps - z), sigma * (z / sigma - eps)],
    "zoo-velocity": [1 / (1 - B), B / (1 - B) + 1, SNR / B, 1 + SNR],
    "zoo-stationary": [(sigma / sqrt(2 * theta)) ** 2, half * sigma * sigma / theta],
    "zoo-prior": [(BT * c - BT + log(1 / (1 - BT))) / 2, -log(sqrt(1 - BT)) + BT * (c - 1) / 2],
    "fraction-of-snr": [1 - 1 / (1 + SNR), 1 / (1 + 1 / SNR), exp(log(SNR) - log(1 + SNR))],
    "noise-of-two-steps": [
        A2 * (1 - A1) + 1 - A2,
        1 - exp(log(A1) + log(A2)),
        (1 - sqrt(A1 * A2)) * (1 + sqrt(A1 * A2)),
    ],
    "fraction-of-a-level": [1 - level**2 / (1 + level**2), 1 / level**2 / (1 + 1 / level**2)],
    "last-reverse-variance": [b1 / (1 - b1 + b1 / c), c * b1 / ((1 - b1) * c + b1), 1 / (1 / c + 1 / b1 - 1)],
    "noise-of-a-step": [1 / B - 1 / P, b / (A * P), (P - B) / (P * B)],
    "mean-square-of-a-state": [1 + B * (x0**2 - 1), A * P * x0**2 + 1 - A * P, 1 - (1 - b) * P * (1 - x0**2)],
    "time-of-an-amount": [
        2 * area / (b_0 + sqrt(b_0**2 + 2 * area * b_1)),
        sqrt((b_0 / b_1) ** 2 + 2 * area / b_1) - b_0 / b_1,
    ],
    "telling-apart": [(x0 - y_0) ** 2 / (2 / B - 2), ((sqrt(B) * x0 - sqrt(B) * y_0) / sqrt(1 - B)) ** 2 / 2],
    "scale-of-a-paper": [sp.Rational(13, 10), 1.3, 1 + 0.3 * sp.S.One],
    "level-to-forget": [sqrt(2 * D / kappa) / 2, sqrt(D) / sqrt(2 * kappa), exp(log(D / (2 * kappa)) / 2)],
    "noise-for-the-way-up": [(B_s - B_t) / B_s, 1 - exp(log(B_t) - log(B_s))],
    "inversion-loss": [(1 + h * slope) * (1 - h * slope), 1 - (h * slope) ** 2],
    "negative-mean": [g * m_c - (g - 1) * m_n, m_c + (g - 1) * (m_c - m_n), (1 - g) * m_n + g * m_c],
    "negative-prompt": [-(1 - g), (g**2 - 1) / (g + 1), exp(log(g)) - 1],
    "guided-shift": [(1 - A) * g * ht / sqrt(A), g * ht * (1 / sqrt(1 - b) - sqrt(1 - b)), g * ht * b * A**-half],
    "equal-spread": [m * g, g * (m + 1) - g, m * exp(log(g)), m * sqrt(g) * sqrt(g)],
    "variances-at-two": [1 + d**2 / (v * (v + 2 * d)), 1 / (1 - (d / (v + d)) ** 2)],
    "count-of-divergences": [1 + (T - 1), sqrt(T) ** 2, T**2 / T],
    "divergence-turned": [
        log(sigma**2) / 2 + (1 + mu**2 - sigma**2) / (2 * sigma**2),
        -log(1 / sigma**2) / 2 - half + half * (1 + mu**2) / sigma**2,
        log(sigma / sqrt(sp.E)) + (1 + mu**2) / (2 * sigma**2),
    ],
    "noise-of-three-steps": [(1 - A3) + A3 * (1 - A2) + A3 * A2 * (1 - A1), 1 - exp(log(A1) + log(A2) + log(A3))],
    "pull-of-the-data": [A1**half * (A2 - 1) / (A1 * A2 - 1), (1 - A2) / (1 / sqrt(A1) - sqrt(A1) * A2)],
    "merge-variance": [(a + k) ** 2 - 2 * a * k, sqrt(a**2 + k**2) ** 2, ((a + k) ** 2 + (a - k) ** 2) / 2],
    "product-mean": [(m / v + mu / w) / (1 / v + 1 / w), m + v / (v + w) * (mu - m)],
    "kl-shift": [(mu - m) ** 2 / (2 * v), m**2 / (2 * v) - m * mu / v + mu**2 / (2 * v), ((m - mu) / sqrt(2 * v)) ** 2],
    "entropy-of-merge": [log(sqrt((v + w) / v)), log(v + w) / 2 - log(v) / 2, -log(v / (v + w)) / 2],
    "guess-variance": [1 / (1 + w**2 / v), 1 - w**2 / (w**2 + v)],
    "elbo-optimum": [
        w**2 / (2 * v) + (1 / v - 1 / (w**2 + v)) * x0**2 / 2 + log(v / (w**2 + v)) / 2,
        (w**2 / v - log(1 + w**2 / v) + (x0**2 - x0**2 * v / (w**2 + v)) / v) / 2,
    ],
    "second-variance": [1 / (A2 / (1 - A2) + 1 / (1 - A1)), (A1 - 1) * (A2 - 1) / (1 - A1 * A2)],
    "data-from-velocity": [B**half * xt - (1 - B) ** half * vt, sqrt(A * P) * xt - sqrt(1 - A * P) * vt],
    "data-from-score": [xt / sqrt(B) + (1 / sqrt(B) - sqrt(B)) * gt, sqrt(B) * (xt + (1 - B) * gt) / B],
    "mean-of-both": [
        sqrt(P) * x0 + sqrt(A) * (1 - P) * sqrt(1 - B) / (1 - B) * eps_t,
        sqrt(B / A) * x0 + (sqrt(1 - B) - b / sqrt(1 - B)) / sqrt(A) * eps_t,
    ],
    "price-of-beta": [
        ((B - P) / (1 - B) + log(1 - B) - log(1 - P)) / 2,
        (1 - P) / (1 - A * P) / 2 - half + log(sqrt((1 - A * P) / (1 - P))),
    ],
    "clean-from-score": [
        x_t / sqrt(B_t) + (1 - B_t) * score_t / sqrt(B_t),
        sqrt(B_t) * (x_t / B_t + score_t / B_t - score_t),
    ],
    "error-of-a-guess": [(sqrt(B_t) / (1 - B_t)) ** 2, 1 / (1 - B_t) ** 2 - 1 / (1 - B_t)],
    "ddim-direction": [sqrt(1 - B_s) - sqrt(B_s * (1 - B_t) / B_t), sqrt(1 - B_s) - sqrt(B_s) * sqrt(1 / B_t - 1)],
    "largest-noise": [sqrt(1 - B_s) ** 2, sqrt((1 - B_s) ** 2), (1 - B_s**2) / (1 + B_s)],
    "scale-input": [
        (s**2 + sigma_t**2) ** -half,
        sqrt(s**2 + sigma_t**2) / (s**2 + sigma_t**2),
        exp(-log(s**2 + sigma_t**2) / 2),
    ],
    "init-sigma": [-(B_T - 1), (1 - sqrt(B_T)) * (1 + sqrt(B_T))],
    "ab2-coefficient": [h + h, 4 * h / 2, 2.0 * h],
    "trapezoid-weight": [0.5 * h, h - h / 2, sqrt(h**2 / 4)],
    "three-limit": [-sp.Rational(12, 22), -1 / sp.Rational(11, 6)],
    "four-newest": [55 * h / 24, h * sp.Rational(55, 24), 2 * h + 7 * h / 24],
    "other-variance": [(1 - A) / (2 * A * (1 - B)), half * (1 / A - 1) / (1 - A * P)],
    "score-weight": [-1 / (B - 1), (1 + B) / (1 - B**2), 1 + B / (1 - B)],
    "velocity-for-data": [1 + SNR, SNR * (1 + 1 / SNR), (SNR**2 - 1) / (SNR - 1)],
    "constant-part": [
        ((B - P) / (1 - B) + log((1 - B) / (1 - P))) / 2,
        (1 - P) / (1 - B) / 2 - half - log(1 - P) / 2 + log(1 - B) / 2,
    ],
    "telescoped-weights": [c / 2 * SNR_1 - c / 2 * SNR_T, -(SNR_T - SNR_1) * c / 2],
    "last-edge": [0.5, half, 1 / sp.Integer(2), sqrt(2) / sqrt(8), exp(-log(2))],
    "quadratic-cost": [2 * a * mu - 2 * a * k, -2 * a * (k - mu), a * ((mu - k + 1) ** 2 - (mu - k) ** 2 - 1)],
    "wide-prior": [
        (mu**2 / S + sigma**2 / S - 1) / 2 - log(sigma) + log(S) / 2,
        (sigma**2 + mu**2 - S) / (2 * S) + log(sqrt(S) / sigma),
    ],
    "path-gradient": [3 * (2 * mu) * sigma, 3 * ((mu + sigma) ** 2 - mu**2 - sigma**2)],
    "optimal-decoder-variance": [R * n**-1, exp(log(R) - log(n))],
    "collapse-weight": [(s / sqrt(v)) ** 2, s * s / v, exp(2 * log(s) - log(v))],
    "collapsed-encoder-gap": [
        (w**2 / v + x0**2 / v - x0**2 / (w**2 + v) - log(1 + w**2 / v)) / 2,
        w**2 / (2 * v) * (1 + x0**2 / (v + w**2)) + log(v) / 2 - log(v + w**2) / 2,
    ],
    "one-random-time": [-(1 - T), (T**2 - 1) / (T + 1), T - sp.S.One],
    "same-width": [(n - m) ** 2 / v / 2, (m**2 - 2 * m * n + n**2) / (2 * v)],
    "best-prior": [1 + BT * (c - 1), BT * c + (1 - BT), c - (1 - BT) * (c - 1)],
    "posterior-of-one-step": [1 / (1 + a**2 / v), 1 / (1 / v * a**2 + 1), 1 - a**2 / (v + a**2)],
    "gap-of-one-step": [
        (w * a**2 / v + w - 1 - log(w) - log(1 + a**2 / v)) / 2,
        w * (a**2 + v) / (2 * v) - half + log(v / (w * (a**2 + v))) / 2,
    ],
    "continuous-half": [(1 + half**2) / 2, half + half**3],
    "continuous-straight": [2 * w + 2 * w**2 / (1 - w), 2 / (1 - w) - 2, 2 / (1 / w - 1)],
    "continuous-still": [k * X / 2 - (1 + lam**2) * k * X / 2, -k * (lam / sqrt(2)) ** 2 * X],
    "continuous-divergence": [n * k / 2 - n * k / (2 * V), n * (k * V - k) / V / 2],
    "continuous-bound": [log(1 + R_0) / 2 - log(1 + R_1) / 2, log(sqrt((R_0 + 1) / (R_1 + 1)))],
    "continuous-trace": [(2 * c) ** 2, 2 * c**2 + 2 * c**2],
    "clean-from-velocity": [(1 - t) * (x_t - t * u) + t * (x_t - t * u), x_t + (1 - t) * u - u],
    "score-from-velocity": [u - (x_t + u) / t, -x_t / t - (1 / t - 1) * u],
    "velocity-per-v": [-d_alpha * alpha_t / (sigma_t * alpha_t), -1 / (sigma_t / d_alpha)],
    "loss-weight": [1 / (1 - 2 * t + t**2), (1 + t / (1 - t)) ** 2],
    "gaussian-velocity": [
        (t * X - (1 - t) * width**2 * X) / ((1 - t) ** 2 * width**2 + t**2),
        X * (t - width**2 + t * width**2) / (width**2 - 2 * t * width**2 + t**2 * (1 + width**2)),
    ],
    "rescaled-fraction": [r_1**2 * (r_t - r_T) ** 2 / (r_1 - r_T) ** 2, ((r_1 * r_t - r_1 * r_T) / (r_1 - r_T)) ** 2],
    "offset-divergence": [
        pixels * s**2 / 2 - log(1 + pixels * s**2) / 2,
        (pixels * s**2 - log(pixels * (1 / pixels + s**2))) / 2,
    ],
    "shifted-time": [side * u / (1 - u + side * u), 1 - (1 - u) / (1 - u + side * u)],
    "patches-that-cost-the-same": [12 * d / 2, sqrt(36 * d**2)],
    "cost-of-finer-patches": [
        2 * d * n**2 / r_patch**2 * (6 * d + n**2 / r_patch**2),
        12 * d**2 * (n / r_patch) ** 2 + 2 * d * (n / r_patch) ** 4,
    ],
    "fraction-of-the-modulation": [sp.Rational(6, 18), 1 - 2 * sp.Rational(1, 3)],
    "loud-entries": [sqrt(v**2), sqrt(v) * sqrt(v)],
    "fraction-of-the-words": [1 - patches / (patches + L), 1 / (1 + patches / L)],
    "fraction-of-a-variance": [(log(S) - log(low)) / (log(high) - log(low)), 1 - log(high / S) / log(high / low)],
}
REWRITTEN = {
    "as it is": lambda answer: answer,
    "expanded": sp.expand,
    "factored": sp.factor,
    "over one bar": sp.together,
    "cancelled": sp.cancel,
    "rationalised": sp.radsimp,
    "logarithms apart": lambda answer: sp.expand_log(answer, force=True),
    "logarithms together": lambda answer: sp.logcombine(answer, force=True),
    "powers together": lambda answer: sp.powsimp(sp.powdenest(answer, force=True), force=True),
    "a square over itself": lambda answer: sp.expand(answer**2) / answer,
    "there and back": lambda answer: sp.expand((answer + sp.pi) * sp.E) / sp.E - sp.pi,
}


def graded(name, form):
    with timeout(60):  # far more than any of these takes
        verdict = grade_answer(exercises()[name], form)
    return verdict.kind, verdict.message


@pytest.mark.parametrize("name", exercises())
def test_other_words_are_right(name):
    for form in FORMS[name]:
        assert graded(name, form) == ("right", "right."), form


@pytest.mark.parametrize("name", exercises())
def test_rewritten_answers_are_right(name):
    """But for those that are too long for an answer, as the expanded square of a velocity is."""
    forms = {how: rewrite(exercises()[name].answer) for how, rewrite in REWRITTEN.items()}
    short = {how: form for how, form in forms.items() if sum(1 for _ in sp.preorder_traversal(form)) < 300}
    assert len(short) >= len(forms) - 1
    for how, form in short.items():
        assert graded(name, form) == ("right", "right."), how


@pytest.mark.parametrize("name", exercises())
def test_an_answer_that_is_a_little_off_is_not_right(name):
    """The same forms with a term that no usual point shows."""
    for form in map(sp.sympify, FORMS[name]):
        if not form.has(sp.Float):  # a float has no room for so small a term
            assert graded(name, form + sp.Rational(1, 10**20))[0] == "witness"
