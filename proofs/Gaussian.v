(** * Gaussian densities on the real line

    [normal x m v] is the density N(x; m, v). Proved here, with integrals over the whole line: it sums to 1, its mean
    and variance, the score's mean, Stein's identity, reparameterisation, the divergence of two Gaussians, the product
    of two (by completing the square), and the merging of two steps. *)

From Coq Require Import Reals List Lia Lra.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Calculus Line Bell.
Open Scope R_scope.

Definition normal (x m v : R) : R := / sqrt (2 * PI * v) * exp (- ((x - m) ^ 2 / (2 * v))).

Lemma two_pi_pos : 0 < 2 * PI. Proof. assert (P := PI_RGT_0). lra. Qed.

Lemma root_pos v : 0 < v -> 0 < sqrt (2 * PI * v).
Proof. intros H. apply sqrt_lt_R0, Rmult_lt_0_compat; auto. apply two_pi_pos. Qed.

Lemma normal_pos x m v : 0 < v -> 0 < normal x m v.
Proof. intros H. apply Rmult_lt_0_compat; [|apply exp_pos]. now apply Rinv_0_lt_compat, root_pos. Qed.

(** The logarithm of a Gaussian is a square and a constant. *)
Theorem log_of_normal x m v : 0 < v ->
  ln (normal x m v) = - ((x - m) ^ 2 / (2 * v)) - (ln (2 * PI) + ln v) / 2.
Proof.
  intros H. assert (P := two_pi_pos). assert (Q := root_pos v H). unfold normal.
  rewrite ln_mult, ln_exp, ln_Rinv by auto using Rinv_0_lt_compat, exp_pos.
  rewrite <- (ln_mult (2 * PI) v) by auto.
  rewrite <- (sqrt_def (2 * PI * v)) at 2 by (left; now apply Rmult_lt_0_compat).
  rewrite ln_mult by auto. lra.
Qed.

(** Two positive numbers are equal if their logarithms are. *)
Lemma equal_by_log x y : 0 < x -> 0 < y -> ln x = ln y -> x = y.
Proof. intros Hx Hy H. now apply ln_inv. Qed.

(** ** Reparameterisation *)

Lemma normal_from_bell x m s : 0 < s -> normal x m (s ^ 2) = / sqrt (2 * PI) * (/ s * bell (- m / s + / s * x)).
Proof.
  intros H. assert (P := two_pi_pos). unfold normal, bell.
  rewrite sqrt_mult, sqrt_pow2 by nra. rewrite Rinv_mult, <- Rmult_assoc. f_equal. f_equal. f_equal. field. lra.
Qed.

(** Changing variables turns N(m, s^2) into N(0, 1). *)
Theorem normal_of_draw u m s : 0 < s -> s * normal (m + s * u) m (s ^ 2) = normal u 0 1.
Proof.
  intros H. rewrite normal_from_bell by auto. replace 1 with (1 ^ 2) by ring.
  rewrite (normal_from_bell u 0 1) by lra.
  replace (- m / s + / s * (m + s * u)) with (- 0 / 1 + / 1 * u) by (field; lra). field.
  split; [|lra]. apply Rgt_not_eq, sqrt_lt_R0, two_pi_pos.
Qed.

(** A mean under N(m, s^2) is a mean over standard noise u, of m + s u. *)
Theorem reparametrisation (f : R -> R) m s l : 0 < s ->
  line (fun x => f x * normal x m (s ^ 2)) l -> line (fun u => f (m + s * u) * normal u 0 1) l.
Proof.
  intros H Hl. apply (substitution_on_the_line _ m s) in Hl; auto.
  apply (line_ext (fun u => s * (f (m + s * u) * normal (m + s * u) m (s ^ 2)))); auto.
  intros u. rewrite <- (normal_of_draw u m s) by auto. ring.
Qed.

(** A mean over standard noise gives one under N(m, v). *)
Lemma from_standard (f : R -> R) m v l : 0 < v -> line (fun u => f u * bell u) (l * sqrt (2 * PI)) ->
  line (fun x => f ((x - m) / sqrt v) * normal x m v) l.
