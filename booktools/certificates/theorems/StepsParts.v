(** * Integration by parts in the certificates of the steps

    Two integrands that differ by the derivative of what vanishes at both ends have one integral, or none. *)

From Coq Require Import Reals Lia Lra FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Calculus Line Bell Gaussian Steps.
Open Scope R_scope.

Lemma same_integrals (A B : R -> R) : (forall l, line A l <-> line B l) -> line_integral A = line_integral B.
Proof.
  intros H. unfold line_integral, RInt_gen, iota.
  apply (f_equal real), Lub_Rbar_eqset. intros x. split; intros K l Hl; apply K; [change (line A l) | change (line B l)]; apply H; exact Hl.
Qed.

Lemma by_parts (F D A B : R -> R) : (forall z, is_derive F z (D z)) -> (forall z, A z + - B z = D z) ->
  (forall z, ex_derive D z) -> is_lim F m_infty 0 /\ is_lim F p_infty 0 -> line_integral A = line_integral B.
Proof.
  intros DF E S [M P]. assert (C : forall z, continuous D z) by (intros; now apply (ex_derive_continuous D)).
  assert (Z := integral_of_derivative F D 0 0 DF C M P). apply same_integrals. intros l. split; intros H.
  - apply (line_is _ (1 * l + -1 * (0 - 0))); [ring|].
    apply (line_ext (fun z => 1 * A z + -1 * D z)); [intros; rewrite <- E; ring|]. now apply linearity_of_integrals.
  - apply (line_is _ (1 * l + 1 * (0 - 0))); [ring|].
    apply (line_ext (fun z => 1 * B z + 1 * D z)); [intros; rewrite <- E; ring|]. now apply linearity_of_integrals.
Qed.

Lemma normal_is_bell z : normal z 0 1 = / sqrt (2 * PI * 1) * bell z.
Proof. unfold normal, bell. f_equal. f_equal. field. Qed.
Lemma ends_normal c : is_lim (fun z => c * normal z 0 1) m_infty 0 /\ is_lim (fun z => c * normal z 0 1) p_infty 0.
Proof.
  assert (P : is_lim (fun z => c * normal z 0 1) p_infty 0).
  { apply (is_lim_ext (fun z => c * / sqrt (2 * PI * 1) * bell z)); [intros; rewrite normal_is_bell; ring|].
    replace (Finite 0) with (Rbar_mult (c * / sqrt (2 * PI * 1)) 0) by (cbn; f_equal; ring).
    apply is_lim_scal_l, bell_vanishes. }
  split; [|exact P]. apply is_lim_mirror. apply (is_lim_ext (fun z => c * normal z 0 1)); [|exact P].
  intros z. rewrite !normal_is_bell, bell_even. reflexivity.
Qed.
Lemma ends_odd c : is_lim (fun z => c * z * normal z 0 1) m_infty 0 /\ is_lim (fun z => c * z * normal z 0 1) p_infty 0.
Proof.
  assert (P : forall d, is_lim (fun z => d * z * normal z 0 1) p_infty 0).
  { intros d. apply (is_lim_ext (fun z => d * / sqrt (2 * PI * 1) * (z * bell z))); [intros; rewrite normal_is_bell; ring|].
    replace (Finite 0) with (Rbar_mult (d * / sqrt (2 * PI * 1)) 0) by (cbn; f_equal; ring).
    apply is_lim_scal_l, x_bell_vanishes. }
  split; [|apply P]. apply is_lim_mirror. apply (is_lim_ext (fun z => - c * z * normal z 0 1)); [|apply P].
  intros z. rewrite !normal_is_bell, bell_even. ring.
Qed.
Lemma ends_of (F G : R -> R) : (forall z, F z = G z) -> is_lim G m_infty 0 /\ is_lim G p_infty 0 ->
  is_lim F m_infty 0 /\ is_lim F p_infty 0.
Proof. intros E [M P]. split; apply (is_lim_ext G); auto. Qed.
