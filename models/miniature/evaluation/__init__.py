"""The evaluation of the miniature's images, and the model card with its results."""
