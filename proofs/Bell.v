(** * The bell curve

    Its integral over the line is the root of 2 pi, proved from nothing but Coquelicot: the square of the half integral
    and G(x) = int_0^1 exp(-x^2 (1 + t^2) / 2) / (1 + t^2) dt change by opposite amounts. *)

From Coq Require Import Reals Lia Lra.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Calculus Line.
Open Scope R_scope.

Definition bell (x : R) : R := exp (- (x ^ 2 / 2)).

Lemma bell_pos x : 0 < bell x. Proof. apply exp_pos. Qed.

Lemma bell_derive x : is_derive bell x (- x * bell x).
Proof.
  unfold bell. auto_derive; auto. replace (- (x * (x * 1) * / 2)) with (- (x ^ 2 / 2)) by field. field.
Qed.

Lemma bell_continuous x : continuous bell x.
Proof. apply (ex_derive_continuous bell). exists (- x * bell x). apply bell_derive. Qed.

Lemma bell_even x : bell (- x) = bell x.
Proof. unfold bell. f_equal. field. Qed.

(** What happens at one end happens at the other. *)
Lemma is_lim_mirror (f : R -> R) (l : R) : is_lim (fun x => f (- x)) p_infty l -> is_lim f m_infty l.
Proof.
  intros H. apply (is_lim_ext (fun x => f (- - x))); [intros; now rewrite Ropp_involutive|].
  apply (is_lim_comp (fun x => f (- x)) Ropp m_infty l p_infty); auto.
  - apply (is_lim_opp (fun x => x) m_infty m_infty). apply is_lim_id.
  - now exists 0.
Qed.

Lemma inverse_vanishes : is_lim (fun x => 2 * / x) p_infty 0.
Proof.
  replace 0 with (2 * 0) by ring. apply is_lim_scale.
  apply (is_lim_inv (fun x => x) p_infty p_infty); [apply is_lim_id|discriminate].
Qed.

Lemma bell_bound x : 1 < x -> x * bell x <= 2 * / x.
Proof.
  intros Hx. unfold bell. rewrite exp_Ropp.
  assert (E := exp_ineq1_le (x ^ 2 / 2)). assert (0 < x * x) by nra.
  apply Rle_trans with (x * / (x ^ 2 / 2)).
  - apply Rmult_le_compat_l; [lra|]. apply Rinv_le_contravar; nra.
  - apply Req_le. field. lra.
Qed.

(** The bell curve vanishes at both ends, even when it is multiplied by x. *)
Lemma bell_vanishes : is_lim bell p_infty 0.
Proof.
  apply (is_lim_le_le_loc (fun _ => 0) (fun x => 2 * / x)).
  - exists 1. intros x Hx. assert (B := bell_bound x Hx). assert (P := bell_pos x). split; nra.
  - apply is_lim_const.
  - apply inverse_vanishes.
Qed.

Lemma x_bell_vanishes : is_lim (fun x => x * bell x) p_infty 0.
Proof.
  apply (is_lim_le_le_loc (fun _ => 0) (fun x => 2 * / x)).
  - exists 1. intros x Hx. assert (B := bell_bound x Hx). assert (P := bell_pos x). split; nra.
  - apply is_lim_const.
  - apply inverse_vanishes.
Qed.

(** The area from 0 to x. *)
Definition area (x : R) : R := RInt bell 0 x.

Lemma area_derive x : is_derive area x (bell x).
Proof. apply derivative_of_integral, bell_continuous. Qed.

Lemma area_zero : area 0 = 0.
Proof. unfold area. apply (RInt_point 0 bell). Qed.

Lemma area_nonneg x : 0 <= x -> 0 <= area x.
Proof.
  intros H. apply RInt_ge_0; auto.
  - apply (ex_RInt_continuous bell). intros; apply bell_continuous.
  - intros y _. left. apply bell_pos.
Qed.

Lemma area_odd x : area (- x) = - area x.
Proof.
  assert (const : forall y, area (- y) + area y = 0).
  { intros y. set (f := fun y => area (- y) + area y).
    assert (Hf : forall z, is_derive f z 0).
    { intros z. replace 0 with (bell (- z) * - 1 + bell z) by (rewrite bell_even; ring).
      apply (is_derive_plus (fun z => area (- z)) area); [|apply area_derive].
      apply derivative_chain; [apply area_derive|]. auto_derive; auto. }
    assert (f0 : f 0 = 0) by (unfold f; rewrite Ropp_0, area_zero; ring).
    change (f y = 0). rewrite <- f0.
    destruct (Rtotal_order y 0) as [Hy|[->|Hy]]; auto.
    - apply (eq_is_derive f); auto.
    - symmetry. apply (eq_is_derive f); auto. }
  specialize (const x). lra.
