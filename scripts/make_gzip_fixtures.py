"""Writes Tests/Fixtures/Gzip: the same text compressed in every way zlib knows, and what is no gzip any more.

Run from the package root (Python's standard library is enough):
    python scripts/make_gzip_fixtures.py
"""

import gzip
import struct
import zlib
from pathlib import Path

OUT = Path("Tests/Fixtures/Gzip")
# GzipTests makes the same text: lines of squares, with repeats near and far and bytes beyond ASCII.
TEXT = "".join(f"{i}: {i * i} é {i % 7 * 'ab'}\n" for i in range(3000)).encode()


def member(data, level=9, strategy=zlib.Z_DEFAULT_STRATEGY, flags=0, extra=b""):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    body = packer.compress(data) + packer.flush()
    head = struct.pack("<2BBBIBB", 0x1F, 0x8B, 8, flags, 0, 0, 255) + extra
    return head + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    half = len(TEXT) // 2
    # All optional parts of a header: extra field, name, comment, checksum of the header.
    parts = struct.pack("<H", 4) + b"abcd" + b"name\0" + b"comment\0"
    head = struct.pack("<2BBBIBB", 0x1F, 0x8B, 8, 0x1E, 0, 0, 255) + parts
    parts += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    files = {
        "stored": member(TEXT[:20000], level=0),
        "fast": member(TEXT, level=1),
        "best": member(TEXT),
        "fixed": member(TEXT, strategy=zlib.Z_FIXED),
        "huffman": member(TEXT, strategy=zlib.Z_HUFFMAN_ONLY),
        "runs": member(TEXT, strategy=zlib.Z_RLE),
        "members": member(TEXT[:half]) + member(TEXT[half:]) + b"\0" * 100,
        "header": member(TEXT, flags=0x1E, extra=parts),
        "empty": member(b""),
    }
    rows = "".join(
        f'{{"prompt": "P{i}", "chosen": "C", "rejected": "R"}}\n' for i in (1, 2, 3)
    )
    files["pairs.jsonl"] = member(rows.encode())
    # A megabyte of zeros compresses a thousandfold; 80 of them are a bomb of 80 kB.
    files["bomb"] = member(b"\0" * (80 << 20))
    for name, data in files.items():
        (OUT / f"{name}.gz").write_bytes(data)
    assert gzip.decompress(files["members"]) == TEXT


main()
