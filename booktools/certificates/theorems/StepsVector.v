(** * Vectors, for every dimension

    A vector is a function of the coordinates 1, ..., d. The first part has the words of the statements, the others what
    their scripts use: sums over coordinates, Gaussians, partial derivatives, and means over vectors of noise. *)

From Coq Require Import Reals List Lia Lra FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Variables Line Gaussian Steps StepsDerivative StepsNoise Ranges.
Import ListNotations.
Open Scope R_scope.

(** ** Words of the statements *)

(** The partial derivative of [f] by coordinate i, at u. *)
Definition partial (f : (nat -> R) -> R) (u : nat -> R) (i : nat) : R := Derive (fun h : R => f (put u i h)) (u i).

(** Smooth in each coordinate. *)
Definition smooth_in (f : (nat -> R) -> R) := forall u i, smooth (fun h : R => f (put u i h)).

(** ** Sums over coordinates *)

Fixpoint combined {A : Type} (l : list A) (ms : list (R * (A -> R))) : R :=
  match ms with [] => 0 | (c, m) :: ms => c * sum l m + combined l ms end.
Fixpoint linear_terms {A : Type} (ms : list (R * (A -> R))) (a : A) : R :=
  match ms with [] => 0 | (c, m) :: ms => c * m a + linear_terms ms a end.

Lemma sum_combination {A : Type} (l : list A) (ms : list (R * (A -> R))) f :
  (forall a, In a l -> f a = linear_terms ms a) -> sum l f = combined l ms.
Proof.
  intros H. rewrite (sum_ext l f (linear_terms ms) H). clear f H.
  induction ms as [|[c m] ms IH]; cbn [linear_terms combined]; [apply sum_zero|].
  rewrite (sum_plus l (fun a => c * m a)), sum_scale, IH. reflexivity.
Qed.

Lemma sum_ones d : sum (times 1 d) (fun _ => 1) = INR d.
Proof.
  induction d as [|d IH]; [reflexivity|].
  rewrite times_last, sum_app, IH by lia. cbn [sum]. rewrite S_INR. ring.
Qed.

(** One coordinate and all others. *)
Lemma sum_others (l : list nat) (g h : nat -> R) i :
  NoDup l -> In i l -> (forall j, j <> i -> g j = h j) -> sum l g = g i + (sum l h - h i).
