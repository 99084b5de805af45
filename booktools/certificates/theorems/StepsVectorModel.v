(** * A space in which all that the steps say of vectors of noise holds at once

    A vector of noise at each time is made of independent variables, one for each coordinate. *)

From Coq Require Import Reals List Lia Lra Arith FunctionalExtensionality.
From Diffusion Require Import Sums Variables Steps StepsNoise StepsNoiseModel StepsVector.
Open Scope R_scope.

Module VectorModel.
Import NoiseModel.

Definition inside (d k : nat) : bool := (Nat.leb 1 k && Nat.leb k d)%bool.
Definition place (d t k : nat) : nat := (t * S d + k)%nat.
Definition vector (d t k : nat) (w : outcomes) : R := if inside d k then noise (place d t k) w else 0.

Fixpoint path (d : nat) (a b : nat -> R) (t k : nat) (w : outcomes) : R :=
  match t with O => 0 | S s => a (S s) * path d a b s k w + b (S s) * vector d (S s) k w end.

Lemma inside_spec d k : inside d k = true <-> (1 <= k <= d)%nat.
Proof. unfold inside. rewrite Bool.andb_true_iff, !Nat.leb_le. lia. Qed.

Lemma without_const i c : without i (fun _ => c). Proof. now intros w s. Qed.

Lemma without_vector d i t k : (inside d k = true -> i <> place d t k) -> without i (vector d t k).
Proof.
  intros H. unfold vector. destruct (inside d k); [|apply without_const].
  apply without_noise. now apply H.
Qed.

Lemma without_path d a b i t k : (forall s, (1 <= s <= t)%nat -> inside d k = true -> i <> place d s k) ->
  without i (path d a b t k).
Proof.
  intros H. induction t as [|t IH]; intros w s; cbn [path]; [reflexivity|].
  rewrite IH by (intros; apply H; auto; lia). f_equal. f_equal. apply without_vector. intros E. apply H; auto; lia.
Qed.

Lemma apart d s t j k : (s < t)%nat -> (k <= d)%nat -> place d t j <> place d s k.
Proof. unfold place. nia. Qed.

(** All premises about vectors of noise hold at once, with a process that is made of them, up to any time N. *)
Theorem vector_noise_exists (d N : nat) (a b : nat -> R) : exists (Outcome : Type) (outcome : Outcome)
  (mean_of : (Outcome -> R) -> R) (x epsilon : nat -> nat -> Outcome -> R),
  expectation mean_of /\
  (forall t k w, (1 <= t)%nat -> x t k w = a t * x (t - 1)%nat k w + b t * epsilon t k w) /\
  (forall t, (t < N)%nat -> standard_vector mean_of d (epsilon t)) /\
  (forall s t, (s < t)%nat -> (t < N)%nat -> forall (f : (nat -> R) -> R) j,
    independent_under mean_of (fun w => f (fun k => x s k w)) (epsilon t j)).
Proof.
  set (n := (N * S d)%nat).
  assert (below : forall t k, (t < N)%nat -> (k <= d)%nat -> (place d t k < n)%nat) by (unfold place, n; nia).
  exists outcomes, (fun _ => (true, true)), (mean_of n), (path d a b), (vector d).
  split; [apply mean_of_expectation|]. split; [|split].
  - intros t k w Ht. destruct t as [|t]; [lia|]. cbn [path]. now replace (S t - 1)%nat with t by lia.
  - intros t Ht. split.
    + intros k Hk. unfold vector. rewrite (proj2 (inside_spec d k) Hk). apply noise_standard. apply below; lia.
    + intros j k Hj Hk D. unfold vector at 2. rewrite (proj2 (inside_spec d k) Hk).
      apply noise_independent; [apply below; lia|]. apply without_vector. intros _. unfold place. lia.
  - intros s t Hst Ht f j. unfold vector. destruct (inside d j) eqn:E.
    + apply inside_spec in E. apply noise_independent; [apply below; lia|]. intros w c. f_equal. extensionality k.
      apply without_path. intros r Hr Hk. apply inside_spec in Hk. apply apart; lia.
    + intros p r. destruct (mean_of_expectation n) as [one lin].
      replace (fun w : outcomes => p (f (fun k => path d a b s k w)) * r 0)
        with (fun w : outcomes => r 0 * p (f (fun k => path d a b s k w)) + 0 * 0) by (extensionality w; ring).
      rewrite (lin (r 0) 0 _ (fun _ => 0)).
      replace (fun _ : outcomes => r 0) with (fun _ : outcomes => r 0 * 1 + 0 * 1) by (extensionality w; ring).
      rewrite (lin (r 0) 0 (fun _ => 1) (fun _ => 1)), one. ring.
Qed.

End VectorModel.
