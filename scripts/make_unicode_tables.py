"""Writes Sources/PenchantText/Unicode/UnicodeTables+*.swift.

    pip install unicodedata2==16.0.0 tokenizers==0.23.3
    python scripts/make_unicode_tables.py

General categories are those of Unicode 16.0, which the regular expressions of `tokenizers` (Oniguruma)
use. Its NFC and its punctuation class are older; which entries they lack is asked of the library itself,
because token ids must be the ones that it gives.
"""

import pathlib

import unicodedata2 as unicode
from tokenizers import normalizers, pre_tokenizers

assert unicode.unidata_version == "16.0.0"
FOLDER = pathlib.Path(__file__).parent.parent / "Sources/PenchantText/Unicode"
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
# The order of UnicodeCategory's cases.
CATEGORIES = (
    "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn".split()
)


def write(name, tables):
    lines = [
        "// Made by scripts/make_unicode_tables.py from the Unicode Character Database; do not edit.",
        "",
        "extension UnicodeTables {",
    ]
    for index, (doc, declaration, values) in enumerate(tables):
        if index:
            lines.append("")
        lines += [f"  /// {line}" for line in doc]
        lines.append(f"  static let {declaration} = [")
        row = "   "
        for value in values:
            item = f" {value:#x},"
            if len(row) + len(item) > 100:
                lines.append(row)
                row = "   "
            row += item
        lines += [row, "  ]"]
    lines.append("}")
    (FOLDER / f"UnicodeTables+{name}.swift").write_text("\n".join(lines) + "\n")


def ranges(scalars):
    """Sorted scalars as (first, last) pairs."""
    result = []
    for scalar in sorted(scalars):
        if result and result[-1][1] + 1 == scalar:
            result[-1][1] = scalar
        else:
            result.append([scalar, scalar])
    return result


def categories():
    values, previous = [], None
    for code in range(0x110000):
        category = CATEGORIES.index(unicode.category(chr(code)))
        if category != previous:
            values.append(code << 5 | category)
            previous = category
    doc = ["Where a general category begins, Unicode 16.0: `first scalar << 5 | category`."]
    write("Categories", [(doc, "categoryStarts: [UInt32]", values)])


def punctuation():
    text = "".join(map(chr, SCALARS))
    kept = set(SCALARS)
    for piece, _ in pre_tokenizers.Punctuation("removed").pre_tokenize_str(text):
        kept -= set(map(ord, piece))
    doc = ["What the Punctuation pre-tokenizer splits at (ASCII symbols and Unicode 8 punctuation):",
           "`first << 32 | last`."]
    write("Punctuation", [(doc, "punctuationRanges: [UInt64]",
                           [first << 32 | last for first, last in ranges(kept)])])


def normalization():
    nfc, nfd = normalizers.NFC().normalize_str, normalizers.NFD().normalize_str
    mappings, classes = [], {}
    for code in SCALARS:
        scalar = chr(code)
        kind = unicode.combining(scalar)
        if kind:
            # A mark that the library knows is sorted among marks of another class.
            other = "\u0334" if kind > 1 else "\u0301"
            pair = scalar + other if kind > 1 else other + scalar
            if nfd(pair) == pair[::-1]:
                classes[code] = kind
        mapping = unicode.decomposition(scalar)
        if not mapping or mapping.startswith("<") or nfd(scalar) == scalar:
            continue
        parts = [int(part, 16) for part in mapping.split()]
        composes = len(parts) == 2 and nfc(scalar) == scalar
        first, second = (parts + [0])[:2]
        mappings.append(code << 43 | first << 22 | second << 1 | composes)
    runs = []
    for code, kind in sorted(classes.items()):
        if runs and runs[-1][1] + 1 == code and runs[-1][2] == kind:
            runs[-1][1] = code
        else:
            runs.append([code, code, kind])
    write("Normalization", [
        (["Canonical decompositions: `scalar << 43 | first << 22 | second << 1 | composes`, second 0 in a",
          "singleton; `composes` is clear for what NFC never makes (composition exclusions)."],
         "canonicalMappings: [UInt64]", mappings),
        (["Canonical combining classes other than 0: `first << 29 | last << 8 | class`."],
         "combiningRuns: [UInt64]", [first << 29 | last << 8 | kind for first, last, kind in runs]),
    ])


categories()
punctuation()
normalization()
