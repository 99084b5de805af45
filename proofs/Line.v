(** * Integrals over the whole line

    [line f l] says that the integral of f over the real line is l.
    Proved here: linearity, the integral of a derivative, substitution, integration by parts. *)

From Coq Require Import Reals Lia Lra FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Calculus.
Open Scope R_scope.

Definition line (f : R -> R) (l : R) : Prop := is_RInt_gen f (Rbar_locally m_infty) (Rbar_locally p_infty) l.

Lemma line_ext (f g : R -> R) (l : R) : (forall x, f x = g x) -> line f l -> line g l.
Proof. intros H. refine (is_RInt_gen_ext f g l _). apply filter_forall. intros ab x _. apply H. Qed.

Lemma line_is (f : R -> R) (l m : R) : l = m -> line f l -> line f m.
Proof. now intros ->. Qed.

(** The integral of a sum is the sum of the integrals; constants come out. *)
Theorem linearity_of_integrals (f g : R -> R) (a b lf lg : R) : line f lf -> line g lg ->
  line (fun x => a * f x + b * g x) (a * lf + b * lg).
Proof.
  intros Hf Hg. apply (is_RInt_gen_plus (fun x => a * f x) (fun x => b * g x)).
  - now apply (is_RInt_gen_scal f a).
  - now apply (is_RInt_gen_scal g b).
Qed.

Lemma line_scale (f : R -> R) (a l : R) : line f l -> line (fun x => a * f x) (a * l).
Proof. intros H. now apply (is_RInt_gen_scal f a). Qed.

Lemma line_unique (f : R -> R) (l m : R) : line f l -> line f m -> l = m.
Proof.
  intros Hl Hm. rewrite <- (is_RInt_gen_unique f l Hl). now apply is_RInt_gen_unique.
Qed.

(** The integral of a derivative is the difference of the limits. *)
Theorem integral_of_derivative (F f : R -> R) (a b : R) :
  (forall x, is_derive F x (f x)) -> (forall x, continuous f x) -> is_lim F m_infty a -> is_lim F p_infty b ->
  line f (b - a).
Proof.
  intros HF Hf Ha Hb. apply (line_ext (Derive F)); [intros; now apply is_derive_unique|].
  assert (E : Derive F = f) by (extensionality x; now apply is_derive_unique).
  refine (is_RInt_gen_Derive F a b _ _ Ha Hb).
  - apply filter_forall. intros ab x _. now exists (f x).
  - apply filter_forall. intros ab x _. rewrite E. apply Hf.
Qed.

Lemma is_lim_scale (f : R -> R) (x : Rbar) (l a : R) :
  is_lim f x (Finite l) -> is_lim (fun y => a * f y) x (Finite (a * l)).
Proof. intros H. apply (is_lim_scal_l f a x l H). Qed.

(** A stretch and a shift: the integral of s f(m + s u) over u is that of f. *)
Theorem substitution_on_the_line (f : R -> R) (m s l : R) : 0 < s -> line f l -> line (fun u => s * f (m + s * u)) l.
Proof.
  intros Hs H. apply (line_ext (fun u => scal s (f (s * u + m)))).
  { intros u. unfold scal. cbn. unfold mult. cbn. f_equal. f_equal. ring. }
  intros P HP. destruct (H P HP) as [Q1 Q2 H1 H2 HQ].
  assert (inside : forall M x, (M - m) / s < x <-> M < s * x + m).
  { intros M x. replace M with (s * ((M - m) / s) + m) at 2 by (field; lra).
    split; intros Hx; [apply Rplus_lt_compat_r, Rmult_lt_compat_l; auto|].
    apply Rplus_lt_reg_r in Hx. now apply Rmult_lt_reg_l in Hx. }
  assert (outside : forall M x, x < (M - m) / s <-> s * x + m < M).
  { intros M x. replace M with (s * ((M - m) / s) + m) at 2 by (field; lra).
    split; intros Hx; [apply Rplus_lt_compat_r, Rmult_lt_compat_l; auto|].
    apply Rplus_lt_reg_r in Hx. now apply Rmult_lt_reg_l in Hx. }
  apply Filter_prod with (fun a => Q1 (s * a + m)) (fun b => Q2 (s * b + m)).
  - destruct H1 as [M HM]. exists ((M - m) / s). intros x Hx. now apply HM, outside.
  - destruct H2 as [M HM]. exists ((M - m) / s). intros x Hx. now apply HM, inside.
  - intros a b Ha Hb. destruct (HQ _ _ Ha Hb) as (y & Hy & Py). exists y. split; auto.
    now apply (is_RInt_comp_lin f s m a b).
Qed.

(** The integral of f' g is minus that of f g' if f g vanishes at both ends. *)
Theorem integration_by_parts_on_the_line (f g df dg : R -> R) (l : R) :
  (forall x, is_derive f x (df x)) -> (forall x, is_derive g x (dg x)) ->
  (forall x, continuous df x) -> (forall x, continuous dg x) ->
  is_lim (fun x => f x * g x) m_infty 0 -> is_lim (fun x => f x * g x) p_infty 0 ->
  line (fun x => f x * dg x) l -> line (fun x => df x * g x) (- l).
Proof.
  intros Hf Hg Hdf Hdg Hm Hp Hl.
  assert (Cf : forall x, continuous f x) by (intros x; apply (ex_derive_continuous f); now exists (df x)).
  assert (Cg : forall x, continuous g x) by (intros x; apply (ex_derive_continuous g); now exists (dg x)).
  assert (Hprod : line (fun x => df x * g x + f x * dg x) (0 - 0)).
  { apply (integral_of_derivative (fun x => f x * g x)); auto.
    - intros x. now apply derivative_product.
    - intros x. apply (continuous_plus (fun x => df x * g x)); now apply (continuous_mult (K := R_AbsRing)). }
  replace (- l) with (1 * (0 - 0) + -1 * l) by ring.
  apply (line_ext (fun x => 1 * (df x * g x + f x * dg x) + -1 * (f x * dg x))); [intros; ring|].
  now apply linearity_of_integrals.
Qed.

(** From here on, [line] is known by its rules alone. *)
Global Opaque line.

(** Integrate term by term. *)
Ltac term_by_term :=
  repeat match goal with
         | |- line (fun x => ?a * @?f x + ?b * @?g x) (?a * ?lf + ?b * ?lg) =>
             apply (linearity_of_integrals f g a b lf lg)
         | |- line (fun x => ?a * @?f x) (?a * ?lf) => apply (line_scale f a lf)
         end.
