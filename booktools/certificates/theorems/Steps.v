(** * What the certificates of the steps use *)

From Coq Require Import Reals List Lia Lra Psatz Bool FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Variables Densities Markov Calculus Line Gaussian.
Import ListNotations.
Open Scope R_scope.

(** ** Words of the statements

    States are a path [x : nat -> R]. A density is the value at x of the density of the variables in A given those in B.
    A mean is an integral of the body times the density, and an integral over a set A of states is
    [over A (fun x => body) x], where the last x holds the variables that are not integrated out. An integral over a
    dummy is [int (fun y => body)]. What these are depends on the space, which the justification decides:

    any: densities, [over] and [int] are arbitrary, so that the statement holds for sums, integrals and every other
    functional with the structure that the premises name. The dummy may be a number or a vector.

    finite: each variable takes the values of a finite list; [over] sums over them, and every density follows from a
    positive joint density by the definition of conditional densities.

    line: [int] is the improper Riemann integral over the real line, and an integral over one state is that over its
    value, [line_integral (fun here => (fun x => body) (put x t here))].

    Symbols of an alphabet have values of a type of their own, and the space is finite: its list holds each of them.

    Integrals over intervals are Riemann integrals; those over half lines are improper. [StepsNoise.v] has the words for
    noise. *)

Definition nonempty {V : Type} (space : nat -> list V) := forall i, space i <> [].

Definition line_integral (f : R -> R) : R := RInt_gen f (Rbar_locally m_infty) (Rbar_locally p_infty).

(** A linear functional, such as an integral or a finite sum. *)
Definition linear {V : Type} (I : (V -> R) -> R) := forall a b f g, I (fun y => a * f y + b * g y) = a * I f + b * I g.

(** A functional that is positive where its argument is, everywhere. *)
Definition positive {V : Type} (I : (V -> R) -> R) := forall f, (forall y, 0 < f y) -> 0 < I f.

(** A functional that exchanges with derivatives of what is differentiable around a point. *)
Definition exchanges {V : Type} (I : (V -> R) -> R) :=
  forall (f df : R -> V -> R) x, locally x (fun u => forall y, is_derive (fun z => f z y) u (df u y)) ->
  is_derive (fun u => I (f u)) x (I (df x)).

(** All derivatives exist. *)
Definition smooth (f : R -> R) := exists d : nat -> R -> R, d 0%nat = f /\ forall n y, is_derive (d n) y (d (S n) y).

(** All partial derivatives exist, and are continuous in both variables. *)
Definition smooth2 (f : R -> R -> R) := exists d : nat -> nat -> R -> R -> R, d 0%nat 0%nat = f /\
  forall i j x y, is_derive (fun u => d i j u y) x (d (S i) j x y) /\ is_derive (fun v => d i j x v) y (d i (S j) x y)
    /\ continuity_2d_pt (d i j) x y.

(** All derivatives exist in each variable; in the first one at all times. *)
Definition smooth3 (f : R -> R -> R -> R) := (forall y z, smooth (fun x => f x y z)) /\
  (forall x z, smooth (fun y => f x y z)) /\ forall x y, smooth (fun z => f x y z).
Definition smooth_first (f : R -> nat -> R) := forall t, smooth (fun x => f x t).

(** The distribution function of the standard normal law. *)
Definition Phi (x : R) : R := RInt_gen (fun z => normal z 0 1) (Rbar_locally m_infty) (at_point x).

(** The joint density of N variables is that of a Markov chain. *)
Definition markov {V : Type} (space : nat -> list V) (N : nat) (q : (nat -> V) -> R) :=
  exists (start : V -> R) (k : nat -> V -> V -> R),
  (forall s, 0 < start s) /\ (forall t r s, 0 < k t r s) /\
  sum (space 0%nat) start = 1 /\ (forall t r, sum (space t) (k t r) = 1) /\ forall x, q x = chain start k (N - 1) x.

(** The symbols of an alphabet, each once; and whether two symbols are the same. *)
Definition alphabet {V : Type} (letters : list V) := letters <> [] /\ NoDup letters /\ forall v, In v letters.
Definition decides {V : Type} (same : V -> V -> bool) := forall a b, same a b = true <-> a = b.

(** The values of every variable are these symbols. *)
Definition each {V : Type} (letters : list V) : nat -> list V := fun _ => letters.

(** The Iverson bracket: 1 where two symbols are the same, and 0 elsewhere. *)
Definition bracket {V : Type} (same : V -> V -> bool) (a b : V) : R := if same a b then 1 else 0.

