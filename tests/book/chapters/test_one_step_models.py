"""The chapter one-step-models: its derivation refutes a known error, and its table and its control hold."""

from __future__ import annotations

from false_steps import false_steps

FALSE = """
the-wrong-score: Integral((-1 / s_G - z * ell.prime(sample)) * gauss, z)
    = Integral((z / s_G - ell.prime(sample)) * z * gauss, z); integration by parts
"""
test_a_false_step_is_refuted = false_steps("one-step-models", FALSE)


def test_the_stored_table_has_five_seeds_of_each_method(kept):
    assert len(kept.runs) == 5
    methods = {
        "progressive distillation": (1, 2, 4, 8),
        "consistency distillation": (1, 2, 4),
        "consistency training": (1, 2, 4),
    }
    for name, counts in methods.items():
        for k in counts:
            teacher = kept.numbers(f"1000 × energy distance, exact teacher, {k}")
            student = kept.numbers(f"1000 × energy distance, {name}, {k}")
            assert len(student) == 5 and all(a < b for a, b in zip(student, teacher, strict=True))


def test_less_noise_alone_does_not_make_the_teacher_a_student(shown):
    """The control of the page: the teacher in one step from the noise that the student was taught with."""
    assert shown["clean-student-once"] > shown["clean-truncated-1"] + 4 and shown["compared-n"] == 12
    assert shown["clean-truncated-1"] <= shown["clean-truncated-2"] <= shown["clean-truncated-4"]
