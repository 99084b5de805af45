"""A second opinion on the derivations: their steps about numbers, decided by Rocq and by Maxima."""