Definition span (a b : nat) : set := fun i => Nat.leb a i && Nat.leb i b.

(** ** A model of the premises about functionals: finite sums with positive weights *)

Definition weighted {V : Type} (l : list (R * V)) (f : V -> R) : R := sum l (fun p => fst p * f (snd p)).

Theorem structure_has_a_model {V : Type} (l : list (R * V)) : l <> [] -> (forall p, In p l -> 0 < fst p) ->
  linear (weighted l) /\ positive (weighted l) /\ exchanges (weighted l).
Proof.
  intros Hl Hp. unfold weighted. split; [|split].
  - intros a b f g. rewrite <- !sum_scale, <- sum_plus. apply sum_ext. intros; ring.
  - intros f Hf. apply sum_pos; auto. intros p H. apply Rmult_lt_0_compat; auto.
  - intros f df x H. apply (derivative_sum l (fun p u => fst p * f u (snd p))). intros p _.
    apply (is_derive_scal (fun u => f u (snd p))). exact (locally_singleton _ _ H (snd p)).
Qed.

(** ** What the scripts use *)

Lemma induction_from_one (P : nat -> Prop) :
  P 1%nat -> (forall t, (1 <= t)%nat -> P t -> P (t + 1)%nat) -> forall t, (1 <= t)%nat -> P t.
Proof.
  intros base step t le. induction le as [|t le now]; [exact base|].
  rewrite <- Nat.add_1_r. exact (step t le now).
Qed.

Lemma normal_open x m v : normal x m v = exp ((- ((x + - m) ^ 2)) / (2 * v)) / sqrt (2 * PI * v).
Proof. unfold normal, Rdiv. rewrite Rmult_comm. f_equal. f_equal. unfold Rminus. ring. Qed.

Lemma normal_eq : forall x y m n v w, x = y -> m = n -> v = w -> normal x m v = normal y n w.
Proof. intros; subst; reflexivity. Qed.
Lemma root_of : forall f, 0 < f -> exists s, 0 < s /\ s * s = f.
Proof. intros f H. exists (sqrt f). split. now apply sqrt_lt_R0. apply sqrt_sqrt; lra. Qed.
Lemma root_is : forall f m, 0 < m -> m * m = f -> sqrt f = m.
Proof. intros f m H <-. apply sqrt_square; lra. Qed.
Lemma ln_half : forall s f, 0 < s -> s * s = f -> ln s = ln f / 2.
Proof. intros s f H <-. rewrite ln_mult by assumption. lra. Qed.

Lemma below_one : forall u, u < 1 -> 0 < 1 + - u. Proof. intros; lra. Qed.
Lemma exp_below_one x : 0 < - x -> 0 < 1 + - exp x.
Proof. intros H. assert (E := exp_increasing x 0 ltac:(lra)). rewrite exp_0 in E. lra. Qed.
Lemma exp_above_one x : 0 < x -> 0 < exp x + - 1.
Proof. intros H. assert (E := exp_increasing 0 x H). rewrite exp_0 in E. lra. Qed.

(** The order of times, as that of numbers. *)
Ltac by_times :=
  repeat match goal with
  | H : (_ /\ _)%nat |- _ => destruct H
  | H : (_ <= _)%nat |- _ => apply le_INR in H; rewrite ?plus_INR in H; cbn [INR] in H
  end; lra.

(** An exponential is below or above 1, as its exponent is below or above 0. *)
Ltac bound_of_exp x :=
  first [ assert (exp x < 1) by (rewrite <- exp_0; apply exp_increasing; lra)
        | assert (1 < exp x) by (rewrite <- exp_0; apply exp_increasing; lra) ]; assert (0 < exp x) by apply exp_pos.
Ltac by_exponentials :=
  match goal with |- context [exp ?x] => bound_of_exp x end;
  repeat match goal with
  | |- context [exp ?x] =>
    lazymatch goal with E : 0 < exp x |- _ => fail | _ => first [ bound_of_exp x | assert (0 < exp x) by apply exp_pos ] end
  end; nra.

(** Positivity: by the premises, and of terms by that of their parts. *)
Ltac premise := match goal with D : forall _, _ |- _ => solve [ apply D; first [ assumption | lia | lra ] ] end.
Ltac nonneg pos :=
  first [ apply pow2_ge_0 | apply Rle_0_sqr
        | match goal with |- 0 <= _ * _ => apply Rmult_le_pos; nonneg pos end | left; pos ].
