(** * Steps about densities and means on finite spaces, and about linear functionals

    A script writes each density as a quotient of marginals and each mean as a sum of constants times sums over sets of
    states. These are the rules by which it does so; they say what [Densities] and [Markov] prove in the form in which
    the scripts apply them: the sets are given, and that they are the right ones is a question of arithmetic. *)

From Coq Require Import Reals List Lia Lra Bool ZifyBool FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import Sums Variables Densities Markov Calculus Line Gaussian Steps.
Import ListNotations.
Open Scope R_scope.

(** ** Linear functionals *)

Lemma int_combination (I : (R -> R) -> R) (l : list (R * (R -> R))%type) f : linear I ->
  (forall y, f y = sum l (fun p => fst p * snd p y)) -> I f = sum l (fun p => fst p * I (snd p)).
Proof.
  intros HI Hf. replace f with (fun y => sum l (fun p => fst p * snd p y)) by (extensionality y; now rewrite Hf).
  clear f Hf. induction l as [|[c g] l IH]; cbn.
  - replace (fun _ : R => 0) with (fun _ : R => 0 * 0 + 0 * 0) by (extensionality y; ring). rewrite HI. ring.
  - rewrite <- IH. replace (fun y => c * g y + sum l (fun p => fst p * snd p y))
      with (fun y => c * g y + 1 * sum l (fun p => fst p * snd p y)) by (extensionality y; ring).
    rewrite HI. ring.
Qed.

Lemma RInt_combination (l : list (R * (R -> R))%type) a b f :
  List.Forall (fun p => ex_RInt (snd p) a b) l -> (forall y, f y = sum l (fun p => fst p * snd p y)) ->
  RInt f a b = sum l (fun p => fst p * RInt (snd p) a b).
Proof.
  intros Hl Hf. apply is_RInt_unique. apply (is_RInt_ext (fun y => sum l (fun p => fst p * snd p y))).
  { intros y _. now rewrite Hf. }
  clear f Hf. induction Hl as [|[c g] l Hg Hl IH]; cbn.
  - evar_last; [apply @is_RInt_const|]. unfold scal. cbn. unfold mult. cbn. ring.
  - apply (is_RInt_plus (V := R_NormedModule)); [|exact IH].
    apply (is_RInt_scal (V := R_NormedModule) g), (RInt_correct (V := R_CompleteNormedModule) g), Hg.
Qed.

(** ** Sums over states, whose values are of any type *)

