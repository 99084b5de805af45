(** * Derivatives in the certificates of the steps *)

From Coq Require Import Reals List Lia Lra Psatz FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Variables Calculus Line Gaussian Steps.
Import ListNotations.
Open Scope R_scope.

(** ** Arbitrary functions *)

Lemma smooth_next f : smooth f -> exists g : R -> R, (forall y : R, is_derive f y (g y)) /\ smooth g.
Proof.
  intros (d & <- & H). exists (d 1%nat). split; [apply H|]. exists (fun n => d (S n)). split; auto.
Qed.

Lemma slope_pair p a b (f g : R -> R) df dg x : differentiable_pt_lim p (f x) (g x) a b ->
  is_derive f x df -> is_derive g x dg -> is_derive (fun u => p (f u) (g u)) x (a * df + b * dg).
Proof.
  intros H Hf Hg. apply is_derive_Reals. apply is_derive_Reals in Hf, Hg.
  now apply (derivable_pt_lim_comp_2d p f g).
Qed.

Lemma smooth2_next f : smooth2 f -> exists g h : R -> R -> R,
  (forall x y : R, differentiable_pt_lim f x y (g x y) (h x y)) /\ smooth2 g /\ smooth2 h.
Proof.
  intros (d & <- & H). exists (d 1%nat 0%nat), (d 0%nat 1%nat). repeat split.
  - intros x y. apply filterdiff_differentiable_pt_lim.
    replace (fun u => plus _ _) with
      (fun u : R * R => fst u * d 1%nat 0%nat x y + snd u * d 0%nat 1%nat x y) by reflexivity.
    apply is_derive_filterdiff.
    + apply filter_forall. intros [u v]. apply H.
    + apply H.
    + apply continuity_2d_pt_filterlim. apply H.
  - exists (fun i j => d (S i) j). split; auto.
  - exists (fun i j => d i (S j)). split; auto.
Qed.

Ltac opened_smooth :=
  repeat match goal with H : smooth3 _ |- _ => destruct H as (? & ? & ?) | H : smooth_first _ |- _ => red in H end.
Ltac next f g G := match goal with S : smooth f |- _ => destruct (smooth_next f S) as (g & G & ?) end.
Ltac next2 f g h G := match goal with S : smooth2 f |- _ => destruct (smooth2_next f S) as (g & h & G & ? & ?) end.
Ltac next_at f g G :=
  let S := fresh in assert (S : smooth f) by (opened_smooth; match goal with H : forall _, _ |- _ => apply H end);
  destruct (smooth_next f S) as (g & G & ?).

(** ** Slopes by the rules *)

Lemma slope_eq (f : R -> R) (x l m : R) : is_derive f x l -> l = m -> is_derive f x m. Proof. now intros ? <-. Qed.
Lemma slope_ext (f g : R -> R) (x l : R) : (forall u, f u = g u) -> is_derive g x l -> is_derive f x l.
Proof. intros H. apply is_derive_ext. intros u. now rewrite H. Qed.

