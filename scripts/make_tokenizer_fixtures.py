"""Writes Tests/Fixtures/Text/tokenizer-*.json: what the `tokenizers` library makes of tricky text.

    pip install tokenizers==0.23.3
    python scripts/make_tokenizer_fixtures.py [FOLDER WITH gpt2/ smollm2/ qwen2.5/ mistral-v0.1/]

Without the folder of published tokenizers `tokenizer-published.json` is left as it is.
"""

import json
import pathlib
import sys

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/Fixtures/Text"

TRAINING = """
The lighthouse keeper counted the ships before breakfast: 17 on Monday, 204 on Tuesday, none at all on
Wednesday. "That's odd," she said; they'd never stayed away so long. I'll write it down, she thought, and we've
got to tell the harbour master. He wouldn't believe it. You're certain? I'm certain.

Ein Müller mahlt das Korn, während der Bäcker schläft. Été après été, l'élève répète sa leçon. El niño
pequeño señaló la montaña. Москва слезам не верит. Ελληνικά γράμματα. 東京は日本の首都です。北京是中国的首都。
서울은 한국의 수도입니다. مرحبا بالعالم. שלום עולם. हिन्दी भाषा. ไทย 😀😀🎉

def keep(ships, limit=100):
    total = 0
    for ship in ships:
        if ship.length > limit:
            continue
        total += ship.length  # in metres
    return {"total": total, "mean": total / max(1, len(ships))}

The keeper's lamp turned through the night, and the ships came back: one, two, three, then the whole fleet.
There was the sound of the sea, the smell of the tar, and the light of the lamp on the water. When the others
asked her what the weather would be, she answered that the weather would be what the weather was.
"""

LINES = [
    "",
    " ",
    "The ships came back.",
    " leading and trailing ",
    "tabs\tand\t\ttabs \t mixed",
    "line\nbreaks\n\n\nand\r\nmore\r\r",
    "   \n   \n x",
    "a   b    c     ",
    "spaces\u00a0that\u2003are\u3000wide\u2028and\u0085odd",
    "I'll we've THEY'D It'S don'T 'tis rock'n'roll 'S 'ſ 'K",
    "0 12 345 6789 1234567890 3.14159 1,000,000",
    "x² ½ Ⅷ ٣٤٥ ৭ 五 ①②",
    "Ünïcödé é e\u0301 \u0301e a\u0323\u0307 a\u0307\u0323",
    "\u212b \u2126 \u1e69 s\u0323\u0307 s\u0307\u0323 \u0344 \u0958 \ufb1d \u2adc",
    "각 \u1100\u1161\u11a8 가\u11a8 \u1100\u1161 \u1161\u11a8",
    "q\u0307\u0323\u0301\u0300\u0327 end",
    "東京は日本の首都です。北京、上海！",
    "مرحبا بالعالم ١٢٣ \u200fRTL\u200e שָׁלוֹם",
    "हिन्दी क्षत्रिय ไทยภาษา தமிழ்",
    "😀 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷 👍🏽 ☺️",
    "zero\u200bwidth\u200cjoin\u200der\ufeffbom\u00ad",
    "control \u0000\u0001\u001b[31m\u007f\u0080\u009f",
    "noncharacters \uffff\U0010ffff private \ue000\U000f0000 surplus \U000e0001",
    "newer letters \u1c89\u1c8a \U00016d40 \U00010d4e \U00011935\U00011930 \u2427",
    "!!! ... --- ??? (a) [b] {c} <d> \"e\" $f£ g% #h @i ~j `k` |l\\ ^m_",
    "!\n?\r\n.\n\n;",
    "snake_case camelCase PascalCase SCREAMING_CASE kebab-case",
    "for i in range(10):\n    print(i ** 2)  # squares\n\treturn None",
    "{\"key\": [1, 2.5e-3, null, true], \"ü\": \"\\n\"}",
    "https://example.org/path?q=1&r=two#frag user@example.org",
    "<|end|>",
    "<|end|><|end|> <|end|>",
    "text<|begin|>user\nhello <|end|> \nmore",
    "<|begin|<|end|> <|en <|end|",
    "a <mask> b<mask>c  <mask>  d",
    "word, xword wordx word word. -word- éword",
    "  <left>  <left>x  <right>  <right>x  <right>\n\n<left>",
    "café cafe\u0301 CAFÉ xcaféx",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabc",
    "thethethethethethethethethethethethethethethethethethethethethethethethethethethe",
    "ſtraße İstanbul ıI ǅ ﬁ ﬀ",
    "\U0001d400\U0001d7d8 𐍈𐌰 𒀀 🄰 ⓐ",
]

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA = QWEN.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def byte_level(prefix=False, regex=True):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def sequence(*parts):
    return {"type": "Sequence", "pretokenizers": [*parts, byte_level(regex=False)]}


