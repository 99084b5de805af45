"""The chapters: what ``registry.yaml`` records of each."""
