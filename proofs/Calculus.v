(** * Derivatives, integrals over an interval, limits

    The rules of calculus in the form that the book uses, with the derivative and the integral of Coquelicot:
    [is_derive f x l]  f has the slope l at x;   [is_RInt f a b l]  the integral of f from a to b is l. *)

From Coq Require Import Reals List Lia Lra.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums.
Import ListNotations.
Open Scope R_scope.

(** ** Derivatives *)

Theorem derivative_linear (f g : R -> R) (a b x df dg : R) : is_derive f x df -> is_derive g x dg ->
  is_derive (fun y => a * f y + b * g y) x (a * df + b * dg).
Proof.
  intros Hf Hg. apply (is_derive_plus (fun y => a * f y) (fun y => b * g y)); now apply is_derive_scal.
Qed.

Theorem derivative_product (f g : R -> R) (x df dg : R) : is_derive f x df -> is_derive g x dg ->
  is_derive (fun y => f y * g y) x (df * g x + f x * dg).
Proof. intros Hf Hg. apply (is_derive_mult f g); auto. intros; apply Rmult_comm. Qed.

Theorem derivative_quotient (f g : R -> R) (x df dg : R) : is_derive f x df -> is_derive g x dg -> g x <> 0 ->
  is_derive (fun y => f y / g y) x ((df * g x - f x * dg) / g x ^ 2).
Proof. intros Hf Hg H. now apply is_derive_div. Qed.

Theorem derivative_chain (f g : R -> R) (x df dg : R) : is_derive f (g x) df -> is_derive g x dg ->
  is_derive (fun y => f (g y)) x (df * dg).
Proof.
  intros Hf Hg. rewrite Rmult_comm. apply (is_derive_comp f g); auto.
Qed.

Theorem derivative_exp (x : R) : is_derive exp x (exp x).
Proof. apply is_derive_exp. Qed.

Theorem derivative_ln (x : R) : 0 < x -> is_derive ln x (/ x).
Proof. apply is_derive_ln. Qed.

Theorem derivative_sqrt (x : R) : 0 < x -> is_derive sqrt x (/ (2 * sqrt x)).
Proof.
  intros H. auto_derive; auto. field. now apply Rgt_not_eq, sqrt_lt_R0.
Qed.

Theorem derivative_log (f : R -> R) (x df : R) : is_derive f x df -> 0 < f x ->
  is_derive (fun y => ln (f y)) x (df / f x).
Proof.
  intros Hf H. replace (df / f x) with (/ f x * df) by (unfold Rdiv; ring).
  apply derivative_chain; auto. now apply is_derive_ln.
Qed.

(** A derivative and a finite sum may be exchanged. *)
Theorem derivative_sum {A} (l : list A) (f : A -> R -> R) (df : A -> R) (x : R) :
  (forall a, In a l -> is_derive (f a) x (df a)) -> is_derive (fun y => sum l (fun a => f a y)) x (sum l df).
Proof.
  induction l as [|a l IH]; intros H; cbn.
  - apply (is_derive_const 0).
  - apply (is_derive_plus (f a) (fun y => sum l (fun b => f b y))); auto using in_eq, in_cons.
Qed.

(** ** Integrals *)

(** The integral of a derivative is the difference at the ends. *)
Theorem fundamental_theorem (f df : R -> R) (a b : R) :
  (forall x, Rmin a b <= x <= Rmax a b -> is_derive f x (df x)) ->
  (forall x, Rmin a b <= x <= Rmax a b -> continuous df x) -> is_RInt df a b (f b - f a).
Proof. intros. now apply (is_RInt_derive f). Qed.

(** The slope of an integral is the integrand at its end. *)
Theorem derivative_of_integral (f : R -> R) (a x : R) : (forall y, continuous f y) ->
  is_derive (fun y => RInt f a y) x (f x).
Proof.
  intros H. apply (is_derive_RInt f _ a); auto. apply filter_forall. intros y.
  apply (RInt_correct f). apply ex_RInt_continuous. auto.
Qed.

