(** * What the certificates of means under a Gaussian use

    Means of polynomials and of exponentials under a Gaussian, and two Gaussians under one integral. *)

From Coq Require Import Reals List Lia Lra FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Variables Calculus Line Bell Gaussian Steps.
Open Scope R_scope.

(** ** Integrals over the line *)

Section Opening.
  Local Transparent line.
  Lemma line_integral_is f l : line f l -> line_integral f = l.
  Proof. intros H. exact (is_RInt_gen_unique f l H). Qed.
End Opening.

Lemma integral_ext f g : (forall y, f y = g y) -> line_integral f = line_integral g.
Proof. intros E. f_equal. now extensionality y. Qed.

(** An integral over a state at t leaves all other states as they are. *)
Ltac unput :=
  cbv beta;
  repeat first
    [ rewrite put_same
    | rewrite put_other by lia
    | match goal with
      | D : forall _ _ _, _ |- context [_ ?t (put ?x ?i ?s)] =>
        rewrite (D t (put x i s) x) by (rewrite put_other by lia; reflexivity)
      end ].

(** Integrals over intervals are written for vectors; here they are numbers. *)
Ltac numbers := match goal with |- ?a = ?b => change (@eq R a b) end.

(** Make the name free for a bound variable. *)
Ltac aside v := try (let y := fresh v "_out" in rename v into y).

Lemma log_of_ratio x m v n w : 0 < v -> 0 < w ->
  ln (normal x m v / normal x n w) = ln (normal x m v) - ln (normal x n w).
Proof. intros. apply log_of_quotient; now apply normal_pos. Qed.

(** ** Third and fourth moments *)

Lemma stretched_bell_vanishes : is_lim (fun x => x * bell (x / 2)) p_infty 0.
Proof.
  apply (is_lim_ext (fun x => 2 * ((fun y => y * bell y) (x / 2)))); [intros; field|].
  replace 0 with (2 * 0) by ring. apply is_lim_scale.
  apply (is_lim_comp (fun y => y * bell y) (fun x => x / 2) p_infty 0 p_infty).
  - apply x_bell_vanishes.
  - apply is_lim_spec. intros M. exists (2 * M). intros x Hx. lra.
  - exists 0. discriminate.
Qed.

Lemma half_bell_vanishes : is_lim (fun x => bell (x / 2)) p_infty 0.
Proof.
  apply (is_lim_comp bell (fun x => x / 2) p_infty 0 p_infty).
  - apply bell_vanishes.
  - apply is_lim_spec. intros M. exists (2 * M). intros x Hx. lra.
  - exists 0. discriminate.
Qed.

Lemma bell_quarters x : bell x = bell (x / 2) * bell (x / 2) * bell (x / 2) * bell (x / 2).
Proof. unfold bell. rewrite <- !exp_plus. f_equal. field. Qed.

Lemma is_lim_product f g (a b : R) :
  is_lim f p_infty a -> is_lim g p_infty b -> is_lim (fun x => f x * g x) p_infty (a * b).
Proof. intros Hf Hg. exact (is_lim_mult f g p_infty a b Hf Hg I). Qed.

Lemma square_bell_vanishes : is_lim (fun x => x ^ 2 * bell x) p_infty 0.
Proof.
  replace 0 with ((0 * 0) * (0 * 0)) by ring.
  apply (is_lim_ext (fun x => ((x * bell (x / 2)) * (x * bell (x / 2))) * (bell (x / 2) * bell (x / 2)))).
  { intros x. rewrite (bell_quarters x). ring. }
  repeat apply is_lim_product; auto using stretched_bell_vanishes, half_bell_vanishes.
Qed.

Lemma cube_bell_vanishes : is_lim (fun x => x ^ 3 * bell x) p_infty 0.
Proof.
  replace 0 with ((0 * 0) * (0 * 0)) by ring.
  apply (is_lim_ext (fun x => ((x * bell (x / 2)) * (x * bell (x / 2))) * ((x * bell (x / 2)) * bell (x / 2)))).
  { intros x. rewrite (bell_quarters x). ring. }
  repeat apply is_lim_product; auto using stretched_bell_vanishes, half_bell_vanishes.
Qed.

