(** * Densities on finite state spaces

    There are N variables x_0, ..., x_{N-1}. Variable i takes the values in the list [space i], which is any finite list.
    A joint density is any positive function of all variables; a sum over states stands for an integral.
    A set of variables is a function to [bool]. From the joint density follow all others:

      [marginal p A]  =  q(A), the sum over all variables outside of A;
      [cond p A B]    =  q(A | B) = q(A, B) / q(B);
      [mean p A B f]  =  E_{q(A|B)} f = sum over A of f * q(A | B).

    Proved here: chain rule, Bayes, marginalisation, the tower, linearity of means, independence. *)

From Coq Require Import Reals List Lia Lra Bool FunctionalExtensionality.
From Diffusion Require Import Sums.
Import ListNotations.
Open Scope R_scope.

(** ** Sets of variables *)

Definition set := nat -> bool.
Definition none : set := fun _ => false.
Definition all : set := fun _ => true.
Definition only (t : nat) : set := fun i => Nat.eqb i t.
Definition upto (t : nat) : set := fun i => Nat.leb i t.  (* x_0, ..., x_t *)
Definition from (t : nat) : set := fun i => Nat.leb t i.  (* x_t, x_{t+1}, ... *)
Definition union (A B : set) : set := fun i => A i || B i.
Definition rest (A : set) : set := fun i => negb (A i).
Definition disjoint (A B : set) := forall i, A i = true -> B i = false.
Definition within (A B : set) := forall i, A i = true -> B i = true.
Notation "A ∪ B" := (union A B) (at level 50, left associativity).

Lemma only_true i t : only t i = true <-> i = t. Proof. apply Nat.eqb_eq. Qed.

(** Two sets are equal if they have the same members. *)
Ltac booleans :=
  repeat match goal with H : forall _ : nat, _ <> _ |- _ => clear H end;
  repeat match goal with
         | H : disjoint _ _ |- _ => unfold disjoint in H
         | H : within _ _ |- _ => unfold within in H
         end;
  unfold union, rest, none, all in *;
  repeat match goal with i : nat, H : forall _ : nat, _ |- _ => specialize (H i) end;
  repeat match goal with
         | |- context [?A ?i] =>
             match type of i with nat => match type of (A i) with bool => destruct (A i) eqn:? end end
         end;
  cbn in *; intuition congruence.
Ltac sets := extensionality i; booleans.