Section Rules.
  Variables (f g h : R -> R) (x df dg dh c : R).
  Lemma slope_const : is_derive (fun _ : R => c) x 0. Proof. apply (is_derive_const c). Qed.
  Lemma slope_id : is_derive (fun u : R => u) x 1. Proof. apply (is_derive_id x). Qed.
  Hypothesis Df : is_derive f x df.
  Lemma slope_opp : is_derive (fun u => - f u) x (- df). Proof. now apply (is_derive_opp f). Qed.
  Lemma slope_left : is_derive (fun u => c * f u) x (c * df). Proof. now apply is_derive_scal. Qed.
  Lemma slope_right : is_derive (fun u => f u * c) x (df * c).
  Proof.
    rewrite Rmult_comm. apply (is_derive_ext (fun u => c * f u)); [intros; apply Rmult_comm|]. apply slope_left.
  Qed.
  Lemma slope_over : is_derive (fun u => f u / c) x (df / c).
  Proof.
    apply (is_derive_ext (fun u => / c * f u)); [intros; apply Rmult_comm|].
    unfold Rdiv. rewrite Rmult_comm. now apply is_derive_scal.
  Qed.
  Lemma slope_chain p dp : (forall y, is_derive p y (dp y)) -> is_derive (fun u => p (f u)) x (dp (f x) * df).
  Proof. intros H. apply (derivative_chain p f); auto. Qed.
  Lemma slope_exp : is_derive (fun u => exp (f u)) x (exp (f x) * df).
  Proof. apply (slope_chain exp exp). apply is_derive_exp. Qed.
  Lemma slope_pow n : is_derive (fun u => f u ^ n) x (INR n * f x ^ pred n * df).
  Proof. replace (INR n * f x ^ pred n * df) with (INR n * df * f x ^ pred n) by ring. now apply is_derive_pow. Qed.
  Lemma slope_ln : 0 < f x -> is_derive (fun u => ln (f u)) x (df / f x). Proof. intros. now apply derivative_log. Qed.
  Lemma slope_inv : f x <> 0 -> is_derive (fun u => / f u) x (- df / f x ^ 2). Proof. now apply is_derive_inv. Qed.
  Lemma slope_sqrt : 0 < f x -> is_derive (fun u => sqrt (f u)) x (df / (2 * sqrt (f x))).
  Proof. intros H. replace (df / _) with (/ (2 * sqrt (f x)) * df) by (unfold Rdiv; ring).
    apply (derivative_chain sqrt f); auto. now apply derivative_sqrt. Qed.
  Hypothesis Dg : is_derive g x dg.
  Lemma slope_plus : is_derive (fun u => f u + g u) x (df + dg). Proof. now apply (is_derive_plus f g). Qed.
  Lemma slope_mult : is_derive (fun u => f u * g u) x (df * g x + f x * dg). Proof. now apply derivative_product. Qed.
  Lemma slope_div : g x <> 0 -> is_derive (fun u => f u / g u) x ((df * g x - f x * dg) / g x ^ 2).
  Proof. now apply derivative_quotient. Qed.
  Hypothesis Dh : is_derive h x dh.
  Lemma slope_normal : 0 < h x -> is_derive (fun u => normal (f u) (g u) (h u)) x (normal (f x) (g x) (h x) *
    (((f x - g x) ^ 2 / h x - 1) * dh / (2 * h x) - (f x - g x) * (df - dg) / h x)).
  Proof.
    intros H. assert (P := two_pi_pos). assert (Q : 0 < 2 * PI * h x) by (apply Rmult_lt_0_compat; lra).
    assert (W := sqrt_lt_R0 _ Q). assert (W2 := sqrt_sqrt (2 * PI * h x) (Rlt_le _ _ Q)).
    assert (DE : is_derive (fun u => - ((f u - g u) ^ 2 / (2 * h u))) x
      (- ((INR 2 * (f x - g x) ^ 1 * (df - dg) * (2 * h x) - (f x - g x) ^ 2 * (2 * dh)) / (2 * h x) ^ 2))).
    { apply (is_derive_opp (fun u => (f u - g u) ^ 2 / (2 * h u))).
      apply (derivative_quotient (fun u => (f u - g u) ^ 2) (fun u => 2 * h u)); [|now apply is_derive_scal|lra].
      replace (INR 2 * _ * _) with (INR 2 * (df - dg) * (f x - g x) ^ 1) by ring.
      apply (is_derive_pow (fun u => f u - g u) 2). now apply (is_derive_minus f g). }
    assert (DR : is_derive (fun u => / sqrt (2 * PI * h u)) x (- dh / (2 * h x) * / sqrt (2 * PI * h x))).
    { replace (- dh / _ * _) with (- (/ (2 * sqrt (2 * PI * h x)) * (2 * PI * dh)) / sqrt (2 * PI * h x) ^ 2).
      - apply (is_derive_inv (fun u => sqrt (2 * PI * h u))); [|now apply Rgt_not_eq].
        apply (derivative_chain sqrt (fun u => 2 * PI * h u)); [now apply derivative_sqrt|now apply is_derive_scal].
      - simpl. rewrite Rmult_1_r, W2. field. repeat split; try apply Rgt_not_eq; auto; lra. }
    unfold normal.
    eapply slope_eq; [exact (derivative_product _ _ _ _ _ DR (derivative_chain exp _ _ _ _ (is_derive_exp _) DE))|].
    simpl. field. split; [now apply Rgt_not_eq|lra].
  Qed.
End Rules.

Lemma slope_of (p f dp : R -> R) df x : (forall y, is_derive p y (dp y)) -> is_derive f x df ->
  is_derive (fun u => p (f u)) x (dp (f x) * df).
