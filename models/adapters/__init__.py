"""What is added to a finished model so that it learns something new: low-rank changes, a word, a control by edges."""