Section Variables.
  Context {state : Type} (space : nat -> list state) (N : nat).
  Implicit Types (x : nat -> state) (A B C D : set).

  Notation "'function'" := ((nat -> state) -> R).

  (** The same values, but [s] for variable [i]. *)
  Definition put x (i : nat) (s : state) : nat -> state := fun j => if Nat.eqb j i then s else x j.

  Lemma put_same x i s : put x i s i = s.
  Proof. unfold put. now rewrite Nat.eqb_refl. Qed.

  Lemma put_other x i s j : j <> i -> put x i s j = x j.
  Proof. intros H. unfold put. now apply Nat.eqb_neq in H as ->. Qed.

  Lemma put_put x i r s : put (put x i r) i s = put x i s.
  Proof. extensionality j. unfold put. now destruct (Nat.eqb j i). Qed.

  Lemma put_swap x i j r s : i <> j -> put (put x i r) j s = put (put x j s) i r.
  Proof.
    intros H. extensionality k. unfold put.
    destruct (Nat.eqb_spec k j), (Nat.eqb_spec k i); congruence.
  Qed.

  (** The sum of [f] over all values of those of the first [n] variables that lie in [A]. *)
  Fixpoint over (n : nat) A (f : function) x : R :=
    match n with
    | O => f x
    | S n => if A n then sum (space n) (fun s => over n A f (put x n s)) else over n A f x
    end.

  (** [f] does not depend on the variables in [A]. *)
  Definition free A (f : function) := forall x i s, (i < N)%nat -> A i = true -> f (put x i s) = f x.

  (** *** How sums over sets of variables behave *)

  Lemma over_ext n A f g x : (forall y, f y = g y) -> over n A f x = over n A g x.
  Proof.
    intros H. revert x. induction n as [|n IH]; intros x; cbn; [apply H|].
    destruct (A n); [|apply IH]. apply sum_ext. intros; apply IH.
  Qed.

  Lemma over_same n A B f x : (forall i, (i < n)%nat -> A i = B i) -> over n A f x = over n B f x.
  Proof.
    revert x. induction n as [|n IH]; intros x H; cbn; [reflexivity|].
    rewrite H by lia. destruct (B n); [|auto]. apply sum_ext. intros; apply IH; auto.
  Qed.

  Lemma over_skip n A f x : A n = false -> over (S n) A f x = over n A f x.
  Proof. intros H. cbn. now rewrite H. Qed.

  Lemma over_none n f x : over n none f x = f x.
  Proof. revert x. induction n as [|n IH]; intros x; cbn; auto. Qed.

  Lemma over_only n t f x : (t < n)%nat -> over n (only t) f x = sum (space t) (fun s => f (put x t s)).
  Proof.
    induction n as [|n IH]; intros H; [lia|]. cbn. unfold only at 1. destruct (Nat.eqb_spec n t) as [->|Hne].
    - apply sum_ext. intros s _. rewrite (over_same _ _ none); [apply over_none|].
      intros i Hi. apply Nat.eqb_neq. lia.
    - apply IH. lia.
  Qed.

  Lemma over_plus n A f g x : over n A (fun y => f y + g y) x = over n A f x + over n A g x.
  Proof.
    revert x. induction n as [|n IH]; intros x; cbn; [reflexivity|].
    destruct (A n); [|apply IH]. rewrite <- sum_plus. apply sum_ext. intros; apply IH.
  Qed.

  Lemma over_scale n A c f x : over n A (fun y => c * f y) x = c * over n A f x.
  Proof.
    revert x. induction n as [|n IH]; intros x; cbn; [reflexivity|].
    destruct (A n); [|apply IH]. rewrite <- sum_scale. apply sum_ext. intros; apply IH.
  Qed.

  Lemma over_zero n A x : over n A (fun _ => 0) x = 0.
  Proof. rewrite (over_ext _ _ _ (fun _ => 0 * 0)) by (intros; lra). rewrite over_scale. lra. Qed.

  Lemma over_sum {I} n A (l : list I) (f : I -> function) x :
    over n A (fun y => sum l (fun i => f i y)) x = sum l (fun i => over n A (f i) x).
  Proof. induction l as [|i l IH]; cbn; [apply over_zero|]. now rewrite over_plus, IH. Qed.

  Lemma over_le n A f g x : (forall y, f y <= g y) -> over n A f x <= over n A g x.
  Proof.
    intros H. revert x. induction n as [|n IH]; intros x; cbn; [apply H|].
    destruct (A n); [|apply IH]. apply sum_le. intros; apply IH.
  Qed.

  Lemma over_pos n A f x : (forall i, space i <> []) -> (forall y, 0 < f y) -> 0 < over n A f x.
  Proof.
    intros Hs H. revert x. induction n as [|n IH]; intros x; cbn; [apply H|].
    destruct (A n); [|apply IH]. apply sum_pos; auto.
  Qed.

  (** What does not depend on the variables of a sum is a factor. *)
  Lemma over_factor n A c f x :
    (n <= N)%nat -> free A c -> over n A (fun y => c y * f y) x = c x * over n A f x.
  Proof.
    intros Hn Hc. revert x. induction n as [|n IH]; intros x; cbn; [reflexivity|].
    destruct (A n) eqn:HA; [|apply IH; lia]. rewrite <- sum_scale. apply sum_ext. intros s _.
    rewrite IH by lia. now rewrite Hc by (auto; lia).
  Qed.

  Lemma over_factor_right n A c f x :
    (n <= N)%nat -> free A c -> over n A (fun y => f y * c y) x = over n A f x * c x.
  Proof.
    intros Hn Hc. rewrite Rmult_comm, <- over_factor by auto. apply over_ext. intros; lra.
  Qed.

  (** A sum over a later variable may be pulled out. *)
  Lemma over_swap n A m (l : list state) f x : (n <= m)%nat ->
    over n A (fun y => sum l (fun s => f (put y m s))) x = sum l (fun s => over n A f (put x m s)).
  Proof.
    revert x. induction n as [|n IH]; intros x Hm; cbn; [reflexivity|].
    destruct (A n); [|apply IH; lia].
    erewrite sum_ext by (intros; apply IH; lia). rewrite fubini.
    apply sum_ext. intros s _. apply sum_ext. intros r _. now rewrite put_swap by lia.
  Qed.

  (** Sums over two sets are one sum over their union. *)
  Lemma over_over n A B f x : disjoint A B -> over n A (over n B f) x = over n (A ∪ B) f x.
  Proof.
    intros H. revert x. induction n as [|n IH]; intros x; cbn; [reflexivity|].
    unfold union at 1. destruct (A n) eqn:HA; cbn.
    - rewrite (H n HA). apply sum_ext. intros s _. apply IH.
    - destruct (B n); [|apply IH]. rewrite (over_swap n A n (space n) (over n B f)) by lia.
      apply sum_ext. intros; apply IH.
  Qed.

  Lemma over_put_free n A f x i s : (n <= N)%nat -> (i < N)%nat -> A i = false ->
    (forall y r, f (put y i r) = f y) -> over n A f (put x i s) = over n A f x.
  Proof.
    intros Hn Hi HA Hf. revert x. induction n as [|n IH]; intros x; cbn; [apply Hf|].
    destruct (A n) eqn:HAn; [|apply IH; lia]. apply sum_ext. intros r _.
    rewrite put_swap by congruence. apply IH. lia.
  Qed.

  Lemma over_put_summed n A f x i s : (i < n)%nat -> A i = true -> over n A f (put x i s) = over n A f x.
  Proof.
    revert x. induction n as [|n IH]; intros x Hi HA; cbn; [lia|].
    destruct (Nat.eq_dec i n) as [->|Hne].
    - rewrite HA. apply sum_ext. intros. now rewrite put_put.
    - destruct (A n); [|apply IH; auto; lia]. apply sum_ext. intros r _.
      rewrite put_swap by auto. apply IH; auto; lia.
  Qed.

  (** After a sum over [A] nothing depends on [A]; what did not matter before does not matter now. *)
  Lemma free_over A B f : free B f -> free (A ∪ B) (over N A f).
  Proof.
    intros Hf x i s Hi H. unfold union in H. destruct (A i) eqn:HA.
    - now apply over_put_summed.
    - apply over_put_free; auto.
  Qed.

  Lemma free_summed A f : free A (over N A f).
  Proof. intros x i s Hi H. now apply over_put_summed. Qed.

  Lemma free_within A B f : within A B -> free B f -> free A f.
  Proof. intros H Hf x i s Hi HA. apply Hf; auto. Qed.

  Lemma free_mult A f g : free A f -> free A g -> free A (fun x => f x * g x).
  Proof. intros Hf Hg x i s Hi HA. now rewrite Hf, Hg. Qed.

  Lemma free_div A f g : free A f -> free A g -> free A (fun x => f x / g x).
  Proof. intros Hf Hg x i s Hi HA. now rewrite Hf, Hg. Qed.

  Lemma free_ln A f : free A f -> free A (fun x => ln (f x)).
  Proof. intros Hf x i s Hi HA. now rewrite Hf. Qed.

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
      rewrite (over_ext _ _ _ (fun y => marginal p (A ∪ (B ∪ C)) y * / marginal p C y)).
      2:{ intros y. unfold Rdiv. do 2 f_equal. sets. }
      rewrite over_factor_right; auto.
      - rewrite marginalisation_joint; [reflexivity|]. intros i. booleans.
      - intros y i s Hi HA. f_equal. apply free_marginal; auto. booleans.
    Qed.

    (** The sum over A of q(A | B) is 1. *)
    Theorem density_sums_to_one A B x : disjoint A B -> over N A (cond p A B) x = 1.
    Proof.
      intros H. rewrite (over_ext _ _ _ (cond p (A ∪ none) B)).
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
      rewrite <- over_factor_right; auto.
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
      rewrite over_factor by auto. now rewrite marginalisation.
    Qed.

    (** The mean of a constant is the constant, and so is that of anything without the variable. *)
    Theorem mean_of_constant A B f x : disjoint A B -> free A f -> mean p A B f x = f x.
    Proof.
      intros H Hf. unfold mean. rewrite over_factor by auto. rewrite density_sums_to_one by auto. lra.
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
      intros H. unfold mean. rewrite <- over_factor by auto. apply over_ext. intros; lra.
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
      rewrite (over_ext _ _ _ (fun y => f y * cond p A none y * (g y * cond p B none y)))
        by (intros y; rewrite Hind; lra).
      replace (A ∪ B) with (B ∪ A) by sets. rewrite <- over_over by (intros i; booleans).
      assert (HfB : free B f) by (apply free_within with (rest A); auto; intros i; booleans).
      assert (HgA : free A g) by (apply free_within with (rest B); auto; intros i; booleans).
      assert (HcA : free (rest A) (cond p A none)).
      { eapply free_within; [|apply free_cond]. intros i. booleans. }
      assert (HcB : free (rest B) (cond p B none)).
      { eapply free_within; [|apply free_cond]. intros i. booleans. }
      erewrite over_ext.
      2:{ intros y. rewrite over_factor_right; [reflexivity|auto|].
          apply free_mult; auto. eapply free_within; [|exact HcB]. intros i. booleans. }
      rewrite over_factor; auto.
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
End Variables.
