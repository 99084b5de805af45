(** * Instances in which the assumptions of a page hold *)

From Coq Require Import Reals List Lia Lra Psatz FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Variables Densities Markov Line Gaussian Steps StepsFinite StepsSigns StepsGaussianModel.
Import ListNotations.
Open Scope R_scope.

(** The scripts import all files: the names here must not hide those of tactics. *)
Module Model.

Lemma prod_below_one a b f : (a <= b)%nat -> (forall i, (a <= i <= b)%nat -> 0 < f i < 1) -> prod (times a b) f < 1.
Proof.
  intros H Hf. assert (P : forall k, (k <= b - a)%nat -> 0 < prod (times a (a + k)) f < 1).
  { induction k as [|k IH]; intros Hk.
    - rewrite Nat.add_0_r. unfold times. replace (S a - a)%nat with 1%nat by lia. cbn. rewrite Rmult_1_r.
      apply Hf. lia.
    - rewrite prod_on by lia. assert (K := IH ltac:(lia)). assert (L := Hf (a + S k)%nat ltac:(lia)). nra. }
  assert (K := P (b - a)%nat ltac:(lia)). replace (a + (b - a))%nat with b in K by lia. lra.
Qed.

Lemma smooth_const c : smooth (fun _ => c).
Proof.
  exists (fun n _ => match n with O => c | S _ => 0 end). split; [reflexivity|].
  intros n y. destruct n; auto_derive; auto.
Qed.
Lemma smooth2_const c : smooth2 (fun _ _ => c).
Proof.
  exists (fun i j _ _ => match i, j with O, O => c | _, _ => 0 end). split; [reflexivity|].
  intros i j x y. split; [|split]; [| |apply continuity_2d_pt_const]; destruct i, j; auto_derive; auto.
Qed.

Lemma prod_ones l : prod l (fun _ : nat => 1) = 1.
Proof. induction l as [|a l IH]; cbn; [reflexivity|]. rewrite IH. ring. Qed.

Lemma smooth_exp c : smooth (fun y => exp (c * y)).
Proof.
  exists (fun n y => c ^ n * exp (c * y)). split; [extensionality y; cbn; ring|].
  intros n y. auto_derive; [exact I|]. cbn. ring.
Qed.

(** The value at 0 is a functional with all the structure of an integral. *)
Lemma value_positive : positive (fun f => f 0). Proof. intros f H. apply H. Qed.
Lemma value_linear : linear (fun f => f 0). Proof. intros a b f g. reflexivity. Qed.
Lemma value_exchanges : exchanges (fun f => f 0).
Proof. intros f df x H. exact (locally_singleton _ _ H 0). Qed.

(** A number that is 1 at time 0 and below 1 later is at most 1. *)
Ltac at_zero :=
  match goal with
  | |- context [?f ?n] => is_var n; match type of n with nat => destruct (Nat.eq_dec n 0) as [->|]; try (exfalso; lia) end
  end.
Ltac opened := repeat match goal with v := _ |- _ => unfold v in *; clear v end; cbv beta in *.
Ltac times_known := rewrite ?Nat.eqb_refl; repeat match goal with
  | |- context [Nat.eqb ?a ?b] => replace (Nat.eqb a b) with false by (symmetry; apply Nat.eqb_neq; lia)
  | |- context [(?a + 1 - 1)%nat] => replace (a + 1 - 1)%nat with a by lia
  | |- context [(?a - 1 + 1)%nat] => replace (a - 1 + 1)%nat with a by lia
  end.
Ltac told := match goal with
  | H : _ |- 0 < ?a => rewrite H by side
  | H : _ |- ?a < _ => rewrite H by side
  end.
Ltac small := first
  [ lra | by_premise
  | apply prod_below_one; [ lia | intros; split; small ]
  | apply Rminus_gt_0_lt; match goal with |- ?b - ?a > 0 => replace (b - a) with (b + - a) by ring; unfold Rgt; sign end
  | nra ].
