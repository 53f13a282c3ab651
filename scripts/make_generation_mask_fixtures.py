"""Makes Tests/Fixtures/Text/generation-masks.json: which tokens Transformers calls the assistant's.

    python scripts/make_generation_mask_fixtures.py

Conversations are rendered by templates that mark what the assistant says with `{% generation %}` and encoded by two
tokenizers: the byte-level one of Tests/Fixtures/Models/tiny-llama, and one in the manner of SentencePiece (marks for
spaces, bytes for unknown characters, NFC before) that is trained here and stands in the fixture. Ids and mask are what
`apply_chat_template(..., return_assistant_tokens_mask=True)` returns.

Transformers asks for the token of a span's last character. Of several tokens it gets the first, so that the others are
left out; of a character that the normalizer joined with the one before it gets none, and marks everything to the end of
the conversation. Rows where that happens are kept with both masks: `mask` has every token of the span, `transformers`
what the library says. They differ nowhere else; the script stops if they do.
"""

import json
import pathlib

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

root = pathlib.Path(__file__).resolve().parent.parent

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role == 'assistant' %}{% generation %}{{ m.content + '<|im_end|>' }}{% endgeneration %}"
    "{% else %}{{ m.content + '<|im_end|>' }}{% endif %}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
# The span begins after a space, which joins the answer's first word, and ends before a full stop and a space.
VICUNA = (
    "{% for m in messages %}{% if m.role == 'assistant' %}ASSISTANT: {% generation %}{{ m.content }}"
    "{% endgeneration %}. {% else %}{{ m.role | upper }}: {{ m.content }} {% endif %}{% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)
# A span for each half of an answer, with white space inside.
HALVES = (
    "{% for m in messages %}{% if m.role == 'assistant' %}"
    "{% generation %}{{ m.content[:4] }}{% endgeneration %}{{ m.content[4:8] }}"
    "{% generation %}{{ m.content[8:] }}<|im_end|>{% endgeneration %}{% else %}{{ m.content }}\n{% endif %}{% endfor %}"
)

SPEECHES = [
    [("user", "Why is the sky blue?"), ("assistant", "Air scatters blue light most.")],
    [
        ("system", "Be brief."), ("user", "One."), ("assistant", "Two  three"), ("user", "Four?"),
        ("assistant", "Five\nsix\n\nseven"),
    ],
    [("user", "Grüße"), ("assistant", "né, 日本語 und 🎉 fertig"), ("user", "noch"), ("assistant", "x")],
    # Decomposed and precomposed, so that NFC changes lengths before, at and after the edges.
    [("user", "Cafe\u0301 cre\u0300me"), ("assistant", "re\u0301sume\u0301 na\u00efve e\u0301"), ("user", "e\u0301")],
    [("user", "a"), ("assistant", "  indented and ends with a space ")],
    [("user", "a"), ("assistant", "the end is 🎉")],
    [("assistant", "I begin"), ("user", "and I"), ("assistant", "end, in the <|im_start|> middle")],
]


def trained():
    """A small BPE in the manner of SentencePiece."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    text = [m for speech in SPEECHES for _, m in speech if m.isascii()] * 4
    bytes_ = [f"<0x{b:02X}>" for b in range(256)]
    alphabet = [chr(c) for c in range(33, 127)] + ["▁", "é", "ü"]
    trainer = trainers.BpeTrainer(
        vocab_size=470, special_tokens=["<unk>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=alphabet, limit_alphabet=len(alphabet), show_progress=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    tokenizer.train_from_iterator(text, trainer)
    tokenizer.pre_tokenizer = None
    data = json.loads(tokenizer.to_str())
    vocab = data["model"]["vocab"]
    for name in bytes_:
        vocab[name] = len(vocab)
    # Training needs no newline among its characters; the vocabulary has it as a byte.
    for token in data["added_tokens"]:
        token["normalized"] = False
    return data


def case(name, tokenizer, template, messages):
    out = tokenizer.apply_chat_template(
        messages, chat_template=template, return_assistant_tokens_mask=True, return_dict=True)
    from transformers.utils.chat_template_utils import render_jinja_template

    texts, spans = render_jinja_template(
        conversations=[messages], chat_template=template, return_assistant_tokens_mask=True,
        tools=None, documents=None, **tokenizer.special_tokens_map)
    encoding = tokenizer.backend_tokenizer.encode(texts[0], add_special_tokens=False)
    assert encoding.ids == out["input_ids"]
    mask = [
        int(any(a < end and b > start for start, end in spans[0]))
        for a, b in encoding.offsets
    ]
    theirs = out["assistant_masks"]
    if theirs != mask:
        lasts = [end - 1 for _, end in spans[0]]
        lost = [last for last in lasts if not any(a <= last < b for a, b in encoding.offsets)]
        for offset, ours, other in zip(encoding.offsets, mask, theirs):
            assert ours == other or lost or any(offset[0] <= last < offset[1] for last in lasts), messages
    row = {"tokenizer": name, "template": template, "messages": messages,
           "ids": out["input_ids"], "mask": "".join(map(str, mask))}
    if theirs != mask:
        row["transformers"] = "".join(map(str, theirs))
    return row


def main():
    byte_level = root / "Tests/Fixtures/Models/tiny-llama/tokenizer.json"
    pieces = trained()
    tokenizers = {
        "tiny-llama": PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_file(str(byte_level))),
        "pieces": PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(pieces))),
    }
    cases = [
        case(name, tokenizer, template, [{"role": r, "content": c} for r, c in speech])
        for name, tokenizer in tokenizers.items() for template in (CHATML, VICUNA, HALVES)
        for speech in SPEECHES
    ]
    lines = ",\n".join(json.dumps(c, ensure_ascii=True) for c in cases)
    path = root / "Tests/Fixtures/Text/generation-masks.json"
    path.write_text(
        '{"tokenizers": {"pieces": ' + json.dumps(pieces, ensure_ascii=True) + '},\n"cases": [\n' + lines + "\n]}\n")
    different = sum("transformers" in c for c in cases)
    print(f"{len(cases)} cases, {different} where Transformers errs at the last character")


main()
