(** * Limits of products, absolute values and minima in the certificates of the steps *)

From Coq Require Import Reals List Lia Lra Psatz FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Variables Densities Calculus Information Steps StepsDerivative StepsSigns StepsLimit.
Import ListNotations.
Open Scope R_scope.

(** ** Products over n steps of length 1/n *)

(** A logarithm near 1 is what is added to 1, up to its square. *)
Lemma log_near_one x : Rabs x <= 1 / 2 -> Rabs (ln (1 + x) - x) <= 2 * x ^ 2.
Proof.
  intros H. apply Rabs_le_between in H. assert (P : 0 < 1 + x) by lra.
  assert (U := log_below_line (1 + x) P). assert (Q := Rinv_0_lt_compat _ P).
  assert (L := log_below_line _ Q). rewrite ln_Rinv in L by exact P.
  assert (E : / (1 + x) * (1 + x) = 1) by (apply Rinv_l; lra).
  assert (B : / (1 + x) <= 2) by nra.
  assert (F : 1 - / (1 + x) = x - x ^ 2 * / (1 + x)) by (field; lra).
  apply Rabs_le_between. assert (S := pow2_ge_0 x). nra.
Qed.

Lemma sum_of_constants n c : sum (times 1 n) (fun _ => c) = INR n * c.
Proof.
  assert (count : forall l : list nat, sum l (fun _ => c) = INR (length l) * c).
  { induction l as [|a l IH]; cbn [sum length]; [cbn; lra|]. rewrite IH, S_INR. ring. }
  rewrite count. unfold times. rewrite seq_length. now replace (S n - 1)%nat with n by lia.
Qed.

Lemma sum_affine n a b : sum (times 1 n) (fun t => a + INR t * b) = INR n * a + INR n * (INR n + 1) / 2 * b.
Proof.
  induction n as [|n IH]; [cbn; lra|]. rewrite times_last, sum_app, IH by lia. cbn [sum]. rewrite S_INR. field.
Qed.

Lemma prod_of_constants n c : prod (times 1 n) (fun _ => c) = c ^ n.
Proof.
  assert (count : forall l : list nat, prod l (fun _ => c) = c ^ length l).
  { induction l as [|a l IH]; cbn [prod length pow]; [reflexivity|]. now rewrite IH. }
  rewrite count. unfold times. rewrite seq_length. now replace (S n - 1)%nat with n by lia.
Qed.

Lemma limit_of_power a u : (forall n, u n = prod (times 1 n) (fun _ => 1 + - (a / INR n))) -> is_lim_seq u (exp (- a)).
Proof.
  intros E. apply (is_lim_seq_ext (fun n => (1 - a / INR n) ^ n)); [|apply limit].
  intros n. rewrite E, prod_of_constants. reflexivity.
Qed.

Lemma limit_of_product f a u : smooth f ->
  (forall n, u n = prod (times 1 n) (fun s => 1 + a * (f (INR s / INR n) / INR n))) ->
  is_lim_seq u (exp (a * RInt f 0 1)).
