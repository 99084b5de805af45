(* Equalities of real numbers, by the field of the reals and what follows from the domains of the letters. *)
From Coq Require Import Reals Lra Psatz List.
Import ListNotations.
Open Scope R_scope.

Definition normal (x m v : R) : R := exp (- (x - m) ^ 2 / (2 * v)) / sqrt (2 * PI * v).
Definition proved {A : Type} (x : option A) : bool := match x with Some _ => true | None => false end.

Lemma normal_eq : forall x y m n v w, x = y -> m = n -> v = w -> normal x m v = normal y n w.
Proof. intros; subst; reflexivity. Qed.
Lemma root_of : forall f, 0 < f -> exists s, 0 < s /\ s * s = f.
Proof. intros f H. exists (sqrt f). split. now apply sqrt_lt_R0. apply sqrt_sqrt; lra. Qed.
Lemma root_is : forall f m, 0 < m -> m * m = f -> sqrt f = m.
Proof. intros f m H <-. apply sqrt_square; lra. Qed.

Lemma ln_half : forall s f, 0 < s -> s * s = f -> ln s = ln f / 2.
Proof. intros s f H <-. rewrite ln_mult by assumption. lra. Qed.

Ltac pos := cbv beta; unfold Rgt; first
  [ assumption | lra | exact PI_RGT_0 | apply exp_pos
  | match goal with
    | |- 0 < _ * _ => apply Rmult_lt_0_compat; pos
    | |- 0 < _ / _ => apply Rdiv_lt_0_compat; pos
    | |- 0 < / _ => apply Rinv_0_lt_compat; pos
    | |- 0 < _ ^ _ => apply pow_lt; pos
    | |- 0 < sqrt _ => apply sqrt_lt_R0; pos
    end
  | nra
  | match goal with |- 0 < _ + _ => apply Rplus_lt_0_compat; pos end ].
Ltac nonzero :=
  repeat match goal with |- _ /\ _ => split end;
  first [ assumption | apply Rgt_not_eq; pos | apply Rlt_not_eq; nra
        | match goal with
          | |- _ * _ <> 0 => apply Rmult_integral_contrapositive_currified; nonzero
          | |- _ ^ _ <> 0 => apply pow_nonzero; nonzero
          end ].
Ltac logs := repeat first [ rewrite ln_mult by pos | rewrite ln_Rinv by pos | rewrite ln_exp | rewrite ln_1 ].
