"""What an author's cell uses, and what it shows: derivations, chains of lines, their LaTeX and their count."""
