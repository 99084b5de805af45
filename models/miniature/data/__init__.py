"""The synthetic dataset: scenes, their captions, and the images that are rendered from both."""
