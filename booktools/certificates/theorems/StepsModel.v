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

(** Polynomials times a Gaussian are smooth: each derivative is another one of them. *)
Fixpoint value (p : list R) (x : R) : R := match p with [] => 0 | c :: p => c + x * value p x end.
Fixpoint added (p r : list R) : list R :=
  match p, r with [], _ => r | _, [] => p | b :: p, c :: r => (b + c) :: added p r end.
Fixpoint slope_of (p : list R) : list R := match p with [] => [] | _ :: p => added p (0 :: slope_of p) end.
Definition times_line (a b : R) (p : list R) := added (map (Rmult b) p) (0 :: map (Rmult a) p).

Lemma value_added p : forall r x, value (added p r) x = value p x + value r x.
Proof. induction p as [|b p IH]; intros [|c r] x; cbn; try rewrite IH; ring. Qed.
Lemma value_scaled a p x : value (map (Rmult a) p) x = a * value p x.
Proof. induction p as [|b p IH]; cbn; try rewrite IH; ring. Qed.
Lemma value_derive p x : is_derive (value p) x (value (slope_of p) x).
Proof.
  revert x. induction p as [|c p IH]; intros x; cbn [value slope_of]; [apply @is_derive_const|].
  rewrite value_added. cbn [value]. evar_last; [auto_derive; [eexists; apply IH|reflexivity]|].
  replace (Derive (fun y : R => value p y) x) with (value (slope_of p) x); [ring|].
  symmetry. apply is_derive_unique, IH.
Qed.

Lemma smooth_gaussian m v c : 0 < v -> smooth (fun x => normal x m v * c).
Proof.
  intros Hv. set (next := fun p => added (slope_of p) (times_line (- / v) (m / v) p)).
  exists (fun n x => value (Nat.iter n next [c]) x * normal x m v). split.
  - extensionality x. cbn. ring.
  - intros n x. cbv beta. set (p := Nat.iter n next [c]). change (Nat.iter (S n) next [c]) with (next p).
    evar_last.
    + apply (is_derive_mult (value p) (fun y => normal y m v)); [apply value_derive|now apply normal_derive|].
      intros; apply Rmult_comm.
    + unfold next, times_line. cbn [value]. rewrite !value_added. cbn [value]. rewrite !value_scaled.
      cbn. unfold plus, mult. cbn. unfold Rdiv. field. lra.
Qed.

Lemma smooth_plain_gaussian m v : 0 < v -> smooth (fun x => normal x m v).
Proof.
  intros Hv. replace (fun x => normal x m v) with (fun x => normal x m v * 1) by (extensionality x; ring).
  now apply smooth_gaussian.
Qed.

Lemma smooth_pair f g c : smooth f -> smooth g -> smooth2 (fun x y => f x * g y * c).
Proof.
  intros (df & <- & Hf) (dg & <- & Hg). exists (fun i j x y => df i x * dg j y * c). split; [reflexivity|].
  intros i j x y. cbv beta. split; [|split].
  - auto_derive; [eexists; apply Hf|]. replace (Derive _ x) with (df (S i) x); [ring|].
    symmetry. apply is_derive_unique, Hf.
  - auto_derive; [eexists; apply Hg|]. replace (Derive _ y) with (dg (S j) y); [ring|].
    symmetry. apply is_derive_unique, Hg.
  - assert (K : continuity_2d_pt (fun u v => df i u * dg j v) x y).
    { apply continuity_2d_pt_mult.
      - apply (continuity_1d_2d_pt_comp (df i) (fun u _ => u)); [|apply continuity_2d_pt_id1].
        apply derivable_continuous_pt, ex_derive_Reals_0. eexists. apply Hf.
      - apply (continuity_1d_2d_pt_comp (dg j) (fun _ v => v)); [|apply continuity_2d_pt_id2].
        apply derivable_continuous_pt, ex_derive_Reals_0. eexists. apply Hg. }
    apply (continuity_2d_pt_mult _ (fun _ _ => c)); [exact K|apply continuity_2d_pt_const].
Qed.

(** The value at 0 is a functional with all the structure of an integral. *)
Lemma value_positive : positive (fun f : R -> R => f 0). Proof. intros f H. apply H. Qed.
Lemma value_linear : linear (fun f : R -> R => f 0). Proof. intros a b f g. reflexivity. Qed.
Lemma value_exchanges : exchanges (fun f : R -> R => f 0).
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
  | |- smooth _ => opened; first [ apply smooth_const | apply smooth_exp | apply smooth_gaussian; lra ]
  | |- smooth2 _ => opened; first
    [ apply smooth2_const
    | apply (smooth_pair (fun x => normal x _ _) (fun y => normal y _ _));
      apply smooth_plain_gaussian; lra ]
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
  intros; cbv beta zeta;
  match goal with |- context [Nat.eqb ?t 0] => destruct (Nat.eqb_spec t 0); [ lra | first [ by_premise | sign ] ] end.
Ltac in_chain :=
  split;
  [ first [ apply GaussianModel.law_exists; positive_spread | apply GaussianModel.back_law_exists; positive_spread ]
  | split; [ | exact I ]; intros;
    first [ rewrite GaussianModel.chain_law by (first [ lia | positive_spread ])
          | rewrite GaussianModel.back_chain_law by (first [ lia | positive_spread ]) ];
    cbv beta zeta;
    repeat match goal with |- context [(?n - (?n - ?t))%nat] => replace (n - (n - t))%nat with t by lia end;
    times_known; apply normal_eq; [ reflexivity | first [ ring | opened; times_known; unfold Rdiv; ring ] | reflexivity ] ].
Ltac parts := repeat match goal with H : _ /\ _ |- _ => destruct H end.
Ltac of_noise :=
  first [ assumption | exact I | intros; match goal with H : _ |- _ => rewrite H by lia end; cbv beta; reflexivity ].

End Model.
