/// Data of the Unicode Character Database, made by `scripts/make_unicode_tables.py`.
///
/// Categories are those of Unicode 16.0. What normalisation and the Punctuation pre-tokenizer know
/// is what the `tokenizers` library knows (Unicode 9 and 8), because token ids depend on it.
enum UnicodeTables {}
