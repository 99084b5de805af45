(** * The variational bound, for every T

    The data and the noisy states x_0, ..., x_T form a Markov chain q on any finite state space. The model p starts at
    x_T and walks back. The bound is L_VLB = E_{q(x_{0:T})} ln(q(x_{1:T} | x_0) / p(x_{0:T})).
    Main theorem: L_VLB = L_T + sum_{t=2}^T L_{t-1} + L_0. *)

From Coq Require Import Reals List Lia Lra Bool FunctionalExtensionality.
From Diffusion Require Import Sums Densities Markov Information.
Import ListNotations.
Open Scope R_scope.

Section Bound.
  Context {state : Type} (space : nat -> list state) (T : nat).
  Hypothesis inhabited : forall i, space i <> [].

  (** The forward process: positive, and each step sums to 1. *)
  Variable data : state -> R.                  (* q(x_0) *)
  Variable step : nat -> state -> state -> R.  (* step t x_{t-1} x_t *)
  Hypothesis data_pos : forall s, 0 < data s.
  Hypothesis step_pos : forall t r s, 0 < step t r s.
  Hypothesis data_sums : sum (space 0) data = 1.
  Hypothesis step_sums : forall t r, sum (space t) (step t r) = 1.

  (** The model: a prior for x_T, and steps back. *)
  Variable prior : state -> R.
  Variable back : nat -> state -> state -> R.  (* back t x_t x_{t-1} *)
  Hypothesis prior_pos : forall s, 0 < prior s.
  Hypothesis back_pos : forall t r s, 0 < back t r s.

  Notation q := (chain data step T).
  Notation E A B f := (mean space (S T) q A B f).
  Notation "q( A | B )" := (cond space (S T) q A B) (at level 0, A at level 99, B at level 99).
  Notation KL A B r := (KL space (S T) q A B r).
  Implicit Types (x y : nat -> state) (A B : set).

  Definition path : set := fun i => Nat.leb 1 i && Nat.leb i T.  (* x_1, ..., x_T *)
  Definition prior_at y : R := prior (y T).
  Definition back_at t y : R := back t (y t) (y (t - 1)%nat).

  (** p(x_{0:T}) = p(x_T) prod_{t=1}^T p(x_{t-1} | x_t) *)
  Definition model y : R := prior_at y * prod (times 1 T) (fun t => back_at t y).

  Definition L_vlb x : R := E all none (fun y => ln (q(path | only 0) y / model y)) x.
  Definition L_last x : R := E (only 0) none (KL (only T) (only 0) prior_at) x.
  Definition L_middle t x : R :=
    E (only 0 ∪ only t) none (KL (only (t - 1)) (only 0 ∪ only t) (back_at t)) x.
  Definition L_first x : R := - E (only 0 ∪ only 1) none (fun y => ln (back_at 1 y)) x.

  Let q_pos : positive q.
  Proof. now apply chain_pos. Qed.

  Lemma model_pos : positive model.
  Proof. intros y. apply Rmult_lt_0_compat; [apply prior_pos|]. apply prod_pos. intros; apply back_pos. Qed.

  (** A mean over whole paths, taken in two stages over the variables that occur. *)
  Lemma mean_over_paths A B f x : disjoint A B -> free (S T) (rest (A ∪ B)) f ->
    E all none f x = E B none (E A B f) x.
  Proof.
    intros HAB Hf. replace all with (rest (A ∪ B) ∪ (A ∪ B)) by sets.
    rewrite tower_drop; auto; try (intros i; booleans).
    replace (E A B f) with (E A (B ∪ none) f) by (do 2 f_equal; sets).
    symmetry. apply tower; auto. intros i; booleans.
  Qed.

  Lemma mean_of_divergence A B r x : disjoint A B -> free (S T) (rest (A ∪ B)) r ->
    E all none (fun y => ln (q(A | B) y / r y)) x = E B none (KL A B r) x.
  Proof.
    intros HAB Hr. apply mean_over_paths; auto. apply free_ln, free_div; auto. now apply free_cond.
  Qed.

  (** q(x_t | x_{t-1}) = q(x_{t-1} | x_t, x_0) q(x_t | x_0) / q(x_{t-1} | x_0) *)
  Lemma turn_round t y : (2 <= t <= T)%nat ->
    q(only t | upto (t - 1)) y =
    q(only (t - 1) | only 0 ∪ only t) y * (q(only t | only 0) y / q(only (t - 1) | only 0) y).
  Proof.
    intros Ht. rewrite markov_forward_past, <- markov_forward_start; auto; try lia.
    rewrite bayes by auto. replace (only t ∪ only 0) with (only 0 ∪ only t) by sets. unfold Rdiv. ring.
  Qed.

  (** ln q(x_{1:T} | x_0) = ln q(x_T | x_0) + sum_{t=2}^T ln q(x_{t-1} | x_t, x_0) *)
  Lemma log_of_path y : (1 <= T)%nat ->
    ln (q(path | only 0) y) =
    ln (q(only T | only 0) y) + sum (times 2 T) (fun t => ln (q(only (t - 1) | only 0 ∪ only t) y)).
  Proof.
    intros HT. assert (pos : forall A B, 0 < q(A | B) y) by (intros; now apply cond_pos).
    unfold path. rewrite chain_rule_path, log_of_product by auto.
    rewrite times_first by auto. cbn [sum].
    replace (upto (1 - 1)) with (only 0) by (extensionality i; now destruct i).
    set (M := fun t => ln (q(only t | only 0) y)).
    rewrite (sum_ext _ _ (fun t => (M t - M (t - 1)%nat) + ln (q(only (t - 1) | only 0 ∪ only t) y))).
    - rewrite sum_plus. destruct T as [|n] eqn:HTn; [lia|]. rewrite telescoping by lia. unfold M. lra.
    - intros t Ht. apply in_times in Ht. rewrite turn_round by auto. unfold M.
      rewrite ln_mult, log_of_quotient; auto; [lra|]. now apply Rdiv_lt_0_compat.
  Qed.

  Lemma log_of_model y : (1 <= T)%nat ->
    ln (model y) = ln (prior_at y) + ln (back_at 1 y) + sum (times 2 T) (fun t => ln (back_at t y)).
  Proof.
    intros HT. assert (pos : forall t, 0 < back_at t y) by (intros; apply back_pos).
    unfold model. rewrite ln_mult, log_of_product; auto.
    - rewrite times_first by auto. cbn [sum]. lra.
    - apply prior_pos.
    - apply prod_pos. auto.
  Qed.

  (** L_VLB = L_T + sum_{t=2}^T L_{t-1} + L_0, for every T >= 1. *)
  Theorem vlb_decomposition x : (1 <= T)%nat ->
    L_vlb x = L_last x + sum (times 2 T) (fun t => L_middle t x) + L_first x.
  Proof.
    intros HT. unfold L_vlb, L_last, L_first, L_middle.
    assert (pos : forall A B y, 0 < q(A | B) y) by (intros; now apply cond_pos).
    set (last := fun y => ln (q(only T | only 0) y / prior_at y)).
    set (middle := fun t y => ln (q(only (t - 1) | only 0 ∪ only t) y / back_at t y)).
    rewrite (mean_ext _ _ _ _ _ _ (fun y => 1 * (1 * last y + 1 * sum (times 2 T) (fun t => middle t y))
                                          + -1 * ln (back_at 1 y))).
    - rewrite !linearity, linearity_finite_sum.
      assert (Hlast : E all none last x = E (only 0) none (KL (only T) (only 0) prior_at) x).
      { apply mean_of_divergence.
        - intros i Hi. apply only_true in Hi. apply Nat.eqb_neq. lia.
        - intros y i s Hi HA. unfold prior_at. rewrite put_other; auto. intros <-.
          unfold rest, union, only in HA. now rewrite Nat.eqb_refl in HA. }
      assert (Hmiddle : forall t, In t (times 2 T) -> E all none (middle t) x =
        E (only 0 ∪ only t) none (KL (only (t - 1)) (only 0 ∪ only t) (back_at t)) x).
      { intros t Ht. apply in_times in Ht. apply mean_of_divergence.
        - intros i Hi. apply only_true in Hi. unfold union, only.
          apply orb_false_iff. rewrite !Nat.eqb_neq. lia.
        - intros y i s Hi HA. unfold rest, union, only in HA. apply negb_true_iff in HA.
          rewrite !orb_false_iff, !Nat.eqb_neq in HA. unfold back_at. now rewrite !put_other by lia. }
      assert (Hfirst : E all none (fun y => ln (back_at 1 y)) x
        = E (only 0 ∪ only 1) none (fun y => ln (back_at 1 y)) x).
      { replace all with (rest (only 0 ∪ only 1) ∪ (only 0 ∪ only 1)) by sets.
        apply tower_drop; auto; try (intros i; booleans).
        intros y i s Hi HA. unfold rest, union, only in HA. apply negb_true_iff in HA.
        rewrite orb_false_iff, !Nat.eqb_neq in HA. unfold back_at. cbn. now rewrite !put_other by lia. }
      rewrite Hlast, Hfirst, (sum_ext _ _ _ Hmiddle). ring.
    - intros y. assert (Hback : forall t, 0 < back_at t y) by (intros; apply back_pos).
      assert (Hprior : 0 < prior_at y) by apply prior_pos.
      rewrite log_of_quotient, log_of_path, log_of_model; auto using model_pos.
      unfold last, middle. rewrite log_of_quotient by auto.
      rewrite (sum_ext _ (fun t => ln (_ / _)) (fun t => ln (q(only (t - 1) | only 0 ∪ only t) y) - ln (back_at t y)))
        by (intros; apply log_of_quotient; auto).
      rewrite sum_minus. ring.
  Qed.

  (** L_T >= 0 *)
  Theorem last_term_nonneg x : (1 <= T)%nat -> sum (space T) prior = 1 -> 0 <= L_last x.
  Proof.
    intros HT Hsum. assert (free_zero : forall A B, mean space (S T) q A B (fun _ => 0) x = 0).
    { intros A B. unfold mean. rewrite (over_ext _ _ _ _ (fun _ => 0)) by (intros; ring). apply over_zero. }
    unfold L_last. rewrite <- (free_zero (only 0) none). apply mean_le; auto. intros y.
    apply gibbs; auto.
    - intros z. apply prior_pos.
    - rewrite over_only by lia. unfold prior_at. rewrite <- Hsum.
      apply sum_ext. intros s _. now rewrite put_same.
    - intros i Hi. apply only_true in Hi. apply Nat.eqb_neq. lia.
  Qed.

  (** L_{t-1} >= 0; so no term but L_0 can be negative. *)
  Theorem middle_term_nonneg t x : (2 <= t <= T)%nat ->
    (forall r, sum (space (t - 1)%nat) (back t r) = 1) -> 0 <= L_middle t x.
  Proof.
    intros Ht Hsum. assert (free_zero : forall A B, mean space (S T) q A B (fun _ => 0) x = 0).
    { intros A B. unfold mean. rewrite (over_ext _ _ _ _ (fun _ => 0)) by (intros; ring). apply over_zero. }
    unfold L_middle. rewrite <- (free_zero (only 0 ∪ only t) none). apply mean_le; auto. intros y.
    apply gibbs; auto.
    - intros z. apply back_pos.
    - rewrite over_only by lia. unfold back_at. rewrite <- (Hsum (y t)).
      apply sum_ext. intros s _. now rewrite put_same, put_other by lia.
    - intros i Hi. apply only_true in Hi. unfold union, only. apply orb_false_iff. rewrite !Nat.eqb_neq. lia.
  Qed.

  (** L_VLB - E[-ln p(x_0)] = E KL(q(x_{1:T} | x_0) || p(x_{1:T} | x_0)): it is a bound, and its gap has a name. *)
  Theorem vlb_gap x :
    L_vlb x = E (only 0) none (fun y => - ln (marginal space (S T) model (only 0) y)) x
              + E (only 0) none (KL path (only 0) (cond space (S T) model path (only 0))) x.
  Proof.
    assert (apart : disjoint path (only 0)).
    { intros i Hi. unfold path in Hi. apply andb_prop in Hi as [Hi _]. apply Nat.leb_le in Hi.
      apply Nat.eqb_neq. lia. }
    assert (Hmodel : forall y, 0 < model y) by apply model_pos.
    assert (whole : forall y, marginal space (S T) model (path ∪ only 0) y = model y).
    { intros y. rewrite <- (marginal_all space (S T) model y) at 1. apply over_same.
      intros i Hi. unfold rest, union, path, only, all.
      destruct i as [|i]; [reflexivity|]. cbn.
      replace (Nat.leb i (T - 1)) with true by (symmetry; apply Nat.leb_le; lia).
      destruct T as [|n]; [lia|]. replace (Nat.leb i n) with true by (symmetry; apply Nat.leb_le; lia). reflexivity. }
    unfold L_vlb. rewrite (mean_over_paths path (only 0)); auto.
    - rewrite <- (Rmult_1_l (mean _ _ _ _ _ (fun y => - _) _)), <- (Rmult_1_l (mean _ _ _ _ _ (KL _ _ _) _)).
      rewrite <- linearity. apply mean_ext. intros y.
      rewrite (elbo space (S T) inhabited q q_pos model path (only 0)) by (auto using model_pos).
      rewrite (mean_ext _ _ _ _ _ (fun z => ln (marginal space (S T) model (path ∪ only 0) z / q(path | only 0) z))
        (fun z => -1 * ln (q(path | only 0) z / model z) + 0 * 0)).
      + rewrite linearity. ring.
      + intros z. rewrite whole. assert (0 < q(path | only 0) z) by now apply cond_pos.
        rewrite !log_of_quotient by auto. ring.
    - intros y i s Hi HA. exfalso. revert HA. unfold rest, union, path, only.
      destruct i as [|i]; cbn; [discriminate|]. destruct T as [|n]; [lia|].
      replace (Nat.leb i n) with true by (symmetry; apply Nat.leb_le; lia). discriminate.
  Qed.
End Bound.
