(** * Limits in the certificates of the steps *)

From Coq Require Import Reals List Lia Lra Psatz FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Calculus Steps StepsDerivative.
Import ListNotations.
Open Scope R_scope.

Lemma inverse_time_vanishes : is_lim_seq (fun n => / INR n) 0.
Proof. apply (is_lim_seq_inv INR p_infty); [apply is_lim_seq_INR|discriminate]. Qed.

Lemma limit_of_value (f : R -> R) u (l : R) : ex_derive f 0 -> f 0 = l ->
  (forall n, 0 < INR n -> u n = f (/ INR n)) -> is_lim_seq u l.
Proof.
  intros D <- E. apply (is_lim_seq_ext_loc (fun n => f (/ INR n))).
  - exists 1%nat. intros n Hn. symmetry. apply E. apply lt_0_INR. lia.
  - apply (is_lim_seq_continuous f (fun n => / INR n) 0); [|apply inverse_time_vanishes].
    apply continuity_pt_filterlim. now apply (ex_derive_continuous f).
Qed.

Lemma limit_of_slope (f : R -> R) u (l : R) : is_derive f 0 l -> f 0 = 0 ->
  (forall n, 0 < INR n -> u n = INR n * f (/ INR n)) -> is_lim_seq u l.
Proof.
  intros D Z E. apply is_lim_seq_spec. intros eps.
  apply is_derive_Reals in D. destruct (D eps (cond_pos eps)) as [delta H].
  destruct (proj2 (is_lim_seq_spec _ _) inverse_time_vanishes delta) as [N HN]. exists (S N). intros n Hn.
  assert (P : 0 < INR n) by (apply lt_0_INR; lia). assert (Q := Rinv_0_lt_compat _ P).
  specialize (HN n ltac:(lia)). rewrite Rminus_0_r in HN.
  specialize (H (/ INR n) ltac:(lra) HN). rewrite Rplus_0_l, Z in H. rewrite E by assumption.
  replace (INR n * f (/ INR n) - l) with ((f (/ INR n) - 0) / / INR n - l) by (field; lra). exact H.
Qed.

Lemma smooth_continuous f : smooth f -> forall x, continuous f x.
Proof. intros (d & <- & H) x. apply (ex_derive_continuous (d 0%nat)). eexists. apply H. Qed.

Lemma limit_of_riemann f a u : smooth f ->
  (forall n, u n = a * (/ INR n * sum (times 1 n) (fun s => f (INR s / INR n)))) -> is_lim_seq u (a * RInt f 0 1).
Proof.
  intros S E. apply (is_lim_seq_ext _ u (a * RInt f 0 1) (fun n => eq_sym (E n))).
  apply (is_lim_seq_scal_l _ a (RInt f 0 1)). apply riemann_limit. now apply smooth_continuous.
Qed.

Lemma limit_of_stieltjes f w a u : smooth f -> smooth w ->
  (forall n, u n = a * sum (times 1 n) (fun s =>
    f (w (INR s / INR n)) * (w ((INR s + -1) / INR n) - w (INR s / INR n)))) ->
  is_lim_seq u (a * RInt f (w 1) (w 0)).
Proof.
  intros S W E. destruct (smooth_next w W) as (dw & D & W2). assert (C := smooth_continuous f S).
  apply (is_lim_seq_ext (fun n => - a * sum (times 1 n) (fun s =>
    f (w (INR s / INR n)) * (w (INR s / INR n) - w (INR (s - 1) / INR n))))).
  - intros n. rewrite E, <- !sum_scale. apply sum_ext. intros s Hs. apply in_times in Hs.
    rewrite minus_INR by lia. change (INR 1) with 1. replace (INR s - 1) with (INR s + -1) by ring. ring.
  - replace (a * RInt f (w 1) (w 0)) with (- a * RInt f (w 0) (w 1)).
    + apply (is_lim_seq_scal_l _ (- a) (RInt f (w 0) (w 1))).
      apply (stieltjes_limit f w dw); auto. now apply smooth_continuous.
    + assert (O : - RInt f (w 0) (w 1) = RInt f (w 1) (w 0)).
      { apply (opp_RInt_swap f). apply (ex_RInt_continuous (V := R_CompleteNormedModule)). auto. }
      rewrite <- O. ring.
Qed.

Ltac of_sums :=
  intros; try match goal with |- - ?x = _ => replace (- x) with (-1 * x) by ring end; rewrite <- !sum_scale;
  apply sum_ext; intros; unfold Rdiv, Rminus; rewrite ?Rinv_1; ring.
Ltac of_inverse := let n := fresh in let P := fresh in let E := fresh in
  intros n P; cbv beta; assert (E : INR n * / INR n = 1) by (apply Rinv_r; lra); unfold Rdiv; ring [E].