Proof.
  intros D I H. induction l as [|a l IH]; [destruct I|]. inversion D as [|? ? new D']; subst. cbn [sum].
  destruct (Nat.eq_dec a i) as [->|N].
  - rewrite (sum_ext l g h); [ring|]. intros j Hj. apply H. intros ->. auto.
  - destruct I as [I|I]; [contradiction|]. rewrite (IH D' I), (H a N). ring.
Qed.

Lemma sum_put d (f : nat -> R -> R) u i h : (1 <= i <= d)%nat ->
  sum (times 1 d) (fun k => f k (put u i h k)) = f i h + (sum (times 1 d) (fun k => f k (u k)) - f i (u i)).
Proof.
  intros I. rewrite (sum_others _ (fun k => f k (put u i h k)) (fun k => f k (u k)) i).
  - now rewrite put_same.
  - apply seq_NoDup.
  - now apply in_times.
  - intros j N. now rewrite put_other.
Qed.

(** ** Gaussians *)

Lemma ln_normals d x m v : (forall k, (1 <= k <= d)%nat -> 0 < v k) ->
  ln (prod (times 1 d) (fun k => normal (x k) (m k) (v k))) =
  sum (times 1 d) (fun k => - (1 / 2) * (ln (2 * PI) + ln (v k)) + - ((x k + - m k) ^ 2 / (2 * v k))).
Proof.
  intros V. assert (H : forall k, In k (times 1 d) -> 0 < v k) by (intros k Hk; apply V, in_times, Hk). clear V.
  induction (times 1 d) as [|k l IH]; cbn [prod sum]; [apply ln_1|].
  assert (Vk : 0 < v k) by (apply H; now left).
  rewrite ln_mult; [|now apply normal_pos|].
  - rewrite IH by (intros; apply H; now right). rewrite ln_normal by assumption.
    assert (P := PI_RGT_0). replace (2 * PI * v k) with ((2 * PI) * v k) by ring.
    rewrite (ln_mult (2 * PI)) by (try assumption; lra). field. lra.
  - apply prod_pos. intros j Hj. apply normal_pos, H. now right.
Qed.

Lemma as_exponential a b : 0 < a -> ln a = b -> a = exp b.
Proof. intros H <-. now rewrite exp_ln. Qed.

(** ** Means over vectors of noise *)

Section Means.
  Context {outcomes : Type}.
  Implicit Types (M : (outcomes -> R) -> R).

  Lemma mean_sum M (l : list nat) (f : nat -> outcomes -> R) :
    expectation M -> M (fun w => sum l (fun k => f k w)) = sum l (fun k => M (f k)).
  Proof.
    intros H. induction l as [|k l IH]; cbn [sum]; [now apply mean_zero|].
    rewrite (mean_plus M (f k)) by assumption. now rewrite IH.
  Qed.

  (** The coordinates of e are standard normal, each independent of each other. *)
  Definition standard_vector M (d : nat) (e : nat -> outcomes -> R) :=
    (forall k, (1 <= k <= d)%nat -> standard M (e k)) /\
    forall j k, (1 <= j <= d)%nat -> (1 <= k <= d)%nat -> j <> k -> independent_under M (e j) (e k).

  Lemma cross M d e j k : standard_vector M d e -> (1 <= j <= d)%nat -> (1 <= k <= d)%nat ->
    M (fun w => e j w * e k w) = if Nat.eqb j k then 1 else 0.
  Proof.
    intros [S I] Hj Hk. destruct (Nat.eqb_spec j k) as [<-|N].
    - assert (K := S j Hj 2%nat ltac:(lia)). cbn in K. transitivity (1 * 1); [|ring]. rewrite <- K.
      f_equal. extensionality w. ring.
    - assert (K : M (fun w => e j w * e k w) = M (e j) * M (e k)).
      { exact (I j k Hj Hk N (fun x => x) (fun x => x)). }
      rewrite K. change (M (fun w => e j w) * M (fun w => e k w) = 0). rewrite (standard_mean M (e j)) by auto. ring.
  Qed.

  (** What is left of a sum of terms, of which all but one vanish. *)
  Lemma sum_delta d (b : nat -> R) j : (1 <= j <= d)%nat ->
    sum (times 1 d) (fun k => b k * (if Nat.eqb j k then 1 else 0)) = b j.
  Proof.
    intros H. rewrite (sum_others _ _ (fun _ => 0) j).
    - rewrite sum_zero, Nat.eqb_refl. ring.
    - apply seq_NoDup.
    - now apply in_times.
    - intros k N. destruct (Nat.eqb_spec j k) as [->|]; [contradiction|ring].
  Qed.

  Lemma mean_at M d e (b : nat -> R) j : expectation M -> standard_vector M d e -> (1 <= j <= d)%nat ->
    M (fun w => e j w * sum (times 1 d) (fun k => b k * e k w)) = b j.
  Proof.
    intros H S Hj.
    replace (fun w => e j w * sum (times 1 d) (fun k => b k * e k w))
      with (fun w => sum (times 1 d) (fun k => b k * (e j w * e k w))).
    2: { extensionality w. rewrite <- sum_scale. apply sum_ext. intros; ring. }
    rewrite mean_sum by assumption. rewrite <- (sum_delta d b j Hj). apply sum_ext.
    intros k Hk. apply in_times in Hk. rewrite (mean_scale M (b k)) by assumption. now rewrite (cross M d e).
  Qed.

  Lemma mean_dots M d e (a b : nat -> R) : expectation M -> standard_vector M d e ->
    M (fun w => sum (times 1 d) (fun k => a k * e k w) * sum (times 1 d) (fun k => b k * e k w)) =
    sum (times 1 d) (fun k => a k * b k).
  Proof.
    intros H S.
    replace (fun w => sum (times 1 d) (fun k => a k * e k w) * sum (times 1 d) (fun k => b k * e k w))
      with (fun w => sum (times 1 d) (fun j => a j * (e j w * sum (times 1 d) (fun k => b k * e k w)))).
    2: { extensionality w. rewrite <- sum_scale_right. apply sum_ext. intros; ring. }
    rewrite mean_sum by assumption. apply sum_ext. intros j Hj. apply in_times in Hj.
    rewrite (mean_scale M (a j)) by assumption. now rewrite (mean_at M d e).
  Qed.

  Lemma mean_trace M d e (J : nat -> nat -> R) : expectation M -> standard_vector M d e ->
    M (fun w => sum (times 1 d) (fun j => e j w * sum (times 1 d) (fun k => J j k * e k w))) =
    sum (times 1 d) (fun k => J k k).
  Proof.
    intros H S. rewrite mean_sum by assumption. apply sum_ext. intros j Hj. apply in_times in Hj.
    now rewrite (mean_at M d e).
  Qed.

  Lemma squares M d e j k : standard_vector M d e -> (1 <= j <= d)%nat -> (1 <= k <= d)%nat ->
    M (fun w => e j w ^ 2 * e k w ^ 2) = 1 + 2 * (if Nat.eqb j k then 1 else 0).
  Proof.
    intros [S I] Hj Hk. destruct (Nat.eqb_spec j k) as [<-|N].
    - assert (K := S j Hj 4%nat ltac:(lia)). cbn in K. transitivity ((1 + 1 + 1) * (1 * 1)); [|ring]. rewrite <- K.
      f_equal. extensionality w. ring.
    - assert (K : M (fun w => e j w ^ 2 * e k w ^ 2) = M (fun w => e j w ^ 2) * M (fun w => e k w ^ 2)).
      { exact (I j k Hj Hk N (fun x => x ^ 2) (fun x => x ^ 2)). }
      rewrite K, (S j Hj 2%nat) by lia. rewrite (S k Hk 2%nat) by lia. cbn. ring.
  Qed.

  Lemma mean_fourth M d e : expectation M -> standard_vector M d e ->
    M (fun w => sum (times 1 d) (fun k => e k w ^ 2) ^ 2) = INR d ^ 2 + 2 * INR d.
  Proof.
    intros H S.
    replace (fun w => sum (times 1 d) (fun k => e k w ^ 2) ^ 2)
      with (fun w => sum (times 1 d) (fun j => sum (times 1 d) (fun k => e j w ^ 2 * e k w ^ 2))).
    2: { extensionality w. set (s := sum _ (fun k => e k w ^ 2)). transitivity (s * s); [|ring].
         unfold s at 1. rewrite <- sum_scale_right. apply sum_ext. intros j _. apply sum_scale. }
    rewrite mean_sum by assumption.
    transitivity (sum (times 1 d) (fun _ => (INR d + 2) * 1)); [|rewrite sum_scale, sum_ones; ring].
    apply sum_ext. intros j Hj. apply in_times in Hj. rewrite mean_sum by assumption.
    transitivity (sum (times 1 d) (fun k => 1 + (fun _ => 2) k * (if Nat.eqb j k then 1 else 0))).
    - apply sum_ext. intros k Hk. apply in_times in Hk. now rewrite (squares M d e).
    - rewrite sum_plus, (sum_delta d (fun _ => 2) j Hj), sum_ones. ring.
  Qed.
End Means.

(** The mean of a product of two independent vectors. *)
Lemma mean_apart {outcomes} (M : (outcomes -> R) -> R) X Y :
  independent_under M X Y -> M (fun w => X w * Y w) = M (fun w => X w) * M (fun w => Y w).
Proof. intros I. exact (I (fun x => x) (fun x => x)). Qed.

(** ** Partial derivatives *)

Lemma put_id (u : nat -> R) i : put u i (u i) = u.
Proof. extensionality j. unfold put. destruct (Nat.eqb_spec j i) as [->|]; reflexivity. Qed.

Lemma smooth_ex f y : smooth f -> ex_derive f y.
Proof. intros S. destruct (smooth_next f S) as (g & G & _). exists (g y). apply G. Qed.

(** The slope of a smooth function has a slope. *)
Lemma partial_ex f u i h : smooth_in f -> ex_derive (fun h => partial f (put u i h) i) h.
Proof.
  intros S. destruct (smooth_next _ (S u i)) as (g & G & T).
  apply (ex_derive_ext g); [|now apply smooth_ex].
  intros y. unfold partial. rewrite put_same. symmetry. apply is_derive_unique.
  apply (is_derive_ext (fun h => f (put u i h))); [|apply G].
  intros z. now rewrite put_put.
Qed.

(** ** Integrals over vectors *)

Fixpoint integrals {V : Type} (I : (V -> R) -> R) (ms : list (R * (V -> R))) : R :=
  match ms with [] => 0 | (c, m) :: ms => c * I m + integrals I ms end.

Lemma integral_terms {V : Type} (I : (V -> R) -> R) ms f :
  linear I -> (forall y, f y = linear_terms ms y) -> I f = integrals I ms.
Proof.
  intros L H. replace f with (linear_terms ms) by (extensionality y; now rewrite H). clear f H.
  induction ms as [|[c m] ms IH]; cbn [linear_terms integrals].
  - replace (fun _ : V => 0) with (fun _ : V => 0 * 0 + 0 * 0) by (extensionality y; ring). rewrite L. ring.
  - replace (fun y => c * m y + linear_terms ms y) with (fun y => c * m y + 1 * linear_terms ms y)
      by (extensionality y; ring).
    rewrite L, <- IH. ring.
Qed.

Lemma integral_sum {A V : Type} (I : (V -> R) -> R) (l : list A) (a : A -> R) (b : A -> V -> R) :
  linear I -> I (fun y => sum l (fun k => a k * b k y)) = sum l (fun k => a k * I (b k)).
Proof.
  intros L. rewrite (integral_terms I (map (fun k => (a k, b k)) l) _ L).
  - induction l as [|k l IH]; cbn; [reflexivity|now rewrite IH].
  - intros y. induction l as [|k l IH]; cbn; [reflexivity|now rewrite IH].
Qed.

(** A partial derivative and an integral change places. *)
Lemma exchange_partial {V : Type} (I : (V -> R) -> R) (f df : (nat -> R) -> V -> R) u i : exchanges I ->
  (forall u y, is_derive (fun h : R => f (put u i h) y) (u i) (df u y)) ->
  is_derive (fun h : R => I (f (put u i h))) (u i) (I (df u)).
Proof.
  intros E H.
  assert (D := E (fun h => f (put u i h)) (fun h => df (put u i h)) (u i)). cbv beta in D. rewrite put_id in D. apply D.
  apply filter_forall. intros h y. assert (K := H (put u i h) y). rewrite put_same in K.
  apply (is_derive_ext (fun h' => f (put (put u i h) i h') y)); [|exact K].
  intros z. now rewrite put_put.
Qed.

(** Functions of u are equal if they are so at every u. *)
Tactic Notation "vary" ident(u) := (let o := fresh "outer" in try rename u into o); extensionality u.

Tactic Notation "outcome_is" ident(w) := (let o := fresh "outer" in try rename w into o); intros w.

(** One of the coordinates of a sum. *)
Tactic Notation "coordinate" ident(k) := let H := fresh in intros k H; apply in_times in H.

(** A derivative of an arbitrary function exists. *)
Ltac smooth_side :=
  cbv beta;
  match goal with
  | S : smooth_in ?f |- ex_derive (fun h => partial _ (put ?u ?i h) ?i) ?y => exact (partial_ex f u i y S)
  | S : forall _, smooth_in _ |- ex_derive (fun h => partial _ (put ?u ?i h) ?i) ?y => exact (partial_ex _ u i y (S _))
  | S : smooth_in ?f |- ex_derive _ ?y => exact (smooth_ex _ y (S _ _))
  | S : forall _, smooth_in _ |- ex_derive _ ?y => exact (smooth_ex _ y (S _ _ _))
  end.

(** [auto_derive] writes powers out. *)
Ltac powers :=
  repeat match goal with
         | |- context [?y * (?y * (?y * 1))] => change (y * (y * (y * 1))) with (y ^ 3)
         | |- context [?y * (?y * 1)] => change (y * (y * 1)) with (y ^ 2)
         | |- context [/ (?y * 1)] => change (/ (y * 1)) with (/ y ^ 1)
         end.

(** What [auto_derive] asks. *)
Ltac derivable := repeat split; first [ assumption | exact I | pos | nonzero | idtac ].

(** The law of a noise, as the premises say it. *)
Ltac noise_law := match goal with H : _ |- standard_vector _ _ _ => solve [ apply H; lia ] end.
Ltac coordinate_law :=
  match goal with
  | |- standard ?M (fun w => ?e ?t ?k w) =>
      match goal with H : _ |- _ => let K := fresh in assert (K : standard_vector M _ (e t)) by (apply H; lia);
        exact (proj1 K k ltac:(lia)) end
  | |- standard ?M (fun w => ?e ?k w) =>
      match goal with K : standard_vector M _ e |- _ => exact (proj1 K k ltac:(lia)) end
  end.

(** Two products of sums over coordinates that differ in the order of factors. *)
Ltac sums_ordered_in := solve [ repeat first [ reflexivity | ring | f_equal; let k := fresh in extensionality k ] ].
Ltac sums_ordered :=
  try match goal with |- ?s ^ 2 = _ => transitivity (s * s); [ ring | ] end;
  first [ reflexivity | sums_ordered_in | f_equal; sums_ordered_in ].
