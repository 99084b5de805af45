"""``{chapters}`` on a built page: what ``booktools/source/listing.py`` makes of it, with the roles that stand in it."""

from __future__ import annotations

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from pagekit.chapters.registry import FILE

from ..source import listing
from ..source.pages import BookError

LOGGER = logging.getLogger(__name__)


class Chapters(SphinxDirective):
    optional_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(FILE))
        try:
            text = listing.written(" ".join(self.arguments), "\n".join(self.content))
        except BookError as error:
            LOGGER.warning("%s", error, location=self.get_location())
            return []
        return self.parse_text_to_nodes(text)
