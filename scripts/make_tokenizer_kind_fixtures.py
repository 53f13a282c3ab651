"""Writes Tests/Fixtures/Text/tokenizer-kinds.json: tokenizers of every kind, and what the libraries make of text.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3
    python scripts/make_tokenizer_kind_fixtures.py

Tiny models of each type are trained here; variants put different parts around them. SentencePiece models are
stored whole, in base64, with the ids of the `sentencepiece` library.
"""

import base64
import json
import pathlib
import tempfile

import sentencepiece
from make_tokenizer_fixtures import LINES, TRAINING
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/Fixtures/Text"
EXTRA = ["<s>The ships</s> came <s> back", "  \u2581 lead", "K\u212a\u00c5 \u017f\u0130", "\uff21\uff42\uff43 \u2460\u00bd\ufb01 \u33a5",
         "a\u3099\u304b\u3099 \uff76\uff9e", "don't do n't . do not !", "a" * 130, "x\x01y\x7fz\ufffd\u200b"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
META = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}


def trained(kind, trainer, pre_tokenizer):
    tokenizer = Tokenizer(kind)
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(TRAINING.split("\n"), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    if isinstance(model["vocab"], list):
        # Scores that collide, so that ties show.
        model["vocab"] = [[token, round(score * 4) / 4] for token, score in model["vocab"]]
    return model


def make_models():
    special = ["<unk>", "<s>", "</s>"]
    common = dict(show_progress=False)
    space = pre_tokenizers.Metaspace()
    return {
        "BPE": trained(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True),
                       trainers.BpeTrainer(vocab_size=560, special_tokens=special + BYTES, limit_alphabet=70, **common), space),
        "suffix": trained(models.BPE(unk_token="<unk>"),
                          trainers.BpeTrainer(vocab_size=300, special_tokens=special, limit_alphabet=60,
                                              end_of_word_suffix="</w>", continuing_subword_prefix="@", **common),
                          pre_tokenizers.BertPreTokenizer()),
        "Unigram": trained(models.Unigram(),
                           trainers.UnigramTrainer(vocab_size=300, special_tokens=special + BYTES[:128], unk_token="<unk>", **common), space),
        "WordPiece": trained(models.WordPiece(unk_token="<unk>"),
                             trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, limit_alphabet=60, **common),
                             pre_tokenizers.BertPreTokenizer()),
        "WordLevel": trained(models.WordLevel(unk_token="<unk>"),
                             trainers.WordLevelTrainer(vocab_size=150, special_tokens=special, **common), pre_tokenizers.Whitespace()),
    }


def sequence(kind, *parts):
    return {"type": "Sequence", kind: list(parts)}


def replace(pattern, content, kind="String"):
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


def split(pattern, behavior="Isolated", kind="Regex", invert=False):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def strip(start, stop=0):
    return {"type": "Strip", "content": " ", "start": start, "stop": stop}