(** The integral of x^n exp(-x^2/2) for n = 3 and 4, by parts. *)
Lemma bell_cube : line (fun u => u ^ 3 * bell u) 0.
Proof.
  assert (parts : line (fun u => 2 * (u * bell u) + -1 * (u ^ 3 * bell u)) (0 - 0)).
  { apply (integral_of_derivative (fun u => u ^ 2 * bell u)).
    - intros x. unfold bell. auto_derive; auto.
      replace (- (x * (x * 1) * / 2)) with (- (x ^ 2 / 2)) by field. field.
    - intros x. apply (ex_derive_continuous (fun u => 2 * (u * bell u) + -1 * (u ^ 3 * bell u))).
      unfold bell. auto_derive. auto.
    - apply is_lim_mirror, (is_lim_ext (fun x => x ^ 2 * bell x)); [intros; rewrite bell_even; ring|].
      apply square_bell_vanishes.
    - apply square_bell_vanishes. }
  apply (line_is _ (2 * 0 + -1 * (0 - 0))); [ring|].
  apply (line_ext (fun u => 2 * (u * bell u) + -1 * (2 * (u * bell u) + -1 * (u ^ 3 * bell u)))); [intros; ring|].
  term_by_term; auto using bell_mean.
Qed.

Lemma bell_fourth : line (fun u => u ^ 4 * bell u) (3 * sqrt (2 * PI)).
Proof.
  assert (parts : line (fun u => 3 * (u ^ 2 * bell u) + -1 * (u ^ 4 * bell u)) (0 - 0)).
  { apply (integral_of_derivative (fun u => u ^ 3 * bell u)).
    - intros x. unfold bell. auto_derive; auto.
      replace (- (x * (x * 1) * / 2)) with (- (x ^ 2 / 2)) by field. field.
    - intros x. apply (ex_derive_continuous (fun u => 3 * (u ^ 2 * bell u) + -1 * (u ^ 4 * bell u))).
      unfold bell. auto_derive. auto.
    - apply is_lim_mirror, (is_lim_ext (fun x => -1 * (x ^ 3 * bell x))); [intros; rewrite bell_even; ring|].
      replace 0 with (-1 * 0) by ring. apply is_lim_scale, cube_bell_vanishes.
    - apply cube_bell_vanishes. }
  apply (line_is _ (3 * sqrt (2 * PI) + -1 * (0 - 0))); [ring|].
  apply (line_ext (fun u => 3 * (u ^ 2 * bell u) + -1 * (3 * (u ^ 2 * bell u) + -1 * (u ^ 4 * bell u))));
    [intros; ring|].
  term_by_term; auto using bell_square.
Qed.

Lemma normal_third m v : 0 < v -> line (fun x => (x - m) ^ 3 * normal x m v) 0.
Proof.
  intros H. assert (Hs : 0 < sqrt v) by now apply sqrt_lt_R0.
  apply (line_is _ (sqrt v ^ 3 * 0)); [ring|].
  apply (line_ext (fun x => sqrt v ^ 3 * (((x - m) / sqrt v) ^ 3 * normal x m v))); [intros; field; lra|].
  term_by_term. apply (from_standard (fun u => u ^ 3)); auto. rewrite Rmult_0_l. apply bell_cube.
Qed.

Lemma normal_fourth m v : 0 < v -> line (fun x => (x - m) ^ 4 * normal x m v) (3 * v ^ 2).
Proof.
  intros H. assert (Hs : 0 < sqrt v) by now apply sqrt_lt_R0.
  apply (line_is _ (v ^ 2 * 3)); [ring|].
  apply (line_ext (fun x => v ^ 2 * (((x - m) / sqrt v) ^ 4 * normal x m v))).
  - intros x. rewrite <- (pow2_sqrt v) at 1 by lra. field. lra.
  - term_by_term. apply (from_standard (fun u => u ^ 4)); auto. apply bell_fourth.
Qed.

(** ** Means under a Gaussian *)

Lemma mean_of_constant f m v a : 0 < v -> (forall y, f y = a * normal y m v) -> line_integral f = a.
Proof.
  intros H E. apply line_integral_is, (line_is _ (a * 1)); [ring|].
  apply (line_ext (fun y => a * normal y m v)); [now intros|]. term_by_term. now apply normal_sums_to_one.
Qed.

Lemma mean_of_square f m v a b c : 0 < v ->
  (forall y, f y = (a + b * (y - m) + c * (y - m) ^ 2) * normal y m v) -> line_integral f = a + c * v.