def added(identifier, content, **flags):
    token = {"id": identifier, "content": content, "single_word": False, "lstrip": False,
             "rstrip": False, "normalized": False, "special": True}
    return token | flags


def train():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    trainer = trainers.BpeTrainer(
        vocab_size=600, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator([TRAINING], trainer)
    return json.loads(tokenizer.to_str())["model"]


def variants(model):
    """Tokenizers that share one model; only what differs is stored."""
    size = len(model["vocab"])
    end, begin = added(size, "<|end|>"), added(size + 1, "<|begin|>")
    flags = [
        end, begin,
        added(size + 2, "<mask>", special=False, lstrip=True, rstrip=True),
        added(size + 3, "word", special=False, single_word=True),
        added(size + 4, "<left>", lstrip=True),
        added(size + 5, "<right>", rstrip=True, special=False),
        added(size + 6, "café", special=False, normalized=True),
        added(size + 7, "<|end|> ", special=False),
    ]
    template = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<|begin|>", "type_id": 0}},
                   {"Sequence": {"id": "A", "type_id": 0}},
                   {"SpecialToken": {"id": "<|end|>", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {
            "<|begin|>": {"id": "<|begin|>", "ids": [size + 1], "tokens": ["<|begin|>"]},
            "<|end|>": {"id": "<|end|>", "ids": [size], "tokens": ["<|end|>"]}},
    }
    nfc = {"type": "NFC"}
    digits = {"type": "Digits", "individual_digits": True}
    return {
        "gpt2": dict(pre_tokenizer=byte_level(), added_tokens=[added(size, "<|end|>", normalized=True)],
                     post_processor=byte_level()),
        "prefix-space": dict(pre_tokenizer=byte_level(prefix=True), added_tokens=flags),
        "qwen": dict(normalizer=nfc, pre_tokenizer=sequence(split(QWEN)), added_tokens=flags),
        "smollm": dict(pre_tokenizer={"type": "Sequence", "pretokenizers": [digits, byte_level()]},
                       added_tokens=[end]),
        "llama": dict(model={"ignore_merges": True}, pre_tokenizer=sequence(split(LLAMA)),
                      added_tokens=[end, begin],
                      post_processor={"type": "Sequence", "processors": [byte_level(), template]}),
        "o200k-nfd": dict(normalizer={"type": "Sequence", "normalizers": [{"type": "NFD"}]},
                          pre_tokenizer=sequence(split(O200K)), added_tokens=[end]),
        "falcon": dict(pre_tokenizer={"type": "Sequence", "pretokenizers": [
            {"type": "Punctuation", "behavior": "Contiguous"}, byte_level(),
        ]}, added_tokens=[end]),
    }


def write(name, value):
    """One member of the top level, and one element of it, a line."""
    lines = []
    for key, member in value.items():
        if isinstance(member, list):
            rows = ",\n".join(json.dumps(row) for row in member)
            lines.append(f"{json.dumps(key)}: [\n{rows}\n]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(member)}")
    (FOLDER / name).write_text("{\n" + ",\n".join(lines) + "\n}\n")


def cases(tokenizer):
    """For each line its ids and what else is not plain from them."""
    rows = []
    for line in LINES:
        ids = tokenizer.encode(line, add_special_tokens=False).ids
        special = tokenizer.encode(line).ids
        decoded = tokenizer.decode(ids, skip_special_tokens=False)
        skipped = tokenizer.decode(special, skip_special_tokens=True)
        row = {"ids": ids}
        if special != ids:
            row["special"] = special
        if decoded != line:
            row["decoded"] = decoded
        if skipped != decoded:
            row["skipped"] = skipped
        rows.append(row)
    return rows


def make_trained():
    model = train()
    result = {"model": model, "lines": LINES}
    for name, parts in variants(model).items():
        parts = {"version": "1.0", "normalizer": None, "post_processor": None,
                 "decoder": byte_level()} | parts
        overrides = parts.pop("model", {})
        tokenizer = Tokenizer.from_str(json.dumps(parts | {"model": model | overrides}))
        result[name] = {"model": overrides, "file": parts}
        result[f"{name}-cases"] = cases(tokenizer)
    write("tokenizer-trained.json", result)


SPLITS = [
    (split(pattern, behavior, invert), text)
    for pattern, texts in {
        r"\s+": ["a b  c ", "  a", "   "],
        r"-": ["a--b-c-", "-a-"],
    }.items()
    for behavior in ["Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
    for invert in [False, True]
    for text in texts
] + [
    (split(pattern), text)
    for pattern, text in [
        (r"a|ab", "abab"), (r"ab|a", "abab"), (r"a*", "baac"), (r"a*?", "baac"), (r"a+?", "aaa"),
        (r"(?:ab?)+", "ababaab"), (r"a{2}", "aaaaa"), (r"a{2,3}", "aaaaaaa"), (r"a{,2}", "aaaaa"),
        (r"a{2,}?b", "aaab aab"), (r"x?(?=y)", "xyxzy"), (r"\d+(?!\d|\.)", "12.345 6"),
        (r"[a-cx-z]+", "abcdxyz-a"), (r"[^a-c]+", "abcdxyz-a"), (r"[\]\-\\]+", "a]-\\b"),
        (r"[]a]+", "skip"), (r"[a-]+", "a-b"), (r"(?i)abc|d", "ABCaBcDd"), (r"a(?i)b|c", "aBacaCabC"),
        (r"(?i:[a-z]+)k", "ABKK\u212aK"), (r"(?i:s)", "sSſ"), (r"(?i:a(?-i:b)c)", "ABCabCAbC"),
        (r"\w+", "a_b\u00b2\u00bd c\u0301\u24d0\u200cd \u203f"), (r"\W", "a b"), (r"\D+", "12a٣"),
        (r"\p{Lu}\p{Ll}*", "HelloWorldÉté"), (r"\P{L}+", "a12 b"), (r"\p{^L}+", "a12 b"),
        (r"[\p{P}\p{S}]+", "a+b,c…€"), (r"[^\p{L}\s]+", "a+b, c"), (r"\x41|\x{1F600}|\u00e9", "A😀é"),
        (r"a$", "a\na"), (r"\.", "a.b"), (r".+", "a\nb\r\u2028c"), (r"(a|b)*c", "ababcabx"),
        (r"(?:a|ab)(?:c|bcd)", "abcd"), (r"((?:a|b)+c?)*b", "abacab"), (r"a{0,3}a{3}", "aaaa"), (r"", "abc"),
        (r"a++", "skip"), (r"\s+(?!\S)|\s+", "a   b  \n c"), (r"[\r\n]+|[^\S\r\n]+", "a \n\n b"),
        (r"[一-龥぀-ゟ゠-ヿ]+", "abc東京タワーdef"),
        # What looks around.
        (r"(?<=a)b", "babb"), (r"(?<!a)b", "babb"), (r"(?<=\p{Lu})(?=\p{Lu}\p{Ll})", "HTTPServerError"),
        (r"\p{N}{1,3}(?=(?:\p{N}{3})*(?:\P{N}|$))", "1234567 12 1000.5"),
        (r"(?=.)|(?<!^)$", "ab c"), (r"(?=(?:\d{3})+\b)\d{3}|\d+", "12345678 999 1"), (r"(?!ab)\w", "abcab"),
        (r"(?<=foo|ba)x", "foox bax ax"), (r"(?<!ab)c(?!de)", "abc cde c"), (r"a(?=b(?!cd))", "abcd abc ab"),
        (r"(?:(?<=xy)z)?a", "xyza za"), (r"(?<![a-z])[A-Z]", "aBC D"), (r"(?<=\s)\S|^\S", "ab cd\nef"),
        (r"^a", "ab\na"), (r"^", "a\n"), (r"^", "a\n\nb"), (r"\Aa|b\z", "aab\nb"), (r"b\Z", "b\nb\n"), (r"b\Z", "b\nb"),
        (r"\bfoo\b", "foo food foo"), (r"\Bo", "foo o"), (r"\b", "ab, c\u0301d"), (r"\B", "ab, é"), (r"$", "a\n\nb"),
        # What gives nothing back.
        (r"(?>a|ab)c", "abc ac"), (r"(?>a+)ab|b", "aab"), (r"(?:ab)++abc|c", "ababc"), (r"(?>a{1,2})a", "aaaa"),
        (r"(?>a+b*)c", "aabbc abc"), (r"(?>a*?)ab", "aab"), (r"(?>\p{L}+)(?>\s*)x?", "ab  x abx"), (r"(?:ab|c)*+c", "abcc ab"),
        (r"(?>ab|a)(?>bc|c)?", "abc abbc"), (r"a?+a", "aa a"),
    ] if text != "skip"
] + [
    (split("ab", behavior, kind="String"), "abcabab.") for behavior in ["Isolated", "Removed"]
] + [
    (split("a.c|", kind="String"), "abca.c|d"),
    ({"type": "Digits", "individual_digits": False}, "a12b3½٣Ⅷ五"),
    ({"type": "Digits", "individual_digits": True}, "a12b3½٣Ⅷ五"),
    ({"type": "Punctuation", "behavior": "Isolated"}, "a,b..c+d€ e—f 。\u061d\u2e43"),
    ({"type": "Punctuation", "behavior": "Removed"}, "a,b..c"),
    ({"type": "Whitespace"}, "a  b,c_d \u00bdx\u0301 e\u200cf\u24d0!"),
    ({"type": "WhitespaceSplit"}, "a  b,c\u3000d\u200be"),
]


def make_splits():
    rows = []
    for component, text in SPLITS:
        tokenizer = Tokenizer.from_str(json.dumps({
            "version": "1.0", "pre_tokenizer": sequence(component), "added_tokens": [],
            "model": {"type": "BPE", "vocab": {}, "merges": []}}))
        pieces = [piece for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)]
        rows.append({"component": component, "text": text, "pieces": pieces})
    forms = []
    for line in LINES:
        forms.append({"text": line, "nfc": normalizers.NFC().normalize_str(line),
                      "nfd": normalizers.NFD().normalize_str(line)})
    write("tokenizer-splits.json", {"splits": rows, "forms": forms})


def make_published(folder):
    result = {}
    for name in ["gpt2", "smollm2", "qwen2.5", "mistral-v0.1"]:
        tokenizer = Tokenizer.from_file(str(folder / name / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        result[name] = [tokenizer.encode(line, add_special_tokens=False).ids for line in LINES]
    write("tokenizer-published.json", {"lines": LINES} | result)


if __name__ == "__main__":
    make_trained()
    make_splits()
    if len(sys.argv) > 1:
        make_published(pathlib.Path(sys.argv[1]))
