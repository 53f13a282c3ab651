"""Writes Sources/PenchantText/Unicode/UnicodeTables+*.swift.

    pip install unicodedata2==16.0.0 tokenizers==0.23.3 regex
    python scripts/make_unicode_tables.py

General categories are those of Unicode 16.0, which the regular expressions of `tokenizers` (Oniguruma)
use. What its normalizers and pre-tokenizers know is older or newer than that; they are asked themselves,
because token ids must be the ones that the library gives. (`regex` only lists the names of scripts.)
"""

import pathlib

import regex
import unicodedata2 as unicode
from tokenizers import Regex, normalizers, pre_tokenizers

assert unicode.unidata_version == "16.0.0"
FOLDER = pathlib.Path(__file__).parent.parent / "Sources/PenchantText/Unicode"
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
# The order of UnicodeCategory's cases.
CATEGORIES = (
    "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn".split()
)


def write(name, tables, names=()):
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
    if names:
        lines += ["", "  /// The names of each script, separated by spaces, in the order of their indices."]
        lines += ["  static let scriptNames = ["]
        row = "   "
        for script in names:
            item = f' "{script}",'
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


def compatibility():
    nfd, nfkd = normalizers.NFD().normalize_str, normalizers.NFKD().normalize_str
    values = []
    for code in SCALARS:
        expansion = nfkd(chr(code))
        if expansion != nfd(chr(code)):
            values += [len(expansion) << 24 | code, *map(ord, expansion)]
    write("Compatibility", [(
        ["What NFKD makes of a scalar where NFD does not: `count << 24 | scalar`, then `count` scalars."],
        "compatibilityMappings: [UInt32]", values)])


def removed(normalize):
    """Ranges of the scalars that a normalizer deletes."""
    return [first << 32 | last for first, last in ranges(c for c in SCALARS if normalize(chr(c)) == "")]


def cleaning():
    lower, bert = normalizers.Lowercase().normalize_str, normalizers.BertNormalizer
    nfd = normalizers.NFD().normalize_str
    # Runs of scalars that lie 1 or 2 apart and map by the same distance to one scalar.
    runs, others = [], []
    for code in SCALARS:
        mapped = lower(chr(code))
        if mapped == chr(code):
            continue
        if len(mapped) > 1:
            others += [len(mapped) << 24 | code, *map(ord, mapped)]
            continue
        delta = ord(mapped) - code
        if runs and runs[-1][3] == delta:
            first, last, step, _ = runs[-1]
            if code - last in (1, 2) and (first == last or code - last == step):
                runs[-1] = [first, code, code - last, delta]
                continue
        runs.append([code, code, 1, delta])
    control = bert(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    marks = bert(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
    spacing = {c for c in SCALARS if normalizers.StripAccents().normalize_str(chr(c)) == ""}
    write("Cleaning", [
        (["Lower case by runs: `first << 43 | last << 22 | step << 20 | index of the distance`."],
         "lowercaseRuns: [UInt64]",
         [a << 43 | b << 22 | s << 20 | (d & 0xFFFFF) for a, b, s, d in runs]),
        (["Lower case of several scalars: `count << 24 | scalar`, then `count` scalars."],
         "lowercaseExpansions: [UInt32]", others),
        (["What StripAccents removes: `first << 32 | last`."], "accentRanges: [UInt64]",
         [a << 32 | b for a, b in ranges(spacing)]),
        (["What BertNormalizer removes as an accent: `first << 32 | last`."],
         "bertAccentRanges: [UInt64]",
         [a << 32 | b for a, b in ranges(
             c for c in SCALARS if nfd(chr(c)) == chr(c) and marks.normalize_str(chr(c)) == "")]),
        (["What BertNormalizer removes as a control character: `first << 32 | last`."],
         "bertControlRanges: [UInt64]", removed(control.normalize_str)),
    ])


def script_runs():
    """Scripts as the UnicodeScripts pre-tokenizer knows them: it is asked, pair by pair, where it splits.

    It never splits at a scalar of script "Any", numbered 0.
    """
    split = pre_tokenizers.UnicodeScripts().pre_tokenize_str

    def differ(pairs):
        # "Latin, Cyrillic" between two pairs makes sure that each pair begins after a boundary.
        text = "".join("aб" + chr(a) + chr(b) for a, b in pairs)
        cuts = {start for _, (start, _) in split(text)}
        return [4 * i + 3 in cuts for i in range(len(pairs))]

    latin = differ([(ord("a"), c) for c in SCALARS])
    cyrillic = differ([(ord("б"), c) for c in SCALARS])
    any_script = {c for c, l, y in zip(SCALARS, latin, cyrillic) if not l and not y}
    known = [c for c in SCALARS if c not in any_script]
    changes = differ(list(zip(known, known[1:])))
    starts = [known[0]] + [b for b, change in zip(known[1:], changes) if change]
    number = {}
    heads = []
    for start in starts:
        same = [i for i, d in enumerate(differ([(head, start) for head in heads])) if not d]
        if not same:
            heads.append(start)
        number[start] = same[0] + 1 if same else len(heads)
    values, current, previous = [], 0, None
    for code in SCALARS:
        if code in number:
            current = number[code]
        value = 0 if code in any_script else current
        if value != previous:
            values.append(code << 8 | value)
            previous = value
    return values


def scripts():
    """Scripts for regular expressions: the library is asked which scalars each name matches."""
    aliases = {}
    for name, value in regex._regex_core.PROPERTIES["SCRIPT"][1].items():
        try:
            pattern = Regex(rf"\p{{{name}}}+")
        except Exception:  # Oniguruma does not know the name, be it that its script is newer.
            continue
        aliases.setdefault(value, []).append((name.title(), pattern))
    text = "".join(map(chr, SCALARS))
    found = {}
    for known in sorted(aliases.values(), key=lambda known: min(name for name, _ in known)):
        split = pre_tokenizers.Split(known[0][1], "removed", invert=True)
        members = ranges(c for piece, _ in split.pre_tokenize_str(text) for c in map(ord, piece))
        if members:
            found[" ".join(sorted(name for name, _ in known))] = members
    values = sorted((first, last, index) for index, members in enumerate(found.values())
                    for first, last in members)
    write("Scripts", [
        (["Where a script of the UnicodeScripts pre-tokenizer begins: `first scalar << 8 | number`,",
          "number 0 where it never splits."], "splittingScripts: [UInt32]", script_runs()),
        (["Scripts of regular expressions: `first << 32 | last << 8 | index of the name`."],
         "scriptRanges: [UInt64]", [a << 32 | b << 8 | i for a, b, i in values]),
    ], names=list(found))


categories()
punctuation()
normalization()
compatibility()
cleaning()
scripts()