Proof.
  intros S E. assert (C := smooth_continuous f S).
  assert (HK : exists K, 0 < K /\ forall v, 0 <= v <= 1 -> Rabs (a * f v) <= K).
  { destruct (continuity_ab_maj (fun v => Rabs (a * f v)) 0 1) as (m & Hm & _); [lra| |].
    - intros v _. apply continuity_pt_filterlim.
      apply (continuous_comp (fun v => a * f v) Rabs); [|apply continuous_Rabs].
      apply (continuous_scal_r a f). apply C.
    - exists (Rabs (a * f m) + 1). split; [assert (G := Rabs_pos (a * f m)); lra|].
      intros v Hv. specialize (Hm v Hv). lra. }
  destruct HK as (K & HK0 & HK).
  destruct (nfloor_ex (2 * K)) as (n0 & _ & Hn0); [lra|].
  (* from n = 2 K on, all factors are positive *)
  assert (near : forall n s, (n0 < n)%nat -> In s (times 1 n) ->
    Rabs (a * (f (INR s / INR n) / INR n)) <= K / INR n /\ K / INR n <= 1 / 2).
  { intros n s Hn Hs. apply in_times in Hs.
    assert (P : 0 < INR n) by (apply lt_0_INR; lia). assert (Q := Rinv_0_lt_compat _ P).
    assert (B : 2 * K < INR n) by (apply Rlt_le_trans with (1 := Hn0); rewrite <- S_INR; apply le_INR; lia).
    assert (I : / INR n * INR n = 1) by (apply Rinv_l; lra).
    assert (W : 0 <= INR s / INR n <= 1).
    { assert (G := pos_INR s). assert (L : INR s <= INR n) by (apply le_INR; lia). unfold Rdiv. nra. }
    split; unfold Rdiv.
    - rewrite <- Rmult_assoc, Rabs_mult, (Rabs_pos_eq (/ INR n)) by lra. apply Rmult_le_compat_r; [lra|]. now apply HK.
    - nra. }
  assert (logs : is_lim_seq (fun n => sum (times 1 n) (fun s => ln (1 + a * (f (INR s / INR n) / INR n)))) (a * RInt f 0 1)).
  { assert (R := is_lim_seq_scal_l _ a (RInt f 0 1) (riemann_limit f C)). cbn in R.
    apply (is_lim_seq_ext (fun n => a * (/ INR n * sum (times 1 n) (fun s => f (INR s / INR n)))
      + (sum (times 1 n) (fun s => ln (1 + a * (f (INR s / INR n) / INR n)))
      - a * (/ INR n * sum (times 1 n) (fun s => f (INR s / INR n)))))); [intros; ring|].
    replace (Finite (a * RInt f 0 1)) with (Finite (a * RInt f 0 1 + 0)) by (f_equal; ring).
    apply is_lim_seq_plus'; [exact R|].
    apply is_lim_seq_abs_0.
    apply (is_lim_seq_le_le_loc (fun _ => 0) _ (fun n => 2 * K ^ 2 * / INR n)).
    - exists (Datatypes.S n0). intros n Hn. split; [apply Rabs_pos|].
      assert (P : 0 < INR n) by (apply lt_0_INR; lia). assert (Q := Rinv_0_lt_compat _ P).
      rewrite <- !sum_scale, <- sum_minus.
      apply Rle_trans with (sum (times 1 n) (fun _ => 2 * (K / INR n) ^ 2)).
      + eapply Rle_trans; [apply Rabs_sum|]. apply sum_le. intros s Hs.
        destruct (near n s ltac:(lia) Hs) as (A & B).
        replace (a * (/ INR n * f (INR s / INR n))) with (a * (f (INR s / INR n) / INR n)) by (unfold Rdiv; ring).
        eapply Rle_trans; [apply log_near_one; lra|].
        apply Rmult_le_compat_l; [lra|]. rewrite <- (pow2_abs (a * _)). apply pow_incr. split; [apply Rabs_pos|exact A].
      + rewrite sum_of_constants. right. field. lra.
    - apply is_lim_seq_const.
    - replace (Finite 0) with (Rbar_mult (2 * K ^ 2) 0) by (cbn; f_equal; ring).
      apply is_lim_seq_scal_l. apply inverse_time_vanishes. }
  apply (is_lim_seq_ext_loc (fun n => exp (sum (times 1 n) (fun s => ln (1 + a * (f (INR s / INR n) / INR n)))))).
  - exists (Datatypes.S n0). intros n Hn. rewrite E, <- log_of_product.
    + apply exp_ln. apply prod_pos. intros s Hs. destruct (near n s ltac:(lia) Hs) as (A & B).
      apply Rabs_le_between in A. lra.
    + intros s Hs. destruct (near n s ltac:(lia) Hs) as (A & B). apply Rabs_le_between in A. lra.
  - apply (is_lim_seq_continuous exp); [|exact logs].
    apply derivable_continuous_pt, derivable_pt_exp.
Qed.

Ltac of_products :=
  intros; match goal with |- prod (times 1 _) _ = prod (times 1 _) _ => apply prod_ext; intros end;
  unfold Rdiv, Rminus; rewrite ?Rinv_1; ring.

(** A Stieltjes sum over a clock that runs from w(0) to w(1). *)
Lemma limit_of_stieltjes_up f w a u : smooth f -> smooth w ->
  (forall n, u n = a * sum (times 1 n) (fun s =>
    f (w (INR s / INR n)) * (w (INR s / INR n) - w ((INR s + -1) / INR n)))) ->
  is_lim_seq u (a * RInt f (w 0) (w 1)).