Proof.
  intros Hv Hl. set (s := sqrt v). assert (Hs : 0 < s) by now apply sqrt_lt_R0.
  assert (Hr : 0 < sqrt (2 * PI)) by (apply sqrt_lt_R0, two_pi_pos).
  assert (Ev : v = s ^ 2) by (unfold s; rewrite pow2_sqrt; lra).
  apply (substitution_on_the_line _ (- m / s) (/ s)) in Hl; [|now apply Rinv_0_lt_compat].
  apply (line_scale _ (/ sqrt (2 * PI))) in Hl.
  replace (/ sqrt (2 * PI) * (l * sqrt (2 * PI))) with l in Hl by (field; lra).
  eapply line_ext; [|exact Hl]. intros x. rewrite Ev, normal_from_bell by auto. cbn beta.
  replace (- m / s + / s * x) with ((x - m) / s) by (field; lra). ring.
Qed.

(** ** Mass, mean, variance *)

Lemma bell_mean : line (fun u => u * bell u) 0.
Proof.
  replace 0 with (-1 * 0 - -1 * 0) by ring.
  apply (integral_of_derivative (fun u => -1 * bell u)).
  - intros x. replace (x * bell x) with (-1 * (- x * bell x)) by ring. apply is_derive_scal, bell_derive.
  - intros x. apply (continuous_mult (K := R_AbsRing) (fun u => u)); [apply continuous_id|apply bell_continuous].
  - apply is_lim_scale, is_lim_mirror, (is_lim_ext bell); [intros; now rewrite bell_even|apply bell_vanishes].
  - apply is_lim_scale, bell_vanishes.
Qed.

Lemma bell_square : line (fun u => u ^ 2 * bell u) (sqrt (2 * PI)).
Proof.
  assert (parts : line (fun u => 1 * bell u + -1 * (u ^ 2 * bell u)) (0 - 0)).
  { apply (integral_of_derivative (fun u => u * bell u)).
    - intros x. replace (1 * bell x + -1 * (x ^ 2 * bell x)) with (1 * bell x + x * (- x * bell x)) by ring.
      apply derivative_product; [apply (is_derive_id x)|apply bell_derive].
    - intros x. apply (ex_derive_continuous (fun u => 1 * bell u + -1 * (u ^ 2 * bell u))).
      unfold bell. auto_derive. auto.
    - apply is_lim_mirror, (is_lim_ext (fun x => -1 * (x * bell x))); [intros; rewrite bell_even; ring|].
      replace 0 with (-1 * 0) by ring. apply is_lim_scale, x_bell_vanishes.
    - apply x_bell_vanishes. }
  replace (sqrt (2 * PI)) with (1 * sqrt (2 * PI) + -1 * (0 - 0)) by ring.
  apply (line_ext (fun u => 1 * bell u + -1 * (1 * bell u + -1 * (u ^ 2 * bell u)))); [intros; ring|].
  term_by_term; auto. apply gaussian_integral.
Qed.

(** A Gaussian is a density. *)
Theorem normal_sums_to_one m v : 0 < v -> line (fun x => normal x m v) 1.
Proof.
  intros H. apply (line_ext (fun x => (fun _ => 1) ((x - m) / sqrt v) * normal x m v)); [intros; ring|].
  apply (from_standard (fun _ => 1)); auto. rewrite Rmult_1_l.
  apply (line_ext bell); [intros; ring|]. apply gaussian_integral.
Qed.

Lemma normal_first_moment m v : 0 < v -> line (fun x => (x - m) * normal x m v) 0.
Proof.
  intros H. assert (Hs : 0 < sqrt v) by now apply sqrt_lt_R0.
  replace 0 with (sqrt v * 0) by ring.
  apply (line_ext (fun x => sqrt v * ((x - m) / sqrt v * normal x m v))); [intros; field; lra|].
  term_by_term. apply (from_standard (fun u => u)); auto. rewrite Rmult_0_l. apply bell_mean.
Qed.

(** The second argument is the mean. *)
Theorem normal_mean m v : 0 < v -> line (fun x => x * normal x m v) m.
Proof.
  intros H. apply (line_is _ (1 * 0 + m * 1)); [ring|].
  apply (line_ext (fun x => 1 * ((x - m) * normal x m v) + m * normal x m v)); [intros; ring|].
  term_by_term; [now apply normal_first_moment|now apply normal_sums_to_one].
Qed.