def variants(charsmap):
    prepend, mark = {"type": "Prepend", "prepend": "\u2581"}, replace(" ", "\u2581")
    llama = sequence("decoders", replace("\u2581", " "), {"type": "ByteFallback"}, {"type": "Fuse"}, strip(1))
    bert = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    precompiled = {"type": "Precompiled", "precompiled_charsmap": charsmap}
    byte_level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    word_piece = {"type": "WordPiece", "prefix": "##", "cleanup": True}
    first = META | {"prepend_scheme": "first", "split": False}
    return {
        "llama": dict(model="BPE", normalizer=sequence("normalizers", prepend, mark), decoder=llama),
        "llama-first": dict(model="BPE", pre_tokenizer=first, decoder=llama),
        "gemma": dict(model="BPE", normalizer=mark, pre_tokenizer=split(" ", "MergedWithPrevious", "String"),
                      decoder=sequence("decoders", replace("\u2581", " "), {"type": "ByteFallback"}, {"type": "Fuse"})),
        "no-fallback": dict(model="BPE", change={"byte_fallback": False, "fuse_unk": False}, pre_tokenizer=META, decoder=META),
        "fused": dict(model="BPE", change={"byte_fallback": False}, normalizer={"type": "NFKC"}, pre_tokenizer=META),
        "whole-words": dict(model="BPE", change={"ignore_merges": True, "unk_token": None}, pre_tokenizer=META, decoder=META,
                            normalizer={"type": "Lowercase"}),
        "byte-normalizer": dict(model="BPE", normalizer={"type": "ByteLevel"}, decoder=byte_level),
        "byte-then-more": dict(model="BPE", pre_tokenizer=sequence("pretokenizers", byte_level, split("\u0120", "Removed", "String")),
                               decoder=byte_level),
        "scripts": dict(model="BPE", pre_tokenizer=sequence("pretokenizers", {"type": "UnicodeScripts"}, META),
                        normalizer={"type": "NFKD"}),
        "han": dict(model="BPE", pre_tokenizer=split(r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?+[\p{L}&&[^\p{Han}]]++|\p{N}| ?[^(\s|[.,!?])]+", "Contiguous"),
                    normalizer=sequence("normalizers", {"type": "Strip", "strip_left": True, "strip_right": False}, {"type": "Nmt"})),
        "gpt1": dict(model="suffix", normalizer=bert, pre_tokenizer={"type": "BertPreTokenizer"},
                     decoder={"type": "BPEDecoder", "suffix": "</w>"}),
        "t5": dict(model="Unigram", normalizer=precompiled, pre_tokenizer=sequence("pretokenizers", {"type": "WhitespaceSplit"}, META),
                   decoder=META),
        "xlnet": dict(model="Unigram", change={"byte_fallback": True},
                      normalizer=sequence("normalizers", replace("''", '"'), {"type": "NFKD"}, {"type": "StripAccents"},
                                          {"type": "Lowercase"}, precompiled, replace(" {2,}", " ", "Regex")),
                      pre_tokenizer=META | {"prepend_scheme": "first"}, decoder=sequence("decoders", {"type": "ByteFallback"}, META)),
        "unsplit": dict(model="Unigram", pre_tokenizer=META | {"split": False, "prepend_scheme": "never"}),
        "bert": dict(model="WordPiece", normalizer=bert, pre_tokenizer={"type": "BertPreTokenizer"}, decoder=word_piece, around="bert"),
        "bert-cased": dict(model="WordPiece", normalizer=bert | {"lowercase": False, "handle_chinese_chars": False},
                           pre_tokenizer={"type": "BertPreTokenizer"}, decoder=word_piece, around="roberta"),
        "words": dict(model="WordLevel", pre_tokenizer={"type": "Whitespace"}, decoder=None),
        "ctc": dict(model="WordLevel", pre_tokenizer={"type": "FixedLength", "length": 1},
                    decoder={"type": "CTC", "pad_token": "<s>", "word_delimiter_token": "t", "cleanup": True}),
        "delimiter": dict(model="WordLevel", pre_tokenizer={"type": "CharDelimiterSplit", "delimiter": " "},
                          decoder=sequence("decoders", {"type": "Fuse"}, strip(1, 1), replace("the", "T"))),
    }


def around(kind):
    pair = {"sep": ["</s>", 2], "cls": ["<s>", 1]}
    return {None: None, "bert": {"type": "BertProcessing"} | pair,
            "roberta": {"type": "RobertaProcessing", "trim_offsets": True, "add_prefix_space": True} | pair}[kind]


def added(index, content):
    return {"id": index, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}


def sentence_pieces(folder):
    """SentencePiece models, what each is asked, and the ids that it gives."""
    (folder / "corpus").write_text("\n".join(line for line in TRAINING.split("\n") if line))
    rules = folder / "rules.tsv"
    rules.write_text("41\t61\n20 20\t20\nE9\t65 301\nFB01\t66 69\n65E5 672C\t4A\n9\t20\n")
    for name, options in {
        "bpe": dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False),
        "bpe-rules": dict(model_type="bpe", normalization_rule_tsv=str(rules), user_defined_symbols=["<sep>", "ship"]),
        "unigram": dict(model_type="unigram", byte_fallback=True, normalization_rule_tsv=str(rules), user_defined_symbols=["<sep>", "lamp"]),
        "unigram-plain": dict(model_type="unigram", normalization_rule_name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False),
        "suffix": dict(model_type="bpe", normalization_rule_name="identity", treat_whitespace_as_suffix=True),
        "word": dict(model_type="word", normalization_rule_name="identity"),
        "word-suffix": dict(model_type="word", normalization_rule_tsv=str(rules), treat_whitespace_as_suffix=True, byte_fallback=True),
        "char": dict(model_type="char", normalization_rule_tsv=str(rules), user_defined_symbols=["<sep>", "ship"]),
        "char-bytes": dict(model_type="char", normalization_rule_name="identity", byte_fallback=True, remove_extra_whitespaces=False),
    }.items():
        prefix = folder / name
        sentencepiece.SentencePieceTrainer.train(
            input=str(folder / "corpus"), model_prefix=str(prefix), vocab_size=520 if options.get("byte_fallback") else 280,
            hard_vocab_limit=False, character_coverage=0.98, minloglevel=2, **options)
        data = prefix.with_suffix(".model").read_bytes()
        processor = sentencepiece.SentencePieceProcessor(model_proto=data)
        yield name, data, processor


