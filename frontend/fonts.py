"""Copies the fonts that Candour ships and writes static/fonts.css, with ranges read from the files themselves.

A browser loads a file only when a page has a character from its range. Within one family the ranges do not overlap:
the first file in the list that has a character keeps it. The signs that laboratories type are cut out of two large
fonts, so that they cost a few kilobytes and no styled letter comes with them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset as cutter
from fontTools.ttLib import TTFont

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
PACKAGES = MODULES / "@fontsource"
STATIC = HERE.parent / "static"

TEXT = "Atkinson Hyperlegible Next"
NOTO = "Noto Sans"
# (family, package, subset, weights, styles); the order decides who keeps a character.
FACES: list[tuple[str, str, str, tuple[int, ...], tuple[str, ...]]] = [
    (TEXT, "atkinson-hyperlegible-next", "latin", (400, 600, 700), ("normal", "italic")),
    (TEXT, "atkinson-hyperlegible-next", "latin-ext", (400, 600, 700), ("normal", "italic")),
    ("Atkinson Hyperlegible Mono", "atkinson-hyperlegible-mono", "latin", (400,), ("normal",)),
    *(
        (NOTO, "noto-sans", subset, (400, 700), ("normal",))
        for subset in ("latin", "latin-ext", "vietnamese", "greek", "greek-ext", "cyrillic", "cyrillic-ext")
    ),
    *(
        (NOTO, package, package.rpartition("-")[2], (400, 700), ("normal",))
        for package in (
            "noto-sans-arabic",
            "noto-sans-hebrew",
            "noto-sans-devanagari",
            "noto-sans-bengali",
            "noto-sans-tamil",
            "noto-sans-thai",
            "noto-sans-georgian",
            "noto-sans-armenian",
            "noto-sans-ethiopic",
            "noto-serif-tibetan",
        )
    ),
    ("Noto Sans SC", "noto-sans-sc", "chinese-simplified", (400,), ("normal",)),
    ("Noto Sans TC", "noto-sans-tc", "chinese-traditional", (400,), ("normal",)),
    ("Noto Sans JP", "noto-sans-jp", "japanese", (400,), ("normal",)),
    ("Noto Sans KR", "noto-sans-kr", "korean", (400,), ("normal",)),
]
ITALIC_WEIGHTS = (400,)

# (package, weight, file under node_modules, signs): what a certificate or a note may hold and the files above lack.
WHOLE = "@expo-google-fonts/noto-sans"
RAISED = "‰ⁿ⁰⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉₊₋"
SIGNS: list[tuple[str, int, str, str]] = [
    ("noto-sans", 400, f"{WHOLE}/400Regular/NotoSans_400Regular.ttf", RAISED),
    ("noto-sans", 700, f"{WHOLE}/700Bold/NotoSans_700Bold.ttf", RAISED),
    (
        "noto-sans-math",
        400,
        "@fontsource/noto-sans-math/files/noto-sans-math-latin-400-normal.woff2",
        "≤≥≈≠≡≪≫≲≳∼∝←↑→↓↔⇒⇌√∞∂∆∑∫",
    ),
]


def covered(path: Path) -> set[int]:
    """The code points that a font file can draw, without control characters."""
    with TTFont(path) as font:
        return {point for point in font.getBestCmap() if point > 0x1F and not 0x7F <= point <= 0x9F}


def ranges(points: Iterable[int], bridge: int) -> str:
    """A CSS unicode-range: U+41-5A, U+61. Gaps of up to `bridge` characters are crossed, which keeps it short."""
    spans: list[list[int]] = []
    for point in sorted(points):
        if spans and point <= spans[-1][1] + 1 + bridge:
            spans[-1][1] = point
        else:
            spans.append([point, point])
    return ", ".join(f"U+{first:X}" if first == last else f"U+{first:X}-{last:X}" for first, last in spans)


def face(family: str, name: str, weight: int, style: str, points: set[int]) -> str:
    """One @font-face rule."""
    bridge = 64 if family.startswith("Noto Sans ") else 0
    return (
        f'@font-face {{ font-family: "{family}"; font-style: {style}; font-weight: {weight}; font-display: swap;\n'
        f'  src: url("fonts/{name}") format("woff2"); unicode-range: {ranges(points, bridge)}; }}\n'
    )


def cut(source: Path, target: Path, signs: str) -> None:
    """Write a font with nothing but these signs; its copyright and licence stay in its name table."""
    options = cutter.Options(
        flavor="woff2", layout_features=[], name_IDs=["*"], notdef_outline=True, bidi_closure=False
    )
    options.drop_tables += ["MATH"]
    font = cutter.load_font(str(source), options)
    knife = cutter.Subsetter(options)
    knife.populate(text=signs)
    knife.subset(font)
    cutter.save_font(font, str(target), options)
    if missing := {sign for sign in signs if ord(sign) not in covered(target)}:
        raise SystemExit(f"{source} lacks {sorted(missing)}")


def main() -> None:
    """Copy every file and write the style sheet."""
    target = STATIC / "fonts"
    target.mkdir(parents=True, exist_ok=True)
    rules: list[str] = [
        "/* Written by frontend/fonts.py. Every file: SIL Open Font License 1.1, texts in static/fonts. */\n"
    ]
    kept: dict[tuple[str, int, str], set[int]] = {}
    for family, package, subset, weights, styles in FACES:
        for style in styles:
            for weight in weights if style == "normal" else ITALIC_WEIGHTS:
                name = f"{package}-{subset}-{weight}-{style}.woff2"
                shutil.copyfile(PACKAGES / package / "files" / name, target / name)
                taken = kept.setdefault((family, weight, style), set())
                if own := covered(target / name) - taken:
                    rules.append(face(family, name, weight, style, own))
                    taken |= own
        licence = PACKAGES / package / "LICENSE"
        shutil.copyfile(licence, target / f"OFL-{package}.txt")
    for package, weight, source, signs in SIGNS:
        name = f"{package}-signs-{weight}-normal.woff2"
        cut(MODULES / source, target / name, signs)
        # Without a bold file the regular one is declared as bold too, or a browser would leave the family for it.
        has_bold = (package, 700) in {(other, heavy) for other, heavy, *_ in SIGNS}
        for declared in (weight,) if has_bold else (400, 700):
            taken = kept.setdefault((NOTO, declared, "normal"), set())
            rules.append(face(NOTO, name, declared, "normal", covered(target / name) - taken))
    shutil.copyfile(PACKAGES / "noto-sans-math" / "LICENSE", target / "OFL-noto-sans-math.txt")
    (STATIC / "fonts.css").write_text("".join(rules), encoding="utf-8")


if __name__ == "__main__":
    main()
