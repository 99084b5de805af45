r"""``{diagram}``: boxes and arrows in a page that runs no code, drawn when the book is built from the data in the page.

    ```{diagram}
    caption: What to see.
    alt: What it shows, in words.
    boxes:
      data: ["$x_0$", [0, 0], data]
      noisy: ["$x_t$", [1, 0]]
    arrows:
      - [data, noisy, "$q$"]
    ```

The names of places, kinds and routes are those of ``pagekit.diagram``; ``down: true`` reads downwards.
"""

from __future__ import annotations

import yaml
from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from diffusion_lib.errors import ConfigError
from pagekit.diagram import Arrow, Box, draw
from pagekit.page import STYLE
from pagekit.panels import Panel, panels

LOGGER = logging.getLogger(__name__)
MAY = {"caption", "alt", "boxes", "arrows", "down", "even"}


def drawing(text: str) -> tuple[str, str]:
    """The HTML of the drawing, and its caption; ``ConfigError`` for what is no diagram."""
    told = yaml.safe_load(text)
    if not isinstance(told, dict) or not {"caption", "alt", "boxes"} <= told.keys() <= MAY:
        raise ConfigError(f"a diagram must have caption, alt and boxes, and may have {', '.join(sorted(MAY))}")
    import matplotlib

    boxes = {name: Box(words, tuple(at), *kind) for name, (words, at, *kind) in told["boxes"].items()}
    arrows = [Arrow(*arrow) for arrow in told.get("arrows", [])]
    with matplotlib.rc_context(STYLE):
        figure = draw(boxes, arrows, down=told.get("down", False), even=told.get("even", False))
        return panels([Panel("", figure, told["alt"])])._repr_html_(), told["caption"]


class Diagram(SphinxDirective):
    has_content = True

    def run(self) -> list[nodes.Node]:
        try:
            shown, caption = drawing("\n".join(self.content))
        except (ConfigError, yaml.YAMLError, TypeError, ValueError) as error:
            LOGGER.warning("this diagram cannot be drawn: %s", error, location=self.get_location())
            return []
        words = self.parse_text_to_nodes(caption)[0].children
        return [nodes.figure("", nodes.raw("", shown, format="html"), nodes.caption("", "", *words))]