Proof. intros H D. now apply slope_chain. Qed.

Lemma put_here (x : nat -> R) i s : put x i s i = s. Proof. apply put_same. Qed.

Lemma near_pos (P : R -> Prop) x : 0 < x -> (forall u, 0 < u -> P u) -> locally x P.
Proof. intros H K. apply (locally_interval P x 0 p_infty); cbn; auto. Qed.
Lemma near_unit (P : R -> Prop) x : 0 < x -> x < 1 -> (forall u, 0 < u -> u < 1 -> P u) -> locally x P.
Proof. intros H G K. apply (locally_interval P x 0 1); cbn; auto. Qed.

(** As it is written: conversion would unfold what stands for a real number. *)
Ltac given := match goal with H : ?P |- ?P => exact H end.
Ltac alike := match goal with |- ?a = ?a => exact eq_refl end.

(** What is positive, by the premises and the form of the term. *)
Ltac above := cbv beta; unfold Rgt; first
  [ given | lra
  | by_premise | exact PI_RGT_0 | apply exp_pos
  | lazymatch goal with
    | |- 0 < _ * _ => apply Rmult_lt_0_compat; above
    | |- 0 < _ / _ => apply Rdiv_lt_0_compat; above
    | |- 0 < / _ => apply Rinv_0_lt_compat; above
    | |- 0 < _ ^ _ => apply pow_lt; above
    | |- 0 < sqrt _ => apply sqrt_lt_R0; above
    | |- 0 < normal _ _ _ => apply normal_pos; above
    | P : positive ?I |- 0 < ?I _ => apply P; intros; above
    end
  | match goal with |- 0 < _ + _ => apply Rplus_lt_0_compat; above end | nra ].
Ltac no_zero := cbv beta; repeat match goal with |- _ /\ _ => split end; first
  [ given | apply Rgt_not_eq; above
  | lazymatch goal with
    | |- _ * _ <> 0 => apply Rmult_integral_contrapositive_currified; no_zero
    | |- _ ^ _ <> 0 => apply pow_nonzero; no_zero
    | |- - _ <> 0 => apply Ropp_neq_0_compat; no_zero
    end
  | apply Rlt_not_eq; lra ].

(** By a hypothesis for all values; nothing is unfolded to find it. *)
Ltac by_claim :=
  with_strategy opaque [is_derive Derive]
    match goal with D : forall y, @?P y |- _ => solve [ eapply D; first [ given | above ] ] end.

Ltac slope :=
  lazymatch goal with
  | |- is_derive (fun _ => ?c) _ _ => apply slope_const
  | |- is_derive (fun u => u) _ _ => apply slope_id
  | |- is_derive (fun u => @?f u + @?g u) _ _ => eapply (slope_plus f g); slope
  | |- is_derive (fun u => - @?f u) _ _ => eapply (slope_opp f); slope
  | |- is_derive (fun u => @?f u * @?g u) _ _ =>
      lazymatch f with
      | fun _ => ?c => eapply (slope_left g _ _ c); slope
      | _ =>
        lazymatch g with
        | fun _ => ?c => eapply (slope_right f _ _ c); slope
        | _ => eapply (slope_mult f g); slope
        end
      end
  | |- is_derive (fun u => @?f u / @?g u) _ _ =>
      lazymatch g with
      | fun _ => ?c => eapply (slope_over f _ _ c); slope
      | _ => eapply (slope_div f g); [ slope | slope | no_zero ]
      end
  | |- is_derive (fun u => / @?f u) _ _ => eapply (slope_inv f); [slope | no_zero]
  | |- is_derive (fun u => @?f u ^ _) _ _ => eapply (slope_pow f); slope
  | |- is_derive (fun u => exp (@?f u)) _ _ => eapply (slope_exp f); slope
  | |- is_derive (fun u => ln (@?f u)) _ _ => eapply (slope_ln f); [slope | above]
  | |- is_derive (fun u => sqrt (@?f u)) _ _ => eapply (slope_sqrt f); [slope | above]
  | |- is_derive (fun u => normal (@?f u) (@?g u) (@?h u)) _ _ =>
      eapply (slope_normal f g h); [ slope | slope | slope | above ]
  | |- is_derive (fun u => Derive (@?f u) (@?g u)) _ _ =>
      eapply slope_ext;
      [ let v := fresh in intros v;
        first [ by_claim | apply is_derive_unique; slope ]
      | slope ]
  | |- is_derive (fun u => put ?x ?i u ?i) _ _ => eapply slope_ext; [ intros; apply put_here | apply slope_id ]
  | |- is_derive (fun u => ?p (@?f u) (@?g u)) _ _ => slope_of_pair p f g
  | |- _ => slope_of_function
  end
