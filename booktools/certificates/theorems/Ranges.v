(** * Sums over times, logarithms and the normal distribution function, for the certificates of the steps *)

From Coq Require Import Reals List Lia Lra Psatz Bool FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Variables Densities Markov Calculus Line Bell Gaussian Steps StepsIntegral.
Import ListNotations.
Open Scope R_scope.

(** ** The normal distribution *)

Lemma ln_quotient x y : 0 < x -> 0 < y -> ln (x / y) = ln x + - ln y.
Proof. intros Hx Hy. rewrite log_of_quotient by assumption. ring. Qed.

Lemma ln_normal x m v : 0 < v -> ln (normal x m v) = - ((x + - m) ^ 2 / (2 * v)) + - (ln (2 * PI * v) / 2).
Proof.
  intros Hv. assert (P : 0 < 2 * PI * v) by pos. rewrite normal_open.
  assert (S : 0 < sqrt (2 * PI * v)) by pos.
  rewrite ln_quotient by pos. rewrite ln_exp.
  rewrite (ln_half _ (2 * PI * v) S) by (apply sqrt_sqrt; lra). field. lra.
Qed.

Lemma Phi_minus z : Phi (- z) = 1 + - Phi z.
Proof. apply Phi_mirror. Qed.

Ltac split_logs :=
  repeat first [ rewrite ln_quotient by pos | rewrite ln_normal by pos | rewrite ln_mult by pos ]; ring.

(** ** Induction over the last time *)

Lemma last_time (P : nat -> Prop) (l : nat) :
  P l -> (forall t, (l <= t)%nat -> P t -> P (t + 1)%nat) -> forall t, (l <= t)%nat -> P t.
Proof.
  intros H0 Hstep t Ht. induction Ht as [|t Ht IH]; [exact H0|].
  replace (S t) with (t + 1)%nat by lia. auto.
Qed.

Lemma sum_next a b f : (a <= b + 1)%nat -> sum (times a (b + 1)) f = sum (times a b) f + f (b + 1)%nat.
Proof. intros H. rewrite sum_back by lia. now rewrite Nat.add_sub. Qed.
Lemma prod_next a b f : (a <= b + 1)%nat -> prod (times a (b + 1)) f = prod (times a b) f * f (b + 1)%nat.
Proof. intros H. rewrite prod_back by lia. now rewrite Nat.add_sub. Qed.

(** Two quantities stay equal if both change by the same. *)
Lemma same_change (a b c d : R) : a = b -> c - d = a - b -> c = d.
Proof. intros; lra. Qed.

Lemma ln_whole_power x n : 0 < x -> ln (x ^ n) = INR n * ln x.
Proof.
  intros H. induction n as [|n IH]; [cbn; rewrite ln_1; ring|].
  rewrite S_INR. cbn [pow]. rewrite ln_mult, IH by auto using pow_lt. ring.
Qed.

Ltac open_logs :=
  unfold Rdiv, Rpower;
  repeat first [ rewrite ln_mult by pos | rewrite ln_Rinv by pos | rewrite ln_exp | rewrite ln_1
               | rewrite ln_whole_power by pos; cbn [INR] ].
Ltac facts_in := repeat match goal with D : forall _, _ |- _ => progress (rewrite D by lia) end.
Ltac fields := first [ ring | field; nonzero ].
Ltac changed IH := first [ apply (same_change _ _ _ _ IH); fields | rewrite ?pow_add, ?pow_1; rewrite IH; fields ].
Ltac ended IH :=
  first [ solve [ changed IH ] | solve [ revert IH; open_logs; intros IH; changed IH ] ].
Ltac sums_at :=
  rewrite ?Nat.add_sub; repeat first [ rewrite sum_next by lia | rewrite prod_next by lia ];
  rewrite ?Nat.add_sub, ?plus_INR; cbn [INR].
Ltac by_last T :=
  match goal with D : (?l <= T)%nat |- _ =>
    revert T D; apply (last_time _ l);
    [ unfold times; cbn [seq Nat.sub Nat.add prod sum INR pow];
      first [ fields | open_logs; fields | facts_in; fields ]
    | let IH := fresh in intros T D; sums_at; intros IH;
      first [ ended IH
            | solve [ facts_in; ended IH ]
            | solve [ repeat match goal with |- context [sum (times ?a T) ?f] => rewrite (sum_back a T f) by lia end;
                      rewrite ?Nat.sub_add by lia; cbv beta; ended IH ] ] ]
  end.

(** ** Roots, powers and logarithms *)

(** Two positive numbers are equal if their logarithms are. *)
Ltac by_logs := apply ln_inv; [ pos | pos | open_logs; first [ ring | field; nonzero ] ].

(** A quantity that may be 0 for all that is known cancels where it is a divisor on both sides. *)
Ltac divisors :=
  unfold Rdiv; rewrite ?Rinv_mult, ?Rinv_inv;
  repeat match goal with
         | |- context [/ ?z] =>
           lazymatch z with IZR _ => fail | _ => assert_fails (assert (0 < z) by pos); generalize (/ z); intro end
         end.
Ltac opened := open_logs; first [ ring | field; nonzero | divisors; field; nonzero ].

(** Sums over a few times are written out. *)
Ltac one_by_one := unfold times; cbn [seq Nat.sub Nat.add prod sum INR pow]; first [ ring | field; nonzero | open_logs; field; nonzero ].
(** Constants are put together. *)
Ltac number :=
  symmetry; first [ apply sqrt_0 | apply sqrt_1 | apply ln_1 | apply exp_0 | lra | ring | field; nonzero ].
(** Two ways to write a set of times. *)
Ltac same_set :=
  let i := fresh in extensionality i; unfold union, only, span; apply eq_true_iff_eq;
  rewrite ?orb_true_iff, ?andb_true_iff, ?Nat.leb_le, ?Nat.eqb_eq; lia.

(** Sums over states one after the other are one sum, if what stands outside of a sum does not depend on its states. *)
Ltac disjoint_sets :=
  let i := fresh in let H := fresh in
  intros i H; unfold union, only, span, rest, none in *;
  rewrite ?negb_true_iff, ?orb_false_iff, ?andb_true_iff, ?Nat.leb_le, ?Nat.eqb_eq, ?Nat.eqb_neq in *; lia.
Ltac free_of := first [ apply free_within with (2 := free_cond _ _ _ _ _); disjoint_sets ].
Ltac joined :=
  match goal with
  | |- Variables.over ?space ?N ?A _ _ = Variables.over ?space ?N ?C _ _ =>
    etransitivity;
    [ apply over_ext; let y := fresh in intros y; symmetry; apply (over_factor_right space N N); [ lia | free_of ]
    | rewrite over_over by disjoint_sets;
      match goal with |- Variables.over _ _ ?B _ _ = _ => replace B with C by (symmetry; same_set) end;
      apply over_ext; intros; ring ]
  end.
