(** * Derivatives, integrals over an interval, limits

    The rules of calculus in the form that the book uses, with the derivative and the integral of Coquelicot:
    [is_derive f x l]  f has the slope l at x;   [is_RInt f a b l]  the integral of f from a to b is l. *)

From Coq Require Import Reals List Lia Lra.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums.
Import ListNotations.
Open Scope R_scope.

(** ** Derivatives *)

(** (a f + b g)' = a f' + b g' *)
Theorem derivative_linear (f g : R -> R) (a b x df dg : R) : is_derive f x df -> is_derive g x dg ->
  is_derive (fun y => a * f y + b * g y) x (a * df + b * dg).
Proof.
  intros Hf Hg. apply (is_derive_plus (fun y => a * f y) (fun y => b * g y)); now apply is_derive_scal.
Qed.

(** (f g)' = f' g + f g' *)
Theorem derivative_product (f g : R -> R) (x df dg : R) : is_derive f x df -> is_derive g x dg ->
  is_derive (fun y => f y * g y) x (df * g x + f x * dg).
Proof. intros Hf Hg. apply (is_derive_mult f g); auto. intros; apply Rmult_comm. Qed.

(** (f / g)' = (f' g - f g') / g^2 *)
Theorem derivative_quotient (f g : R -> R) (x df dg : R) : is_derive f x df -> is_derive g x dg -> g x <> 0 ->
  is_derive (fun y => f y / g y) x ((df * g x - f x * dg) / g x ^ 2).
Proof. intros Hf Hg H. now apply is_derive_div. Qed.

(** The slope of f(g(x)) is f'(g(x)) g'(x). *)
Theorem derivative_chain (f g : R -> R) (x df dg : R) : is_derive f (g x) df -> is_derive g x dg ->
  is_derive (fun y => f (g y)) x (df * dg).
Proof.
  intros Hf Hg. rewrite Rmult_comm. apply (is_derive_comp f g); auto.
Qed.

(** exp' = exp *)
Theorem derivative_exp (x : R) : is_derive exp x (exp x).
Proof. apply is_derive_exp. Qed.

(** The slope of ln at x is 1/x. *)
Theorem derivative_ln (x : R) : 0 < x -> is_derive ln x (/ x).
Proof. apply is_derive_ln. Qed.

(** The slope of the root at x is 1/(2 sqrt x). *)
Theorem derivative_sqrt (x : R) : 0 < x -> is_derive sqrt x (/ (2 * sqrt x)).
Proof.
  intros H. auto_derive; auto. field. now apply Rgt_not_eq, sqrt_lt_R0.
Qed.

(** (ln f)' = f' / f *)
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

(** A derivative and an integral over an interval may be exchanged if the derivative is continuous in both variables. *)
Theorem exchange (f df : R -> R -> R) (a b x : R) :
  (forall u t, is_derive (fun z => f z t) u (df u t)) -> (forall u, ex_RInt (f u) a b) ->
  (forall u t, continuity_2d_pt df u t) ->
  is_derive (fun z => RInt (f z) a b) x (RInt (df x) a b).
Proof.
  intros Hd Hi Hc. rewrite (RInt_ext (df x) (fun t => Derive (fun u => f u t) x)).
  2:{ intros t _. symmetry. now apply is_derive_unique. }
  apply is_derive_RInt_param.
  - apply filter_forall. intros u t _. now exists (df u t).
  - intros t _. apply (continuity_2d_pt_ext df); auto. intros u v. symmetry. now apply is_derive_unique.
  - now apply filter_forall.
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

(** A Riemann sum: the mean of f at n equal steps tends to its integral from 0 to 1. *)
Theorem riemann_limit (f : R -> R) : (forall x, continuous f x) ->
  is_lim_seq (fun n => / INR n * sum (times 1 n) (fun s => f (INR s / INR n))) (RInt f 0 1).
Proof.
  intros Hf. set (F := fun x => RInt f 0 x).
  assert (HF : forall x, derivable_pt_lim F x (f x)).
  { intros x. apply is_derive_Reals. now apply derivative_of_integral. }
  assert (F0 : F 0 = 0) by (unfold F; apply (RInt_point 0 f)).
  apply is_lim_seq_spec. intros eps.
  destruct (unifcont_1d f 0 1 (fun x _ => Hf x) (pos_div_2 eps)) as [delta Hdelta].
  destruct (archimed_cor1 delta (cond_pos delta)) as (n0 & Hn0 & Hpos).
  exists n0. intros n Hn.
  assert (Hn_pos : 0 < INR n) by (apply lt_0_INR; lia).
  assert (Hsmall : / INR n < delta).
  { apply Rle_lt_trans with (/ INR n0); auto. apply Rinv_le_contravar; [apply lt_0_INR; lia|now apply le_INR]. }
  (* the integral is a sum over the steps *)
  assert (Hparts : RInt f 0 1 = sum (times 1 n) (fun s => F (INR s / INR n) - F (INR (s - 1) / INR n))).
  { destruct n as [|n]; [lia|]. rewrite (telescoping (fun s => F (INR s / INR (S n))) 0 n) by lia. cbn beta.
    replace (INR (S n) / INR (S n)) with 1 by (field; lra).
    replace (INR 0 / INR (S n)) with 0 by (change (INR 0) with 0; unfold Rdiv; ring). unfold F at 1. lra. }
  assert (step : forall s, In s (times 1 n) ->
    Rabs (/ INR n * f (INR s / INR n) - (F (INR s / INR n) - F (INR (s - 1) / INR n))) <= / INR n * (eps / 2)).
  { intros s Hs. apply in_times in Hs. destruct s as [|s]; [lia|]. replace (S s - 1)%nat with s by lia.
    assert (width : INR (S s) / INR n - INR s / INR n = / INR n) by (rewrite S_INR; field; lra).
    assert (Hlow : 0 <= INR s / INR n).
    { apply Rmult_le_pos; [apply pos_INR|]. left. now apply Rinv_0_lt_compat. }
    assert (Hhigh : INR (S s) / INR n <= 1).
    { apply (Rmult_le_reg_r (INR n)); auto. unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_l, Rmult_1_r by lra.
      apply le_INR. lia. }
    assert (Hinv := Rinv_0_lt_compat _ Hn_pos).
    destruct (MVT_cor2 F f (INR s / INR n) (INR (S s) / INR n)) as (c & Hc & Hbetween); [lra|auto|].
    rewrite Hc, width. replace (/ INR n * f (INR (S s) / INR n) - f c * / INR n)
      with (/ INR n * (f (INR (S s) / INR n) - f c)) by ring.
    rewrite Rabs_mult, (Rabs_pos_eq (/ INR n)) by lra. apply Rmult_le_compat_l; [lra|].
    apply Rnot_lt_le. intros far. apply (Hdelta c (INR (S s) / INR n)); try lra.
    - change (Rabs (INR (S s) / INR n - c) < delta). rewrite Rabs_pos_eq; lra.
    - intros near. change (Rabs (f (INR (S s) / INR n) - f c) < eps / 2) in near. lra. }
  change (Rabs (/ INR n * sum (times 1 n) (fun s => f (INR s / INR n)) - RInt f 0 1) < eps).
  rewrite Hparts, <- sum_scale, <- sum_minus.
  apply Rle_lt_trans with (sum (times 1 n) (fun _ => / INR n * (eps / 2))).
  - apply Rle_trans with (sum (times 1 n) (fun s =>
      Rabs (/ INR n * f (INR s / INR n) - (F (INR s / INR n) - F (INR (s - 1) / INR n))))).
    + apply Rabs_sum.
    + now apply sum_le.
  - assert (count : forall l : list nat, sum l (fun _ => / INR n * (eps / 2)) = INR (length l) * (/ INR n * (eps / 2))).
    { induction l as [|a l IH]; cbn [sum length]; [cbn; lra|]. rewrite IH, S_INR. ring. }
    rewrite count. unfold times. rewrite seq_length. replace (S n - 1)%nat with n by lia.
    replace (INR n * (/ INR n * (eps / 2))) with (eps / 2) by (field; lra).
    assert (E := cond_pos eps). lra.
Qed.

(** A Stieltjes sum: f at n steps, times what w gains in each, tends to the integral of f from w(0) to w(1). *)
Theorem stieltjes_limit (f w dw : R -> R) :
  (forall x, continuous f x) -> (forall x, is_derive w x (dw x)) -> (forall x, continuous dw x) ->
  is_lim_seq (fun n => sum (times 1 n) (fun s => f (w (INR s / INR n)) * (w (INR s / INR n) - w (INR (s - 1) / INR n))))
    (RInt f (w 0) (w 1)).
Proof.
  intros Hf Hw Hdw. set (F := fun x => RInt f (w 0) x).
  assert (HF : forall x, is_derive F x (f x)) by (intros x; now apply derivative_of_integral).
  assert (F0 : F (w 0) = 0) by (unfold F; apply (RInt_point (w 0) f)).
  assert (Hfw : forall x, continuous (fun u => f (w u)) x).
  { intros x. apply (continuous_comp w f); auto. apply (ex_derive_continuous w). now exists (dw x). }
  (* the slopes of w are bounded between 0 and 1 *)
  assert (HK : exists K, 0 < K /\ forall u, 0 <= u <= 1 -> Rabs (dw u) <= K).
  { destruct (continuity_ab_maj (fun u => Rabs (dw u)) 0 1) as (m & Hm & _); [lra| |].
    - intros u _. apply continuity_pt_filterlim. apply (continuous_comp dw Rabs); auto. apply continuous_Rabs.
    - exists (Rabs (dw m) + 1). assert (E := Rabs_pos (dw m)). split; [lra|]. intros u Hu. specialize (Hm u Hu). lra. }
  destruct HK as (K & HK & Hbound).
  apply is_lim_seq_spec. intros eps.
  assert (Hsmaller : 0 < eps / (2 * K)) by (assert (E := cond_pos eps); apply Rdiv_lt_0_compat; lra).
  destruct (unifcont_1d (fun u => f (w u)) 0 1 (fun x _ => Hfw x) (mkposreal _ Hsmaller)) as [delta Hdelta].
  destruct (archimed_cor1 delta (cond_pos delta)) as (n0 & Hn0 & Hpos).
  exists n0. intros n Hn.
  assert (Hn_pos : 0 < INR n) by (apply lt_0_INR; lia).
  assert (Hinv := Rinv_0_lt_compat _ Hn_pos).
  assert (Hsmall : / INR n < delta).
  { apply Rle_lt_trans with (/ INR n0); auto. apply Rinv_le_contravar; [apply lt_0_INR; lia|now apply le_INR]. }
  (* the integral is a sum over the steps *)
  assert (Hparts : RInt f (w 0) (w 1) = sum (times 1 n) (fun s => F (w (INR s / INR n)) - F (w (INR (s - 1) / INR n)))).
  { destruct n as [|n]; [lia|]. rewrite (telescoping (fun s => F (w (INR s / INR (S n)))) 0 n) by lia. cbn beta.
    replace (INR (S n) / INR (S n)) with 1 by (field; lra).
    replace (INR 0 / INR (S n)) with 0 by (change (INR 0) with 0; unfold Rdiv; ring). rewrite F0. unfold F. lra. }
  assert (step : forall s, In s (times 1 n) ->
    Rabs (f (w (INR s / INR n)) * (w (INR s / INR n) - w (INR (s - 1) / INR n))
          - (F (w (INR s / INR n)) - F (w (INR (s - 1) / INR n)))) <= / INR n * (eps / 2)).
  { intros s Hs. apply in_times in Hs. destruct s as [|s]; [lia|]. replace (S s - 1)%nat with s by lia.
    assert (width : INR (S s) / INR n - INR s / INR n = / INR n) by (rewrite S_INR; field; lra).
    assert (Hlow : 0 <= INR s / INR n).
    { apply Rmult_le_pos; [apply pos_INR|]. left. now apply Rinv_0_lt_compat. }
    assert (Hhigh : INR (S s) / INR n <= 1).
    { apply (Rmult_le_reg_r (INR n)); auto. unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_l, Rmult_1_r by lra.
      apply le_INR. lia. }
    set (here := f (w (INR (S s) / INR n))).
    destruct (MVT_cor2 (fun u => here * w u - F (w u)) (fun u => here * dw u - f (w u) * dw u)
      (INR s / INR n) (INR (S s) / INR n)) as (c & Hc & Hbetween); [lra| |].
    { intros u _. apply is_derive_Reals. apply (is_derive_minus (fun v => here * w v) (fun v => F (w v))).
      - now apply is_derive_scal.
      - now apply derivative_chain. }
    cbn beta in Hc. rewrite width in Hc.
    match goal with |- Rabs ?x <= _ => replace x with ((here - f (w c)) * dw c * / INR n) by (fold here; lra) end.
    rewrite !Rabs_mult, (Rabs_pos_eq (/ INR n)) by lra. rewrite (Rmult_comm (/ INR n)).
    apply Rmult_le_compat_r; [lra|]. replace (eps / 2) with (eps / (2 * K) * K) by (field; lra).
    apply Rmult_le_compat; try apply Rabs_pos; [|apply Hbound; lra].
    apply Rnot_lt_le. intros far. apply (Hdelta c (INR (S s) / INR n)); try lra.
    - change (Rabs (INR (S s) / INR n - c) < delta). rewrite Rabs_pos_eq; lra.
    - intros near. change (Rabs (f (w (INR (S s) / INR n)) - f (w c)) < eps / (2 * K)) in near. unfold here in far. lra. }
  match goal with |- Rabs (?x - _) < _ => change (Rabs (x - RInt f (w 0) (w 1)) < eps) end.
  rewrite Hparts, <- sum_minus.
  apply Rle_lt_trans with (sum (times 1 n) (fun _ => / INR n * (eps / 2))).
  - eapply Rle_trans; [apply Rabs_sum|]. now apply sum_le.
  - assert (count : forall l : list nat, sum l (fun _ => / INR n * (eps / 2)) = INR (length l) * (/ INR n * (eps / 2))).
    { induction l as [|a l IH]; cbn [sum length]; [cbn; lra|]. rewrite IH, S_INR. ring. }
    rewrite count. unfold times. rewrite seq_length. replace (S n - 1)%nat with n by lia.
    replace (INR n * (/ INR n * (eps / 2))) with (eps / 2) by (field; lra).
    assert (E := cond_pos eps). lra.
Qed.