(** The integral of f(g(x)) g'(x) is that of f between g(a) and g(b). *)
Theorem substitution (f g dg : R -> R) (a b : R) :
  (forall x, continuous f x) -> (forall x, is_derive g x (dg x)) -> (forall x, continuous dg x) ->
  is_RInt (fun x => dg x * f (g x)) a b (RInt f (g a) (g b)).
Proof. intros Hf Hg Hdg. apply (is_RInt_comp f g dg); auto. Qed.

(** The integral of f' g is f g at the ends, less the integral of f g'. *)
Theorem integration_by_parts (f g df dg : R -> R) (a b l : R) :
  (forall x, is_derive f x (df x)) -> (forall x, is_derive g x (dg x)) ->
  (forall x, continuous df x) -> (forall x, continuous dg x) ->
  is_RInt (fun x => f x * dg x) a b l ->
  is_RInt (fun x => df x * g x) a b (f b * g b - f a * g a - l).
Proof.
  intros Hf Hg Hdf Hdg Hl.
  assert (Cf : forall x, continuous f x).
  { intros x. apply (ex_derive_continuous f). now exists (df x). }
  assert (Cg : forall x, continuous g x).
  { intros x. apply (ex_derive_continuous g). now exists (dg x). }
  assert (Hprod : is_RInt (fun x => df x * g x + f x * dg x) a b (f b * g b - f a * g a)).
  { apply (fundamental_theorem (fun x => f x * g x)).
    - intros x _. now apply derivative_product.
    - intros x _. apply (continuous_plus (fun x => df x * g x)); now apply (continuous_mult (K := R_AbsRing)). }
  apply (is_RInt_ext (fun x => minus (df x * g x + f x * dg x) (f x * dg x))).
  - intros x _. unfold minus, plus, opp. cbn. ring.
  - now apply (is_RInt_minus (fun x => df x * g x + f x * dg x)).
Qed.

(** ** Limits *)

(** (1 - c/T)^T tends to exp(-c). *)
Theorem limit (c : R) : is_lim_seq (fun T => (1 - c / INR T) ^ T) (exp (- c)).
Proof.
  destruct (Req_dec c 0) as [->|Hc].
  { apply (is_lim_seq_ext (fun _ => 1)).
    - intros T. unfold Rdiv. rewrite Rmult_0_l, Rminus_0_r. now rewrite pow1.
    - rewrite Ropp_0, exp_0. apply is_lim_seq_const. }
  set (y := fun T => - c * / INR T).
  assert (Hinv : is_lim_seq (fun T => / INR T) 0).
  { apply (is_lim_seq_inv INR p_infty); [apply is_lim_seq_INR|discriminate]. }
  assert (Hy : is_lim_seq y 0).
  { replace (Finite 0) with (Rbar_mult (- c) 0) by (cbn; f_equal; ring). now apply is_lim_seq_scal_l. }
  assert (Hratio : is_lim_seq (fun T => ln (1 + y T) / y T) 1).
  { apply (is_lim_comp_seq (fun z => ln (1 + z) / z) y 0 1); auto; [apply is_lim_div_ln1p_0|].
    exists 1%nat. intros T HT E. injection E. unfold y. intros E0.
    apply Rmult_integral in E0 as [E0|E0]; [lra|].
    apply lt_0_INR, Rinv_0_lt_compat in HT. lra. }
  assert (Hlog : is_lim_seq (fun T => - c * (ln (1 + y T) / y T)) (- c)).
  { replace (Finite (- c)) with (Rbar_mult (- c) 1) by (cbn; f_equal; ring). now apply is_lim_seq_scal_l. }
  apply (is_lim_seq_ext_loc (fun T => exp (- c * (ln (1 + y T) / y T)))).
  - apply is_lim_seq_spec in Hy. destruct (Hy (mkposreal 1 Rlt_0_1)) as [n Hn]. cbn in Hn.
    exists (S n). intros T HT. specialize (Hn T ltac:(lia)). rewrite Rminus_0_r in Hn. apply Rabs_def2 in Hn.
    assert (HT0 : 0 < INR T) by (apply lt_0_INR; lia).
    rewrite <- Rpower_pow.
    + unfold Rpower. f_equal. unfold y in *. replace (1 - c / INR T) with (1 + - c * / INR T) by (field; lra).
      field. lra.
    + unfold y in Hn. unfold Rdiv. lra.
  - apply (is_lim_seq_continuous exp); auto. apply derivable_continuous_pt, derivable_pt_exp.
Qed.
