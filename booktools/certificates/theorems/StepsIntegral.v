(** * What the certificates of integrals over intervals use

    Integrals by an antiderivative and by substitution, and the distribution function of the standard normal law. *)

From Coq Require Import Reals Lia Lra FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Calculus Line Bell Gaussian Steps.
Open Scope R_scope.

Lemma smooth_derive f x : smooth f -> ex_derive f x.
Proof. intros (d & <- & H). eexists. apply (H 0%nat). Qed.

(** ** Integrals over intervals *)

Lemma by_antiderivative (F f : R -> R) a b : a <= b ->
  (forall x, a <= x <= b -> is_derive F x (f x)) -> (forall x, a <= x <= b -> ex_derive f x) ->
  RInt f a b = F b - F a.
Proof.
  intros H D C. apply is_RInt_unique, (is_RInt_derive F f); rewrite Rmin_left, Rmax_right by lra; auto.
  intros x Hx. now apply (ex_derive_continuous f), C.
Qed.

(** A linear function that is positive at both ends is positive between them. *)
Lemma between_ends d e a b x : a <= x <= b -> 0 < d + e * a -> 0 < d + e * b -> 0 < d + e * x.
Proof. intros. destruct (Rle_dec 0 e); nra. Qed.

Lemma stretch (f : R -> R) k c : (forall v, 0 <= v <= 1 -> continuous f (k * v + c)) ->
  RInt f c (k + c) = RInt (fun v => k * f (k * v + c)) 0 1.
Proof.
  intros C. assert (Ends : k + c = k * 1 + c /\ c = k * 0 + c) by (split; ring). destruct Ends as [E1 E2].
  rewrite E1, E2 at 1. rewrite <- (RInt_comp_lin f k c 0 1); [reflexivity|].
  apply (ex_RInt_continuous (V := R_CompleteNormedModule)). intros z Hz.
  destruct (Req_dec k 0) as [->|Hk].
  - replace z with (0 * 0 + c); [apply C; lra|]. rewrite !Rmult_0_l, Rmin_left, Rmax_left in Hz by lra. lra.
  - replace z with (k * ((z - c) / k) + c) by (field; auto). apply C.
    destruct (Rle_dec 0 k); [rewrite Rmin_left, Rmax_right in Hz by lra|rewrite Rmin_right, Rmax_left in Hz by lra].
    + split; [apply Rdiv_le_0_compat; lra|]. apply (Rmult_le_reg_r k); [lra|]. field_simplify; lra.
    + replace ((z - c) / k) with ((c - z) / - k) by (field; auto).
      split; [apply Rdiv_le_0_compat; lra|]. apply (Rmult_le_reg_r (- k)); [lra|]. field_simplify; lra.
Qed.

(** The variable u = k v of an integral from 0 to k; what is equal after that is split by linearity. *)
Lemma substituted (f g r : R -> R) k c :
  (forall v, 0 <= v <= 1 -> k * f (k * v) = k * g (k * v) + c * r v) ->
  (forall u, continuous f u) -> (forall u, continuous g u) -> (forall v, continuous r v) ->
  RInt f 0 k = RInt g 0 k + c * RInt r 0 1.
Proof.
  intros E Cf Cg Cr.
  assert (flat : forall h, (forall u, continuous h u) -> RInt h 0 k = RInt (fun v => k * h (k * v)) 0 1).
  { intros h Ch. rewrite <- (Rplus_0_r k) at 1. rewrite stretch by auto. apply RInt_ext. intros. do 2 f_equal. ring. }
  assert (Ck : forall h, (forall u, continuous h u) -> ex_RInt (fun v => k * h (k * v)) 0 1).
  { intros h Ch. apply (ex_RInt_continuous (V := R_CompleteNormedModule)). intros z _.
    apply (continuous_mult (K := R_AbsRing) (fun _ => k)); [apply continuous_const|].
    apply (continuous_comp (fun v => k * v) h); auto.
    apply (continuous_mult (K := R_AbsRing) (fun _ => k)); [apply continuous_const|apply continuous_id]. }
  assert (Ir : ex_RInt r 0 1) by (apply (ex_RInt_continuous (V := R_CompleteNormedModule)); auto).
  rewrite (flat f), (flat g) by auto.
  replace (c * RInt r 0 1) with (RInt (fun v => c * r v) 0 1) by apply (RInt_scal r 0 1 c Ir).
  rewrite <- (RInt_plus (fun v => k * g (k * v)) (fun v => c * r v)); auto.
  - apply RInt_ext. rewrite Rmin_left, Rmax_right by lra. intros v Hv. apply E. lra.
  - apply (ex_RInt_scal r 0 1 c Ir).
