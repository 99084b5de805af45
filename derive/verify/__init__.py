"""A step passes when the kernel proves it and the numbers do not refute it; mutants see to it that both can fail."""