Qed.

(** The other integral. *)
Definition g (x t : R) : R := exp (- (x ^ 2 * (1 + t ^ 2) / 2)) / (1 + t ^ 2).
Definition dg (x t : R) : R := - x * exp (- (x ^ 2 * (1 + t ^ 2) / 2)).
Definition G (x : R) : R := RInt (g x) 0 1.

Lemma one_plus_square t : 0 < 1 + t ^ 2. Proof. nra. Qed.

Lemma g_derive x t : is_derive (fun u => g u t) x (dg x t).
Proof.
  assert (P := one_plus_square t). unfold g, dg. auto_derive; [lra|].
  replace (x * (x * 1) * (1 + t * (t * 1)) * / 2) with (x ^ 2 * (1 + t ^ 2) / 2) by field. field. lra.
Qed.

Lemma g_continuous x t : continuous (g x) t.
Proof.
  assert (P := one_plus_square t). apply (ex_derive_continuous (g x)). unfold g. auto_derive. cbn in *. lra.
Qed.

Lemma g_integrable x : ex_RInt (g x) 0 1.
Proof. apply (ex_RInt_continuous (g x)). intros; apply g_continuous. Qed.

Lemma dg_continuous x t : continuity_2d_pt (fun u v => Derive (fun z => g z v) u) x t.
Proof.
  apply (continuity_2d_pt_ext dg); [intros; symmetry; apply is_derive_unique, g_derive|].
  unfold dg. apply continuity_2d_pt_mult.
  - apply (continuity_1d_2d_pt_comp Ropp (fun u _ => u)); [|apply continuity_2d_pt_id1].
    apply derivable_continuous_pt. apply derivable_pt_opp, derivable_pt_id.
  - apply (continuity_1d_2d_pt_comp (fun e => exp (- (e / 2))) (fun u v => u ^ 2 * (1 + v ^ 2))).
    + apply continuity_pt_filterlim. apply (ex_derive_continuous (fun e => exp (- (e / 2)))). auto_derive. auto.
    + apply continuity_2d_pt_mult.
      * apply (continuity_1d_2d_pt_comp (fun e => e ^ 2) (fun u _ => u)); [|apply continuity_2d_pt_id1].
        apply derivable_continuous_pt, derivable_pt_pow.
      * apply (continuity_1d_2d_pt_comp (fun e => 1 + e ^ 2) (fun _ v => v)); [|apply continuity_2d_pt_id2].
        apply continuity_pt_filterlim. apply (ex_derive_continuous (fun e => 1 + e ^ 2)). auto_derive. auto.
Qed.

Lemma G_derive x : is_derive G x (- bell x * area x).
Proof.
  replace (- bell x * area x) with (RInt (fun t => Derive (fun u => g u t) x) 0 1).
  - apply is_derive_RInt_param.
    + apply filter_forall. intros y t _. exists (dg y t). apply g_derive.
    + intros t _. apply dg_continuous.
    + apply filter_forall. intros y. apply g_integrable.
  - rewrite (RInt_ext _ (dg x)) by (intros; apply is_derive_unique, g_derive).
    apply is_RInt_unique. apply (is_RInt_ext (fun t => scal (- bell x) (scal x (bell (x * t + 0))))).
    + intros t _. unfold scal. cbn. unfold mult. cbn. unfold dg, bell.
      replace (- (x ^ 2 * (1 + t ^ 2) / 2)) with (- (x ^ 2 / 2) + - ((x * t + 0) ^ 2 / 2)) by field.
      rewrite exp_plus. ring.
    + apply (is_RInt_scal (fun t => scal x (bell (x * t + 0)))).
      apply (is_RInt_comp_lin bell x 0 0 1). rewrite Rmult_0_r, Rmult_1_r, !Rplus_0_r.
      apply (RInt_correct bell). apply (ex_RInt_continuous bell). intros; apply bell_continuous.
Qed.

Lemma G_zero : G 0 = PI / 4.
Proof.
  unfold G. apply is_RInt_unique. replace (PI / 4) with (atan 1 - atan 0) by (rewrite atan_1, atan_0; ring).
  apply (is_RInt_ext (fun t => / (1 + t ^ 2))).
  - intros t _. unfold g. replace (- (0 ^ 2 * (1 + t ^ 2) / 2)) with 0 by field. rewrite exp_0.
    assert (P := one_plus_square t). unfold Rdiv. now rewrite Rmult_1_l.
  - apply (fundamental_theorem atan).
    + intros t _. apply is_derive_Reals, derivable_pt_lim_atan.
    + intros t _. assert (P := one_plus_square t).
      apply (ex_derive_continuous (fun t => / (1 + t ^ 2))). auto_derive. cbn in *. lra.
