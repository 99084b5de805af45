"""What both translators say of a node that they have no word for."""


class Untranslated(Exception):
    """A node that a translator has no word for."""
