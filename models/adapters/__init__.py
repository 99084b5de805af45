"""Adapters of a trained model: low-rank updates (LoRA), textual inversion, and control by edges."""
