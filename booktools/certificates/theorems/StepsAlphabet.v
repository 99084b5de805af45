(** * Steps about symbols of a finite alphabet

    The states take the values of a list that holds each symbol once.  A bracket is 1 where two symbols are the same and
    0 elsewhere, so that it picks one term of a sum over the alphabet. *)

From Coq Require Import Reals List Lia Lra Bool.
From Diffusion Require Import Sums Variables Densities Markov Steps StepsFinite.
Import ListNotations.
Open Scope R_scope.

Section Alphabet.
  Context {V : Type} (letters : list V) (same : V -> V -> bool) (N : nat).
  Hypothesis whole : alphabet letters.
  Hypothesis differ : decides same.

  Lemma bracket_one a : bracket same a a = 1.
  Proof. unfold bracket. now replace (same a a) with true by (symmetry; now apply differ). Qed.

  Lemma bracket_zero a b : a <> b -> bracket same a b = 0.
  Proof. intros H. unfold bracket. destruct (same a b) eqn:E; [|reflexivity]. now apply differ in E. Qed.

  Lemma bracket_cases a b : (a = b /\ bracket same a b = 1) \/ (a <> b /\ bracket same a b = 0).
  Proof.
    destruct (same a b) eqn:E.
    - left. apply differ in E as ->. split; [reflexivity|]. apply bracket_one.
    - right. assert (a <> b) by (intros H; apply differ in H; congruence). split; [assumption|]. now apply bracket_zero.
  Qed.

  Lemma sum_picked l a (f : V -> R) : NoDup l -> (forall s, s <> a -> f s = 0) -> In a l -> sum l f = f a.
  Proof.
    intros Hl Hf. induction Hl as [|b l Hb Hl IH]; intros Ha; [easy|]. cbn. destruct Ha as [->|Ha].
    - rewrite (sum_ext l f (fun _ => 0)), sum_zero; [lra|]. intros s Hs. apply Hf. congruence.
    - rewrite IH by assumption. rewrite Hf by congruence. lra.
  Qed.

  (** The sum over y of [y = a] g(y) is g(a). *)
  Lemma picked t a f v x : (t < N)%nat -> (forall s, s <> a -> f (put x t s) = 0) -> f (put x t a) = v ->
    Variables.over (each letters) N (only t) f x = v.
  Proof. destruct whole as (_ & once & complete). intros Ht Hf <-. rewrite over_only by assumption.
    now apply (sum_picked letters a (fun s => f (put x t s))). Qed.

  (** A constant is counted once for each symbol. *)
  Lemma counted t x : (t < N)%nat -> Variables.over (each letters) N (only t) (fun _ => 1) x = INR (length letters).
  Proof.
    intros Ht. rewrite over_only by assumption. unfold each. clear. induction letters as [|a l IH]; [reflexivity|].
    cbn [sum length]. rewrite IH, S_INR. lra.
  Qed.
End Alphabet.

Lemma letters_nonempty {V} (l : list V) : alphabet l -> nonempty (each l).
Proof. intros (H & _) i. exact H. Qed.

Lemma letters_counted {V} (l : list V) : alphabet l -> 0 < INR (length l).
Proof. intros (H & _). apply lt_0_INR. destruct l; [easy|]. cbn. lia. Qed.

(** There is an alphabet: the premises about symbols can be true. *)
Theorem alphabets_exist : alphabet [true; false] /\ decides Bool.eqb.
Proof.
  split; [|exact Bool.eqb_true_iff]. split; [discriminate|]. split.
  - repeat constructor; cbn; intuition discriminate.
  - intros []; cbn; auto.
Qed.

(** ** Tactics *)

(** What is known of an alphabet. *)
Ltac symbols :=
  try match goal with H : alphabet ?l |- _ => pose proof (letters_nonempty l H); pose proof (letters_counted l H) end.

Ltac places := cbv beta; repeat first [ rewrite put_same | rewrite put_other by lia ].
Ltac deciding same k := match goal with H : decides same |- _ => k H end.

(** Both cases of each bracket; what is one symbol has one name. *)
Ltac brackets :=
  repeat match goal with
  | |- context [bracket ?same ?a ?b] =>
    deciding same ltac:(fun H =>
      let E := fresh "E" in let B := fresh "B" in
      destruct (bracket_cases same H a b) as [[E B] | [E B]]; rewrite ?B; clear B; [ rewrite ?E | ])
  end.
Ltac tidy :=
  unfold Rdiv;
  repeat rewrite ?Rplus_opp_r, ?Ropp_0, ?Rplus_0_l, ?Rplus_0_r, ?Rmult_0_l, ?Rmult_0_r, ?Rmult_1_l, ?Rmult_1_r, ?ln_1.
Ltac by_brackets :=
  brackets;
  first
  [ reflexivity | ring | field; nonzero | exfalso; congruence
  | tidy; first [ reflexivity | ring | logs; first [ ring | field; nonzero ] ] ].
Ltac pick a :=
  match goal with
  | C : alphabet ?l, H : decides ?same |- _ =>
    apply (picked l _ C _ a);
    [ assumption || bits
    | let s := fresh in let n := fresh in intros s n; places;
      rewrite ?(bracket_zero same H s) by (assumption || congruence);
      rewrite ?(bracket_zero same H _ s) by congruence; ring
    | places; rewrite ?(bracket_one same H); first [ reflexivity | ring ] ]
  end.
