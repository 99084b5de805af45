(** * Paths between data and noise

    A path mixes a data point and a noise, alpha(t) x_0 + sigma(t) eps, and has a velocity. *)

From Coq Require Import Reals List Lia Lra.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Calculus Gaussian.
Import ListNotations.
Open Scope R_scope.

(** The state alpha x_0 + sigma eps moves with the velocity alpha' x_0 + sigma' eps. *)
Theorem path_velocity (alpha sigma : R -> R) (x_0 eps t da ds : R) :
  is_derive alpha t da -> is_derive sigma t ds ->
  is_derive (fun s => alpha s * x_0 + sigma s * eps) t (da * x_0 + ds * eps).
Proof.
  intros Ha Hs. apply (is_derive_ext (fun s => x_0 * alpha s + eps * sigma s)); [intros s; change (x_0 * alpha s + eps * sigma s = alpha s * x_0 + sigma s * eps); ring|].
  replace (da * x_0 + ds * eps) with (x_0 * da + eps * ds) by ring. now apply derivative_linear.
Qed.

(** State and velocity, the two, determine noise and data point, and each of these with the state the velocity. *)
Theorem velocity_dictionary (alpha sigma da ds x_0 eps : R) :
  let x := alpha * x_0 + sigma * eps in
  let u := da * x_0 + ds * eps in
  let W := alpha * ds - sigma * da in
  0 < alpha -> 0 < sigma -> 0 < W ->
  u = (da * x + W * eps) / alpha /\ u = (ds * x - W * x_0) / sigma /\
  eps = (alpha * u - da * x) / W /\ x_0 = (ds * x - sigma * u) / W.
Proof. intros x u W Ha Hs HW. unfold x, u, W in *. repeat split; field; lra. Qed.

(** With x/alpha for the place and sigma/alpha for the clock every path has the same equation. *)
Theorem one_clock (alpha sigma x : R -> R) (e t da ds : R) :
  let W := alpha t * ds - sigma t * da in
  0 < alpha t -> is_derive alpha t da -> is_derive sigma t ds ->
  is_derive x t ((da * x t + W * e) / alpha t) ->
  is_derive (fun s => sigma s / alpha s) t (W / alpha t ^ 2) /\
  is_derive (fun s => x s / alpha s) t (e * (W / alpha t ^ 2)).
Proof.
  intros W Ha Da Ds Dx. split.
  - replace (W / alpha t ^ 2) with ((ds * alpha t - sigma t * da) / alpha t ^ 2) by (unfold W; field; lra).
    apply derivative_quotient; auto; lra.
  - replace (e * (W / alpha t ^ 2)) with (((da * x t + W * e) / alpha t * alpha t - x t * da) / alpha t ^ 2)
      by (field; lra).
    apply derivative_quotient; auto; lra.
Qed.

