(** * Signs: what is never negative, and what is positive *)

From Coq Require Import Reals List Lia Lra Psatz FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Variables Densities Information Calculus Line Gaussian Steps StepsGaussian StepsFinite.
Import ListNotations.
Open Scope R_scope.

Lemma div_nonneg a b : 0 <= a -> 0 < b -> 0 <= a / b.
Proof. intros Ha Hb. apply Rmult_le_pos; [exact Ha|]. left. now apply Rinv_0_lt_compat. Qed.

Lemma mix_pos a b u : 0 <= u -> u <= 1 -> 0 < a -> 0 < b -> 0 < (1 + - u) * a + u * b.
Proof. intros. destruct (Rle_lt_dec u (1 / 2)); nra. Qed.

Lemma mix_with_one_pos b u : 0 <= u -> u <= 1 -> 0 < b -> 0 < 1 + - u + u * b.
Proof. intros. assert (H3 := mix_pos 1 b u). lra. Qed.

Lemma below_one_product a b : 0 < a -> a < 1 -> 0 < b -> b < 1 -> 0 < 1 + - (a * b).
Proof. intros. nra. Qed.

Lemma even_power_nonneg a n : Nat.even n = true -> 0 <= a ^ n.
Proof. intros H. apply Nat.even_spec in H as [k ->]. rewrite pow_mult. apply pow_le, pow2_ge_0. Qed.

Lemma RInt_nonneg f a b : a <= b -> (forall u, a <= u -> u <= b -> ex_derive f u) ->
  (forall u, a < u -> u < b -> 0 <= f u) -> 0 <= RInt f a b.
Proof.
  intros Hab Hf Hs. apply RInt_ge_0; [exact Hab| |intros u []; auto].
  apply (ex_RInt_continuous (V := R_CompleteNormedModule)). intros u. rewrite Rmin_left, Rmax_right by exact Hab.
  intros []. apply (ex_derive_continuous f). auto.
Qed.

Lemma RInt_positive f a b : a < b -> (forall u, a <= u -> u <= b -> ex_derive f u) ->
  (forall u, a < u -> u < b -> 0 < f u) -> 0 < RInt f a b.
Proof.
  intros Hab Hf Hs. apply RInt_gt_0; [exact Hab|intros u []; auto|].
  intros u []. apply (ex_derive_continuous f). auto.
Qed.

Section Finite.
  Variables (space : nat -> list R) (N : nat).
  Hypothesis inhabited : forall i, space i <> [].
  Notation over := (Variables.over space).
  Notation cond := (Densities.cond space N).

  Lemma over_nonneg n A f x : (forall y, 0 <= f y) -> 0 <= over n A f x.
  Proof.
    intros H. revert x. induction n as [|n IH]; intros x; cbn; [apply H|].
    destruct (A n); [|apply IH]. apply sum_nonneg. intros; apply IH.
  Qed.

  (** Gibbs' inequality, for two joint densities. *)
  Lemma divergence_nonneg q p A B C x : (forall y, 0 < q y) -> (forall y, 0 < p y) ->
    (forall i, A i = true -> B i = false) -> (forall i, A i = true -> C i = false) ->
    0 <= over N A (fun y => ln (cond q A B y / cond p A C y) * cond q A B y) x.
  Proof.
    intros Hq Hp HB HC. apply (gibbs space N inhabited q Hq A B (cond p A C) x); [| |exact HB].
    - intros y. now apply cond_pos.
    - now apply density_sums_to_one.
  Qed.
End Finite.

(** Gibbs' inequality, for two Gaussians. *)
Lemma gaussian_divergence_nonneg m v n w : 0 < v -> 0 < w ->
  0 <= line_integral (fun y => ln (normal y m v / normal y n w) * normal y m v).
Proof.
  intros Hv Hw.
  rewrite (integral_ext _ (fun y => normal y m v * ln (normal y m v / normal y n w))) by (intros; apply Rmult_comm).
  rewrite (line_integral_is _ _ (gaussian_kl m v n w Hv Hw)).
  assert (P : 0 < v / w) by now apply Rdiv_lt_0_compat. assert (L := log_below_line _ P).
  assert (S : 0 <= (m - n) ^ 2 / w) by (apply div_nonneg; [apply pow2_ge_0|exact Hw]).
  replace (w / v) with (/ (v / w)) by (field; lra). rewrite ln_Rinv by exact P.
  replace ((v + (m - n) ^ 2) / w) with (v / w + (m - n) ^ 2 / w) by (field; lra). lra.
Qed.

(** What a sign follows from: definitions are put in, and operators keep the signs of their parts. *)
Ltac differentiable := intros; auto_derive; repeat match goal with |- _ /\ _ => split end; auto; apply Rgt_not_eq; sign
with sign :=
  cbv beta; unfold Rgt;
  lazymatch goal with
  | |- 0 <= sum (times _ _) _ =>
    let i := fresh in let j := fresh in apply sum_nonneg; intros i j; apply in_times in j; sign
  | |- 0 <= RInt _ _ _ => apply RInt_nonneg; [ first [ lra | left; by_premise ] | differentiable | intros; sign ]
  | |- 0 < RInt _ _ _ => apply RInt_positive; [ first [ lra | sign ] | differentiable | intros; sign ]
  | |- 0 <= Variables.over _ _ _ _ _ =>
    first [ apply divergence_nonneg; [ assumption | assumption | assumption | bits | bits ]
          | apply over_nonneg; intros; sign ]
  | |- 0 <= line_integral _ => apply gaussian_divergence_nonneg; sign
  | |- 0 < (1 + - ?u) * _ + ?u * _ => first [ apply mix_pos; sign | pos ]
  | B : ?u <= ?b |- 0 < 1 + - ?u => first [ lra | assert (b < 1) by by_premise; lra ]
  | B : ?u < ?b |- 0 < 1 + - ?u => first [ lra | assert (b < 1) by by_premise; lra ]
  | |- 0 < 1 + - (_ * _) => first [ apply below_one_product; sign | pos ]
  | |- 0 < 1 + - ?u + ?u * _ => first [ apply mix_with_one_pos; sign | pos ]
  | |- _ =>
    first
    [ assumption | lra | by_premise | match goal with H : _ |- 0 < ?a => rewrite H by side; sign end
    | match goal with H : _ |- 0 <= ?a => rewrite H by side; sign end
    | match goal with
      | |- 0 <= _ ^ _ => apply even_power_nonneg; reflexivity
      | |- 0 <= ?a + - (?r * ?b * ?c) => replace (a + - (r * b * c)) with ((1 + - r) * a) by ring; sign
      | |- 0 <= _ + _ => apply Rplus_le_le_0_compat; sign
      | |- 0 <= _ * _ => apply Rmult_le_pos; sign
      | |- 0 <= _ / _ => apply div_nonneg; sign
      | |- 0 < _ * _ => apply Rmult_lt_0_compat; sign
      | |- 0 < _ / _ => apply Rdiv_lt_0_compat; sign
      | |- 0 < _ => pos
      | |- 0 < _ + _ => apply Rplus_le_lt_0_compat; sign
      | |- 0 < _ + _ => apply Rplus_lt_le_0_compat; sign
      | |- 0 <= _ => left; sign
      end
    | nra ]
  end.
