"""Whether what a cell shows now says the same as what its notebook stores: another processor rounds otherwise."""

MEASURED = "measured"  # the tag of a cell whose figures show results of a training
