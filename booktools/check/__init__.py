"""What must hold of pages and notebooks."""
