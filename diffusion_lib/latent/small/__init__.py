"""The miniature Stable Diffusion: its world, networks and training, and the recogniser of its pictures."""
