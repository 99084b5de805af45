(** * A space in which all that the steps say of noise holds at once

    Finitely many independent variables, each with four values, have the moments of the standard normal law up to the
    seventh. A state of a process is made of those up to its own time. *)

From Coq Require Import Reals List Lia Lra FunctionalExtensionality.
From Diffusion Require Import Sums Variables Steps StepsNoise.
Import ListNotations.
Open Scope R_scope.

(** The scripts import all files: the names here must not hide those of variables. *)
Module NoiseModel.

(** ** One variable: the nodes and weights of Gauss and Hermite *)

Definition corner : Type := bool * bool.
Definition corners : list corner := [(true, true); (true, false); (false, true); (false, false)].
Definition node (s : corner) : R :=
  (if fst s then 1 else -1) * sqrt (if snd s then 3 + sqrt 6 else 3 - sqrt 6).
Definition weight (s : corner) : R := (if snd s then 3 - sqrt 6 else 3 + sqrt 6) / 12.
Definition one (h : corner -> R) : R := sum corners (fun s => weight s * h s).

Lemma root_six : sqrt 6 * sqrt 6 = 6. Proof. apply sqrt_sqrt. lra. Qed.
Lemma root_six_below : 0 < sqrt 6 < 3.
Proof. assert (H := root_six). assert (0 < sqrt 6) by (apply sqrt_lt_R0; lra). split; nra. Qed.

Lemma weight_pos s : 0 < weight s.
Proof. assert (H := root_six_below). unfold weight. destruct s as [? []]; cbn; lra. Qed.

Lemma one_one : one (fun _ => 1) = 1.
Proof. unfold one, corners, weight. cbn. field. Qed.

Lemma one_moments k : (k <= 6)%nat -> one (fun s => node s ^ k) = moment k.
Proof.
  intros H. assert (B := root_six_below). assert (r := root_six). unfold one, corners, weight, node. cbn [fst snd sum].
  assert (P := sqrt_sqrt (3 + sqrt 6) ltac:(lra)). assert (Q := sqrt_sqrt (3 - sqrt 6) ltac:(lra)).
  revert P Q r. generalize (sqrt (3 + sqrt 6)) (sqrt (3 - sqrt 6)) (sqrt 6). intros v u r P Q E.
  do 7 (destruct k as [|k]; [cbn; field [P Q E]|]). lia.
Qed.

(** ** Many variables *)

Definition outcomes := nat -> corner.

Fixpoint draw (n : nat) (f : outcomes -> R) (w : outcomes) : R :=
  match n with O => f w | S n => one (fun s => draw n f (put w n s)) end.

Lemma one_ext h k : (forall s, h s = k s) -> one h = one k.
Proof. intros H. apply sum_ext. intros s _. now rewrite H. Qed.
Lemma one_linear a b h k : one (fun s => a * h s + b * k s) = a * one h + b * one k.
Proof. unfold one, corners. cbn. ring. Qed.
Lemma one_right h c : one (fun s => h s * c) = one h * c.
Proof. unfold one, corners. cbn. ring. Qed.
Lemma one_const c : one (fun _ => c) = c.
Proof. rewrite (one_ext _ (fun _ => 1 * c)) by (intros; ring). rewrite one_right, one_one. ring. Qed.

Lemma draw_ext n f g w : (forall v, f v = g v) -> draw n f w = draw n g w.
Proof. intros H. f_equal. now extensionality v. Qed.

Lemma draw_linear n a b f g w : draw n (fun v => a * f v + b * g v) w = a * draw n f w + b * draw n g w.
Proof.
  revert w. induction n as [|n IH]; intros w; cbn [draw]; [reflexivity|].
  rewrite <- one_linear. apply one_ext. intros; apply IH.
Qed.

Lemma draw_one n w : draw n (fun _ => 1) w = 1.
Proof.
  revert w. induction n as [|n IH]; intros w; cbn [draw]; [reflexivity|].
  rewrite (one_ext _ (fun _ => 1)) by (intros; apply IH). apply one_const.
Qed.

Lemma draw_scale n a f w : draw n (fun v => a * f v) w = a * draw n f w.
Proof.
  rewrite (draw_ext n _ (fun v => a * f v + 0 * f v)) by (intros; ring). rewrite draw_linear. ring.
Qed.