Proof.
  intros S W E. assert (C := smooth_continuous f S).
  assert (O : - RInt f (w 0) (w 1) = RInt f (w 1) (w 0)).
  { apply (opp_RInt_swap f). apply (ex_RInt_continuous (V := R_CompleteNormedModule)). auto. }
  replace (a * RInt f (w 0) (w 1)) with (- a * RInt f (w 1) (w 0)) by (rewrite <- O; ring).
  apply limit_of_stieltjes; [exact S|exact W|]. intros n. rewrite E, <- !sum_scale. apply sum_ext. intros; ring.
Qed.

(** ** Absolute values and minima: case by case *)

Ltac quotients :=
  repeat match goal with
  | |- context [?x / ?y] =>
    lazymatch goal with E : x / y * y = x |- _ => fail | _ => assert (x / y * y = x) by (field; nonzero) end
  | H : context [?x / ?y] |- _ =>
    lazymatch goal with E : x / y * y = x |- _ => fail | _ => assert (x / y * y = x) by (field; nonzero) end
  end.
Ltac kinks :=
  unfold Rmin, Rabs;
  repeat match goal with
  | |- context [Rcase_abs ?x] => destruct (Rcase_abs x)
  | |- context [Rle_dec ?x ?y] => destruct (Rle_dec x y)
  end;
  first [ lra | ring | nra | solve [ field; nonzero ] | quotients; nra | exfalso; quotients; nra ].

(** The logarithm of a mean is above the mean of the logarithms. *)
Lemma log_of_mean a b : 0 < a -> 0 < b -> 0 <= ln ((a + b) / 2) + - (ln a / 2) + - (ln b / 2).
Proof.
  intros Ha Hb. set (m := (a + b) / 2). assert (Hm : 0 < m) by (unfold m; lra).
  assert (A := log_below_line (a / m) ltac:(now apply Rdiv_lt_0_compat)).
  assert (B := log_below_line (b / m) ltac:(now apply Rdiv_lt_0_compat)).
  rewrite log_of_quotient in A, B by assumption.
  assert (E : a / m + b / m = 2) by (unfold m; field; lra). lra.
Qed.

(** Signs by tangents: 1 - 1/u <= ln u <= u - 1. *)
Ltac tangents :=
  repeat match goal with
  | |- context [ln ?u] =>
    lazymatch goal with H : ln u <= u - 1 |- _ => fail | _ => idtac end;
    let P := fresh in assert (P : 0 < u) by pos;
    assert (ln u <= u - 1) by (apply log_below_line; exact P);
    let L := fresh in assert (L := log_below_line (/ u) ltac:(apply Rinv_0_lt_compat; exact P));
    rewrite ln_Rinv in L by exact P; replace (/ u) with (1 / u) in L by (unfold Rdiv; ring)
  end;
  repeat match goal with
  | |- context [?x / ?y] =>
    lazymatch goal with H : 0 < x / y |- _ => fail | _ => assert (0 < x / y) by pos end
  end;
  quotients; repeat match goal with |- 0 <= _ / _ => apply Rmult_le_pos; [ | left; apply Rinv_0_lt_compat; pos ] end;
  first [ lra | nra ].
Ltac bounded :=
  cbv beta; lazymatch goal with
  | |- 0 <= ln ((_ + _) / 2) + - (ln _ / 2) + - (ln _ / 2) => apply log_of_mean; pos
  | |- 0 <= Variables.over _ _ _ _ _ => apply over_nonneg; intros; bounded
  | |- 0 <= line_integral _ => fail
  | |- 0 <= _ * cond _ _ _ _ _ _ => apply Rmult_le_pos; [ bounded | left; pos ]
  | |- _ => first [ solve [ tangents ]
                  | match goal with
                    | |- 0 <= _ + _ => apply Rplus_le_le_0_compat; bounded
                    | |- 0 <= _ / _ => apply Rmult_le_pos; [ bounded | left; apply Rinv_0_lt_compat; pos ]
                    | |- 0 <= _ * _ => apply Rmult_le_pos; bounded
                    end ]
  end.
