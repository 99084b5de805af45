(** * Gaussian diffusion, for every t

    The schedule alpha_1, alpha_2, ... lies between 0 and 1, and alpha_bar_t is the product of the first t.
    Proved here: the closed form of x_t given x_0, the posterior of x_{t-1}, the weight of L_{t-1} as a difference of
    two signal-to-noise ratios, the marginals of DDIM for every eta, and Tweedie's formula. *)

From Coq Require Import Reals List Lia Lra.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Calculus Line Bell Gaussian.
Import ListNotations.
Open Scope R_scope.

Lemma normal_shift y b m v : normal y (m + b) v = normal (y - b) m v.
Proof. unfold normal. do 4 f_equal. ring. Qed.

Section Schedule.
  Variable alpha : nat -> R.
  Hypothesis alpha_range : forall t, 0 < alpha t < 1.

  Definition alpha_bar (t : nat) : R := prod (times 1 t) alpha.

  Lemma alpha_bar_0 : alpha_bar 0 = 1. Proof. reflexivity. Qed.

  Lemma alpha_bar_step t : alpha_bar (S t) = alpha (S t) * alpha_bar t.
  Proof. unfold alpha_bar. rewrite times_last, prod_app by lia. cbn [prod]. ring. Qed.

  Lemma alpha_bar_pos t : 0 < alpha_bar t.
  Proof. apply prod_pos. intros; apply alpha_range. Qed.

  Lemma alpha_bar_below_one t : alpha_bar (S t) < 1.
  Proof.
    induction t as [|t IH]; rewrite alpha_bar_step.
    - rewrite alpha_bar_0. assert (R := alpha_range 1). lra.
    - assert (R := alpha_range (S (S t))). assert (P := alpha_bar_pos (S t)). nra.
  Qed.

  (** ** The closed form *)

  (** Means and variances that follow the steps, for all t. *)
  Theorem moment_recurrence (m V : nat -> R) :
    (forall t, m (S t) = sqrt (alpha (S t)) * m t) ->
    (forall t, V (S t) = alpha (S t) * V t + (1 - alpha (S t))) ->
    forall t, m t = sqrt (alpha_bar t) * m 0%nat /\ V t = alpha_bar t * V 0%nat + (1 - alpha_bar t).
  Proof.
    intros Hm HV t. induction t as [|t [IHm IHV]].
    - rewrite alpha_bar_0, sqrt_1. lra.
    - rewrite Hm, HV, IHm, IHV, alpha_bar_step. assert (R := alpha_range (S t)). assert (P := alpha_bar_pos t).
      rewrite sqrt_mult by lra. split; ring.
  Qed.

  Lemma one_more_step t : sqrt (alpha (S t)) ^ 2 * (1 - alpha_bar t) + (1 - alpha (S t)) = 1 - alpha_bar (S t).
  Proof. assert (R := alpha_range (S t)). rewrite pow2_sqrt, alpha_bar_step by lra. ring. Qed.

  Lemma shares_multiply t x_0 : sqrt (alpha (S t)) * (sqrt (alpha_bar t) * x_0) = sqrt (alpha_bar (S t)) * x_0.
  Proof.
    assert (R := alpha_range (S t)). assert (P := alpha_bar_pos t).
    rewrite alpha_bar_step, sqrt_mult by lra. ring.
  Qed.

  (** q(x_t | x_0) = N(x_t; sqrt(alpha_bar_t) x_0, 1 - alpha_bar_t), if each density is the integral of one step over
      the last density. *)
  Theorem closed_form (q : nat -> R -> R) (x_0 : R) :
    (forall y, q 1%nat y = normal y (sqrt (alpha 1) * x_0) (1 - alpha 1)) ->
    (forall t y, (1 <= t)%nat ->
      line (fun h => normal y (sqrt (alpha (S t)) * h) (1 - alpha (S t)) * q t h) (q (S t) y)) ->
    forall t y, (1 <= t)%nat -> q t y = normal y (sqrt (alpha_bar t) * x_0) (1 - alpha_bar t).
  Proof.
    intros first next t. induction t as [|[|t] IH]; intros y Ht; [lia| |].
    - rewrite first. unfold alpha_bar. cbn. rewrite Rmult_1_r. reflexivity.
    - set (n := S t) in *. assert (R := alpha_range (S n)). assert (B := alpha_bar_below_one t). fold n in B.
      apply (line_unique _ _ _ (next n y ltac:(lia))).
      rewrite <- one_more_step, <- shares_multiply.
      eapply line_ext; [|apply gaussian_merge; lra]. intros h. cbn beta. rewrite IH by lia. reflexivity.
  Qed.

  (** ** The posterior *)

  Definition mean_back (t : nat) (x_t x_0 : R) : R :=
    sqrt (alpha_bar (t - 1)) * (1 - alpha t) / (1 - alpha_bar t) * x_0
    + sqrt (alpha t) * (1 - alpha_bar (t - 1)) / (1 - alpha_bar t) * x_t.
  Definition variance_back (t : nat) : R := (1 - alpha t) * (1 - alpha_bar (t - 1)) / (1 - alpha_bar t).

  (** Bayes' rule: q(x_t | x_{t-1}) q(x_{t-1} | x_0) / q(x_t | x_0) is a Gaussian in x_{t-1}. *)
  Theorem gaussian_posterior t (x_t x_s x_0 : R) : (2 <= t)%nat ->
    normal x_t (sqrt (alpha t) * x_s) (1 - alpha t)
      * normal x_s (sqrt (alpha_bar (t - 1)) * x_0) (1 - alpha_bar (t - 1))
      / normal x_t (sqrt (alpha_bar t) * x_0) (1 - alpha_bar t)
    = normal x_s (mean_back t x_t x_0) (variance_back t).
  Proof.
    intros Ht. destruct t as [|[|n]]; [lia|lia|]. replace (S (S n) - 1)%nat with (S n) by lia.
    unfold mean_back, variance_back. replace (S (S n) - 1)%nat with (S n) by lia. set (t := S n).
    assert (R := alpha_range (S t)). assert (B := alpha_bar_below_one n). assert (B' := alpha_bar_below_one t).
    fold t in B. assert (N := normal_pos x_t (sqrt (alpha_bar (S t)) * x_0) (1 - alpha_bar (S t)) ltac:(lra)).
    rewrite gaussian_product, shares_multiply, one_more_step by lra.
    unfold Rdiv at 1. rewrite Rmult_comm, <- Rmult_assoc, Rinv_l, Rmult_1_l by lra.
    f_equal; field; lra.
  Qed.

  (** The same for pictures: their density is a product over pixels. *)
  Theorem gaussian_posterior_pixels {pixel} (pixels : list pixel) (x_t x_s x_0 : pixel -> R) t : (2 <= t)%nat ->
    prod pixels (fun i => normal (x_t i) (sqrt (alpha t) * x_s i) (1 - alpha t))
      * prod pixels (fun i => normal (x_s i) (sqrt (alpha_bar (t - 1)) * x_0 i) (1 - alpha_bar (t - 1)))
      / prod pixels (fun i => normal (x_t i) (sqrt (alpha_bar t) * x_0 i) (1 - alpha_bar t))
    = prod pixels (fun i => normal (x_s i) (mean_back t (x_t i) (x_0 i)) (variance_back t)).
  Proof.
    intros Ht. rewrite <- prod_mult, <- prod_div.
    - apply prod_ext. intros i _. now apply gaussian_posterior.
    - intros i. apply Rgt_not_eq, normal_pos. destruct t as [|t]; [lia|].
      assert (B := alpha_bar_below_one t). lra.
  Qed.

  (** ** The weight of L_{t-1} *)

  Definition SNR (t : nat) : R := alpha_bar t / (1 - alpha_bar t).

  (** KL from the posterior to the same Gaussian with a guess of x_0: (SNR_{t-1} - SNR_t)/2 times the squared error. *)
  Theorem snr_difference t (x_t x_0 guess : R) : (2 <= t)%nat ->
    line (fun y => normal y (mean_back t x_t x_0) (variance_back t)
                   * ln (normal y (mean_back t x_t x_0) (variance_back t)
                         / normal y (mean_back t x_t guess) (variance_back t)))
         ((SNR (t - 1) - SNR t) / 2 * (x_0 - guess) ^ 2).
  Proof.
    intros Ht. destruct t as [|[|n]]; [lia|lia|]. set (t := S n).
    assert (R := alpha_range (S t)). assert (B := alpha_bar_below_one n). assert (B' := alpha_bar_below_one t).
    fold t in B. assert (P := alpha_bar_pos t).
    assert (Hv : 0 < variance_back (S t)).
    { unfold variance_back. replace (S t - 1)%nat with t by lia.
      apply Rdiv_lt_0_compat; [apply Rmult_lt_0_compat|]; lra. }
    eapply line_is; [|apply gaussian_kl; exact Hv].
    replace (variance_back (S t) / variance_back (S t)) with 1 by (field; lra). rewrite ln_1.
    replace (mean_back (S t) x_t x_0 - mean_back (S t) x_t guess)
      with (sqrt (alpha_bar t) * (1 - alpha (S t)) / (1 - alpha_bar (S t)) * (x_0 - guess)).
    2:{ unfold mean_back. replace (S t - 1)%nat with t by lia. ring. }
    unfold SNR, variance_back. replace (S t - 1)%nat with t by lia.
    replace ((sqrt (alpha_bar t) * (1 - alpha (S t)) / (1 - alpha_bar (S t)) * (x_0 - guess)) ^ 2)
      with (sqrt (alpha_bar t) ^ 2 * ((1 - alpha (S t)) / (1 - alpha_bar (S t)) * (x_0 - guess)) ^ 2) by (field; lra).
    rewrite pow2_sqrt by lra. rewrite alpha_bar_step in *. field. lra.
  Qed.
End Schedule.

(** ** DDIM *)

Section DDIM.
  (** Two times s < t, with the shares of the data a_t < a_s; eta is the share of fresh noise. *)
  Variables a_s a_t eta : R.
  Hypothesis shares : 0 < a_t < a_s /\ a_s < 1.
  Hypothesis eta_range : 0 <= eta <= 1.

  Definition fresh : R := eta ^ 2 * ((1 - a_t / a_s) * (1 - a_s) / (1 - a_t)).
  Definition kept : R :=
    sqrt ((1 - a_s) * ((1 - eta ^ 2) * (1 - a_t / a_s) + a_t / a_s * (1 - a_s)) / (1 - a_t)).

  Lemma quotient_range : 0 < a_t / a_s < 1.
  Proof.
    split; [apply Rdiv_lt_0_compat; lra|]. apply (Rmult_lt_reg_r a_s); [lra|].
    unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
  Qed.

  (** Kept and fresh noise add up to the noise that there must be. *)
  Theorem ddim_noise_budget : kept ^ 2 + fresh = 1 - a_s.
  Proof.
    assert (Q := quotient_range). unfold kept, fresh. rewrite pow2_sqrt.
    - field. lra.
    - apply Rlt_le, Rdiv_lt_0_compat; [apply Rmult_lt_0_compat|]; try lra.
      apply Rplus_le_lt_0_compat; [apply Rmult_le_pos; nra|]. apply Rmult_lt_0_compat; lra.
  Qed.

  (** One step of DDIM takes the state of the forward process at t to that at s, for every eta > 0. *)
  Theorem ddim_marginals (x_s x_0 : R) : 0 < eta ->
    line (fun x_t => normal x_s (sqrt a_s * x_0 + kept * (x_t - sqrt a_t * x_0) / sqrt (1 - a_t)) fresh
                     * normal x_t (sqrt a_t * x_0) (1 - a_t))
         (normal x_s (sqrt a_s * x_0) (1 - a_s)).
  Proof.
    intros Heta. assert (Q := quotient_range). assert (Hr : 0 < sqrt (1 - a_t)) by (apply sqrt_lt_R0; lra).
    assert (Hf : 0 < fresh).
    { unfold fresh. apply Rmult_lt_0_compat; [nra|].
      apply Rdiv_lt_0_compat; [apply Rmult_lt_0_compat|]; lra. }
    set (a := kept / sqrt (1 - a_t)). set (b := sqrt a_s * x_0 - a * (sqrt a_t * x_0)).
    assert (merged := gaussian_merge (x_s - b) a (sqrt a_t * x_0) fresh (1 - a_t) Hf ltac:(lra)).
    rewrite <- normal_shift in merged.
    replace (a ^ 2 * (1 - a_t) + fresh) with (1 - a_s) in merged.
    2:{ assert (E : kept ^ 2 = a ^ 2 * sqrt (1 - a_t) ^ 2) by (unfold a; field; lra).
        rewrite pow2_sqrt in E by lra. rewrite <- ddim_noise_budget, E. ring. }
    replace (a * (sqrt a_t * x_0) + b) with (sqrt a_s * x_0) in merged by (unfold b; ring).
    eapply line_ext; [|exact merged]. intros x_t. cbn beta. f_equal. rewrite <- normal_shift. f_equal.
    unfold b, a. field. lra.
  Qed.

  (** With eta = 0 the step is a map; it takes means at t to means at s. *)
  Theorem ddim_quiet_marginals (f : R -> R) (x_0 l : R) :
    line (fun x_s => f x_s * normal x_s (sqrt a_s * x_0) (1 - a_s)) l ->
    line (fun x_t => f (sqrt a_s * x_0 + sqrt (1 - a_s) * ((x_t - sqrt a_t * x_0) / sqrt (1 - a_t)))
                     * normal x_t (sqrt a_t * x_0) (1 - a_t)) l.
  Proof.
    intros H. replace (1 - a_s) with (sqrt (1 - a_s) ^ 2) in H by (apply pow2_sqrt; lra).
    apply reparametrisation in H; [|apply sqrt_lt_R0; lra].
    apply (from_standard (fun u => f (sqrt a_s * x_0 + sqrt (1 - a_s) * u))); [lra|].
    apply (line_scale _ (sqrt (2 * PI))) in H. rewrite (Rmult_comm _ l) in H.
    eapply line_ext; [|exact H]. intros u. cbn beta.
    rewrite <- (normal_of_draw u 0 1) by lra. rewrite normal_from_bell by lra.
    replace (- 0 / 1 + / 1 * (0 + 1 * u)) with u by field. field.
    apply Rgt_not_eq, sqrt_lt_R0, two_pi_pos.
  Qed.
End DDIM.

(** Whole DDIM paths: if the state at T is right, all states are, for every T and every eta_t > 0. *)
Theorem ddim_marginals_every_time (a eta : nat -> R) (q : nat -> R -> R) (T : nat) (x_0 : R) :
  (forall t, 0 < a (S t) < a t /\ a t < 1) -> (forall t, 0 < eta t <= 1) ->
  (forall y, q T y = normal y (sqrt (a T) * x_0) (1 - a T)) ->
  (forall t y, (t < T)%nat ->
    line (fun h => normal y (sqrt (a t) * x_0 + kept (a t) (a (S t)) (eta (S t)) * (h - sqrt (a (S t)) * x_0)
                             / sqrt (1 - a (S t))) (fresh (a t) (a (S t)) (eta (S t))) * q (S t) h) (q t y)) ->
  forall t y, (t <= T)%nat -> q t y = normal y (sqrt (a t) * x_0) (1 - a t).
Proof.
  intros Ha He Hlast Hstep t y Ht. remember (T - t)%nat as k eqn:Hk. revert t y Ht Hk.
  induction k as [|k IH]; intros t y Ht Hk.
  - replace t with T by lia. apply Hlast.
  - apply (line_unique _ _ _ (Hstep t y ltac:(lia))).
    eapply line_ext; [|apply (ddim_marginals (a t) (a (S t)) (eta (S t)))].
    + intros h. cbn beta. rewrite (IH (S t)) by lia. reflexivity.
    + apply Ha.
    + split; [left|]; apply He.
    + apply He.
Qed.

(** ** Tweedie's formula *)

Section Tweedie.
  (** Finitely many data points [y], each with its weight [w y]; q(x) is the density of a y + noise of variance v. *)
  Variables (data : list R) (w : R -> R) (a v : R).
  Hypothesis some : data <> [].
  Hypothesis weights : forall y, 0 < w y.
  Hypothesis v_pos : 0 < v.

  Definition noisy (x : R) : R := sum data (fun y => w y * normal x (a * y) v).
  Definition mean_given (x : R) : R := sum data (fun y => y * (w y * normal x (a * y) v / noisy x)).

  Lemma noisy_pos x : 0 < noisy x.
  Proof. apply sum_pos; auto. intros y _. apply Rmult_lt_0_compat; auto. now apply normal_pos. Qed.

  (** The slope of ln q(x) is (a E[y | x] - x)/v. *)
  Theorem tweedie (x : R) : is_derive (fun z => ln (noisy z)) x ((a * mean_given x - x) / v).
  Proof.
    assert (P := noisy_pos x).
    replace ((a * mean_given x - x) / v)
      with (sum data (fun y => w y * (- ((x - a * y) / v) * normal x (a * y) v)) / noisy x).
    - apply (derivative_log noisy); auto.
      apply (derivative_sum data (fun y z => w y * normal z (a * y) v)). intros y _.
      apply (is_derive_scal (fun z => normal z (a * y) v)). now apply normal_derive.
    - unfold mean_given.
      rewrite (sum_ext _ (fun y => w y * (- ((x - a * y) / v) * normal x (a * y) v))
        (fun y => a / v * noisy x * (y * (w y * normal x (a * y) v / noisy x))
                  - x / v * (w y * normal x (a * y) v))) by (intros; field; lra).
      rewrite sum_minus, !sum_scale. fold (noisy x). field. lra.
  Qed.
End Tweedie.