(** The third argument is the variance. *)
Theorem normal_variance m v : 0 < v -> line (fun x => (x - m) ^ 2 * normal x m v) v.
Proof.
  intros H. assert (Hs : 0 < sqrt v) by now apply sqrt_lt_R0.
  apply (line_is _ (v * 1)); [ring|].
  apply (line_ext (fun x => v * (((x - m) / sqrt v) ^ 2 * normal x m v))).
  - intros x. rewrite <- (pow2_sqrt v) at 1 by lra. field. lra.
  - term_by_term. apply (from_standard (fun u => u ^ 2)); auto. rewrite Rmult_1_l. apply bell_square.
Qed.

(** The mean square from any point c is (m - c)^2 + v. *)
Theorem squares_from_a_point m v c : 0 < v -> line (fun x => (x - c) ^ 2 * normal x m v) ((m - c) ^ 2 + v).
Proof.
  intros H. replace ((m - c) ^ 2 + v) with (1 * v + 1 * (2 * (m - c) * 0 + (m - c) ^ 2 * 1)) by ring.
  apply (line_ext (fun x => 1 * ((x - m) ^ 2 * normal x m v)
    + 1 * (2 * (m - c) * ((x - m) * normal x m v) + (m - c) ^ 2 * normal x m v))); [intros; ring|].
  term_by_term; [now apply normal_variance|now apply normal_first_moment|now apply normal_sums_to_one].
Qed.

(** ** Scores *)

Lemma normal_derive (x m v : R) : 0 < v -> is_derive (fun y => normal y m v) x (- ((x - m) / v) * normal x m v).
Proof.
  intros H. assert (Q := root_pos v H). unfold normal. auto_derive; auto.
  replace (- ((x + - m) * ((x + - m) * 1) * / (2 * v))) with (- ((x - m) ^ 2 / (2 * v))) by (field; lra). field. lra.
Qed.

Lemma normal_continuous (x m v : R) : 0 < v -> continuous (fun y => normal y m v) x.
Proof.
  intros H. apply (ex_derive_continuous (fun y => normal y m v)). eexists. now apply normal_derive.
Qed.

(** The slope of ln N(x; m, v) is -(x - m)/v. *)
Theorem score_of_normal (x m v : R) : 0 < v -> is_derive (fun y => ln (normal y m v)) x (- ((x - m) / v)).
Proof.
  intros H. assert (P := normal_pos x m v H).
  replace (- ((x - m) / v)) with (- ((x - m) / v) * normal x m v / normal x m v) by (field; lra).
  apply (derivative_log (fun y => normal y m v)); auto. now apply normal_derive.
Qed.

(** The mean of the score is zero. *)
Theorem score_mean_zero m v : 0 < v -> line (fun x => - ((x - m) / v) * normal x m v) 0.
Proof.
  intros H. replace 0 with (- / v * 0) by ring.
  apply (line_ext (fun x => - / v * ((x - m) * normal x m v))); [intros; field; lra|].
  term_by_term. now apply normal_first_moment.
Qed.

(** The same on a finite space, for any family of densities that is smooth in its parameter. *)
Theorem score_mean_zero_finite {A} (l : list A) (q : A -> R -> R) (dq : A -> R) (theta : R) :
  (forall th, sum l (fun a => q a th) = 1) -> (forall a, 0 < q a theta) ->
  (forall a, is_derive (q a) theta (dq a)) ->
  sum l (fun a => q a theta * Derive (fun th => ln (q a th)) theta) = 0.
Proof.
  intros Hsum Hpos Hd. transitivity (sum l dq).
  - apply sum_ext. intros a _. specialize (Hpos a).
    assert (E : Derive (fun th => ln (q a th)) theta = dq a / q a theta).
    { apply is_derive_unique. now apply (derivative_log (q a)). }
    rewrite E. field. lra.
  - assert (D := derivative_sum l q dq theta (fun a _ => Hd a)).
    apply is_derive_unique in D. rewrite <- D. rewrite (Derive_ext _ (fun _ => 1)) by auto. apply Derive_const.
Qed.