Qed.

(** The same with u = k (1 - v). *)
Lemma mirrored (f : R -> R) k : (forall u, continuous f u) -> RInt f 0 k = RInt (fun u => f (k - u)) 0 k.
Proof.
  intros C. rewrite <- (opp_RInt_swap f k 0) by (apply (ex_RInt_continuous (V := R_CompleteNormedModule)); auto).
  replace (RInt f k 0) with (RInt f (-1 * 0 + k) (-1 * k + k)) by (f_equal; ring).
  rewrite <- (RInt_comp_lin f (-1) k 0 k).
  - rewrite <- RInt_opp.
    + apply RInt_ext. intros x _. unfold scal, opp. cbn. unfold mult. cbn.
      replace (-1 * x + k) with (k - x) by ring. ring.
    + apply (ex_RInt_comp_lin f). apply (ex_RInt_continuous (V := R_CompleteNormedModule)); auto.
  - apply (ex_RInt_continuous (V := R_CompleteNormedModule)); auto.
Qed.

Lemma substituted_back (f g r : R -> R) k c :
  (forall v, 0 <= v <= 1 -> k * f (k * (1 - v)) = k * g (k * (1 - v)) + c * r v) ->
  (forall u, continuous f u) -> (forall u, continuous g u) -> (forall v, continuous r v) ->
  RInt f 0 k = RInt g 0 k + c * RInt r 0 1.
Proof.
  intros E Cf Cg Cr. rewrite (mirrored f), (mirrored g) by auto.
  assert (C : forall h : R -> R, (forall u, continuous h u) -> forall u, continuous (fun u : R => h (k - u)) u).
  { intros h Ch u. apply (continuous_comp (fun u => k - u) h); auto.
    apply (continuous_minus (fun _ => k) (fun u => u)); [apply continuous_const|apply continuous_id]. }
  apply substituted; auto. intros v Hv. replace (k - k * v) with (k * (1 - v)) by ring. auto.
Qed.

(** Both sides are functions of v alone, once the places are the same at which an arbitrary function is taken. *)
Ltac same_places k v :=
  cbv beta; unfold Rminus;
  repeat match goal with S : smooth ?r |- context [?r ?x] => progress (replace x with (k * v) by ring) end; ring.

(** Continuous, because it has a derivative. *)
Ltac flows :=
  intros; apply (ex_derive_continuous (V := R_NormedModule)); auto_derive; repeat split; auto using smooth_derive.

(** ** The distribution function *)

Definition raised (mu s x : R) : R := / sqrt (2 * PI) * area ((x - mu) / s).

Lemma raised_derive mu s x : 0 < s -> is_derive (raised mu s) x (normal x mu (s ^ 2)).
Proof.
  intros Hs. rewrite normal_from_bell by auto. unfold raised.
  apply (is_derive_scal (fun x => area ((x - mu) / s)) x (/ sqrt (2 * PI)) (/ s * bell (- mu / s + / s * x))).
  replace (- mu / s + / s * x) with ((x - mu) / s) by (field; lra).
  apply (is_derive_comp area (fun x => (x - mu) / s)); [apply area_derive|]. auto_derive; auto. field. lra.
Qed.

Lemma roots_of_pi : / sqrt (2 * PI) * sqrt (PI / 2) = 1 / 2.
Proof.
  assert (P := PI_RGT_0). replace (2 * PI) with (2 ^ 2 * (PI / 2)) by field.
  rewrite sqrt_mult, sqrt_pow2 by lra. field. apply Rgt_not_eq, sqrt_lt_R0. lra.
Qed.

Lemma raised_high mu s : 0 < s -> is_lim (raised mu s) p_infty (1 / 2).
Proof.
  intros Hs. rewrite <- roots_of_pi. apply is_lim_scale.
  apply (is_lim_comp area (fun x => (x - mu) / s) p_infty (sqrt (PI / 2)) p_infty); [apply half_area| |].
  - apply is_lim_spec. intros M. exists (s * M + mu). intros x Hx. apply (Rmult_lt_reg_r s); auto. field_simplify; lra.
  - exists 0. discriminate.
Qed.

Lemma raised_low mu s : 0 < s -> is_lim (raised mu s) m_infty (- (1 / 2)).
Proof.
  intros Hs. apply is_lim_mirror, (is_lim_ext (fun x => -1 * raised (- mu) s x)).
  - intros x. unfold raised. replace ((- x - mu) / s) with (- ((x - - mu) / s)) by (field; lra). rewrite area_odd. ring.
  - replace (- (1 / 2)) with (-1 * (1 / 2)) by field. now apply is_lim_scale, raised_high.
