"""An independent crosscheck of the derivations: their steps about numbers, decided by Rocq and by Maxima."""