(** Euler's step on the straight path is that of DDIM. *)
Theorem euler_is_ddim (x u t s : R) :
  x - (t - s) * u = (1 - s) * (x - t * u) + s * (x + (1 - t) * u).
Proof. ring. Qed.

(** The error against the velocities u of pairs is the error against their mean, and a rest without the network. *)
Theorem pairs_fit_the_mean {A} (pairs : list A) (p u : A -> R) (h : R) :
  sum pairs p = 1 ->
  let m := sum pairs (fun z => p z * u z) in
  sum pairs (fun z => p z * (h - u z) ^ 2) = (h - m) ^ 2 + sum pairs (fun z => p z * (m - u z) ^ 2).
Proof.
  intros H m.
  assert (S : forall c, sum pairs (fun z => p z * (c - u z) ^ 2)
    = c ^ 2 - 2 * c * m + sum pairs (fun z => p z * u z ^ 2)).
  { intros c. rewrite (sum_ext _ _ (fun z => c ^ 2 * p z - 2 * c * (p z * u z) + p z * u z ^ 2)) by (intros; ring).
    rewrite sum_plus, sum_minus, !sum_scale, H. fold m. ring. }
  rewrite !S. ring.
Qed.

Section Flow.
  (** Finitely many data points [y], each with its weight [w y]; scales alpha and sigma with their slopes. *)
  Variables (data : list R) (w : R -> R) (alpha sigma : R -> R) (t da ds : R).
  Hypothesis alpha_slope : is_derive alpha t da.
  Hypothesis sigma_slope : is_derive sigma t ds.
  Hypothesis sigma_pos : 0 < sigma t.

  Definition on_path (y s x : R) : R := normal x (alpha s * y) (sigma s ^ 2).
  Definition pair_velocity (y x : R) : R := da * y + ds / sigma t * (x - alpha t * y).

  Lemma bell_in_time y x : is_derive (fun s => on_path y s x) t
    (on_path y t x * ((x - alpha t * y) / sigma t ^ 2 * (da * y) + ((x - alpha t * y) ^ 2 / sigma t ^ 2 - 1) * (ds / sigma t))).
  Proof.
    assert (P := two_pi_pos).
    assert (V : 0 < 2 * PI * sigma t ^ 2) by (apply Rmult_lt_0_compat; [lra|nra]).
    assert (Q := sqrt_lt_R0 _ V).
    unfold on_path, normal.
    assert (Ea : Derive alpha t = da) by now apply is_derive_unique.
    assert (Es : Derive sigma t = ds) by now apply is_derive_unique.
    auto_derive.
    - repeat split; try (eexists; eassumption); try nra; auto.
      + apply Rgt_not_eq. simpl in Q. exact Q.
    - change Init.Nat.pred with pred. simpl. 
      set (q := sqrt _) in *.
      replace (Derive (fun x0 : R => alpha x0) t) with da by (symmetry; exact Ea).
      replace (Derive (fun x0 : R => sigma x0) t) with ds by (symmetry; exact Es).
      set (E := exp _).
      assert (q2 : q * q = 2 * PI * (sigma t * (sigma t * 1))) by (apply sqrt_sqrt; simpl in V; lra).
      replace (2 * PI * (1 * ds * ((1 + 1) * (sigma t * 1)))) with (2 * (q * q) * ds / sigma t)
        by (rewrite q2; field; lra).
      field. split; [lra|]. apply Rgt_not_eq. simpl in Q. exact Q.
  Qed.

  Lemma bell_in_place y x : is_derive (fun z => on_path y t z * pair_velocity y z) x
    (- (on_path y t x * ((x - alpha t * y) / sigma t ^ 2 * (da * y)
      + ((x - alpha t * y) ^ 2 / sigma t ^ 2 - 1) * (ds / sigma t)))).
  Proof.
    replace (- _) with (- ((x - alpha t * y) / sigma t ^ 2) * on_path y t x * pair_velocity y x
      + on_path y t x * (ds / sigma t)) by (unfold pair_velocity; field; lra).
    apply (derivative_product (on_path y t) (pair_velocity y)).
    - apply normal_derive. nra.
    - unfold pair_velocity. auto_derive; auto. field. lra.
  Qed.

  Definition path_density (s x : R) : R := sum data (fun y => w y * on_path y s x).
  Definition path_current (x : R) : R := sum data (fun y => w y * (on_path y t x * pair_velocity y x)).

  (** The density of the states changes as if its points moved with the mean velocity of the pairs. *)
  Theorem all_data_flow (x : R) : exists d,
    is_derive (fun s => path_density s x) t d /\ is_derive path_current x (- d).
  Proof.
    exists (sum data (fun y => w y * (on_path y t x * ((x - alpha t * y) / sigma t ^ 2 * (da * y)
      + ((x - alpha t * y) ^ 2 / sigma t ^ 2 - 1) * (ds / sigma t))))). split.
    - apply (derivative_sum data (fun y s => w y * on_path y s x)). intros y _.
      apply (is_derive_scal (fun s => on_path y s x)). apply bell_in_time.
    - replace (- sum data _) with (sum data (fun y => w y * - (on_path y t x
        * ((x - alpha t * y) / sigma t ^ 2 * (da * y) + ((x - alpha t * y) ^ 2 / sigma t ^ 2 - 1) * (ds / sigma t))))).
      + apply (derivative_sum data (fun y z => w y * (on_path y t z * pair_velocity y z))). intros y _.
        apply (is_derive_scal (fun z => on_path y t z * pair_velocity y z)). apply bell_in_place.
      + rewrite (sum_ext _ _ (fun y => -1 * (w y * (on_path y t x * ((x - alpha t * y) / sigma t ^ 2 * (da * y)
          + ((x - alpha t * y) ^ 2 / sigma t ^ 2 - 1) * (ds / sigma t)))))) by (intros; ring).
        rewrite sum_scale. ring.
  Qed.
End Flow.
