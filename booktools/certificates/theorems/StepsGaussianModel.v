(** * Gaussian chains exist: one joint density on the line has the conditional densities that a page defines *)

From Coq Require Import Reals List Lia Lra Psatz Bool FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Variables Densities Line Gaussian Steps StepsGaussian.
Open Scope R_scope.

(** The integral over those of the variables k, ..., k + n - 1 that lie in A. *)
Fixpoint over_line (k n : nat) (A : set) (f : (nat -> R) -> R) (x : nat -> R) : R :=
  match n with
  | O => f x
  | S n => if A k then line_integral (fun s => over_line (S k) n A f (put x k s)) else over_line (S k) n A f x
  end.

(** q(A | B) for all sets of the first N variables, from one joint density; [order] is that in which integrals are taken. *)
Definition joint_on_line (N : nat) (q : set -> set -> (nat -> R) -> R) :=
  exists (order : nat -> nat) (p : (nat -> R) -> R),
  (forall i, order (order i) = i /\ (i < N -> order i < N)%nat) /\
  (forall x, 0 < p x) /\ (forall x, over_line 0 N all p x = 1) /\
  forall A B x, let back (C : set) : set := fun i => C (order i) in
  q A B x = over_line 0 N (rest (back (A ∪ B))) p (fun i => x (order i))
    / over_line 0 N (rest (back B)) p (fun i => x (order i)).

