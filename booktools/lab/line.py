"""The block in which a reader states a line of his own; its script lets him break the lines of the page, too."""

from __future__ import annotations

from html import escape

from diffusion_lib.symbolic.licences import LICENCES

from . import ready

# What an equality may claim; the others need a gap, or a hypothesis.
OFFERED = {
    name: one.permits
    for name, one in LICENCES.items()
    if name not in ("Jensen", "Gibbs", "non-negative gap", "positive gap", "induction")
}
TITLE = "Ask the machine"
LONGEST = 2000


def block(options: dict[str, str]) -> str:
    told = ready.told()
    if told.missing:
        return f'<p class="lab-said">The engine is no part of this copy of the book: {escape(told.missing)}</p>'
    example = escape(options["example"])
    page, tags = escape(options["page"]), escape(options["tags"])
    options = "".join(f'<option value="{name}">{name}: {permits}</option>' for name, permits in OFFERED.items())
    return (
        f"<details><summary>{TITLE}: does a line of yours follow?</summary>\n"
        '<p class="lab-letters">State a line in the letters of this page, in code. The engine says whether it follows '
        f"from the definitions here, or where it fails. To try: <code>{example}</code>, then change a letter, or "
        "choose the one rule by which it should follow.</p>\n"
        f'<form class="lab-answer needs-script" data-page="{page}" data-tags="{tags}" data-size="{told.size}" '
        'action="#">'
        '<label for="lab-line-text">Your line</label>'
        f'<input type="text" id="lab-line-text" maxlength="{LONGEST}" value="{example}" autocomplete="off" '
        'autocapitalize="off" spellcheck="false" aria-describedby="lab-line-said">'
        '<label for="lab-line-by">It follows by</label><select id="lab-line-by">'
        f'<option value="">algebra, or the definitions of this page</option>{options}</select>'
        f'<button type="submit">Load the engine, {told.megabytes} MB</button></form>\n'
        '<div class="lab-read"></div>\n<p class="lab-said" id="lab-line-said" role="status"></p></details>'
    )
