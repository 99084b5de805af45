"""The command line, on top of everything; nothing imports it."""
