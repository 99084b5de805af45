(** * Finite sums and products

    A sum runs over a list: over the states of a finite space, or over the times [1 .. T].
    Proved here: linearity, the exchange of two sums (Fubini), telescoping for sums and products,
    induction over times, and the logarithm of products and powers. *)

From Coq Require Import Reals List Lia Lra FunctionalExtensionality.
Import ListNotations.
Open Scope R_scope.

(** The sum and the product of [f] over a list. *)
Fixpoint sum {A : Type} (l : list A) (f : A -> R) : R :=
  match l with [] => 0 | a :: l => f a + sum l f end.

Fixpoint prod {A : Type} (l : list A) (f : A -> R) : R :=
  match l with [] => 1 | a :: l => f a * prod l f end.

(** The times [a], ..., [b]; there is none if [b < a]. *)
Definition times (a b : nat) : list nat := seq a (S b - a).

Lemma in_times a b t : In t (times a b) <-> (a <= t <= b)%nat.
Proof. unfold times. rewrite in_seq. lia. Qed.

Lemma times_last a b : (a <= S b)%nat -> times a (S b) = times a b ++ [S b].
Proof.
  intros H. unfold times. replace (S (S b) - a)%nat with (S (S b - a)) by lia.
  rewrite seq_S. do 3 f_equal. lia.
Qed.

Lemma times_first a b : (a <= b)%nat -> times a b = a :: times (S a) b.
Proof.
  intros H. unfold times. replace (S b - a)%nat with (S (S b - S a)) by lia. reflexivity.
Qed.

Section Over_a_list.
  Context {A : Type}.
  Implicit Types (l m : list A) (f g : A -> R).

  Lemma sum_ext l f g : (forall a, In a l -> f a = g a) -> sum l f = sum l g.
  Proof.
    induction l as [|a l IH]; intros H; [reflexivity|]. cbn.
    rewrite (H a), IH; auto using in_eq, in_cons.
  Qed.

  Lemma sum_app l m f : sum (l ++ m) f = sum l f + sum m f.
  Proof. induction l as [|a l IH]; cbn; [lra|]. rewrite IH. lra. Qed.

  Lemma sum_plus l f g : sum l (fun a => f a + g a) = sum l f + sum l g.
  Proof. induction l as [|a l IH]; cbn; [lra|]. rewrite IH. lra. Qed.

  Lemma sum_scale l c f : sum l (fun a => c * f a) = c * sum l f.
  Proof. induction l as [|a l IH]; cbn; [lra|]. rewrite IH. lra. Qed.

  Lemma sum_scale_right l c f : sum l (fun a => f a * c) = sum l f * c.
  Proof. induction l as [|a l IH]; cbn; [lra|]. rewrite IH. lra. Qed.

  Lemma sum_minus l f g : sum l (fun a => f a - g a) = sum l f - sum l g.
  Proof. induction l as [|a l IH]; cbn; [lra|]. rewrite IH. lra. Qed.

  Lemma sum_zero l : sum l (fun _ => 0) = 0.
  Proof. induction l as [|a l IH]; cbn; [lra|]. rewrite IH. lra. Qed.

  Lemma sum_nonneg l f : (forall a, In a l -> 0 <= f a) -> 0 <= sum l f.
  Proof.
    induction l as [|a l IH]; intros H; cbn; [lra|].
    assert (0 <= f a) by auto using in_eq. assert (0 <= sum l f) by auto using in_cons. lra.
  Qed.

  Lemma sum_pos l f : l <> [] -> (forall a, In a l -> 0 < f a) -> 0 < sum l f.
  Proof.
    intros Hl H. destruct l as [|a l]; [easy|]. cbn.
    assert (0 < f a) by auto using in_eq.
    assert (0 <= sum l f) by (apply sum_nonneg; intros; left; auto using in_cons). lra.
  Qed.

  Lemma sum_le l f g : (forall a, In a l -> f a <= g a) -> sum l f <= sum l g.
  Proof.
    intros H. enough (0 <= sum l g - sum l f) by lra. rewrite <- sum_minus.
    apply sum_nonneg. intros a Ha. specialize (H a Ha). lra.
  Qed.

  Lemma Rabs_sum l f : Rabs (sum l f) <= sum l (fun a => Rabs (f a)).
  Proof.
    induction l as [|a l IH]; cbn; [rewrite Rabs_R0; lra|].
    eapply Rle_trans; [apply Rabs_triang|]. lra.
  Qed.

  Lemma prod_mult l f g : prod l (fun a => f a * g a) = prod l f * prod l g.
  Proof. induction l as [|a l IH]; cbn; [lra|]. rewrite IH. ring. Qed.

  Lemma prod_div l f g : (forall a, g a <> 0) -> prod l (fun a => f a / g a) = prod l f / prod l g.
  Proof.
    intros H. assert (P : forall m, prod m g <> 0).
    { induction m as [|a m IH]; cbn; [lra|]. now apply Rmult_integral_contrapositive. }
    induction l as [|a l IH]; cbn; [field|]. rewrite IH. field. auto.
  Qed.

  Lemma prod_app l m f : prod (l ++ m) f = prod l f * prod m f.
  Proof. induction l as [|a l IH]; cbn; [lra|]. rewrite IH. lra. Qed.

  Lemma prod_pos l f : (forall a, In a l -> 0 < f a) -> 0 < prod l f.
  Proof.
    induction l as [|a l IH]; intros H; cbn; [lra|].
    apply Rmult_lt_0_compat; auto using in_eq, in_cons.
  Qed.

  Lemma prod_ext l f g : (forall a, In a l -> f a = g a) -> prod l f = prod l g.
  Proof.
    induction l as [|a l IH]; intros H; [reflexivity|]. cbn.
    rewrite (H a), IH; auto using in_eq, in_cons.
  Qed.
