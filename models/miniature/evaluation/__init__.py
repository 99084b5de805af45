"""How images of the miniature are judged, and the model card that says what came of it."""