Proof.
  intros H E. apply line_integral_is, (line_is _ (1 * (a * 1 + b * 0) + c * v)); [ring|].
  apply (line_ext (fun y => 1 * (a * normal y m v + b * ((y - m) * normal y m v)) + c * ((y - m) ^ 2 * normal y m v))).
  { intros y. rewrite E. ring. }
  term_by_term; auto using normal_sums_to_one, normal_first_moment, normal_variance.
Qed.

Lemma mean_of_fourth_power f m v a b c d e : 0 < v ->
  (forall y, f y = (a + b * (y - m) + c * (y - m) ^ 2 + d * (y - m) ^ 3 + e * (y - m) ^ 4) * normal y m v) ->
  line_integral f = a + c * v + e * (3 * v ^ 2).
Proof.
  intros H E. apply line_integral_is.
  apply (line_is _ (1 * (1 * (a * 1 + b * 0) + c * v) + 1 * (d * 0 + e * (3 * v ^ 2)))); [ring|].
  apply (line_ext (fun y =>
    1 * (1 * (a * normal y m v + b * ((y - m) * normal y m v)) + c * ((y - m) ^ 2 * normal y m v))
    + 1 * (d * ((y - m) ^ 3 * normal y m v) + e * ((y - m) ^ 4 * normal y m v)))).
  { intros y. rewrite E. ring. }
  term_by_term; auto using normal_sums_to_one, normal_first_moment, normal_variance, normal_third, normal_fourth.
Qed.

(** E exp(b (y - m)) = exp(b^2 v/2): the exponential shifts the Gaussian by b v. *)
Lemma mean_of_exponential f m v a b c : 0 < v ->
  (forall y, f y = a * exp (c + b * (y - m)) * normal y m v) -> line_integral f = a * exp (c + b ^ 2 * v / 2).
Proof.
  intros H E. apply (mean_of_constant _ (m + b * v) v); auto. intros y. rewrite E, !Rmult_assoc. f_equal.
  unfold normal. rewrite !(Rmult_comm (exp _) (/ _ * _)), !Rmult_assoc. f_equal. rewrite <- !exp_plus. f_equal.
  field. lra.
Qed.

(** The integral of a exp(c - (y - m)^2/(2 v)), which need not be a density. *)
Lemma integral_of_bell f m v a c : 0 < v ->
  (forall y, f y = a * exp (c - (y - m) ^ 2 / (2 * v))) -> line_integral f = a * (exp c * sqrt (2 * PI * v)).
Proof.
  intros H E. apply (mean_of_constant _ m v); auto. intros y. rewrite E. unfold normal, Rminus.
  rewrite exp_plus. field. apply Rgt_not_eq, root_pos, H.
Qed.

(** The mean of one Gaussian is linear in the variable of another: their variances add. *)
Lemma merged_gaussians f (A B : R -> R) a b m v w : 0 < v -> 0 < w ->
  (forall y, f y = b * (normal (A y) (B y) v * normal y m w)) ->
  (forall y, A y - B y = A m - B m - a * (y - m)) ->
  line_integral f = b * normal (A m) (B m) (a ^ 2 * w + v).
Proof.
  intros Hv Hw E L. apply line_integral_is.
  assert (shift : forall x y z u, normal (x + z) (y + z) u = normal x y u).
  { intros. unfold normal. now replace (x + z - (y + z)) with (x - y) by ring. }
  apply (line_ext (fun y => b * (normal (A m - B m + a * m) (a * y) v * normal y m w))).
  { intros y. rewrite E. do 2 f_equal. unfold normal. specialize (L y). do 3 f_equal.
    replace (A m - B m + a * m - a * y) with (A y - B y) by (rewrite L; ring). reflexivity. }
  replace (normal (A m) (B m) (a ^ 2 * w + v)) with (normal (A m - B m + a * m) (a * m) (a ^ 2 * w + v)).
  { term_by_term. now apply gaussian_merge. }
  rewrite <- (shift (A m - B m + a * m) (a * m) (B m - a * m)). f_equal; ring.
Qed.

Lemma merged (f A B : R -> R) a m v w : 0 < v -> 0 < w ->
  (forall y, f y = normal (A y) (B y) v * normal y m w) -> (forall y, A y - B y = A m - B m - a * (y - m)) ->
  line_integral f = normal (A m) (B m) (a ^ 2 * w + v).
Proof.
  intros Hv Hw E L. rewrite <- (Rmult_1_l (normal (A m) (B m) _)). apply merged_gaussians; auto.
  intros y. now rewrite Rmult_1_l.
Qed.