Lemma draw_pos n f w : (forall v, 0 <= f v) -> 0 < f w -> 0 < draw n f w.
Proof.
  intros H. assert (N : forall m v, 0 <= draw m f v).
  { induction m as [|m IH]; intros v; cbn [draw]; [apply H|]. apply sum_nonneg. intros s _.
    apply Rmult_le_pos; [apply Rlt_le, weight_pos|apply IH]. }
  intros Hw. revert N. induction n as [|n IH]; intros N; cbn [draw]; [exact Hw|].
  assert (P : 0 < draw n f (put w n (w n))).
  { replace (put w n (w n)) with w; [now apply IH|]. extensionality i. unfold put.
    now destruct (Nat.eqb_spec i n) as [->|]. }
  revert P. generalize (w n). intros s P. unfold one, corners. cbn.
  assert (K : forall r, 0 <= weight r * draw n f (put w n r)).
  { intros r. apply Rmult_le_pos; [apply Rlt_le, weight_pos|apply N]. }
  assert (L : 0 < weight s * draw n f (put w n s)) by (apply Rmult_lt_0_compat; [apply weight_pos|exact P]).
  assert (K1 := K (true, true)). assert (K2 := K (true, false)).
  assert (K3 := K (false, true)). assert (K4 := K (false, false)).
  destruct s as [[] []]; lra.
Qed.

(** [g] does not depend on the variable [t]. *)
Definition without (t : nat) (g : outcomes -> R) := forall w s, g (put w t s) = g w.

Lemma draw_skip n i g w s : (n <= i)%nat -> without i g -> draw n g (put w i s) = draw n g w.
Proof.
  intros H G. revert w. induction n as [|n IH]; intros w; cbn [draw]; [apply G|].
  apply one_ext. intros r. rewrite put_swap by lia. apply IH. lia.
Qed.

Lemma draw_known n i g (h : corner -> R) w : (n <= i)%nat -> draw n (fun v => g v * h (v i)) w = draw n g w * h (w i).
Proof.
  intros H. revert w. induction n as [|n IH]; intros w; cbn [draw]; [reflexivity|].
  rewrite <- one_right. apply one_ext. intros s. rewrite IH by lia. now rewrite put_other by lia.
Qed.

Lemma draw_apart n t g (h : corner -> R) w : (t < n)%nat -> without t g ->
  draw n (fun v => g v * h (v t)) w = draw n g w * one h.
Proof.
  intros H G. revert w. induction n as [|n IH]; intros w; [lia|]. cbn [draw]. destruct (Nat.eq_dec t n) as [->|Hne].
  - rewrite (one_ext _ (fun s => h s * draw n g w)).
    + rewrite one_right. rewrite (one_ext (fun s => draw n g (put w n s)) (fun _ => draw n g w)).
      * rewrite one_const. ring.
      * intros s. now apply draw_skip.
    + intros s. rewrite draw_known, draw_skip, put_same by auto. ring.
  - rewrite <- one_right. apply one_ext. intros s. apply IH. lia.
Qed.

(** ** Means, and means given a random variable *)

Section Means.
  Variable n : nat.

  Definition mean_of (f : outcomes -> R) : R := draw n f (fun _ => (true, true)).
  Definition same (a b : R) : R := if Req_EM_T a b then 1 else 0.
  Definition mean_given (X : outcomes -> R) (w : outcomes) (f : outcomes -> R) : R :=
    draw n (fun v => same (X v) (X w) * f v) w / draw n (fun v => same (X v) (X w)) w.

  Lemma same_pos X w : 0 < draw n (fun v => same (X v) (X w)) w.
  Proof.
    apply draw_pos; intros; unfold same; destruct (Req_EM_T _ _); lra.
  Qed.

  Lemma mean_of_expectation : expectation mean_of.
  Proof. split; [apply draw_one|]. intros. apply draw_linear. Qed.

  Lemma mean_given_conditional : conditional mean_given.
  Proof.
    intros X w. assert (P := same_pos X w). unfold mean_given. repeat split.
    - rewrite (draw_ext n _ (fun v => same (X v) (X w))) by (intros; ring). field. lra.
    - intros a b f g.
      rewrite (draw_ext n _ (fun v => a * (same (X v) (X w) * f v) + b * (same (X v) (X w) * g v))) by (intros; ring).
      rewrite draw_linear. field. lra.
    - intros f. rewrite (draw_ext n _ (fun v => X w * (same (X v) (X w) * f v))).
      + rewrite draw_scale. field. lra.
      + intros v. unfold same. destruct (Req_EM_T _ _) as [->|]; ring.
  Qed.

  Definition noise (i : nat) (w : outcomes) : R := node (w i).

  Lemma mean_of_noise i (p : R -> R) : (i < n)%nat -> mean_of (fun w => p (noise i w)) = one (fun s => p (node s)).
  Proof.
    intros H. unfold mean_of. rewrite (draw_ext n _ (fun w => 1 * p (noise i w))) by (intros; ring).
    rewrite (draw_apart n i (fun _ => 1) (fun s => p (node s))); [|exact H|now intros ? ?]. rewrite draw_one. ring.
  Qed.

  Lemma noise_standard i : (i < n)%nat -> standard mean_of (noise i).
  Proof. intros H k Hk. rewrite (mean_of_noise i (fun y => y ^ k)) by exact H. now apply one_moments. Qed.

  Lemma noise_independent i X : (i < n)%nat -> without i X -> independent_under mean_of X (noise i).
  Proof.
    intros H G p r. rewrite mean_of_noise by exact H. unfold mean_of.
    apply (draw_apart n i (fun w => p (X w)) (fun s => r (node s))); [exact H|]. intros w s. now rewrite G.
  Qed.

  Lemma noise_same_law i X w : (i < n)%nat -> without i X -> same_law (mean_given X w) mean_of (noise i).
  Proof.
    intros H G p. rewrite mean_of_noise by exact H. unfold mean_given. assert (P := same_pos X w).
    rewrite (draw_apart n i (fun v => same (X v) (X w)) (fun s => p (node s))); [field; lra|exact H|].
    intros v s. now rewrite G.
  Qed.

  Lemma noise_standard_given i X w : (i < n)%nat -> without i X -> standard (mean_given X w) (noise i).
  Proof.
    intros H G k Hk. rewrite (noise_same_law i X w H G (fun y => y ^ k)). now apply noise_standard.
  Qed.
