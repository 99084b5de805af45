"""Side by side with other libraries: ``python -m benchmarks``, or one row alone, ``python -m benchmarks ring``.

All contestants of a row run in one process, one thread, in turns (A B A B …), so that whatever else the machine does
slows them alike.  Time is processor time.  A peer runs its own published example, unchanged but for data and size;
``recipes`` and ``image_peers`` name version and file.  Each row is a file of its own, and gives a plain ``dict``:

    lines     who reached what: values of all seeds or rounds, of which readers see median, least and greatest
    targets   what we want to hold, as a number beside its bound
    conditions, recipes   under what it was measured, and whose example was run
"""