End Over_a_list.

(** ** The rules *)

(** Constants come out of a sum, and the sum of sums is split. *)
Theorem linearity_of_sums {A} (l : list A) (a b : R) (f g : A -> R) :
  sum l (fun i => a * f i + b * g i) = a * sum l f + b * sum l g.
Proof. now rewrite sum_plus, !sum_scale. Qed.

(** Two finite sums may be exchanged. *)
Theorem fubini {A B} (l : list A) (m : list B) (f : A -> B -> R) :
  sum l (fun a => sum m (fun b => f a b)) = sum m (fun b => sum l (fun a => f a b)).
Proof.
  induction l as [|a l IH]; cbn; [now rewrite sum_zero|].
  now rewrite IH, <- sum_plus.
Qed.

(** Neighbouring terms of a sum cancel. *)
Theorem telescoping (f : nat -> R) (a b : nat) :
  (a <= S b)%nat -> sum (times (S a) (S b)) (fun t => f t - f (t - 1)%nat) = f (S b) - f a.
Proof.
  intros H. induction b as [|b IH].
  - destruct a as [|[|a]]; cbn; [lra|lra|lia].
  - destruct (Nat.eq_dec a (S (S b))) as [->|Ha].
    + unfold times. replace (S (S (S b)) - S (S (S b)))%nat with 0%nat by lia. cbn. lra.
    + rewrite times_last, sum_app by lia. cbn [sum].
      replace (S (S b) - 1)%nat with (S b) by lia. rewrite IH by lia. lra.
Qed.

(** Neighbouring factors of a product cancel. *)
Theorem telescoping_product (f : nat -> R) (a b : nat) :
  (a <= S b)%nat -> (forall t, f t <> 0) ->
  prod (times (S a) (S b)) (fun t => f t / f (t - 1)%nat) = f (S b) / f a.
Proof.
  intros H Hf. induction b as [|b IH].
  - destruct a as [|[|a]]; cbn; [field; auto|field; auto|lia].
  - destruct (Nat.eq_dec a (S (S b))) as [->|Ha].
    + unfold times. replace (S (S (S b)) - S (S (S b)))%nat with 0%nat by lia. cbn. now field.
    + rewrite times_last, prod_app by lia. cbn [prod].
      replace (S (S b) - 1)%nat with (S b) by lia. rewrite IH by lia. now field.
Qed.

(** From the first time, and from each time to the next one, to all times. *)
Theorem induction (P : nat -> Prop) (first : nat) :
  P first -> (forall t, (first < t)%nat -> P (t - 1)%nat -> P t) -> forall t, (first <= t)%nat -> P t.
Proof.
  intros H0 Hstep t Ht. induction Ht as [|t Ht IH]; [exact H0|].
  apply Hstep; [lia|]. now replace (S t - 1)%nat with t by lia.
Qed.

(** The logarithm of a product is the sum of the logarithms. *)
Theorem log_of_product {A} (l : list A) (f : A -> R) :
  (forall a, In a l -> 0 < f a) -> ln (prod l f) = sum l (fun a => ln (f a)).
Proof.
  induction l as [|a l IH]; intros H; cbn; [exact ln_1|].
  rewrite ln_mult, IH; auto using in_eq, in_cons, prod_pos.
Qed.

(** The logarithm of a quotient is the difference of the logarithms. *)
Theorem log_of_quotient (x y : R) : 0 < x -> 0 < y -> ln (x / y) = ln x - ln y.
Proof.
  intros Hx Hy. unfold Rdiv. rewrite ln_mult, ln_Rinv; auto using Rinv_0_lt_compat.
Qed.

(** An exponent comes out of a logarithm; it may be any real number. *)
Theorem log_power (x g : R) : 0 < x -> ln (Rpower x g) = g * ln x.
Proof. intros _. unfold Rpower. apply ln_exp. Qed.
