(** * Means and variances over noise

    Random variables are functions of an outcome; a mean is a functional on them. The first part has the words of the
    statements, the second what their scripts use, the third a space in which all premises hold at once. *)

From Coq Require Import Reals List Lia Lra FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Line Gaussian Steps.
Import ListNotations.
Open Scope R_scope.

(** ** Words of the statements

    In a step with a mean over noise, noises and states, and what is defined by them, are functions of an outcome. E f
    is [mean_of (fun outcome => f)], and E(f, given=x[s]) is [mean_given (x s) outcome (fun outcome => f)], for arbitrary
    functionals; Var f is E f^2 - (E f)^2 of the same functional. Means are expectations: linear, with the mean 1 of 1.
    (That they are linear on all functions loses nothing: a linear functional on those that have a mean extends to
    all.) *)

Section Words.
  Context {outcomes : Type}.
  Implicit Types (M : (outcomes -> R) -> R) (X Y f g : outcomes -> R).

  Definition expectation M :=
    M (fun _ => 1) = 1 /\ forall a b f g, M (fun w => a * f w + b * g w) = a * M f + b * M g.

  Definition variance_of M f := M (fun w => f w ^ 2) - M f ^ 2.

  (** [G X w f] is the mean of f given X, at the outcome w: an expectation that knows X. *)
  Definition conditional (G : (outcomes -> R) -> outcomes -> (outcomes -> R) -> R) :=
    forall X w, expectation (G X w) /\ forall f, G X w (fun v => X v * f v) = X w * G X w f.

  Definition independent_under M X Y :=
    forall p r : R -> R, M (fun w => p (X w) * r (Y w)) = M (fun w => p (X w)) * M (fun w => r (Y w)).

  (** X has the same law under M as under L. *)
  Definition same_law M L X := forall p : R -> R, M (fun w => p (X w)) = L (fun w => p (X w)).

  (** The moments of the standard normal law: E z^k = (k - 1) E z^(k - 2). *)
  Fixpoint moment (k : nat) : R :=
    match k with O => 1 | S O => 0 | S (S j) => INR (S j) * moment j end.

  (** Of the standard normal law the steps use these moments alone. *)
  Definition standard M X := forall k, (k <= 6)%nat -> M (fun w => X w ^ k) = moment k.

  (** Noise e at the times from 1 to N - 1, and a process x: the law of e, also given an earlier state, is the standard
      normal law; e is independent of earlier states, also in that its law is the same given one; e and d are
      independent at all times. A noise without a time is one at time 1, so that N is 2. *)
  Variables (N : nat) (M : (outcomes -> R) -> R) (G : (outcomes -> R) -> outcomes -> (outcomes -> R) -> R).
  Implicit Types x d e : nat -> outcomes -> R.
  Definition white e := forall t, (0 < t < N)%nat -> standard M (e t).
  Definition white_given x e := forall s t, (s < t < N)%nat -> forall w, standard (G (x s) w) (e t).
  Definition fresh x e := forall s t, (s < t < N)%nat -> independent_under M (x s) (e t).
  Definition fresh_given x e := forall s t, (s < t < N)%nat -> forall w, same_law (G (x s) w) M (e t).
  Definition separate d e :=
    forall s t, (0 < s < N)%nat -> (0 < t < N)%nat -> independent_under M (d s) (e t).
End Words.

(** ** What the scripts use *)

