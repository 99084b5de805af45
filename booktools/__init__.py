"""What turns book/ into notebooks and pages."""
