"""Every graded exercise can be answered on its page: the build puts a block beneath the question.

A cell ``grade("its-name", ...)`` asks; the block has a box for the answer and shows which symbols it may use.  The
grader itself is loaded when the reader asks for it.
"""

from __future__ import annotations

from html import escape

from pagekit.exercises import exercises

from . import ready

TITLE = "Answer here"
LONGEST = 1000


def block(options: dict[str, str]) -> str:
    """The form of one exercise; what it says without a script, too."""
    exercise = exercises()[options["name"]]
    name, told = f"lab-grade-{exercise.name}", ready.told()
    if told.missing:
        return f'<p class="lab-said">The grader is no part of this copy of the book: {escape(told.missing)}</p>'
    symbols = "".join(
        f'<button type="button" class="lab-letter" data-letter="{escape(symbol.name)}">{escape(symbol.name)}</button> '
        for symbol in exercise.symbols
    )
    allowed = f"Symbols: {symbols}and sqrt, exp, log, pi" if symbols else "A number; sqrt, exp, log and pi are allowed"
    return (
        f'<form class="lab-answer needs-script" data-name="{exercise.name}" data-size="{told.size}" action="#">'
        f'<label for="{name}-text">Your answer</label>'
        f'<input type="text" id="{name}-text" maxlength="{LONGEST}" autocomplete="off" autocapitalize="off" '
        f'spellcheck="false" aria-describedby="{name}-letters {name}-said">'
        f'<button type="submit">Load the grader, {told.megabytes} MB</button></form>\n'
        f'<p class="lab-letters needs-script" id="{name}-letters">{allowed}</p>\n'
        f'<div class="lab-read"></div>\n'
        f'<p class="lab-said" id="{name}-said" role="status"></p>'
    )
