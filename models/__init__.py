"""What ships trained: for each model its data, training, evaluation, card and weights, in a folder of its own."""
