"""The algebra and the calculus that the kernel calls: decision procedures, never numbers."""
