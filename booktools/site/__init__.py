"""From notebooks to HTML."""
