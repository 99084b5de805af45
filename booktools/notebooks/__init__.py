"""From pages to executed notebooks."""