Ltac pos := cbv beta; unfold Rgt; first
  [ assumption | lra | exact PI_RGT_0 | apply exp_pos | premise
  | match goal with
    | H : _ = ?b |- 0 < ?b => rewrite <- H; first [ assumption | premise ]
    | |- 0 < 1 + - exp _ => apply exp_below_one; pos
    | |- 0 < exp _ + - 1 => apply exp_above_one; pos
    | |- 0 < - ((- _) * _) => rewrite Ropp_mult_distr_l_reverse, Ropp_involutive; pos
    | |- 0 < 1 + - _ => apply below_one; premise
    | |- 0 < _ * _ => apply Rmult_lt_0_compat; pos
    | |- 0 < _ / _ => apply Rdiv_lt_0_compat; pos
    | |- 0 < / _ => apply Rinv_0_lt_compat; pos
    | |- 0 < _ ^ _ => apply pow_lt; pos
    | |- 0 < sqrt _ => apply sqrt_lt_R0; pos
    | |- 0 < INR _ => apply lt_0_INR; lia
    | |- 0 < Rpower _ _ => apply exp_pos
    | |- 0 < normal _ _ _ => apply normal_pos; pos
    | |- 0 < cond _ _ _ _ _ _ => apply cond_pos; assumption
    | |- 0 < prod _ _ => let i := fresh in let j := fresh in apply prod_pos; intros i j; apply in_times in j; pos
    | D : positive ?I |- 0 < ?I _ => apply D; intros; pos
    | |- 0 < _ + _ =>
      first [ apply Rplus_lt_0_compat; pos | apply Rplus_le_lt_0_compat; [ nonneg pos | pos ]
            | apply Rplus_lt_le_0_compat; [ pos | nonneg pos ] | by_times ]
    end
  | match goal with |- context [exp _] => by_exponentials end
  | nra ].
Ltac nonzero :=
  repeat match goal with |- _ /\ _ => split end;
  first [ assumption | apply Rgt_not_eq; pos | apply Rlt_not_eq; nra
        | match goal with
          | |- _ * _ <> 0 => apply Rmult_integral_contrapositive_currified; nonzero
          | |- _ ^ _ <> 0 => apply pow_nonzero; nonzero
          | |- context [exp _] => apply Rlt_not_eq; by_exponentials
          end ].
Ltac logs := repeat first [ rewrite ln_mult by pos | rewrite ln_Rinv by pos | rewrite ln_exp | rewrite ln_1 ].
Ltac side := solve [ assumption | lia | lra | pos ].

(** The premises about a term. *)
Ltac by_premise := match goal with D : forall _, _ |- _ => solve [ apply D; side ] end.
Ltac domain u :=
  try (let K := fresh "Known" in assert (K : 0 < u) by by_premise);
  try (let K := fresh "Known" in assert (K : u < 1) by by_premise).
Ltac carry R :=
  lazymatch type of R with ?u = ?v =>
    try (let K := fresh "Known" in assert (K : 0 < v) by (rewrite <- R; assumption));
    try (let K := fresh "Known" in assert (K : v < 1) by (rewrite <- R; assumption))
  end.
Ltac is_number v :=
  lazymatch v with IZR _ => idtac | - ?u => is_number u | ?u / ?w => is_number u; is_number w | INR ?n => idtac end.
Ltac values := repeat match goal with D : _ _ = ?v |- _ => is_number v; progress rewrite D end.

(** The two operators differ in their bodies alone; a derivative at x knows what is near x. *)
Lemma Derive_above f g (l x : R) : l < x -> (forall y, l < y -> f y = g y) -> Derive f x = Derive g x.
Proof. intros Hx H. apply Derive_ext_loc. apply (filter_imp (fun y => l < y)); [auto|]. now apply (open_gt l). Qed.
Lemma Derive_between f g (l h x : R) :
  l < x -> x < h -> (forall y, l < y -> y < h -> f y = g y) -> Derive f x = Derive g x.
Proof.
  intros Hl Hh H. apply Derive_ext_loc. apply (filter_imp (fun y => l < y /\ y < h)); [intros y []; auto|].
  apply filter_and; [now apply (open_gt l) | now apply (open_lt h)].
Qed.
Lemma RInt_up (f g : R -> R) a b : a <= b -> (forall x, a < x -> x < b -> f x = g x) -> RInt f a b = RInt g a b.
Proof. intros Hab H. apply RInt_ext. intros x. rewrite Rmin_left, Rmax_right by easy. intros []; auto. Qed.