End Means.

Lemma without_noise i j : i <> j -> without i (noise j).
Proof. intros H w s. unfold noise. now rewrite put_other by auto. Qed.

(** A process that takes up one noise at each time. *)
Fixpoint process (a b : nat -> R) (t : nat) (w : outcomes) : R :=
  match t with O => noise 0 w | S t => a (S t) * process a b t w + b (S t) * noise (2 * S t) w end.

Lemma without_process a b i t : (2 * t < i \/ Nat.odd i = true)%nat -> without i (process a b t).
Proof.
  intros H w s. assert (E : forall j, (j <= t)%nat -> (2 * j)%nat <> i).
  { intros j Hj E. destruct H as [H|H]; [lia|]. rewrite <- E, Nat.odd_mul in H. discriminate. }
  clear H. induction t as [|t IH]; cbn [process].
  - apply without_noise. intros D. apply (E 0%nat); lia.
  - rewrite IH by (intros; apply E; lia). f_equal. f_equal. apply without_noise. intros D. apply (E (S t)); lia.
Qed.

(** All premises about noise hold at once, for two noises with times, one without, and a process, up to any time N. *)
Theorem noise_exists (N : nat) (a b : nat -> R) : exists (Outcome : Type) (outcome : Outcome)
  (mean_of : (Outcome -> R) -> R) (mean_given : (Outcome -> R) -> Outcome -> (Outcome -> R) -> R)
  (x epsilon xi : nat -> Outcome -> R) (eps : Outcome -> R),
  (expectation mean_of /\ conditional mean_given) /\
  (forall t w, (1 <= t)%nat -> x t w = a t * x (t - 1)%nat w + b t * epsilon t w) /\
  white N mean_of epsilon /\ white N mean_of xi /\ white_given N mean_given x epsilon /\
  fresh N mean_of epsilon epsilon /\ fresh N mean_of xi xi /\ separate N mean_of epsilon xi /\
  fresh N mean_of x epsilon /\ fresh_given N mean_of mean_given x epsilon /\
  white 2 mean_of (fun _ => eps) /\ white_given 2 mean_given x (fun _ => eps) /\
  fresh 2 mean_of x (fun _ => eps) /\ fresh_given 2 mean_of mean_given x (fun _ => eps).
Proof.
  set (n := (2 * N + 2)%nat).
  exists outcomes, (fun _ => (true, true)), (mean_of n), (mean_given n), (process a b),
    (fun t => noise (2 * t)), (fun t => noise (2 * t + 1)), (noise 1).
  assert (odd : Nat.odd 1 = true) by reflexivity.
  repeat match goal with |- _ /\ _ => split end.
  - apply mean_of_expectation.
  - apply mean_given_conditional.
  - intros t w Ht. destruct t as [|t]; [lia|]. cbn [process]. now replace (S t - 1)%nat with t by lia.
  - intros t Ht. apply noise_standard. lia.
  - intros t Ht. apply noise_standard. lia.
  - intros s t Ht w. apply noise_standard_given; [lia|]. apply without_process. lia.
  - intros s t Ht. apply noise_independent; [lia|]. apply without_noise. lia.
  - intros s t Ht. apply noise_independent; [lia|]. apply without_noise. lia.
  - intros s t Hs Ht. apply noise_independent; [lia|]. apply without_noise. lia.
  - intros s t Ht. apply noise_independent; [lia|]. apply without_process. lia.
  - intros s t Ht w. apply noise_same_law; [lia|]. apply without_process. lia.
  - intros t Ht. apply noise_standard. lia.
  - intros s t Ht w. replace s with 0%nat by lia. apply noise_standard_given; [lia|]. apply without_process. auto.
  - intros s t Ht. replace s with 0%nat by lia. apply noise_independent; [lia|]. apply without_process. auto.
  - intros s t Ht w. replace s with 0%nat by lia. apply noise_same_law; [lia|]. apply without_process. auto.
Qed.

End NoiseModel.
