"""What a derivation is written in: terms, times, densities, and how they are matched and replaced."""