(** Stein's identity: E[(x - m) f(x)] = v E[f'(x)] *)
Theorem stein (f df : R -> R) m v l : 0 < v ->
  (forall x, is_derive f x (df x)) -> (forall x, continuous df x) ->
  is_lim (fun x => normal x m v * f x) m_infty 0 -> is_lim (fun x => normal x m v * f x) p_infty 0 ->
  line (fun x => df x * normal x m v) l -> line (fun x => (x - m) * f x * normal x m v) (v * l).
Proof.
  intros Hv Hf Hdf Hm Hp Hl. replace (v * l) with (- v * - l) by ring.
  apply (line_ext (fun x => - v * (- ((x - m) / v) * normal x m v * f x))); [intros; field; lra|].
  term_by_term.
  apply (integration_by_parts_on_the_line (fun x => normal x m v) f _ df); auto.
  - intros x. now apply normal_derive.
  - intros x. apply (continuous_mult (K := R_AbsRing) (fun x => - ((x - m) / v))); [|now apply normal_continuous].
    apply (ex_derive_continuous (fun x => - ((x - m) / v))). auto_derive. auto.
  - apply (line_ext (fun x => df x * normal x m v)); auto. intros; ring.
Qed.

(** ** Divergence *)

(** KL(N(m, v) || N(n, w)) = (ln(w/v) + (v + (m - n)^2)/w - 1)/2 *)
Theorem gaussian_kl m v n w : 0 < v -> 0 < w ->
  line (fun x => normal x m v * ln (normal x m v / normal x n w)) ((ln (w / v) + (v + (m - n) ^ 2) / w - 1) / 2).
Proof.
  intros Hv Hw.
  replace ((ln (w / v) + (v + (m - n) ^ 2) / w - 1) / 2)
    with (1 * (- / (2 * v) * v + / (2 * w) * ((m - n) ^ 2 + v)) + (ln w - ln v) / 2 * 1).
  2:{ rewrite log_of_quotient by auto. field. lra. }
  apply (line_ext (fun x => 1 * (- / (2 * v) * ((x - m) ^ 2 * normal x m v)
    + / (2 * w) * ((x - n) ^ 2 * normal x m v)) + (ln w - ln v) / 2 * normal x m v)).
  - intros x. rewrite log_of_quotient, !log_of_normal by auto using normal_pos. field. lra.
  - term_by_term; auto using normal_variance, squares_from_a_point, normal_sums_to_one.
Qed.

(** ** Products *)

(** A x^2 - 2 B x + C = A (x - B/A)^2 + C - B^2/A *)
Theorem complete_the_square A B C x : A <> 0 ->
  A * x ^ 2 - 2 * B * x + C = A * (x - B / A) ^ 2 + (C - B ^ 2 / A).
Proof. intros H. field. auto. Qed.

(** N(y; a h, v) N(h; m, w) is a Gaussian in y times one in h: y is seen, h is hidden. *)
Theorem gaussian_product y a h m v w : 0 < v -> 0 < w ->
  normal y (a * h) v * normal h m w =
  normal y (a * m) (a ^ 2 * w + v) * normal h ((m * v + a * y * w) / (a ^ 2 * w + v)) (v * w / (a ^ 2 * w + v)).
Proof.
  intros Hv Hw. set (S := a ^ 2 * w + v). assert (HS : 0 < S) by (unfold S; nra).
  assert (Hvw : 0 < v * w) by now apply Rmult_lt_0_compat.
  assert (HP : 0 < v * w / S) by now apply Rdiv_lt_0_compat.
  apply equal_by_log; try (apply Rmult_lt_0_compat; now apply normal_pos).
  rewrite !ln_mult by now apply normal_pos. rewrite !log_of_normal by auto.
  rewrite (log_of_quotient (v * w) S), (ln_mult v w) by auto. unfold S in *. field. repeat split; lra.
Qed.

(** The hidden value is summed out; the variances add. *)
Theorem gaussian_merge y a m v w : 0 < v -> 0 < w ->
  line (fun h => normal y (a * h) v * normal h m w) (normal y (a * m) (a ^ 2 * w + v)).
Proof.
  intros Hv Hw. assert (HS : 0 < a ^ 2 * w + v) by nra.
  rewrite <- Rmult_1_r. eapply line_ext; [intros h; symmetry; now apply gaussian_product|].
  term_by_term. apply normal_sums_to_one. apply Rdiv_lt_0_compat; auto. now apply Rmult_lt_0_compat.
Qed.
