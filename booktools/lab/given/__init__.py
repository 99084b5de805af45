"""What each laboratory is given: a module of its name, whose ``data()`` returns plain values.

``files()`` and ``scripts()`` are what it loads later, if anything.
"""