Ltac same_bodies v :=
  let y := fresh v "_out" in try rename v into y;
  first
  [ apply RInt_up; [ first [ lra | left; pos ] | intros v ? ? ]
  | apply RInt_ext; intros v ?
  | match goal with B : ?x < 1, D : 0 < ?x |- Derive _ ?x = Derive _ ?x =>
      apply (Derive_between _ _ 0 1 x D B); clear D B; intros v ? ? end
  | match goal with D : 0 < ?x |- Derive _ ?x = Derive _ ?x => apply (Derive_above _ _ 0 x D); clear D; intros v ? end
  | f_equal; extensionality v ].

(** The two sides have one form, but for what premises say. *)
Ltac cong :=
  first
  [ reflexivity
  | match goal with |- @eq nat _ _ => lia end
  | match goal with H : forall _, _ |- ?a = _ => etransitivity; [ solve [ apply H; side ] | solve [ cong ] ] end
  | match goal with H : _ = _ |- ?a = _ => etransitivity; [ solve [ apply H ] | solve [ cong ] ] end
  | solve [ apply sum_ext; let i := fresh in let j := fresh in intros i j; apply in_times in j; cong ]
  | solve [ apply prod_ext; let i := fresh in let j := fresh in intros i j; apply in_times in j; cong ]
  | solve [ progress f_equal; cong ]
  | match goal with
    | |- @eq (_ -> _) _ _ => let v := fresh in extensionality v; solve [ cong ]
    | |- Derive _ _ = Derive _ _ => let v := fresh in same_bodies v; solve [ cong ]
    | |- RInt _ _ _ = RInt _ _ _ => let v := fresh in same_bodies v; solve [ cong ]
    end
  | match goal with |- @eq R _ _ => solve [ rewrite ?plus_INR; cbn [INR]; first [ lra | field; nonzero ] ] end ].

(** A fact at other indices than those that it is stated with, such as t + 1 for t where t - 1 becomes t. *)
Ltac by_fact H :=
  intros; eapply eq_trans; [ | eapply eq_trans; [ eapply H | ] ];
  match goal with |- _ = _ => cong | _ => side end.
(** What a step cites is what it says. *)
Ltac cited :=
  match goal with
  | H : _ |- _ => solve [ apply H; side ]
  | H : _ |- _ => solve [ symmetry; apply H; side ]
  end.

Lemma prod_back a b f : (a <= b)%nat -> (1 <= b)%nat -> prod (times a b) f = prod (times a (b - 1)) f * f b.
Proof.
  intros H P. destruct b as [|b]; [lia|].
  replace (S b - 1)%nat with b by lia. rewrite times_last, prod_app by lia. cbn [prod]. ring.
Qed.
Lemma sum_back a b f : (a <= b)%nat -> (1 <= b)%nat -> sum (times a b) f = sum (times a (b - 1)) f + f b.
Proof.
  intros H P. destruct b as [|b]; [lia|].
  replace (S b - 1)%nat with b by lia. rewrite times_last, sum_app by lia. cbn [sum]. ring.
Qed.
Lemma prod_on a b k f : (a <= b + S k)%nat -> prod (times a (b + S k)) f = prod (times a (b + k)) f * f (b + S k)%nat.
Proof. intros H. rewrite prod_back by lia. now replace (b + S k - 1)%nat with (b + k)%nat by lia. Qed.
Lemma sum_on a b k f : (a <= b + S k)%nat -> sum (times a (b + S k)) f = sum (times a (b + k)) f + f (b + S k)%nat.
Proof. intros H. rewrite sum_back by lia. now replace (b + S k - 1)%nat with (b + k)%nat by lia. Qed.

Ltac by_range :=
  match goal with
  | H : forall _, _ |- ?a = _ => solve [ apply H; side ]
  | H : forall _, _ |- ?a = _ => rewrite H by side; values; solve [ reflexivity | cbn; values; reflexivity | cbn; values; ring ]
  | H : forall _, _ |- ?a = _ => rewrite !H by side; solve [ reflexivity ]
  | H : forall _, _ |- ?a = _ => rewrite !H by side; unfold times; cbn [seq Nat.sub prod sum Nat.add]; solve [ ring ]
  | H : forall _, _ |- ?a = _ =>
    rewrite !H by side;
    repeat first [ rewrite prod_on by lia | rewrite sum_on by lia | rewrite Nat.add_0_r ];
    first [ solve [ reflexivity | ring ]
          | first [ rewrite prod_back by lia | rewrite sum_back by lia ]; rewrite <- ?Nat.sub_add_distr; cbn [Nat.add]; solve [ reflexivity | ring ]
          | do 2 (first [ rewrite prod_back by lia | rewrite sum_back by lia ]); rewrite <- ?Nat.sub_add_distr; cbn [Nat.add]; solve [ reflexivity | ring ] ]
  end.