Ltac bounded := repeat match goal with
  | |- context [?f ?n] =>
    lazymatch type of n with nat => idtac end;
    lazymatch goal with K : f n < 1 |- _ => fail | _ => idtac end;
    assert (f n < 1) by by_premise; assert (0 < f n) by by_premise
  end.
Ltac in_domain := intros; first
  [ solve [ first [ lra | by_premise | told; first [ lra | by_premise ] ] ]
  | solve [ at_zero; told; values; first [ lra | timeout 5 sign | bounded; timeout 5 nra ] ]
  | solve [ told; first [ timeout 5 sign | small ] ]
  | solve [ first [ timeout 5 sign | small ] ]
  | solve [ opened; first [ lra | timeout 5 sign | small ] ] ].
Ltac structure :=
  lazymatch goal with
  | |- positive _ => exact value_positive | |- linear _ => exact value_linear | |- exchanges _ => exact value_exchanges
  | |- smooth _ => opened; first [ apply smooth_const | apply smooth_exp ]
  | |- smooth2 _ => opened; apply smooth2_const
  | |- smooth3 _ => opened; repeat split; intros; apply smooth_const
  | |- smooth_first _ => opened; intros ?; apply smooth_const
  | |- forall _, is_derive _ _ _ => opened; intros; auto_derive; auto
  end.
Ltac slope := match goal with |- context [Derive ?f ?x] =>
    erewrite (is_derive_unique f x) by (auto_derive; [ repeat split; auto using exp_pos | reflexivity ])
  end.
Ltac moving := lazymatch goal with |- context [Derive _ _] => idtac end; opened; slope; ring_simplify;
  match goal with
  | |- 0 < _ => pos
  | |- - exp ?a < 0 => assert (P := exp_pos a); lra
  end.
Ltac holds := first [ solve [ structure ] | intros; first
  [ reflexivity | assumption | solve [ moving ]
  | solve [ match goal with H : _ |- ?f 0%nat = _ => rewrite H by lia end; values;
            first [ lra | replace ((1 + - (1)) / 1) with 0 by field; exact sqrt_0 ] ]
  | solve [ in_domain ]
  | solve [ cbv beta zeta delta; times_known; reflexivity ]
  | solve [ opened; times_known; rewrite ?prod_ones; first [ reflexivity | lra | ring | field; nonzero ] ] ] ].

(** ** Laws and noise *)

(** Densities on finite spaces exist for any number of variables: a chain of two states. *)
Theorem chain_of_two_states (T : nat) : exists (space : nat -> list R) (q : (nat -> R) -> R),
  nonempty space /\ (forall x, 0 < q x) /\ normalised space (S T) q /\ Steps.markov space (S T) q.
Proof.
  set (space := fun _ : nat => [0; 1]). set (start := fun _ : R => 1 / 2). set (k := fun (_ : nat) (_ _ : R) => 1 / 2).
  exists space, (chain start k T).
  assert (P : forall s, 0 < start s) by (intros; unfold start; lra).
  assert (Q : forall t r s, 0 < k t r s) by (intros; unfold k; lra).
  assert (A : sum (space 0%nat) start = 1) by (unfold start, space; cbn; lra).
  assert (B : forall t r, sum (space t) (k t r) = 1) by (intros; unfold k, space; cbn; lra).
  assert (I : nonempty space) by discriminate.
  repeat split; [exact I|now apply chain_pos|now apply chain_normalised|].
  exists start, k. replace (S T - 1)%nat with T by lia. repeat split; auto.
Qed.

Ltac positive_spread :=
  let t := fresh in intros t; cbv beta; destruct (Nat.eqb_spec t 0); [ lra | first [ by_premise | sign ] ].
Ltac in_chain :=
  split; [ apply GaussianModel.law_exists; positive_spread | split; [ | exact I ] ];
  intros; rewrite GaussianModel.chain_law by (first [ lia | positive_spread ]); cbv beta; times_known; reflexivity.
Ltac parts := repeat match goal with H : _ /\ _ |- _ => destruct H end.
Ltac of_noise :=
  first [ assumption | exact I | intros; match goal with H : _ |- _ => rewrite H by lia end; cbv beta; reflexivity ].

End Model.
