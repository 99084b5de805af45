"""What may be defined or assumed, so that nothing that is said contradicts what was said before."""
