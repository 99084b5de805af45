(** * Markov chains

    A law of x_0, ..., x_T is a Markov chain if it is q(x_0) k_1(x_0, x_1) ... k_T(x_{T-1}, x_T).
    Proved here, for every T: given x_{t-1}, no earlier state matters for x_t; given x_t, no later state matters for
    what came before. *)

From Coq Require Import Reals List Lia Lra Bool FunctionalExtensionality.
From Diffusion Require Import Sums Densities.
Import ListNotations.
Open Scope R_scope.

Section Chain.
  Context {state : Type} (space : nat -> list state).
  Hypothesis inhabited : forall i, space i <> [].
  Variable start : state -> R.                 (* q(x_0) *)
  Variable k : nat -> state -> state -> R.     (* k t x_{t-1} x_t *)
  Hypothesis start_pos : forall s, 0 < start s.
  Hypothesis k_pos : forall t r s, 0 < k t r s.
  Hypothesis start_sums : sum (space 0) start = 1.
  Hypothesis k_sums : forall t r, sum (space t) (k t r) = 1.

  (** The joint density of x_0, ..., x_T. *)
  Definition chain (T : nat) (x : nat -> state) : R :=
    start (x 0%nat) * prod (times 1 T) (fun t => k t (x (t - 1)%nat) (x t)).

  (** The steps after time t. *)
  Definition tail (t T : nat) (x : nat -> state) : R :=
    prod (times (S t) T) (fun s => k s (x (s - 1)%nat) (x s)).

  Lemma chain_pos T : positive (chain T).
  Proof. intros x. apply Rmult_lt_0_compat; auto. apply prod_pos. auto. Qed.

  Lemma tail_pos t T x : 0 < tail t T x.
  Proof. apply prod_pos. auto. Qed.

  Lemma chain_step t x : chain (S t) x = chain t x * k (S t) (x t) (x (S t)).
  Proof.
    unfold chain. rewrite times_last, prod_app by lia. cbn [prod].
    replace (S t - 1)%nat with t by lia. ring.
  Qed.

  Lemma chain_tail t T x : (t <= T)%nat -> chain T x = chain t x * tail t T x.
  Proof.
    induction 1 as [|T H IH].
    - unfold tail, times. rewrite Nat.sub_diag. cbn. ring.
    - rewrite chain_step, IH. unfold tail. rewrite times_last, prod_app by lia. cbn [prod].
      replace (S T - 1)%nat with T by lia. ring.
  Qed.

  Lemma chain_put t m x s : (t < m)%nat -> chain t (put x m s) = chain t x.
  Proof.
    intros H. unfold chain. rewrite put_other by lia. f_equal. apply prod_ext.
    intros i Hi. apply in_times in Hi. now rewrite !put_other by lia.
  Qed.

  Lemma tail_put t T m x s : (m < t)%nat -> tail t T (put x m s) = tail t T x.
  Proof.
    intros H. apply prod_ext. intros i Hi. apply in_times in Hi. now rewrite !put_other by lia.
  Qed.

  (** Later states are summed out: the states up to t are a chain, too. *)
  Lemma marginal_of_past t T D x : (t <= T)%nat -> within D (upto t) ->
    marginal space (S T) (chain T) D x = over space (S t) (rest D) (chain t) x.
  Proof.
    intros Ht HD. unfold marginal. induction Ht as [|T Ht IH]; [reflexivity|].
    rewrite <- IH. set (n := S T) in *. cbn [over].
    assert (Hn : rest D n = true).
    { unfold rest. destruct (D n) eqn:E; [|reflexivity].
      apply HD, Nat.leb_le in E. unfold n in E. lia. }
    rewrite Hn, <- (over_swap space n (rest D) n) by lia. apply over_ext. intros y.
    rewrite <- (Rmult_1_r (chain T y)), <- (k_sums n (y T)), <- sum_scale.
    apply sum_ext. intros s _. unfold n. rewrite chain_step, chain_put, put_same, put_other by lia. reflexivity.
  Qed.

  Lemma chain_normalised T : normalised space (S T) (chain T).
  Proof.
    intros x. change (marginal space (S T) (chain T) none x = 1).
    rewrite (marginal_of_past 0) by (lia || (intros i; discriminate)).
    unfold chain. cbn. transitivity (sum (space 0%nat) start); [|exact start_sums].
    apply sum_ext. intros s _. unfold put. cbn. ring.
  Qed.

  (** q(x_t | C) is the step k_t(x_{t-1}, x_t), for every set C of earlier states that contains x_{t-1}. *)
  Theorem step_given_past t T C x : (1 <= t <= T)%nat -> within C (upto (t - 1)) -> C (t - 1)%nat = true ->
    cond space (S T) (chain T) (only t) C x = k t (x (t - 1)%nat) (x t).
  Proof.
    intros Ht HC Hlast. destruct t as [|t]; [lia|]. replace (S t - 1)%nat with t in * by lia.
    assert (Hpos : 0 < marginal space (S T) (chain T) C x) by (apply marginal_pos; auto using chain_pos).
    unfold cond. rewrite (marginal_of_past (S t) T (only (S t) ∪ C)).
    3:{ intros i. unfold union, only, upto. rewrite orb_true_iff, Nat.eqb_eq, Nat.leb_le.
        intros [H|H]; [lia|]. apply HC, Nat.leb_le in H. lia. }
    2:{ lia. }
    rewrite over_skip by (unfold rest, union, only; now rewrite Nat.eqb_refl).
    rewrite (over_same _ _ _ (rest C)).
    2:{ intros i Hi. unfold rest, union, only.
        replace (Nat.eqb i (S t)) with false by (symmetry; apply Nat.eqb_neq; lia). reflexivity. }
    rewrite (over_ext _ _ _ _ (fun y => chain t y * k (S t) (y t) (y (S t)))) by apply chain_step.
    rewrite (over_factor_right space (S t) (S t)).
    - rewrite <- (marginal_of_past t T C) by (auto; lia). field. lra.
    - lia.
    - intros y i s Hi HA. rewrite (put_other y i s (S t)) by lia.
      rewrite put_other; [reflexivity|]. intros ->. unfold rest in HA. now rewrite Hlast in HA.
  Qed.

  (** Given x_{t-1}, no other earlier state matters for x_t. *)
  Theorem markov_forward t T C x : (1 <= t <= T)%nat -> within C (upto (t - 1)) -> C (t - 1)%nat = true ->
    cond space (S T) (chain T) (only t) C x = cond space (S T) (chain T) (only t) (only (t - 1)) x.
  Proof.
    intros Ht HC Hlast. rewrite !step_given_past; auto.
    - intros i Hi. apply only_true in Hi. apply Nat.leb_le. lia.
    - apply Nat.eqb_refl.
  Qed.

  (** q(x_t | x_{0:t-1}) = q(x_t | x_{t-1}) *)
  Theorem markov_forward_past t T x : (1 <= t <= T)%nat ->
    cond space (S T) (chain T) (only t) (upto (t - 1)) x = cond space (S T) (chain T) (only t) (only (t - 1)) x.
  Proof. intros Ht. apply markov_forward; auto; [intros i; auto|]. apply Nat.leb_refl. Qed.

  (** q(x_t | x_{t-1}, x_0) = q(x_t | x_{t-1}) *)
  Theorem markov_forward_start t T x : (1 <= t <= T)%nat ->
    cond space (S T) (chain T) (only t) (only (t - 1) ∪ only 0) x =
    cond space (S T) (chain T) (only t) (only (t - 1)) x.
  Proof.
    intros Ht. apply markov_forward; auto.
    - intros i. unfold union. rewrite orb_true_iff, !only_true. unfold upto. rewrite Nat.leb_le. lia.
    - unfold union, only. now rewrite Nat.eqb_refl.
  Qed.

  (** A sum over a past and a future that meet in x_t is a product of two sums. *)
  Lemma marginal_splits t T C D x : (t <= T)%nat -> within C (upto t) -> C t = true -> within D (from (S t)) ->
    marginal space (S T) (chain T) (C ∪ D) x =
    over space (S T) (fun i => upto t i && negb (C i)) (chain t) x *
    over space (S T) (fun i => from (S t) i && negb (D i)) (tail t T) x.
  Proof.
    intros Ht HC HCt HD. unfold marginal.
    assert (side : forall i, from (S t) i = negb (upto t i)).
    { intros i. unfold from, upto. destruct (Nat.leb_spec (S t) i), (Nat.leb_spec i t); cbn; lia || reflexivity. }
    set (P := fun i => upto t i && negb (C i)). set (F := fun i => from (S t) i && negb (D i)).
    replace (rest (C ∪ D)) with (P ∪ F).
    2:{ extensionality i. specialize (HC i). specialize (HD i). specialize (side i). unfold rest, union, P, F.
        destruct (C i), (D i), (upto t i), (from (S t) i); cbn in *; intuition congruence. }
    rewrite <- over_over.
    2:{ intros i. specialize (side i). unfold P, F. rewrite side. destruct (upto t i); cbn; congruence. }
    rewrite <- (over_factor_right space (S T)) with (c := over space (S T) F (tail t T)).
    - apply over_ext. intros y. rewrite <- (over_factor space (S T)) with (c := chain t); [|lia|].
      + apply over_ext. intros z. now apply chain_tail.
      + intros z i s Hi HF. apply chain_put. unfold F, from in HF. apply andb_prop in HF as [HF _].
        apply Nat.leb_le in HF. lia.
    - lia.
    - intros y i s Hi HP. unfold P in HP. apply andb_prop in HP as [HP HnC].
      assert (Hit : (i < t)%nat).
      { apply Nat.leb_le in HP. destruct (Nat.eq_dec i t) as [->|]; [now rewrite HCt in HnC|lia]. }
      apply over_put_free with (N := S T); auto.
      + unfold F. rewrite side. now rewrite HP.
      + intros z r. now apply tail_put.
  Qed.

  (** Given x_t, no earlier state matters for any set [A] of states after it; [B] contains x_t and earlier states. *)
  Theorem markov_after t T A B x : (t <= T)%nat -> within A (from (S t)) -> within B (upto t) -> B t = true ->
    cond space (S T) (chain T) A B x = cond space (S T) (chain T) A (only t) x.
  Proof.
    intros Ht HA HB HBt.
    assert (future : forall C, within C (upto t) -> C t = true -> cond space (S T) (chain T) A C x =
      over space (S T) (fun i => from (S t) i && negb (A i)) (tail t T) x /
      over space (S T) (fun i => from (S t) i && negb (none i)) (tail t T) x).
    { intros C HC HCt.
      assert (Hpos : 0 < marginal space (S T) (chain T) C x) by (apply marginal_pos; auto using chain_pos).
      unfold cond. replace (A ∪ C) with (C ∪ A) by sets. revert Hpos. replace C with (C ∪ none) at 1 3 by sets.
      rewrite !(marginal_splits t) by (auto; intros i; discriminate).
      intros Hpos. field. split; intros E; rewrite E in Hpos; lra. }
    rewrite !future; auto; [|apply Nat.eqb_refl].
    intros i Hi. apply only_true in Hi. apply Nat.leb_le. lia.
  Qed.

  (** Given x_t, no later state matters for any set [A] of states before it; [B] contains x_t and later states. *)
  Theorem markov_before t T A B x :
    (t <= T)%nat -> within A (upto t) -> A t = false -> within B (from t) -> B t = true ->
    cond space (S T) (chain T) A B x = cond space (S T) (chain T) A (only t) x.
  Proof.
    intros Ht HA HAt HB HBt. unfold cond.
    set (D := fun i => B i && negb (Nat.eqb i t)).
    assert (later : within D (from (S t))).
    { intros i Hi. apply andb_prop in Hi as [HBi Hne]. specialize (HB i HBi). apply negb_true_iff, Nat.eqb_neq in Hne.
      apply Nat.leb_le in HB. apply Nat.leb_le. lia. }
    replace B with (only t ∪ D) in *.
    2:{ extensionality i. unfold union, only, D. destruct (Nat.eqb_spec i t) as [->|]; [now rewrite HBt|].
        cbn. now rewrite andb_true_r. }
    assert (up : within (only t) (upto t)) by (intros i Hi; apply only_true in Hi; apply Nat.leb_le; lia).
    assert (up' : within (A ∪ only t) (upto t)).
    { intros i Hi. apply orb_prop in Hi as [Hi|Hi]; auto. }
    assert (Hin : only t t = true) by apply Nat.eqb_refl.
    assert (Hin' : (A ∪ only t) t = true) by (unfold union; rewrite Hin; apply orb_true_r).
    replace (A ∪ (only t ∪ D)) with (A ∪ only t ∪ D) by sets.
    assert (Hpos : forall C, 0 < marginal space (S T) (chain T) C x).
    { intros. apply marginal_pos; auto using chain_pos. }
    assert (H1 := Hpos (only t ∪ D)). assert (H2 := Hpos (only t ∪ none)).
    replace (marginal space (S T) (chain T) (A ∪ only t) x)
      with (marginal space (S T) (chain T) (A ∪ only t ∪ none) x) by (f_equal; sets).
    replace (marginal space (S T) (chain T) (only t) x) with (marginal space (S T) (chain T) (only t ∪ none) x)
      by (f_equal; sets).
    revert H1 H2. rewrite !(marginal_splits t) by (auto; intros i; discriminate).
    intros H1 H2. field. repeat split; intros E; rewrite E in *; lra.
  Qed.

  (** Given x_t, no later state matters for x_{t-1}; [D] is any set of states after x_t. *)
  Theorem markov_backward t T D x : (1 <= t <= T)%nat -> within D (from (S t)) ->
    cond space (S T) (chain T) (only (t - 1)) (only t ∪ D) x =
    cond space (S T) (chain T) (only (t - 1)) (only t) x.
  Proof.
    intros Ht HD. unfold cond.
    assert (empty : forall A, A = A ∪ none) by (intros A; sets).
    replace (only (t - 1) ∪ (only t ∪ D)) with (only (t - 1) ∪ only t ∪ D).
    2:{ unfold union. extensionality i. apply eq_sym, orb_assoc. }
    assert (Hpos := fun A => marginal_pos space (S T) inhabited (chain T) (chain_pos T) A x).
    assert (H1 := Hpos (only t ∪ D)). assert (H2 := Hpos (only t ∪ none)).
    rewrite (empty (only (t - 1) ∪ only t)). rewrite (empty (only t)) at 4.
    revert H1 H2. rewrite !(marginal_splits t); auto; try lia.
    all: try (unfold union, only; rewrite Nat.eqb_refl, ?orb_true_r; reflexivity).
    all: try (intros i; discriminate).
    all: try (intros i; unfold union, none, upto;
              rewrite ?orb_false_r, ?orb_true_iff, ?only_true, Nat.leb_le; lia).
    intros H1 H2. rewrite <- (empty (only (t - 1) ∪ only t)). field. repeat split; intros E; rewrite E in *; lra.
  Qed.
End Chain.
