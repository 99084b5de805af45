(** * Densities on finite state spaces

    A joint density is any positive function of all variables x_0, ..., x_{N-1}, each with its own finite list of
    values. A sum over states stands for an integral. From the joint density follow all others:

      [marginal p A]  =  q(A), the sum over all variables outside of A;
      [cond p A B]    =  q(A | B) = q(A, B) / q(B);
      [mean p A B f]  =  E_{q(A|B)} f = sum over A of f * q(A | B).

    Proved here: chain rule, Bayes, marginalisation, the tower, linearity of means, independence. *)

From Coq Require Import Reals List Lia Lra Bool FunctionalExtensionality.
From Diffusion Require Import Sums.
From Diffusion Require Export Variables.
Import ListNotations.
Open Scope R_scope.

Section Densities.
  Context {state : Type} (space : nat -> list state) (N : nat).
  Implicit Types (x : nat -> state) (A B C D : set).

  Notation "'function'" := ((nat -> state) -> R).
  Notation over := (over space).
  Notation free := (free N).

  (** ** Densities *)

  (** q(A): the joint density, summed over all other variables. *)
  Definition marginal (p : function) A x : R := over N (rest A) p x.

  (** q(A | B) = q(A, B) / q(B) *)
  Definition cond (p : function) A B x : R := marginal p (A ∪ B) x / marginal p B x.

  (** The mean of [f] under q(A | B) is a sum of f q(A | B). *)
  Definition mean (p : function) A B (f : function) x : R := over N A (fun y => f y * cond p A B y) x.

  (** A joint density is positive; its sum is 1 where this is needed. *)
  Definition positive (p : function) := forall x, 0 < p x.
  Definition normalised (p : function) := forall x, over N all p x = 1.

  Hypothesis inhabited : forall i, space i <> [].

  Section One_law.
    Variable p : function.
    Hypothesis p_pos : positive p.

    Lemma marginal_pos A x : 0 < marginal p A x.
    Proof. now apply over_pos. Qed.

    Lemma marginal_neq A x : marginal p A x <> 0.
    Proof. apply Rgt_not_eq, marginal_pos. Qed.

    Lemma cond_pos A B x : 0 < cond p A B x.
    Proof. apply Rdiv_lt_0_compat; apply marginal_pos. Qed.

    Lemma free_marginal A : free (rest A) (marginal p A).
    Proof. apply free_summed. Qed.

    Lemma free_cond A B : free (rest (A ∪ B)) (cond p A B).
    Proof.
      apply free_div; [apply free_marginal|].
      eapply free_within; [|apply free_marginal]. intros i. booleans.
    Qed.

    Lemma marginal_all x : marginal p all x = p x.
    Proof. unfold marginal. replace (rest all) with none by sets. apply over_none. Qed.

    Lemma marginal_none x : normalised p -> marginal p none x = 1.
    Proof. intros H. unfold marginal. replace (rest none) with all by sets. apply H. Qed.

    Lemma cond_none A x : normalised p -> cond p A none x = marginal p A x.
    Proof.
      intros H. unfold cond. rewrite marginal_none by auto.
      replace (A ∪ none) with A by sets. field.
    Qed.

    (** *** The rules *)

    (** q(A, B | C) = q(A | B, C) q(B | C) *)
    Theorem chain_rule_pair A B C x : cond p (A ∪ B) C x = cond p A (B ∪ C) x * cond p B C x.
    Proof.
      unfold cond. replace (A ∪ (B ∪ C)) with (A ∪ B ∪ C) by sets.
      field. split; apply marginal_neq.
    Qed.

    (** q(A | B, C) = q(B | A, C) q(A | C) / q(B | C) *)
    Theorem bayes A B C x : cond p A (B ∪ C) x = cond p B (A ∪ C) x * cond p A C x / cond p B C x.
    Proof.
      unfold cond. replace (A ∪ (B ∪ C)) with (A ∪ B ∪ C) by sets.
      replace (B ∪ (A ∪ C)) with (A ∪ B ∪ C) by sets. field. repeat split; apply marginal_neq.
    Qed.

    (** The sum over A of q(A, B) is q(B). *)
    Theorem marginalisation_joint A B x : disjoint A B -> over N A (marginal p (A ∪ B)) x = marginal p B x.
    Proof.
      intros H. unfold marginal. rewrite over_over.
      - f_equal. sets.
      - intros i. booleans.
    Qed.

    (** The sum over A of q(A, B | C) is q(B | C). *)
    Theorem marginalisation A B C x :
      disjoint A B -> disjoint A C -> over N A (cond p (A ∪ B) C) x = cond p B C x.
    Proof.
      intros HB HC. unfold cond at 1.
      rewrite (over_ext _ _ _ _ (fun y => marginal p (A ∪ (B ∪ C)) y * / marginal p C y)).
      2:{ intros y. unfold Rdiv. do 2 f_equal. sets. }
      rewrite (over_factor_right space N N); auto.
      - rewrite marginalisation_joint; [reflexivity|]. intros i. booleans.
      - intros y i s Hi HA. f_equal. apply free_marginal; auto. booleans.
    Qed.

    (** The sum over A of q(A | B) is 1. *)
    Theorem density_sums_to_one A B x : disjoint A B -> over N A (cond p A B) x = 1.
    Proof.
      intros H. rewrite (over_ext _ _ _ _ (cond p (A ∪ none) B)).
      2:{ intros y. f_equal. sets. }
      rewrite marginalisation; auto; [|intros i; booleans].
      unfold cond. replace (none ∪ B) with B by sets. field. apply marginal_neq.
    Qed.

    (** E_{q(A|B)} f = sum over A of f q(A | B) *)
    Theorem mean_of_density A B f x : mean p A B f x = over N A (fun y => f y * cond p A B y) x.
    Proof. reflexivity. Qed.

    (** E_{q(B|C)} E_{q(A|B,C)} f = E_{q(A,B|C)} f *)
    Theorem tower A B C f x : disjoint A B -> disjoint A C ->
      mean p B C (mean p A (B ∪ C) f) x = mean p (A ∪ B) C f x.
    Proof.
      intros HB HC. unfold mean. replace (A ∪ B) with (B ∪ A) by sets.
      rewrite <- over_over by (intros i; booleans). apply over_ext. intros y.
      rewrite <- (over_factor_right space N N); auto.
      - apply over_ext. intros z. replace (B ∪ A) with (A ∪ B) by sets.
        rewrite chain_rule_pair. lra.
      - eapply free_within; [|apply free_cond]. intros i. booleans.
    Qed.

    (** What does not depend on A is averaged over the other variables alone. *)
    Theorem tower_drop A B C f x : disjoint A B -> disjoint A C -> free A f ->
      mean p (A ∪ B) C f x = mean p B C f x.
    Proof.
      intros HB HC Hf. unfold mean. replace (A ∪ B) with (B ∪ A) at 1 by sets.
      rewrite <- over_over by (intros i; booleans). apply over_ext. intros y.
      rewrite (over_factor space N N) by auto. now rewrite marginalisation.
    Qed.

    (** The mean of a constant is the constant, and so is that of anything without the variable. *)
    Theorem mean_of_constant A B f x : disjoint A B -> free A f -> mean p A B f x = f x.
    Proof.
      intros H Hf. unfold mean. rewrite (over_factor space N N) by auto. rewrite density_sums_to_one by auto. lra.
    Qed.

    Lemma mean_ext A B f g x : (forall y, f y = g y) -> mean p A B f x = mean p A B g x.
    Proof. intros H. apply over_ext. intros y. now rewrite H. Qed.

    (** E (a f + b g) = a E f + b E g *)
    Theorem linearity A B a b f g x :
      mean p A B (fun y => a * f y + b * g y) x = a * mean p A B f x + b * mean p A B g x.
    Proof.
      unfold mean. rewrite <- !over_scale, <- over_plus. apply over_ext. intros; lra.
    Qed.

    (** E sum_t f_t = sum_t E f_t *)
    Theorem linearity_finite_sum {I} A B (l : list I) (f : I -> function) x :
      mean p A B (fun y => sum l (fun t => f t y)) x = sum l (fun t => mean p A B (f t) x).
    Proof.
      unfold mean. rewrite <- over_sum. apply over_ext. intros y. now rewrite <- sum_scale_right.
    Qed.

    (** What is known under the mean is a factor. *)
    Lemma mean_factor A B c f x : free A c -> mean p A B (fun y => c y * f y) x = c x * mean p A B f x.
    Proof.
      intros H. unfold mean. rewrite <- (over_factor space N N) by auto. apply over_ext. intros; lra.
    Qed.

    Lemma mean_le A B f g x : (forall y, f y <= g y) -> mean p A B f x <= mean p A B g x.
    Proof.
      intros H. apply over_le. intros y. apply Rmult_le_compat_r; auto. left. apply cond_pos.
    Qed.

    (** *** Independence *)

    (** A and B are independent: q(A, B) = q(A) q(B). *)
    Definition independent A B := forall x, cond p (A ∪ B) none x = cond p A none x * cond p B none x.

    (** E[f g] = E[f] E[g] for independent A and B, if f depends on A alone and g on B alone. *)
    Theorem independence A B f g x : disjoint A B -> independent A B -> free (rest A) f -> free (rest B) g ->
      mean p (A ∪ B) none (fun y => f y * g y) x = mean p A none f x * mean p B none g x.
    Proof.
      intros HAB Hind Hf Hg. unfold mean.
      rewrite (over_ext _ _ _ _ (fun y => f y * cond p A none y * (g y * cond p B none y)))
        by (intros y; rewrite Hind; lra).
      replace (A ∪ B) with (B ∪ A) by sets. rewrite <- over_over by (intros i; booleans).
      assert (HfB : free B f) by (apply free_within with (rest A); auto; intros i; booleans).
      assert (HgA : free A g) by (apply free_within with (rest B); auto; intros i; booleans).
      assert (HcA : free (rest A) (cond p A none)).
      { eapply free_within; [|apply free_cond]. intros i. booleans. }
      assert (HcB : free (rest B) (cond p B none)).
      { eapply free_within; [|apply free_cond]. intros i. booleans. }
      erewrite over_ext.
      2:{ intros y. rewrite (over_factor_right space N N); [reflexivity|auto|].
          apply free_mult; auto. eapply free_within; [|exact HcB]. intros i. booleans. }
      rewrite (over_factor space N N); auto.
      apply free_within with (A ∪ rest A).
      { intros i. booleans. }
      apply free_over, free_mult; auto.
    Qed.

    (** Var f = E (f - E f)^2 *)
    Definition variance A B f x := mean p A B (fun y => (f y - mean p A B f x) ^ 2) x.

    (** Var (a f + b g) = a^2 Var f + b^2 Var g + 2 a b (E[f g] - E f E g) *)
    Theorem variance_of_sum A B a b f g x : disjoint A B ->
      variance A B (fun y => a * f y + b * g y) x =
      a ^ 2 * variance A B f x + b ^ 2 * variance A B g x
      + 2 * a * b * (mean p A B (fun y => f y * g y) x - mean p A B f x * mean p A B g x).
    Proof.
      intros H. unfold variance. rewrite linearity.
      set (mf := mean p A B f x). set (mg := mean p A B g x).
      assert (one : forall c, mean p A B (fun _ => c) x = c).
      { intros c. apply (mean_of_constant A B (fun _ => c)); auto. now intros y i s. }
      assert (square : forall h m, mean p A B h x = m ->
        mean p A B (fun y => (h y - m) ^ 2) x = mean p A B (fun y => h y ^ 2) x - m ^ 2).
      { intros h m Hm. rewrite (mean_ext _ _ _ (fun y => 1 * (1 * h y ^ 2 + -2 * m * h y) + m ^ 2 * 1)).
        2:{ intros; ring. }
        rewrite !linearity, one, Hm. ring. }
      rewrite !square; auto; [|apply linearity].
      rewrite (mean_ext _ _ _ (fun y => a ^ 2 * f y ^ 2 + 1 * (b ^ 2 * g y ^ 2 + 2 * a * b * (f y * g y)))).
      2:{ intros; ring. }
      rewrite !linearity. ring.
    Qed.

    (** The variances of independent variables add. *)
    Theorem independence_variances A B a b f g x :
      disjoint A B -> independent A B -> free (rest A) f -> free (rest B) g ->
      variance (A ∪ B) none (fun y => a * f y + b * g y) x =
      a ^ 2 * variance (A ∪ B) none f x + b ^ 2 * variance (A ∪ B) none g x.
    Proof.
      intros HAB Hind Hf Hg. rewrite variance_of_sum by (intros i; booleans).
      rewrite independence by auto.
      assert (HA : mean p (A ∪ B) none f x = mean p A none f x).
      { replace (A ∪ B) with (B ∪ A) by sets.
        apply tower_drop; try (intros i; booleans).
        apply free_within with (rest A); auto. intros i. booleans. }
      assert (HB : mean p (A ∪ B) none g x = mean p B none g x).
      { apply tower_drop; try (intros i; booleans).
        apply free_within with (rest B); auto. intros i. booleans. }
      rewrite HA, HB. ring.
    Qed.

    (** q(x_{1:T} | x_0) = prod_{t=1}^T q(x_t | x_{0:t-1}), for every T. *)
    Theorem chain_rule_path T x :
      cond p (fun i => Nat.leb 1 i && Nat.leb i T) (only 0) x =
      prod (times 1 T) (fun t => cond p (only t) (upto (t - 1)) x).
    Proof.
      assert (first : upto 0 = only 0) by (extensionality i; now destruct i).
      induction T as [|T IH].
      - change (prod (times 1 0) _) with 1. unfold cond.
        replace ((fun i => Nat.leb 1 i && Nat.leb i 0) ∪ only 0) with (only 0).
        { field. apply marginal_neq; auto. }
        extensionality i. unfold union, only. destruct i as [|[|i]]; reflexivity.
      - rewrite times_last, prod_app, <- IH by lia. cbn [prod]. rewrite Rmult_1_r.
        replace (S T - 1)%nat with T by lia.
        assert (whole : forall T, (fun i => Nat.leb 1 i && Nat.leb i T) ∪ only 0 = upto T).
        { intros U. extensionality i. unfold union, only, upto.
          destruct i as [|i]; [reflexivity|]. cbn. now rewrite orb_false_r. }
        unfold cond. rewrite !whole.
        replace (only (S T) ∪ upto T) with (upto (S T)).
        { field. split; apply marginal_neq. }
        extensionality i. unfold union, only, upto.
        destruct (Nat.leb_spec i (S T)), (Nat.eqb_spec i (S T)), (Nat.leb_spec i T); cbn; lia || reflexivity.
    Qed.
  End One_law.
End Densities.