Qed.

Lemma raised_integral mu s Fa Fb {HFa : ProperFilter Fa} {HFb : ProperFilter Fb} a b : 0 < s ->
  filterlim (raised mu s) Fa (locally a) -> filterlim (raised mu s) Fb (locally b) ->
  RInt_gen (fun u => normal u mu (s ^ 2)) Fa Fb = b - a.
Proof.
  intros Hs Ha Hb. assert (E : Derive (raised mu s) = fun u => normal u mu (s ^ 2)).
  { extensionality u. now apply is_derive_unique, raised_derive. }
  assert (0 < s ^ 2) by nra.
  apply (is_RInt_gen_unique (V := R_CompleteNormedModule) (fun u => normal u mu (s ^ 2)) (b - a)). rewrite <- E.
  refine (is_RInt_gen_Derive (raised mu s) a b _ _ Ha Hb); apply filter_forall; intros ab x _.
  - exists (normal x mu (s ^ 2)). now apply raised_derive.
  - rewrite E. now apply normal_continuous.
Qed.

Lemma filterlim_here (f : R -> R) x : filterlim f (at_point x) (locally (f x)).
Proof. intros P HP. exact (locally_singleton (f x) P HP). Qed.

Lemma Phi_is x : Phi x = raised 0 1 x + 1 / 2.
Proof.
  unfold Phi. replace (fun z => normal z 0 1) with (fun z => normal z 0 (1 ^ 2)) by (extensionality z; f_equal; ring).
  rewrite (raised_integral 0 1 _ _ (- (1 / 2)) (raised 0 1 x)); try lra; [apply raised_low; lra|apply filterlim_here].
Qed.

Lemma raised_is mu s x : raised mu s x = raised 0 1 ((x - mu) / s).
Proof. unfold raised. set (z := (x - mu) / s). do 2 f_equal. field. Qed.

Lemma Phi_derive x : is_derive Phi x (normal x 0 1).
Proof.
  apply (is_derive_ext (fun x => raised 0 1 x + 1 / 2)); [intros; symmetry; apply Phi_is|].
  rewrite <- (Rplus_0_r (normal x 0 1)).
  apply (is_derive_plus (raised 0 1) (fun _ => 1 / 2)); [|apply (is_derive_const (1 / 2))].
  replace 1 with (1 ^ 2) at 2 by ring. apply raised_derive. lra.
Qed.

Lemma normal_between mu s a b : 0 < s ->
  RInt (fun u => normal u mu (s ^ 2)) a b = Phi ((b - mu) / s) - Phi ((a - mu) / s).
Proof.
  intros Hs. assert (0 < s ^ 2) by nra. rewrite !Phi_is, <- !raised_is.
  replace (raised mu s b + 1 / 2 - (raised mu s a + 1 / 2)) with (raised mu s b - raised mu s a) by ring.
  apply is_RInt_unique, (is_RInt_derive (raised mu s)); intros x _.
  - now apply raised_derive.
  - now apply normal_continuous.
Qed.

Lemma normal_below mu s b : 0 < s ->
  RInt_gen (fun u => normal u mu (s ^ 2)) (Rbar_locally m_infty) (at_point b) = Phi ((b - mu) / s).
Proof.
  intros Hs. rewrite Phi_is, <- raised_is.
  rewrite (raised_integral mu s _ _ (- (1 / 2)) (raised mu s b)); auto; [lra|now apply raised_low|apply filterlim_here].
Qed.

Lemma Phi_mirror x : Phi (- x) = 1 - Phi x.
Proof.
  rewrite !Phi_is. unfold raised. replace ((- x - 0) / 1) with (- ((x - 0) / 1)) by field. rewrite area_odd. field.
  apply Rgt_not_eq, sqrt_lt_R0, two_pi_pos.
Qed.

Lemma normal_above mu s a : 0 < s ->
  RInt_gen (fun u => normal u mu (s ^ 2)) (at_point a) (Rbar_locally p_infty) = Phi ((mu - a) / s).
Proof.
  intros Hs. replace ((mu - a) / s) with (- ((a - mu) / s)) by (field; lra). rewrite Phi_mirror, Phi_is, <- raised_is.
  rewrite (raised_integral mu s _ _ (raised mu s a) (1 / 2)); auto; [lra|apply filterlim_here|now apply raised_high].
Qed.

Lemma Phi_zero : Phi 0 = 1 / 2.
Proof. assert (H := Phi_mirror 0). rewrite Ropp_0 in H. lra. Qed.
