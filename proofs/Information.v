(** * Divergences and bounds

    Proved here: ln x <= x - 1, Gibbs' inequality, Jensen's inequality with its gap, and the evidence lower bound,
    for any positive densities on any finite state space. *)

From Coq Require Import Reals List Lia Lra Bool FunctionalExtensionality.
From Diffusion Require Import Sums Densities.
Import ListNotations.
Open Scope R_scope.

(** The logarithm lies below the line that touches it at 1. *)
Theorem log_below_line (x : R) : 0 < x -> ln x <= x - 1.
Proof. intros H. assert (E := exp_ineq1_le (ln x)). rewrite exp_ln in E by auto. lra. Qed.

(** -ln(1 - b) >= b *)
Theorem minus_log_bound (b : R) : b < 1 -> - ln (1 - b) >= b.
Proof. intros H. assert (E := log_below_line (1 - b)). lra. Qed.

Section Divergence.
  Context {state : Type} (space : nat -> list state) (N : nat).
  Hypothesis inhabited : forall i, space i <> [].
  Variable q : (nat -> state) -> R.
  Hypothesis q_pos : positive q.
  Implicit Types (A B : set) (x y : nat -> state).
  Notation mean := (mean space N q).
  Notation cond := (cond space N q).

  (** KL(q(A|B) || r), the mean of the logarithm of their quotient. *)
  Definition KL A B (r : (nat -> state) -> R) x : R := mean A B (fun y => ln (cond A B y / r y)) x.

  (** A divergence is never negative. *)
  Theorem gibbs A B r x : positive r -> over space N A r x = 1 -> disjoint A B -> 0 <= KL A B r x.
  Proof.
    intros Hr Hsum HAB.
    assert (Hq : forall y, 0 < cond A B y) by (intros; now apply cond_pos).
    assert (below : mean A B (fun y => 1 + -1 * (r y / cond A B y)) x <= KL A B r x).
    { apply mean_le; auto. intros y. specialize (Hq y). specialize (Hr y).
      assert (Hpos : 0 < r y / cond A B y) by now apply Rdiv_lt_0_compat.
      replace (cond A B y / r y) with (/ (r y / cond A B y)) by (field; lra).
      rewrite ln_Rinv by auto. apply log_below_line in Hpos. lra. }
    eapply Rle_trans; [|exact below]. apply Req_le. unfold Densities.mean.
    rewrite (over_ext _ _ _ _ (fun y => cond A B y + -1 * r y)).
    - rewrite over_plus, over_scale, density_sums_to_one, Hsum by auto. lra.
    - intros y. specialize (Hq y). field. lra.
  Qed.

  (** KL(q(A, B | C) || r s) = E_{q(B|C)} KL(q(A | B, C) || r) + KL(q(B | C) || s), if s does not depend on A. *)
  Theorem divergences_add A B C r s x : positive r -> positive s -> disjoint A B -> disjoint A C -> free N A s ->
    KL (A ∪ B) C (fun y => r y * s y) x = mean B C (KL A (B ∪ C) r) x + KL B C s x.
  Proof.
    intros Hr Hs HAB HAC Hfree. unfold KL at 1.
    assert (Hq : forall A B y, 0 < cond A B y) by (intros; now apply cond_pos).
    rewrite (mean_ext space N q (A ∪ B) C _
      (fun y => 1 * ln (cond A (B ∪ C) y / r y) + 1 * ln (cond B C y / s y))).
    - rewrite linearity. unfold KL at 1. rewrite tower by auto.
      rewrite (tower_drop space N q A B C (fun y => ln (cond B C y / s y))); auto.
      + unfold KL. ring.
      + apply free_ln, free_div; auto. eapply free_within; [|apply free_cond]. intros i. booleans.
    - intros y. specialize (Hr y). specialize (Hs y). rewrite chain_rule_pair by auto.
      rewrite !log_of_quotient, !ln_mult by auto using Rmult_lt_0_compat. ring.
  Qed.

  (** ln E[f] = E[ln f] + KL(q || f q / E[f]): the gap of Jensen's inequality has a name. *)
  Theorem jensen_gap A B f x : positive f -> disjoint A B ->
    ln (mean A B f x) = mean A B (fun y => ln (f y)) x + KL A B (fun y => f y * cond A B y / mean A B f y) x.
  Proof.
    intros Hf HAB. set (m := mean A B f).
    assert (Hq : forall y, 0 < cond A B y) by (intros; now apply cond_pos).
    assert (Hm : forall y, 0 < m y).
    { intros y. apply over_pos; auto. intros z. now apply Rmult_lt_0_compat. }
    assert (Hfree : free N A (fun y => ln (m y))).
    { apply free_ln. apply free_summed. }
    unfold KL. rewrite (mean_ext space N q A B (fun y => ln (cond A B y / (f y * cond A B y / m y)))
      (fun y => 1 * ln (m y) + -1 * ln (f y))).
    - rewrite linearity, (mean_of_constant space N inhabited q q_pos A B (fun y => ln (m y))); auto. lra.
    - intros y. specialize (Hq y). specialize (Hm y). specialize (Hf y).
      replace (cond A B y / (f y * cond A B y / m y)) with (m y / f y) by (field; lra).
      rewrite log_of_quotient by auto. lra.
  Qed.

  (** E[ln f] <= ln E[f] *)
  Theorem jensen A B f x : positive f -> disjoint A B ->
    mean A B (fun y => ln (f y)) x <= ln (mean A B f x).
  Proof.
    intros Hf HAB. rewrite jensen_gap by auto.
    assert (Hq : forall y, 0 < cond A B y) by (intros; now apply cond_pos).
    assert (Hm : forall y, 0 < mean A B f y).
    { intros y. apply over_pos; auto. intros z. now apply Rmult_lt_0_compat. }
    enough (0 <= KL A B (fun y => f y * cond A B y / mean A B f y) x) by lra.
    apply gibbs; auto.
    - intros y. apply Rdiv_lt_0_compat; auto. now apply Rmult_lt_0_compat.
    - unfold Rdiv. rewrite (over_factor_right space N N); auto.
      + apply Rinv_r. apply Rgt_not_eq, Hm.
      + intros y i s Hi HA. f_equal. now apply free_summed.
  Qed.

  (** With the hidden variables Z and the seen ones X:
      ln p(X) = E_{q(Z|X)} ln(p(X, Z) / q(Z|X)) + KL(q(Z|X) || p(Z|X)) *)
  Theorem elbo (p : (nat -> state) -> R) Z X x : positive p -> disjoint Z X ->
    ln (marginal space N p X x) =
    mean Z X (fun y => ln (marginal space N p (Z ∪ X) y / cond Z X y)) x + KL Z X (Densities.cond space N p Z X) x.
  Proof.
    intros Hp HZX.
    assert (Hq : forall y, 0 < cond Z X y) by (intros; now apply cond_pos).
    assert (HpX : forall y, 0 < marginal space N p X y) by (intros; now apply marginal_pos).
    assert (HpZX : forall y, 0 < marginal space N p (Z ∪ X) y) by (intros; now apply marginal_pos).
    unfold KL. set (f := fun y => ln (marginal space N p (Z ∪ X) y / cond Z X y)).
    set (g := fun y => ln (cond Z X y / Densities.cond space N p Z X y)).
    transitivity (mean Z X (fun y => 1 * f y + 1 * g y) x); [|rewrite linearity; lra].
    symmetry. rewrite <- (mean_of_constant space N inhabited q q_pos Z X (fun y => ln (marginal space N p X y))).
    - apply mean_ext. intros y. unfold f, g, Densities.cond at 3.
      specialize (Hq y). specialize (HpX y). specialize (HpZX y).
      rewrite !log_of_quotient; auto; [lra|]. now apply Rdiv_lt_0_compat.
    - auto.
    - apply free_ln. eapply free_within; [|apply free_marginal]. intros i. booleans.
  Qed.

  (** The bound lies below: E_{q(Z|X)} ln(p(X, Z) / q(Z|X)) <= ln p(X) *)
  Theorem elbo_is_below (p : (nat -> state) -> R) Z X x : positive p -> disjoint Z X ->
    mean Z X (fun y => ln (marginal space N p (Z ∪ X) y / cond Z X y)) x <= ln (marginal space N p X x).
  Proof.
    intros Hp HZX. rewrite (elbo p Z X) by auto.
    enough (0 <= KL Z X (Densities.cond space N p Z X) x) by lra.
    apply gibbs; auto.
    - intros y. now apply cond_pos.
    - now apply density_sums_to_one.
  Qed.
End Divergence.
