"""A step passes when the kernel proves it and no counterexample is found; mutants check that both can fail."""
