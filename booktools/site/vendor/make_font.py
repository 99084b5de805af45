r"""How the font of the formulas and the table of its widths were made, once.

``python booktools/site/vendor/make_font.py /usr/share/texmf/fonts/opentype/public/lm-math/latinmodern-math.otf``
needs ``pip install fonttools brotli`` and Debian's package ``fonts-lmodern``.  It writes
``book/_static/fonts/latin-modern-math.woff2``: Latin Modern Math cut down to these letters, with the table MATH and the
sizes of brackets, roots and sums that it names, large roots a little narrower; and ``advances.json`` beside this file:
for each letter how far it advances, in thousandths of an em.  A formula with a letter that is not among them stops the
build: add it here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FONT = HERE.parents[2] / "book" / "_static" / "fonts" / "latin-modern-math.woff2"
RANGES = (
    (0x20, 0x7E),
    (0x391, 0x3A9),
    (0x3B1, 0x3C9),
    (0x1D400, 0x1D467),  # bold and italic Latin
    (0x1D49C, 0x1D4B5),  # script capitals
    (0x1D538, 0x1D551),  # blackboard capitals
    (0x1D6FC, 0x1D71B),  # italic Greek
    (0x1D7CE, 0x1D7CF),  # bold 0 and 1
)
LETTERS = "ℎℬℰℱℋℐℒℳℛℂℍℕℙℚℝℤℓϵϕϑϱ∂∇∞ıȷ"
SMALL = (
    "0123456789()+−=:|,∣′″∗∞θϵαβσμτϕlog"
    + "".join(map(chr, range(0x1D44E, 0x1D468)))
    + "ℎ𝑇𝐷𝐾𝐿"
    + "".join(map(chr, range(0x1D6FC, 0x1D716)))
)
SIGNS = "−±×÷·⋅∗∘⋆∑∏∫√≤≥≠≈∼≃≡∝≪≫≔→←↦⇒∈∉⊂∪∩∣∥‖⟨⟩⌊⌋⌈⌉…⋯′″‴ˆ˜¯˙→"


def drop_small_forms(font) -> None:
    """Keep the forms for indices of the letters of ``SMALL`` alone: they are half of the font."""
    kept = {name for code, name in font.getBestCmap().items() if chr(code) in SMALL}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            table = getattr(table, "ExtSubTable", table)
            if hasattr(table, "alternates"):
                table.alternates = {name: forms for name, forms in table.alternates.items() if name in kept}


def narrow_roots(font) -> None:
    """Make all sizes of the root as wide as its first: Chromium leaves room for the widest beside each."""
    from fontTools.pens.t2CharStringPen import T2CharStringPen
    from fontTools.pens.transformPen import TransformPen

    variants = font["MATH"].table.MathVariants
    first = font.getBestCmap()[ord("√")]
    built = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(first)]
    names = {each.VariantGlyph for each in built.MathGlyphVariantRecord}
    names |= {each.glyph for each in built.GlyphAssembly.PartRecords}
    metrics, glyphs, outlines = font["hmtx"].metrics, font.getGlyphSet(), font["CFF "].cff.topDictIndex[0].CharStrings
    goal = metrics[first][0]
    for name in sorted(names - {first}):
        advance, left = metrics[name]
        pen = T2CharStringPen(goal, glyphs)
        glyphs[name].draw(TransformPen(pen, (goal / advance, 0, 0, 1, 0, 0)))
        old = outlines[name]
        outlines[name] = pen.getCharString(old.private, old.globalSubrs)
        metrics[name] = (goal, round(left * goal / advance))


def main(source: str) -> None:
    from fontTools import subset
    from fontTools.ttLib import TTFont

    wanted = {code for low, high in RANGES for code in range(low, high + 1)} | {ord(sign) for sign in LETTERS + SIGNS}
    options = subset.Options(flavor="woff2", layout_features=["ssty"], hinting=False, desubroutinize=False)
    options.name_IDs = [0, 1, 2, 13, 14]  # the copyright and the licence stay in the file
    options.drop_tables += ["FFTM"]
    font = subset.load_font(source, options)
    drop_small_forms(font)
    narrow_roots(font)
    # TeX hangs an index lower under a box only, MathML under β and y, too
    constants = font["MATH"].table.MathConstants
    constants.SubscriptBaselineDropMin.Value = 0
    constants.RadicalVerticalGap.Value = (
        110  # or the bar of a root lies on its letter, and reads as a bar of that letter
    )
    tool = subset.Subsetter(options)
    tool.populate(unicodes=wanted)
    tool.subset(font)
    subset.save_font(font, str(FONT), options)
    kept = TTFont(FONT)
    scale, metrics = 1000 / kept["head"].unitsPerEm, kept["hmtx"].metrics
    advances = {chr(code): round(metrics[name][0] * scale) for code, name in sorted(kept.getBestCmap().items())}
    text = json.dumps(advances, ensure_ascii=False, separators=(",", ":"))
    (HERE / "advances.json").write_text(text + "\n", encoding="utf-8")
    print(
        FONT.stat().st_size,
        "bytes;",
        len(advances),
        "letters; missing:",
        sorted(map(chr, wanted - set(kept.getBestCmap()))),
    )


if __name__ == "__main__":
    main(sys.argv[1])