Section Means.
  Context {outcomes : Type}.
  Implicit Types (M : (outcomes -> R) -> R) (X Y f g : outcomes -> R).

  (** Sums of constants times powers of what is known times random variables, and their means. *)
  Fixpoint terms (l : list (R * (outcomes -> R))) (w : outcomes) : R :=
    match l with [] => 0 | (c, m) :: l => c * m w + terms l w end.
  Fixpoint means M (l : list (R * (outcomes -> R))) : R :=
    match l with [] => 0 | (c, m) :: l => c * M m + means M l end.

  Lemma mean_one M : expectation M -> M (fun _ => 1) = 1.
  Proof. now intros []. Qed.

  Lemma mean_scale M c f : expectation M -> M (fun w => c * f w) = c * M f.
  Proof.
    intros [_ H]. replace (fun w => c * f w) with (fun w => c * f w + 0 * f w) by (extensionality w; ring).
    rewrite H. ring.
  Qed.

  Lemma mean_plus M f g : expectation M -> M (fun w => f w + g w) = M f + M g.
  Proof.
    intros [_ H]. replace (fun w => f w + g w) with (fun w => 1 * f w + 1 * g w) by (extensionality w; ring).
    rewrite H. ring.
  Qed.

  Lemma mean_zero M : expectation M -> M (fun _ => 0) = 0.
  Proof.
    intros H. replace (fun _ : outcomes => 0) with (fun _ : outcomes => 0 * 0) by (extensionality w; ring).
    rewrite (mean_scale M 0 (fun _ => 0) H). ring.
  Qed.

  Lemma mean_terms M (l : list (R * (outcomes -> R))) f :
    expectation M -> (forall w, f w = terms l w) -> M f = means M l.
  Proof.
    intros H E. replace f with (terms l) by (extensionality w; auto). clear f E.
    induction l as [|[c m] l IH]; cbn; [now apply mean_zero|].
    rewrite mean_plus, mean_scale by assumption. now rewrite IH.
  Qed.

  Lemma known_powers G X w j f : conditional G -> G X w (fun v => X v ^ j * f v) = X w ^ j * G X w f.
  Proof.
    intros H. induction j as [|j IH]; cbn.
    - rewrite Rmult_1_l. f_equal. extensionality v. ring.
    - rewrite Rmult_assoc, <- IH, <- (proj2 (H X w)). f_equal. extensionality v. ring.
  Qed.

  Fixpoint known_terms X (l : list (R * nat * (outcomes -> R))) (w : outcomes) : R :=
    match l with [] => 0 | (c, j, m) :: l => c * (X w ^ j * m w) + known_terms X l w end.
  Fixpoint known_means M (y : R) (l : list (R * nat * (outcomes -> R))) : R :=
    match l with [] => 0 | (c, j, m) :: l => c * (y ^ j * M m) + known_means M y l end.

  Lemma mean_known_terms G X w (l : list (R * nat * (outcomes -> R))) f :
    conditional G -> (forall v, f v = known_terms X l v) -> G X w f = known_means (G X w) (X w) l.
  Proof.
    intros H E. replace f with (known_terms X l) by (extensionality v; auto). clear f E.
    destruct (H X w) as [HE _]. induction l as [|[[c j] m] l IH]; cbn; [now apply mean_zero|].
    rewrite (mean_plus _ (fun v => c * (X v ^ j * m v))) by assumption.
    rewrite (mean_scale _ c (fun v => X v ^ j * m v)) by assumption. now rewrite known_powers, IH.
  Qed.

  Lemma known_one G X w : conditional G -> G X w (fun _ => 1) = 1.
  Proof. intros H. apply mean_one, (H X w). Qed.

  Lemma independent_sym M X Y : independent_under M X Y -> independent_under M Y X.
  Proof.
    intros H p r. rewrite Rmult_comm, <- H. f_equal. extensionality w. ring.
  Qed.

  (** The variances of pairwise independent terms add. *)
  Lemma variance_sum M (l : list nat) (c : nat -> R) (X : nat -> outcomes -> R) :
    expectation M -> NoDup l -> (forall i j, In i l -> In j l -> i <> j -> independent_under M (X i) (X j)) ->
    variance_of M (fun w => sum l (fun i => c i * X i w)) = sum l (fun i => c i ^ 2 * variance_of M (X i)).
  Proof.
    intros H D I. unfold variance_of.
    assert (mean : forall m, M (fun w => sum m (fun i => c i * X i w)) = sum m (fun i => c i * M (X i))).
    { induction m as [|i m IH]; cbn; [now apply mean_zero|].
      rewrite (mean_plus M (fun w => c i * X i w)), mean_scale by assumption. now rewrite IH. }
    induction l as [|i l IH]; cbn [sum].
    - rewrite (mean_zero M H). replace (fun _ : outcomes => 0 ^ 2) with (fun _ : outcomes => 0)
        by (extensionality w; ring). rewrite (mean_zero M H). ring.
    - inversion D as [|? ? new D']; subst.
      assert (cross : M (fun w => X i w * sum l (fun j => c j * X j w)) = M (X i) * sum l (fun j => c j * M (X j))).
      { assert (part : forall m, (forall j, In j m -> In j l) ->
          M (fun w => X i w * sum m (fun j => c j * X j w)) = M (X i) * sum m (fun j => c j * M (X j))).
        { induction m as [|j m IHm]; intros sub; cbn.
          - rewrite Rmult_0_r. transitivity (M (fun _ => 0)); [|now apply mean_zero].
            f_equal. extensionality w. ring.
          - replace (fun w => X i w * (c j * X j w + sum m (fun k => c k * X k w)))
              with (fun w => c j * (X i w * X j w) + X i w * sum m (fun k => c k * X k w)) by (extensionality w; ring).
            rewrite (mean_plus M (fun w => c j * (X i w * X j w))) by assumption.
            rewrite (mean_scale M (c j) (fun w => X i w * X j w)) by assumption.
            rewrite IHm by (intros; apply sub; now right).
            assert (Hj : In j l) by (apply sub; now left).
            assert (Hi : i <> j) by (intros ->; auto).
            assert (K : M (fun w => X i w * X j w) = M (X i) * M (X j)).
            { exact (I i j (in_eq _ _) (in_cons _ _ _ Hj) Hi (fun x => x) (fun y => y)). }
            rewrite K. ring. }
        now apply part. }
      replace (fun w => (c i * X i w + sum l (fun j => c j * X j w)) ^ 2)
        with (fun w => c i ^ 2 * X i w ^ 2 + (2 * c i * (X i w * sum l (fun j => c j * X j w))
          + sum l (fun j => c j * X j w) ^ 2)) by (extensionality w; ring).
      rewrite (mean_plus M (fun w => c i ^ 2 * X i w ^ 2)) by assumption.
      rewrite (mean_plus M (fun w => 2 * c i * (X i w * sum l (fun j => c j * X j w)))) by assumption.
      rewrite (mean_scale M (c i ^ 2) (fun w => X i w ^ 2)) by assumption.
      rewrite (mean_scale M (2 * c i) (fun w => X i w * sum l (fun j => c j * X j w))) by assumption.
      rewrite cross, (mean_plus M (fun w => c i * X i w)), (mean_scale M (c i)), mean by assumption.
      assert (tail := IH D' (fun j k Hj Hk => I j k (in_cons _ _ _ Hj) (in_cons _ _ _ Hk))).
      rewrite mean in tail. lra.
  Qed.
End Means.

Lemma variance_times {outcomes} (M : (outcomes -> R) -> R) a b (c : nat -> R) (X : nat -> outcomes -> R) :
  expectation M -> (forall i j, (a <= i < j)%nat -> (j <= b)%nat -> independent_under M (X i) (X j)) ->
  variance_of M (fun w => sum (times a b) (fun i => c i * X i w)) =
  sum (times a b) (fun i => c i ^ 2 * variance_of M (X i)).
Proof.
  intros H I. apply variance_sum; [exact H|apply seq_NoDup|]. intros i j Hi Hj D. apply in_times in Hi, Hj.
  destruct (Nat.lt_ge_cases i j); [apply I|apply independent_sym, I]; lia.
Qed.

(** The mean of a square polynomial under a Gaussian. *)
Lemma normal_quadratic a b c m v : 0 < v ->
  line_integral (fun x => (a * x ^ 2 + b * x + c) * normal x m v) = a * (m ^ 2 + v) + b * m + c.
Proof.
  intros H. apply (is_RInt_gen_unique (fun x => (a * x ^ 2 + b * x + c) * normal x m v)).
  change (line (fun x => (a * x ^ 2 + b * x + c) * normal x m v) (a * (m ^ 2 + v) + b * m + c)).
  apply (line_is _ (1 * (a * ((m - 0) ^ 2 + v) + b * m) + c * 1)); [ring|].
  apply (line_ext (fun x => 1 * (a * ((x - 0) ^ 2 * normal x m v) + b * (x * normal x m v)) + c * normal x m v)).
  { intros; ring. }
  apply (linearity_of_integrals (fun x => a * ((x - 0) ^ 2 * normal x m v) + b * (x * normal x m v))).
  - apply (linearity_of_integrals (fun x => (x - 0) ^ 2 * normal x m v)).
    + now apply squares_from_a_point.
    + now apply normal_mean.
  - now apply normal_sums_to_one.
Qed.

(** What is known of noises; of one without a time at time 1, seen from time 0. *)
Ltac by_noise :=
  match goal with
  | I : _ |- _ => solve [ apply I; lia ]
  | I : _ 2%nat _ _ |- _ => solve [ apply (I 1%nat); lia ]
  | I : _ 2%nat _ _ _ |- _ => solve [ apply (I 0%nat 1%nat); lia ]
  | I : _ 2%nat _ _ _ _ |- _ => solve [ apply (I 0%nat 1%nat); lia ]
  end.

(** A premise about two variables, in either order. *)
Ltac independence :=
  first [ assumption
        | by_noise
        | apply independent_sym; first [ assumption | by_noise ] ].
Ltac expectation :=
  match goal with
  | I : expectation _ |- expectation _ => exact I
  | I : conditional _ |- expectation (_ ?X ?w) => exact (proj1 (I X w))
  end.

(** Two random variables are equal if they are so at every outcome. *)
Ltac outcomes := try rename outcome into outside; extensionality outcome.

Lemma standard_mean {outcomes} (M : (outcomes -> R) -> R) X : standard M X -> M (fun w => X w) = 0.
Proof.
  intros H. assert (K := H 1%nat ltac:(lia)). cbn in K. rewrite <- K. f_equal. extensionality w. ring.
Qed.
Ltac law := by_noise.
Ltac moments :=
  match goal with
  | K : standard ?M ?X |- _ => first [ apply (standard_mean M X K) | etransitivity; [ apply K; lia | cbn; lra ] ]
  end.
