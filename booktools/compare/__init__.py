"""Whether what a cell shows now says the same as what its notebook stores: another processor rounds otherwise."""
