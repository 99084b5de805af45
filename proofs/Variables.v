(** * Sums over sets of variables

    There are N variables x_0, ..., x_{N-1}. Variable i takes the values in [space i], which is any finite list.
    A set of variables is a function to [bool]. Proved here: how sums over all values of a set of variables behave. *)

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
End Variables.