Module GaussianModel.
Section Chain.
  Variables (m : R) (a v : nat -> R).
  Hypothesis v_pos : forall t, 0 < v t.

  Definition centre (k : nat) (x : nat -> R) : R := match k with O => m | S j => a k * x j end.
  Definition g (k : nat) (x : nat -> R) : R := normal (x k) (centre k x) (v k).
  Fixpoint chain (k n : nat) (x : nat -> R) : R := match n with O => 1 | S n => g k x * chain (S k) n x end.

  Definition before (k : nat) (h : (nat -> R) -> R) := forall i s x, (k <= i)%nat -> h (put x i s) = h x.

  Lemma chain_pos k n x : 0 < chain k n x.
  Proof. revert k. induction n as [|n IH]; intros k; cbn; [lra|]. apply Rmult_lt_0_compat; auto. now apply normal_pos. Qed.

  Lemma centre_before k : before k (centre k).
  Proof. intros i s x H. destruct k; cbn; [reflexivity|]. rewrite put_other by lia. reflexivity. Qed.

  Lemma g_before k : before (S k) (g k).
  Proof. intros i s x H. unfold g. rewrite (centre_before k) by lia. now rewrite put_other by lia. Qed.

  Lemma with_next k h : before k h -> before (S k) (fun y => h y * g k y).
  Proof. intros H i s x Hi. rewrite H by lia. now rewrite g_before by lia. Qed.

  Lemma over_line_ext k n A f f' x : (forall y, f y = f' y) -> over_line k n A f x = over_line k n A f' x.
  Proof. intros H. replace f' with f by (extensionality y; apply H). reflexivity. Qed.

  Lemma next_factor k n (h : (nat -> R) -> R) y : h y * chain k (S n) y = h y * g k y * chain (S k) n y.
  Proof. cbn. ring. Qed.

  (** All later variables are integrated out. *)
  Lemma tail n : forall k A h x, (forall i, (k <= i)%nat -> A i = true) -> before k h ->
    over_line k n A (fun y => h y * chain k n y) x = h x.
  Proof.
    induction n as [|n IH]; intros k A h x HA Hh; [cbn; ring|].
    rewrite (over_line_ext _ _ _ _ _ _ (next_factor k n h)). cbn [over_line]. rewrite HA by lia.
    apply (mean_of_constant _ (centre k x) (v k)); [auto|]. intros s.
    rewrite (IH (S k) A (fun y => h y * g k y)); [|intros; apply HA; lia|now apply with_next].
    rewrite Hh by lia. unfold g. rewrite (centre_before k) by lia. now rewrite put_same.
  Qed.

  (** The earlier variables are integrated out: a Gaussian of the one that is left, at the distance d. *)
  Fixpoint scale (t d : nat) : R := match d with O => 1 | S d => scale t d * a (t - d)%nat end.
  Fixpoint spread (t d : nat) : R :=
    match d with O => v t | S d' => (scale t d) ^ 2 * v (t - d)%nat + spread t d' end.

  Lemma spread_pos t d : 0 < spread t d.
  Proof.
    induction d as [|d IH]; cbn [spread]; [auto|].
    apply Rplus_le_lt_0_compat; [|exact IH]. apply Rmult_le_pos; [apply pow2_ge_0|left; auto].
  Qed.

  Lemma earlier t N A G : (t < N)%nat -> (forall i, (i < t)%nat -> A i = true) -> A t = false ->
    (forall i s x, (i < t)%nat -> G (put x i s) = G x) ->
    (forall h x, before (S t) h -> over_line (S t) (N - S t) A (fun y => h y * chain (S t) (N - S t) y) x = h x * G x) ->
    forall d h x, (d <= t)%nat -> before (t - d) h ->
    over_line (t - d) (N - (t - d)) A (fun y => h y * chain (t - d) (N - (t - d)) y) x
    = h x * (normal (x t) (scale t d * centre (t - d) x) (spread t d) * G x).
  Proof.
    intros HN HA Ht HG base. induction d as [|d IH]; intros h x Hd Hh.
    - rewrite Nat.sub_0_r in *. replace (N - t)%nat with (S (N - S t)) by lia.
      rewrite (over_line_ext _ _ _ _ _ _ (next_factor t _ h)). cbn [over_line]. rewrite Ht.
      rewrite (base (fun y => h y * g t y)) by now apply with_next.
      cbn [scale spread]. rewrite Rmult_1_l. unfold g. ring.
    - set (k := (t - S d)%nat) in *. replace (N - k)%nat with (S (N - (t - d))) by lia.
      assert (E : (t - d)%nat = S k) by (unfold k; lia). rewrite E in *.
      rewrite (over_line_ext _ _ _ _ _ _ (next_factor k _ h)). cbn [over_line]. rewrite HA by (unfold k; lia).
      transitivity (h x * G x * normal (x t) (scale t (S d) * centre k x) (scale t (S d) ^ 2 * v k + spread t d)).
      2:{ cbn [spread]. fold k. cbn [scale]. ring. }
      apply (merged_gaussians _ (fun _ => x t) (fun s => scale t (S d) * s) (scale t (S d)) (h x * G x) (centre k x)).
      + apply spread_pos.
      + auto.
      + intros s. rewrite (IH (fun y => h y * g k y)); [|lia|now apply with_next].
        rewrite Hh by lia. rewrite HG by (unfold k; lia). rewrite put_other by (unfold k; lia).
        unfold g. rewrite (centre_before k) by lia. rewrite put_same.
        cbn [centre scale]. rewrite put_same, E. rewrite Rmult_assoc.
        replace (scale t d * (a (S k) * s)) with (scale t d * a (S k) * s) by ring. ring.
      + intros s. ring.
  Qed.

  Definition law (N : nat) (A B : set) (x : nat -> R) : R :=
    over_line 0 N (rest (A ∪ B)) (chain 0 N) x / over_line 0 N (rest B) (chain 0 N) x.

  Lemma with_one N A x : over_line 0 N A (chain 0 N) x = over_line 0 N A (fun y => 1 * chain 0 N y) x.
  Proof. apply over_line_ext. intros; ring. Qed.

  Theorem chain_law N t x : (1 <= t < N)%nat ->
    law N (only t) (only (t - 1)) x = normal (x t) (a t * x (t - 1)%nat) (v t).
  Proof.
    intros H. set (u := (t - 1)%nat). assert (E : t = S u) by (unfold u; lia). unfold law. rewrite !with_one.
    assert (one : before 0 (fun _ : nat -> R => 1)) by (intros i s y _; reflexivity).
    assert (whole : forall A G, (forall i, (i < u)%nat -> A i = true) -> A u = false ->
      (forall i s y, (i < u)%nat -> G (put y i s) = G y) ->
      (forall h y, before (S u) h -> over_line (S u) (N - S u) A (fun z => h z * chain (S u) (N - S u) z) y = h y * G y) ->
      over_line 0 N A (fun y => 1 * chain 0 N y) x
      = 1 * (normal (x u) (scale u u * centre 0 x) (spread u u) * G x)).
    { intros A G H1 H2 H3 H4. assert (K := earlier u N A G ltac:(lia) H1 H2 H3 H4 u (fun _ => 1) x ltac:(lia)).
      replace (u - u)%nat with 0%nat in K by lia. rewrite Nat.sub_0_r in K. now apply K. }
    rewrite (whole _ (g t)).
    - rewrite (whole _ (fun _ => 1)).
      + assert (P := normal_pos (x u) (scale u u * centre 0 x) (spread u u) (spread_pos u u)).
        unfold g. rewrite E. cbn [centre] in *. field. lra.
      + intros i Hi. unfold rest, only. apply negb_true_iff, Nat.eqb_neq. lia.
      + unfold rest, only. now rewrite Nat.eqb_refl.
      + reflexivity.
      + intros h y Hh. rewrite Rmult_1_r. apply tail; [|exact Hh].
        intros i Hi. unfold rest, only. apply negb_true_iff, Nat.eqb_neq. lia.
    - intros i Hi. unfold rest, only, union. apply negb_true_iff, orb_false_iff. split; apply Nat.eqb_neq; lia.
    - unfold rest, only, union. rewrite Nat.eqb_refl. now rewrite orb_true_r.
    - intros i s y Hi. unfold g. rewrite E. cbn [centre]. now rewrite !put_other by lia.
    - intros h y Hh. replace (N - S u)%nat with (S (N - S (S u))) by lia.
      rewrite (over_line_ext _ _ _ _ _ _ (next_factor (S u) _ h)). cbn [over_line].
      replace (rest (only t ∪ only u) (S u)) with false
        by (unfold rest, only, union; rewrite E, Nat.eqb_refl; reflexivity).
      rewrite tail.
      + now rewrite <- E.
      + intros i Hi. unfold rest, only, union. apply negb_true_iff, orb_false_iff. split; apply Nat.eqb_neq; lia.
      + now apply with_next.
  Qed.

  Theorem law_exists N : joint_on_line N (law N).
  Proof.
    exists (fun i => i), (chain 0 N). split; [auto|]. split; [apply chain_pos|]. split; [|reflexivity].
    intros x. rewrite with_one. apply tail; [reflexivity|]. intros i s y _. reflexivity.
  Qed.

  (** A chain that runs backward: the last state comes first. *)
  Definition turned (N i : nat) : nat := if Nat.ltb i N then (N - 1 - i)%nat else i.
  Definition back_law (N : nat) (A B : set) (x : nat -> R) : R :=
    law N (fun i => A (turned N i)) (fun i => B (turned N i)) (fun i => x (turned N i)).

  Lemma turned_below N i : (i < N)%nat -> turned N i = (N - 1 - i)%nat.
  Proof. intros H. unfold turned. now rewrite (proj2 (Nat.ltb_lt i N) H). Qed.

  Lemma turned_only N t : (t < N)%nat -> (fun i => only t (turned N i)) = only (N - 1 - t).
  Proof.
    intros H. extensionality i. unfold only, turned. destruct (Nat.ltb_spec i N).
    - destruct (Nat.eqb_spec (N - 1 - i) t), (Nat.eqb_spec i (N - 1 - t)); auto; lia.
    - destruct (Nat.eqb_spec i t), (Nat.eqb_spec i (N - 1 - t)); auto; lia.
  Qed.

  Theorem back_law_exists N : joint_on_line N (back_law N).
  Proof.
    exists (turned N), (chain 0 N). split.
    { intros i. unfold turned. destruct (Nat.ltb_spec i N).
      - destruct (Nat.ltb_spec (N - 1 - i) N); split; lia.
      - destruct (Nat.ltb_spec i N); split; lia. }
    split; [apply chain_pos|]. split; [|reflexivity].
    intros x. rewrite with_one. apply tail; [reflexivity|]. intros i s y _. reflexivity.
  Qed.

  Theorem back_chain_law N t x : (1 <= t < N)%nat ->
    back_law N (only (t - 1)) (only t) x = normal (x (t - 1)%nat) (a (N - t)%nat * x t) (v (N - t)%nat).
  Proof.
    intros H. unfold back_law. rewrite !turned_only by lia.
    replace (N - 1 - t)%nat with (N - t - 1)%nat by lia. replace (N - 1 - (t - 1))%nat with (N - t)%nat by lia.
    rewrite chain_law by lia. rewrite !turned_below by lia.
    replace (N - 1 - (N - t))%nat with (t - 1)%nat by lia. now replace (N - 1 - (N - t - 1))%nat with t by lia.
  Qed.
End Chain.
End GaussianModel.
