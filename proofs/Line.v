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

Lemma square_zero (h : R -> R) : (forall x, continuous h x) -> line (fun x => h x * h x) 0 -> forall x, h x = 0.
Proof.
  intros Hh Hl x. destruct (Req_dec (h x) 0) as [|Hx]; auto. exfalso.
  assert (Hpos : 0 < h x * h x) by (apply Rlt_0_sqr in Hx; exact Hx).
  assert (Hc : forall y, continuous (fun y => h y * h y) y) by (intros y; now apply (continuous_mult (K := R_AbsRing))).
  (* near x the square stays above half of its value *)
  assert (Hhalf : 0 < h x * h x / 2) by lra.
  destruct (Hc x (ball (h x * h x) (mkposreal _ Hhalf)) (locally_ball _ _)) as [delta Hnear].
  assert (Hd := cond_pos delta).
  assert (Hlow : forall y, x - delta / 2 < y < x + delta / 2 -> h x * h x / 2 <= h y * h y).
  { intros y Hy. assert (B : ball x delta y).
    { change (Rabs (y - x) < delta). apply Rabs_def1; lra. }
    specialize (Hnear y B). change (Rabs (h y * h y - h x * h x) < h x * h x / 2) in Hnear. apply Rabs_def2 in Hnear. lra. }
  assert (Heps : 0 < delta * (h x * h x / 2)) by (apply Rmult_lt_0_compat; lra).
  destruct (Hl (ball 0 (mkposreal _ Heps)) (locally_ball _ _)) as [Q1 Q2 [M1 H1] [M2 H2] HQ].
  set (a := Rmin M1 (x - delta / 2) - 1). set (b := Rmax M2 (x + delta / 2) + 1).
  assert (Ha : a < M1 /\ a < x - delta / 2).
  { unfold a. assert (E1 := Rmin_l M1 (x - delta / 2)). assert (E2 := Rmin_r M1 (x - delta / 2)). lra. }
  assert (Hb : M2 < b /\ x + delta / 2 < b).
  { unfold b. assert (E1 := Rmax_l M2 (x + delta / 2)). assert (E2 := Rmax_r M2 (x + delta / 2)). lra. }
  destruct (HQ a b (H1 a (proj1 Ha)) (H2 b (proj1 Hb))) as (l & Hint & Hsmall).
  cbn in Hint. change (Rabs (l - 0) < delta * (h x * h x / 2)) in Hsmall. apply Rabs_def2 in Hsmall.
  assert (Hi : forall u v, ex_RInt (fun y => h y * h y) u v) by (intros u v; apply (ex_RInt_continuous (V := R_CompleteNormedModule)); auto).
  assert (Hsq : forall u v, u <= v -> 0 <= RInt (fun y => h y * h y) u v).
  { intros u v Huv. apply RInt_ge_0; auto. intros y _. apply Rle_0_sqr. }
  assert (Hmid : delta * (h x * h x / 2) <= RInt (fun y => h y * h y) (x - delta / 2) (x + delta / 2)).
  { replace (delta * (h x * h x / 2)) with (RInt (fun _ => h x * h x / 2) (x - delta / 2) (x + delta / 2)).
    - apply RInt_le; [lra|apply ex_RInt_const|auto|auto].
    - rewrite RInt_const. unfold scal. cbn. unfold mult. cbn. field. }
  assert (split : forall u v c, RInt (fun y => h y * h y) u v + RInt (fun y => h y * h y) v c
    = RInt (fun y => h y * h y) u c).
  { intros u v c. apply (RInt_Chasles (fun y => h y * h y)); auto. }
  assert (whole : RInt (fun y => h y * h y) a b = l) by (apply is_RInt_unique; exact Hint).
  assert (L := Hsq a (x - delta / 2) ltac:(lra)). assert (U := Hsq (x + delta / 2) b ltac:(lra)).
  assert (E1 := split a (x - delta / 2) (x + delta / 2)). assert (E2 := split a (x + delta / 2) b). lra.
Qed.

(** Two functions that have the same integral with every function of a class, to which their difference belongs, agree. *)
Theorem test_functions (A B : R -> R) (tame : (R -> R) -> Prop) :
  (forall x, continuous A x) -> (forall x, continuous B x) -> tame (fun x => A x - B x) ->
  (forall phi, tame phi -> exists l, line (fun x => phi x * A x) l /\ line (fun x => phi x * B x) l) ->
  forall x, A x = B x.
Proof.
  intros HA HB Ht Hall x. destruct (Hall _ Ht) as (l & Hl & Hm).
  apply Rminus_diag_uniq. apply (square_zero (fun y => A y - B y)).
  - intros y. now apply (continuous_minus A B).
  - apply (line_is _ (1 * l + -1 * l)); [ring|].
    apply (line_ext (fun y => 1 * ((A y - B y) * A y) + -1 * ((A y - B y) * B y))); [intros; ring|].
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
