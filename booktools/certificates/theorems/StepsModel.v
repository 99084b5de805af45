(** * Instances in which the assumptions of a page hold *)

From Coq Require Import Reals List Lia Lra Psatz FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Variables Steps StepsFinite StepsSigns.
Import ListNotations.
Open Scope R_scope.

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

(** A number that is 1 at time 0 and below 1 later is at most 1. *)
Ltac at_zero :=
  match goal with
  | |- context [?f ?n] => is_var n; match type of n with nat => destruct (Nat.eq_dec n 0) as [->|] end
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
Ltac in_domain := intros; first
  [ solve [ first [ sign | small ] ]
  | solve [ told; first [ sign | small ] ]
  | solve [ at_zero; [ first [ told | idtac ]; values; first [ lra | sign | small ] | told; first [ sign | small ] ] ]
  | solve [ opened; first [ lra | sign | small ] ] ].
Ltac smoothly := first
  [ apply smooth_const | apply smooth2_const | intros ?; apply smooth_const
  | repeat split; intros; apply smooth_const | intros; apply is_derive_const
  | unfold smooth3; repeat split; intros; apply smooth_const ].
Ltac holds := intros; first
  [ solve [ smoothly ]
  | reflexivity | assumption | solve [ in_domain ]
  | solve [ cbv beta zeta delta; times_known; reflexivity ]
  | solve [ opened; times_known; first [ reflexivity | lra | ring | field; nonzero ] ] ].