Section Finite.
  Context {V : Type} (space : nat -> list V) (N : nat).
  Hypothesis inhabited : forall i, space i <> [].
  Notation over := (Variables.over space).
  Notation free := (Variables.free N).
  Notation function := ((nat -> V) -> R).

  Lemma combination A B (l : list (function * function)%type) f x :
    (forall i, A i = B i) -> (forall y, f y = sum l (fun p => fst p y * snd p y)) ->
    List.Forall (fun p => free B (fst p)) l -> over N A f x = sum l (fun p => fst p x * over N B (snd p) x).
  Proof.
    intros HA Hf Hl. replace A with B by (extensionality i; now rewrite HA).
    rewrite (over_ext _ _ _ _ _ _ Hf). clear f Hf. induction Hl as [|[c g] l Hc Hl IH]; cbn.
    - apply over_zero.
    - rewrite over_plus, IH. f_equal. now apply over_factor with (N := N).
  Qed.

  Lemma over_moved A f x i : (i < N)%nat -> (A i = false -> forall y s, f (put y i s) = f y) ->
    forall s, over N A f (put x i s) = over N A f x.
  Proof.
    intros Hi Hf s. destruct (A i) eqn:HA; [now apply over_put_summed|].
    apply over_put_free with (N := N); auto.
  Qed.

  Lemma merge A B C h g x : (forall i, A i = true -> B i = false) -> (forall i, C i = A i || B i) -> free B h ->
    over N A (fun y => h y * over N B g y) x = over N C (fun y => h y * g y) x.
  Proof.
    intros HAB HC Hh. replace C with (A ∪ B) by (extensionality i; now rewrite HC).
    rewrite <- over_over by exact HAB. apply over_ext. intros y. symmetry. now apply over_factor with (N := N).
  Qed.

  Lemma over_sum_out {I} A (l : list I) f g x :
    over N A (fun y => sum l (fun t => f t y) * g y) x = sum l (fun t => over N A (fun y => f t y * g y) x).
  Proof. rewrite <- over_sum. apply over_ext. intros y. now rewrite <- sum_scale_right. Qed.

  Section Law.
    Variable q : (nat -> V) -> R.
    Hypothesis q_pos : forall x, 0 < q x.
    Notation marginal := (Densities.marginal space N q).
    Notation cond := (Densities.cond space N q).

    Lemma law_is_marginal x : q x = marginal (from 0) x.
    Proof. replace (from 0) with all by (extensionality i; reflexivity). symmetry. apply marginal_all. Qed.

    Lemma cond_as A B C D x : (forall i, C i = A i || B i) -> (forall i, D i = B i) ->
      cond A B x = marginal C x / marginal D x.
    Proof.
      intros HC HD. unfold Densities.cond.
      replace C with (A ∪ B) by (extensionality i; now rewrite HC).
      now replace D with B by (extensionality i; now rewrite HD).
    Qed.

    Lemma cond_joint A C x : normalised space N q -> (forall i, C i = A i) -> cond A none x = marginal C x.
    Proof. intros Hq H. rewrite cond_none by auto. f_equal. extensionality i. now rewrite H. Qed.

    Lemma marginal_moved S x i s : (i < N)%nat -> S i = false -> marginal S (put x i s) = marginal S x.
    Proof. intros Hi HS. apply free_marginal; auto. unfold rest. now rewrite HS. Qed.

    Lemma marginal_out A S C x : (forall i, A i = true -> S i = true) -> (forall i, C i = S i && negb (A i)) ->
      over N A (marginal S) x = marginal C x.
    Proof.
      intros HS HC. replace S with (A ∪ C).
      - apply marginalisation_joint. intros i Hi. rewrite HC, Hi. apply andb_false_r.
      - extensionality i. unfold union. specialize (HS i). rewrite HC.
        destruct (A i), (S i); cbn; auto; symmetry; auto.
    Qed.

    (** What does not depend on some variables is averaged over the others alone. *)
    Lemma reduce A A1 S C f x :
      (forall i, A1 i = true -> A i = true) -> (forall i, A i && negb (A1 i) = true -> S i = true) ->
      (forall i, C i = S i && (A1 i || negb (A i))) -> free (fun i => A i && negb (A1 i)) f ->
      over N A (fun y => f y * marginal S y) x = over N A1 (fun y => f y * marginal C y) x.
    Proof.
      intros H1 HS HC Hf. set (D := fun i => A i && negb (A1 i)).
      replace A with (A1 ∪ D).
      2:{ extensionality i. specialize (H1 i). unfold union, D. destruct (A i), (A1 i); cbn; auto. symmetry. auto. }
      rewrite <- over_over by (intros i Hi; unfold D; rewrite Hi; apply andb_false_r).
      apply over_ext. intros y. rewrite (over_factor space N N) by auto. f_equal. apply marginal_out; [exact HS|].
      intros i. rewrite HC. unfold D. now destruct (S i), (A i), (A1 i).
    Qed.

    Lemma chain_rule_span T A B x : (forall i, A i = span 1 T i) -> (forall i, B i = only 0 i) ->
      cond A B x = prod (times 1 T) (fun t => cond (only t) (span 0 (t - 1)) x).
    Proof.
      intros HA HB. replace B with (only 0) by (extensionality i; now rewrite HB).
      replace A with (fun i => Nat.leb 1 i && Nat.leb i T) by (extensionality i; now rewrite HA).
      rewrite chain_rule_path by auto. apply prod_ext. reflexivity.
    Qed.

    (** Of conditions that are all before the targets it remembers the latest, and of those after them the earliest. *)
    Lemma markov_keeps t A B C x : markov space N q -> (t < N)%nat -> B t = true -> (forall i, C i = only t i) ->
      (forall i, A i = true -> t < i)%nat /\ (forall i, B i = true -> i <= t)%nat \/
      (forall i, A i = true -> i < t)%nat /\ (forall i, B i = true -> t <= i)%nat -> cond A B x = cond A C x.
    Proof.
      intros (start & k & Hs & Hk & H1 & H2 & Hq) Ht HB HC Hside.
      replace C with (only t) by (extensionality i; now rewrite HC).
      replace q with (chain start k (N - 1)) by (extensionality y; now rewrite Hq).
      replace N with (S (N - 1)) at 1 3 by lia. destruct Hside as [[HA HB'] | [HA HB']].
      - apply markov_after; auto; try lia; intros i Hi; apply Nat.leb_le.
        + specialize (HA i Hi). lia.
        + specialize (HB' i Hi). lia.
      - apply markov_before; auto; try lia.
        + intros i Hi. specialize (HA i Hi). apply Nat.leb_le. lia.
        + destruct (A t) eqn:E; [|reflexivity]. specialize (HA t E). lia.
        + intros i Hi. specialize (HB' i Hi). apply Nat.leb_le. lia.
    Qed.
    (** The marginal of a Markov chain by those of its states up to the time t and from it on. *)
    Lemma marginal_across t S B A x : markov space N q -> (t < N)%nat -> S t = true ->
      (forall i, B i = S i && Nat.leb i t) -> (forall i, A i = S i && Nat.leb t i) ->
      marginal S x = marginal B x * marginal A x / marginal (only t) x.
    Proof.
      intros Hq Ht HS HB HA. set (F := fun i => S i && Nat.ltb t i).
      assert (E : cond F B x = cond F (only t) x).
      { apply (markov_keeps t); auto.
        - rewrite HB, HS. apply Nat.leb_refl.
        - left. split; intros i; [unfold F | rewrite HB]; intros [_ Hi]%andb_prop;
            [apply Nat.ltb_lt in Hi | apply Nat.leb_le in Hi]; lia. }
      assert (P : forall C, 0 < marginal C x) by (intros; now apply marginal_pos).
      unfold Densities.cond in E. replace (F ∪ B) with S in E; [replace (F ∪ only t) with A in E|].
      - assert (PB := P B). assert (Pt := P (only t)).
        apply (f_equal (fun r => r * marginal B x)) in E. unfold Rdiv in E |- *.
        rewrite Rmult_assoc, Rinv_l in E by lra. lra.
      - extensionality i. unfold union, F, only. rewrite HA.
        destruct (Nat.leb_spec t i), (Nat.ltb_spec t i), (Nat.eqb_spec i t);
          subst; rewrite ?HS; cbn; rewrite ?andb_true_r, ?andb_false_r, ?orb_false_r; reflexivity || lia.
      - extensionality i. unfold union, F. rewrite HB.
        destruct (Nat.leb_spec i t), (Nat.ltb_spec t i), (S i); cbn; reflexivity || lia.
    Qed.
  End Law.
End Finite.

(** ** Tactics *)

(** Sets that are given by times are compared by arithmetic. *)
Ltac bits :=
  intros;
  repeat match goal with H : _ = true |- _ => revert H | H : _ = false |- _ => revert H end;
  unfold span, only, union, rest, none, all, upto, from; intros; lia.

Ltac into v := (let y := fresh v "_out" in try rename v into y); intros v; cbv beta.

(** A change of the variable i does not matter. *)
Ltac moved :=
  cbv beta;
  first
  [ reflexivity
  | lazymatch goal with
    | |- put _ _ _ _ = _ => apply put_other; bits
    | |- marginal _ _ _ _ (put _ _ _) = _ => apply marginal_moved; [ assumption | bits ]
    | |- Variables.over _ _ _ _ (put _ _ _) = _ => apply over_moved; [ assumption | intros; moved ]
    | |- sum _ _ = sum _ _ => apply sum_ext; intros; moved
    | |- prod _ _ = prod _ _ => apply prod_ext; intros; moved
    | |- cond _ _ _ _ _ _ = _ => unfold cond; moved
    | |- _ => progress f_equal; moved
    end ].
Ltac frees := unfold free; cbn [fst]; intros; moved.
Ltac all_free := repeat first [ apply List.Forall_nil | apply List.Forall_cons; [ frees | ] ].

(** The two sides have one form, and differ in single densities. *)
Ltac leafwise leaf :=
  first
  [ reflexivity
  | solve [ leaf ] | solve [ symmetry; leaf ]
  | lazymatch goal with
    | |- sum _ _ = sum _ _ => apply sum_ext; let i := fresh in let j := fresh in intros i j; apply in_times in j; leafwise leaf
    | |- prod _ _ = prod _ _ => apply prod_ext; let i := fresh in let j := fresh in intros i j; apply in_times in j; leafwise leaf
    | |- Variables.over _ _ _ _ _ = Variables.over _ _ _ _ _ => apply over_ext; intros; leafwise leaf
    | |- _ => progress f_equal; leafwise leaf
    end ].
Ltac drop :=
  lazymatch goal with
  | |- cond ?space ?N ?q ?A ?B ?x = cond ?space ?N ?q ?A (only ?t) ?x =>
    apply (markov_keeps space N ltac:(assumption) q t A B (only t) x);
    first [ assumption | bits | left; split; bits | right; split; bits ]
  end.
Ltac path :=
  lazymatch goal with
  | |- cond ?space ?N ?q ?A ?B ?x = prod (times 1 ?T) _ =>
    apply (chain_rule_span space N ltac:(assumption) q ltac:(assumption) T A B x); bits
  end.

(** What is positive by what the premises say of densities, functions and functionals. *)
Ltac positive :=
  cbv beta;
  lazymatch goal with
  | |- 0 < Densities.marginal _ _ _ _ _ => apply marginal_pos; assumption
  | |- 0 < cond _ _ _ _ _ _ => apply cond_pos; assumption
  | |- 0 < normal _ _ _ => apply normal_pos; pos
  | |- 0 < prod _ _ => apply prod_pos; intros; positive
  | |- 0 < _ * _ => apply Rmult_lt_0_compat; positive
  | |- 0 < ?I (fun _ : R => _) =>
    match goal with H : positive I |- _ => apply H; intros; positive end
  | |- 0 < ln _ => fail
  | |- 0 < sum _ _ => fail
  | |- 0 < Variables.over _ _ _ _ _ => apply over_pos; [ assumption | intros; positive ]
  | |- _ => first [ assumption | by_premise ]
  end.

(** A letter for a term of which algebra needs to know no more than that it is positive. *)
Tactic Notation "as_letter" ident(m) constr(u) :=
  first
  [ let P := fresh "P" in assert (P : 0 < u) by positive; revert P; generalize u; intros m P; change R in (type of m)
  | generalize u; intros m; change R in (type of m) ];
  lazymatch goal with |- @eq R _ _ => idtac | |- @eq _ ?a ?b => change (@eq R a b) end.