Qed.

(** area^2 + 2 G does not change, and is pi/2 at 0. *)
Lemma area_and_G x : area x ^ 2 + 2 * G x = PI / 2.
Proof.
  replace (area x ^ 2) with (area x * area x) by ring.
  set (f := fun x => area x * area x + 2 * G x). change (f x = PI / 2).
  assert (f0 : f 0 = PI / 2) by (unfold f; rewrite area_zero, G_zero; field).
  assert (Hf : forall z, is_derive f z 0).
  { intros z. replace 0 with ((bell z * area z + area z * bell z) + 2 * (- bell z * area z)) by ring.
    apply (is_derive_plus (fun x => area x * area x) (fun x => 2 * G x)).
    - apply derivative_product; apply area_derive.
    - apply is_derive_scal, G_derive. }
  rewrite <- f0. destruct (Rtotal_order x 0) as [Hx|[->|Hx]]; auto.
  - apply (eq_is_derive f); auto.
  - symmetry. apply (eq_is_derive f); auto.
Qed.

Lemma G_bound x : 0 <= G x <= bell x.
Proof.
  assert (below : forall t, 0 <= g x t <= bell x).
  { intros t. assert (P := one_plus_square t). unfold g. split.
    - apply Rlt_le, Rdiv_lt_0_compat; auto. apply exp_pos.
    - apply (Rmult_le_reg_r (1 + t ^ 2)); auto. unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
      apply Rle_trans with (bell x * 1); [|apply Rmult_le_compat_l; [left; apply bell_pos|nra]].
      rewrite Rmult_1_r. unfold bell.
      destruct (Req_dec (x ^ 2 * t ^ 2) 0) as [E|E].
      + apply Req_le. f_equal. nra.
      + apply Rlt_le, exp_increasing. assert (0 <= x ^ 2 * t ^ 2) by (apply Rmult_le_pos; apply pow2_ge_0). nra. }
  split.
  - apply RInt_ge_0; [lra|apply g_integrable|]. intros t _. apply below.
  - replace (bell x) with (RInt (fun _ => bell x) 0 1).
    + apply RInt_le; [lra|apply g_integrable|apply ex_RInt_const|]. intros t _. apply below.
    + rewrite RInt_const. unfold scal. cbn. unfold mult. cbn. ring.
Qed.

(** Half of the area under the bell curve. *)
Lemma half_area : is_lim area p_infty (sqrt (PI / 2)).
Proof.
  assert (square : is_lim (fun x => area x ^ 2) p_infty (PI / 2)).
  { apply (is_lim_le_le_loc (fun x => PI / 2 + -2 * bell x) (fun _ => PI / 2)).
    - exists 0. intros x _. assert (E := area_and_G x). assert (B := G_bound x). split; lra.
    - replace (Finite (PI / 2)) with (Finite (PI / 2 + -2 * 0)) by (f_equal; ring).
      apply (is_lim_plus' (fun _ => PI / 2)); [apply is_lim_const|]. apply is_lim_scale, bell_vanishes.
    - apply is_lim_const. }
  apply (is_lim_ext_loc (fun x => sqrt (area x ^ 2))).
  - exists 0. intros x Hx. apply sqrt_pow2. apply area_nonneg. lra.
  - apply (is_lim_comp_continuous (fun x => area x ^ 2) sqrt); auto.
    apply continuous_sqrt.
Qed.

Lemma half_area_left : is_lim area m_infty (- sqrt (PI / 2)).
Proof.
  apply is_lim_mirror. apply (is_lim_ext (fun x => - area x)); [intros; now rewrite area_odd|].
  apply (is_lim_opp area p_infty (sqrt (PI / 2))), half_area.
Qed.

(** The integral of exp(-x^2/2) over the line is the root of 2 pi. *)
Theorem gaussian_integral : line bell (sqrt (2 * PI)).
Proof.
  replace (sqrt (2 * PI)) with (sqrt (PI / 2) - - sqrt (PI / 2)).
  - apply (integral_of_derivative area); auto using area_derive, bell_continuous, half_area, half_area_left.
  - replace (2 * PI) with (2 ^ 2 * (PI / 2)) by field.
    assert (P := PI_RGT_0). rewrite sqrt_mult, sqrt_pow2 by lra. ring.
Qed.