with slope_of_pair p f g :=
  first [ match goal with D : forall x y, differentiable_pt_lim p x y _ _ |- _ =>
            eapply (slope_pair p _ _ f g); [ apply D | slope | slope ]
          end
        | slope_of_function ]
with slope_of_function :=
  first
  [ match goal with D : forall y, is_derive ?p y (@?d y) |- is_derive (fun u => ?p (@?f u)) _ _ =>
      eapply (slope_of p f d); [ exact D | slope ]
    end
  | by_claim ].

(** Derivatives that the product rule leaves as they were. *)
Ltac evaluated := repeat match goal with |- context [Derive ?f ?x] =>
  let E := fresh in eassert (E : Derive f x = _) by by_claim; rewrite E; clear E end.

(** The two sides differ by the rules of a field, and in what is under integrals. *)
Ltac same := cbv beta; rewrite ?put_here; evaluated; first
  [ alike | ring | field; no_zero
  | lazymatch goal with |- @eq (_ -> _) _ _ => let v := fresh in extensionality v; same end
  | simpl; field; no_zero
  | f_equal; same ].

(** What is cited of the point of a derivative is put in. *)
Ltac points := repeat match goal with H : forall _ : R, _ = _ |- _ => progress rewrite ?H end; try subst.

(** The left side is the right one, but for derivatives that stand in it. *)
Ltac slopes := first
  [ alike
  | lazymatch goal with
    | |- Derive _ _ = _ => apply is_derive_unique; cbv beta; eapply slope_eq; [ slope | same ]
    | |- @eq (_ -> _) _ _ => let v := fresh in extensionality v; slopes
    | |- _ => f_equal; slopes
    end ].

(** What is defined on a part of the line alone may be put in under a derivative there. *)
Ltac cong_near := first
  [ solve [ cong ]
  | apply Derive_ext_loc;
    first [ apply near_pos; [ above | intros; cong ] | apply near_unit; [ above | above | intros; cong ] ]
  | f_equal; cong_near ].

(** A derivative and an integral change places. *)
Ltac near := first
  [ apply near_unit; [ given | given | intros ? ? ? ?; eapply slope_eq; [ slope | same ] ]
  | apply near_pos; [ given | intros ? ? ?; eapply slope_eq; [ slope | same ] ]
  | apply filter_forall; intros ? ?; eapply slope_eq; [ slope | same ] ].
Definition value_at (f : R -> R) (a : R) := f a.
Ltac by_exchange := intros;
  match goal with E : exchanges ?I |- is_derive (fun x => ?I (fun y => @?B x y)) ?a (value_at ?G ?a) =>
    match G with (fun x => ?J (fun y => @?D x y)) => apply (E B D a) end end; near.

(** Sums and constants come out of a linear functional. *)
Lemma linear_plus (I : (R -> R) -> R) : linear I -> forall f g, I (fun y => f y + g y) = I f + I g.
Proof.
  intros L f g. rewrite <- (Rmult_1_l (I f)), <- (Rmult_1_l (I g)), <- (L 1 1 f g). f_equal. extensionality y. ring.
Qed.
Lemma linear_scale (I : (R -> R) -> R) : linear I -> forall c f, I (fun y => c * f y) = c * I f.
Proof.
  intros L c f. replace (c * I f) with (c * I f + 0 * I f) by ring.
  rewrite <- (L c 0 f f). f_equal. extensionality y. ring.
Qed.
Ltac scale_out :=
  repeat match goal with
  | L : linear ?I |- context [?I (fun y => @?f y + @?g y)] =>
      let H := fresh in assert (H := linear_plus I L f g); cbv beta in H; rewrite H; clear H
  | L : linear ?I |- context [?I (fun y => ?c * @?f y)] =>
      let H := fresh in assert (H := linear_scale I L c f); cbv beta in H; rewrite H; clear H
  end.