def main():
    lines = LINES + EXTRA
    with tempfile.TemporaryDirectory() as temporary:
        pieces = list(sentence_pieces(pathlib.Path(temporary)))
    model_parts = make_models()
    # The character map of the small rules above serves as Precompiled, too.
    charsmap = base64.b64encode(character_map(dict((n, d) for n, d, _ in pieces)["bpe-rules"])).decode()
    result = {"lines": lines, "models": model_parts, "tokenizers": [], "sentencepiece": []}
    for name, parts in variants(charsmap).items():
        file = {"version": "1.0", "truncation": None, "padding": None,
                "added_tokens": [added(i, c) for i, c in enumerate(["<unk>", "<s>", "</s>"])],
                "normalizer": parts.get("normalizer"), "pre_tokenizer": parts.get("pre_tokenizer"),
                "post_processor": around(parts.get("around")), "decoder": parts.get("decoder")}
        change = parts.get("change", {})
        tokenizer = Tokenizer.from_str(json.dumps(file | {"model": model_parts[parts["model"]] | change}))
        rows = []
        for line in lines:
            ids, special = tokenizer.encode(line, add_special_tokens=False).ids, tokenizer.encode(line).ids
            row = {"ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False) if ids else ""}
            if special != ids:
                row["special"] = special
            rows.append(row)
        result["tokenizers"].append({"name": name, "file": file, "model": parts["model"], "change": change, "cases": rows})
    for name, data, processor in pieces:
        plain = [line for line in lines if "<s>" not in line and "\x00" not in line and "<unk>" not in line]
        result["sentencepiece"].append({
            "name": name, "file": base64.b64encode(data).decode(),
            "cases": [{"text": line, "ids": processor.encode(line)} for line in plain]})
    rows = [f"{json.dumps(key)}: [\n" + ",\n".join(json.dumps(row) for row in value) + "\n]" if isinstance(value, list)
            else f"{json.dumps(key)}: {json.dumps(value)}" for key, value in result.items()]
    (FOLDER / "tokenizer-kinds.json").write_text("{\n" + ",\n".join(rows) + "\n}\n")


def character_map(model):
    """Field 2 of field 3 of a ModelProto, read without the protobuf package."""
    def fields(data):
        position = 0

        def varint():
            nonlocal position
            value = shift = 0
            while True:
                byte = data[position]
                position += 1
                value |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    return value
        while position < len(data):
            key = varint()
            if key & 7 == 0:
                yield key >> 3, varint()
                continue
            length = 4 if key & 7 == 5 else varint()
            yield key >> 3, data[position:position + length]
            position += length
    return dict(fields(dict(fields(model))[3]))[2]


main()
