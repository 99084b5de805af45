"""What may be defined or assumed, so that no statement contradicts an earlier one."""
