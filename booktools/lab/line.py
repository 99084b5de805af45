"""The block in which a reader states a line of his own; its script lets him break the lines of the page, too."""

from __future__ import annotations

from html import escape

from . import ready
from .inside.rules import OFFERED

TITLE = "Ask the machine"
LONGEST = 2000


def block(options: dict[str, str]) -> str:
    told = ready.told()
    if told.missing:
        return f'<p class="lab-said">The proof checker is not part of this copy of the book: {escape(told.missing)}</p>'
    example = escape(options["example"])
    page, tags = escape(options["page"]), escape(options["tags"])
    options = "".join(f'<option value="{name}">{name}: {permits}</option>' for name, permits in OFFERED.items())
    return (
        f"<details><summary>{TITLE}: does a line of yours follow?</summary>\n"
        '<p class="lab-letters">State an equality in the symbols of this page, in code. The proof checker tries every '
        "inference rule, with the definitions and results of this page, and names the one that gives the line; if none "
        "does, it searches for a counterexample. To try: "
        f"<code>{example}</code>, then change a symbol, or choose the one rule by which the line should follow.</p>\n"
        f'<form class="lab-answer needs-script" data-page="{page}" data-tags="{tags}" data-size="{told.size}" '
        'action="#">'
        '<label for="lab-line-text">Your line</label>'
        f'<input type="text" id="lab-line-text" maxlength="{LONGEST}" value="{example}" autocomplete="off" '
        'autocapitalize="off" spellcheck="false" aria-describedby="lab-line-said">'
        '<label for="lab-line-by">It follows by</label><select id="lab-line-by">'
        f'<option value="">any rule</option>{options}</select>'
        f'<button type="submit">Load the proof checker, {told.megabytes} MB</button></form>\n'
        '<div class="lab-read"></div>\n<p class="lab-said" id="lab-line-said" role="status"></p></details>'
    )
