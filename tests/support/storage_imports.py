"""Where the SQLite library in this process keeps the addresses of the functions it imports."""

import struct
from functools import cache
from pathlib import Path

import pysqlite3._sqlite3 as sqlite_library  # type: ignore[import-untyped]  # it has no types

LIBRARY = Path(sqlite_library.__file__)

_SHT_RELA = 4
_RELA_BYTES, _SYMBOL_BYTES = 24, 24


@cache
def import_slot(symbol: str) -> int:
    """Return the address of the pointer by which the library calls a function of another one.

    Reads the library's relocations (System V ABI, ELF64: ``Elf64_Shdr``, ``Elf64_Rela``,
    ``Elf64_Sym``).
    """
    image = LIBRARY.read_bytes()
    assert image[:5] == b"\x7fELF\x02", "not a 64-bit ELF file"
    (table,) = struct.unpack_from("<Q", image, 0x28)
    size, count = struct.unpack_from("<HH", image, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", image, table + size * n) for n in range(count)]
    slots = []
    for _, kind, _, _, start, length, link, *_ in sections:
        if kind != _SHT_RELA:
            continue
        symbols, names = sections[link][4], sections[sections[link][6]][4]
        for place in range(start, start + length, _RELA_BYTES):
            slot, info = struct.unpack_from("<QQ", image, place)
            (name,) = struct.unpack_from("<I", image, symbols + _SYMBOL_BYTES * (info >> 32))
            if image.startswith(symbol.encode() + b"\0", names + name):
                slots.append(int(slot))
    (offset,) = slots
    return _base() + offset


def _base() -> int:
    """Return where the library was loaded."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    first = next(one for one in lines if one.endswith(str(LIBRARY)) and " 00000000 " in one)
    return int(first.split("-", 1)[0], 16)
