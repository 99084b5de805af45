(** Solvers of differential equations: what a path looks like near a point, and how the errors of steps add up. *)

From Coq Require Import Reals Lia Lra.
From Coquelicot Require Import Coquelicot.

Open Scope R_scope.

(** Taylor's rule with one term: a function with a bounded slope is its value, plus u times something bounded. *)
Theorem taylor_one (f : R -> R) (M : R) :
  (forall t, ex_derive f t) -> (forall t, Rabs (Derive f t) <= M) ->
  exists r : R -> R, forall u, f u = f 0 + u * r u /\ Rabs (r u) <= M.
Proof.
  intros Hf HM. exists (fun u => if Req_EM_T u 0 then 0 else (f u - f 0) / u).
  intros u. destruct (Req_EM_T u 0) as [->|Hu].
  - split; [ring|]. rewrite Rabs_R0. apply Rle_trans with (Rabs (Derive f 0)); auto. apply Rabs_pos.
  - split; [field; auto|].
    destruct (MVT_gen f 0 u (Derive f)) as (c & _ & Hc).
    + intros x _. apply Derive_correct. auto.
    + intros x _. apply derivable_continuous_pt. apply ex_derive_Reals_0. auto.
    + replace ((f u - f 0) / u) with (Derive f c) by (rewrite Hc; field; auto). auto.
Qed.

(** On one side of a point, by Lagrange's form of the rest. *)
Lemma taylor_right (f : R -> R) (M u : R) :
  (forall t k, (k <= 2)%nat -> ex_derive_n f k t) -> (forall t, Rabs (Derive_n f 2 t) <= M) -> 0 < u ->
  Rabs (f u - f 0 - u * Derive f 0) <= M / 2 * u ^ 2.
Proof.
  intros Hf HM Hu. destruct (Taylor_Lagrange f 1 0 u Hu) as (z & _ & Hz).
  { intros t _ k Hk. auto. }
  replace (f u - f 0 - u * Derive f 0) with (u ^ 2 / 2 * Derive_n f 2 z).
  - rewrite Rabs_mult, (Rabs_right (u ^ 2 / 2)) by (assert (0 < u ^ 2) by (apply pow_lt; auto); lra).
    specialize (HM z). assert (0 < u ^ 2) by (apply pow_lt; auto).
    replace (M / 2 * u ^ 2) with (u ^ 2 / 2 * M) by field. apply Rmult_le_compat_l; lra.
  - rewrite Hz. cbn [sum_f_R0 fact Nat.mul Nat.add INR]. cbn [Derive_n pow]. rewrite !Rminus_0_r.
    change (Derive_n f 2 z) with (Derive (fun x => Derive (fun x => f x) x) z).
    change (Derive (fun x => f x) 0) with (Derive f 0). field.
Qed.

(** Taylor's rule with two terms: after value and slope, what is left is u squared times something bounded. *)
Theorem taylor_two (f : R -> R) (M : R) :
  (forall t k, (k <= 2)%nat -> ex_derive_n f k t) -> (forall t, Rabs (Derive_n f 2 t) <= M) ->
  exists r : R -> R, forall u, f u = f 0 + u * Derive f 0 + u ^ 2 * r u /\ Rabs (r u) <= M / 2.
Proof.
  intros Hf HM. exists (fun u => if Req_EM_T u 0 then 0 else (f u - f 0 - u * Derive f 0) / u ^ 2).
  intros u. destruct (Req_EM_T u 0) as [->|Hu].
  - split; [ring|]. rewrite Rabs_R0. assert (0 <= M) by (apply Rle_trans with (2 := HM 0); apply Rabs_pos). lra.
  - split; [field; auto|]. assert (Hsq : 0 < u ^ 2) by (apply pow2_gt_0; auto).
    unfold Rdiv. rewrite Rabs_mult, (Rabs_right (/ u ^ 2)) by (left; now apply Rinv_0_lt_compat).
    apply (Rmult_le_reg_r (u ^ 2)); auto. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
    destruct (Rlt_le_dec 0 u) as [Hpos|Hneg]; [now apply taylor_right|].
    (* to the left of 0: the same for f(-x) *)
    assert (Hg : Rabs ((fun x => f (- x)) (- u) - (fun x => f (- x)) 0 - (- u) * Derive (fun x => f (- x)) 0)
                 <= M / 2 * (- u) ^ 2).
    { apply (taylor_right (fun x => f (- x)) M (- u)); [| |lra].
      - intros t k Hk. apply ex_derive_n_comp_opp. apply filter_forall. intros y j Hj. apply Hf. lia.
      - intros t. rewrite Derive_n_comp_opp.
        + replace ((-1) ^ 2 * Derive_n f 2 (- t)) with (Derive_n f 2 (- t)) by ring. auto.
        + apply filter_forall. intros y k Hk. auto. }
    assert (Hslope : Derive (fun x => f (- x)) 0 = - Derive f 0).
    { change (Derive (fun x => f (- x)) 0) with (Derive_n (fun x => f (- x)) 1 0). rewrite Derive_n_comp_opp.
      - rewrite Ropp_0. cbn. change (fun x => f x) with f. ring.
      - apply filter_forall. intros y k Hk. apply Hf. lia. }
    rewrite Hslope in Hg. cbn beta in Hg. rewrite Ropp_involutive, Ropp_0 in Hg.
    replace ((- u) ^ 2) with (u ^ 2) in Hg by ring.
    replace (f u - f 0 - u * Derive f 0) with (f u - f 0 - - u * - Derive f 0) by ring. exact Hg.
Qed.

(** Steps that each miss by C h^(k+1), and pass on earlier errors times 1 + L h at most, miss by order h^k together. *)
Theorem global_order (E : nat -> R) (L h C : R) (k : nat) :
  0 < L -> 0 < h -> 0 <= C -> E O = 0 -> (forall i, E (S i) <= (1 + L * h) * E i + C * h ^ S k) ->
  forall n, E n <= C / L * (exp (L * (INR n * h)) - 1) * h ^ k.
Proof.
  intros HL Hh HC H0 Hstep n.
  assert (Hk : 0 < h ^ k) by (apply pow_lt; auto). assert (HLh : 0 < L * h) by (apply Rmult_lt_0_compat; auto).
  assert (Hsum : E n <= C / L * h ^ k * ((1 + L * h) ^ n - 1)).
  { induction n as [|n IH]; [rewrite H0; cbn; right; ring|].
    apply Rle_trans with (1 := Hstep n).
    apply Rle_trans with ((1 + L * h) * (C / L * h ^ k * ((1 + L * h) ^ n - 1)) + C * h ^ S k).
    - apply Rplus_le_compat_r, Rmult_le_compat_l; lra.
    - right. cbn [pow]. field. lra. }
  apply Rle_trans with (1 := Hsum).
  replace (C / L * (exp (L * (INR n * h)) - 1) * h ^ k) with (C / L * h ^ k * (exp (L * (INR n * h)) - 1)) by ring.
  apply Rmult_le_compat_l.
  - apply Rmult_le_pos; [apply Rmult_le_pos; [auto|left; now apply Rinv_0_lt_compat]|lra].
  - apply Rplus_le_compat_r. replace (L * (INR n * h)) with (INR n * (L * h)) by ring.
    clear Hsum. induction n as [|n IH]; [cbn; rewrite Rmult_0_l, exp_0; lra|].
    rewrite S_INR, Rmult_plus_distr_r, Rmult_1_l, exp_plus. cbn [pow]. rewrite Rmult_comm.
    apply Rmult_le_compat; auto; [apply pow_le; lra|lra|apply exp_ineq1_le].
Qed.
