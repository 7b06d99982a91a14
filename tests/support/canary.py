"""Canaries: words that no public surface may ever hold, in every form that they could take.

A canary is a random mark inside a text of its class. Whoever looks for the mark finds it whatever
stands around it, in the encodings of ``forms_of`` and in those inside hexadecimal digits, base64
or a compressed stream.
"""

import base64
import re
import secrets
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

MARK_LETTERS = "GHJKLMNPQRSTUVWXYZghjkmnpqrstuvwxyz"
"""No hexadecimal digit, so that no hash ever looks like a mark."""

RUN = 16
"""Characters from which on digits may be an encoding of something."""

INFLATED_MAX = 1024 * 1024
DEPTH = 2

_HEX_RUN = re.compile(rb"[0-9a-fA-F]{%d,}" % RUN)
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/_-]{%d,}" % RUN)
_ZLIB_HEAD = re.compile(rb"\x78[\x01\x5e\x9c\xda]")


def a_mark(length: int = 12) -> str:
    """Return a word that nobody has written before."""
    return "".join(secrets.choice(MARK_LETTERS) for _ in range(length))


def forms_of(text: str) -> dict[str, str]:
    """Return a text in every encoding by its name; bytes that are no text are told in Latin-1."""
    data = text.encode()
    coded = base64.b64encode(b"~~" + data).decode()
    return {
        "raw": text,
        "base64": coded,
        "base64url": coded.translate(str.maketrans("+/", "-_")).rstrip("="),
        "hex": data.hex(),
        "url": "".join(f"%{byte:02X}" for byte in data),
        "zlib": zlib.compress(data).decode("latin-1"),
        "json": "".join(f"\\u{ord(letter):04x}" for letter in text),
        "reversed": text[::-1],
        "utf-16": text.encode("utf-16-le").decode("latin-1"),
    }


def _needles(mark: bytes) -> Iterator[tuple[str, bytes]]:
    yield "raw", mark
    yield "reversed", mark[::-1]
    yield "utf-16", b"\0".join(mark[at : at + 1] for at in range(len(mark)))
    for case in ("02x", "02X"):
        yield "hex", "".join(f"{byte:{case}}" for byte in mark).encode()
        yield "url", "".join(f"%{byte:{case}}" for byte in mark).encode()
        for slash in ("\\", "\\\\"):
            yield "json", "".join(f"{slash}u00{byte:{case}}" for byte in mark).encode()
    for shift in range(3):
        # Of a word inside base64, the first and the last digits belong to its neighbours too.
        coded = base64.b64encode(bytes(shift) + mark)
        inner = coded[-(-shift * 8 // 6) : (shift + len(mark)) * 8 // 6]
        yield "base64", inner
        yield "base64", inner.translate(bytes.maketrans(b"+/", b"-_"))


@dataclass(frozen=True)
class Hit:
    """A canary where none may be.

    Attributes:
        surface: where it was found.
        mark: its name.
        form: the encoding in which it was found.
        around: what stands there.
    """

    surface: str
    mark: str
    form: str
    around: bytes


class Scan:
    """Looks for marks in bytes."""

    def __init__(self, marks: Mapping[str, bytes]) -> None:
        """Look for these marks, by the names that hits tell."""
        self._marks = marks
        self.scanned_bytes = 0

    @cached_property
    def _wanted(self) -> list[tuple[str, str, bytes]]:
        return [
            (name, form, needle)
            for name, mark in self._marks.items()
            for form, needle in _needles(mark)
        ]

    def of(self, surface: str, data: bytes) -> list[Hit]:
        """Return every mark that a surface's bytes hold, once for each encoding."""
        self.scanned_bytes += len(data)
        hits: dict[tuple[str, str], Hit] = {}
        for path, view in _views(data):
            for name, form, needle in self._wanted:
                place = view.find(needle)
                if place >= 0:
                    said = f"{path}{form}"
                    around = view[max(0, place - 30) : place + 60]
                    hits.setdefault((name, said), Hit(surface, name, said, around))
        return list(hits.values())

    def of_all(self, surfaces: Mapping[str, bytes]) -> list[Hit]:
        """Return the hits on all surfaces."""
        return [hit for name, data in surfaces.items() for hit in self.of(name, data)]


def _views(data: bytes, *, path: str = "", depth: int = DEPTH) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes, and what is spelled inside them."""
    yield path, data
    if depth == 0:
        return
    inner = (
        ("zlib/", _inflated(data)),
        ("hex/", (_unhex(match[0]) for match in _HEX_RUN.finditer(data))),
        ("base64/", (_unbase64(match[0]) for match in _BASE64_RUN.finditer(data))),
    )
    for name, parts in inner:
        joined = b"\n".join(parts)
        if joined:
            yield from _views(joined, path=path + name, depth=depth - 1)


def _unhex(digits: bytes) -> bytes:
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def _unbase64(digits: bytes) -> bytes:
    plain = digits.translate(bytes.maketrans(b"-_", b"+/"))
    return base64.b64decode(plain[: len(plain) // 4 * 4] + b"A" * (-(len(plain) // 4 * 4) % 4))


def _inflated(data: bytes) -> Iterator[bytes]:
    for match in _ZLIB_HEAD.finditer(data):
        start = match.start()
        try:
            part = zlib.decompressobj().decompress(data[start : start + INFLATED_MAX], INFLATED_MAX)
        except zlib.error:
            continue
        if part:
            yield part


@dataclass(frozen=True)
class Canaries:
    """One canary of each class that is never public, all with one mark.

    Attributes:
        mark: what is looked for.
    """

    mark: str

    @cached_property
    def texts(self) -> dict[str, str]:
        """The private texts by class; each is what such a thing looks like."""
        mark = self.mark
        token = f"sk-live-{mark}"
        return {
            "prompt": f"Summarise the contract of {mark}.",
            "output": f"{mark} owes the landlord two months.",
            "token": token,
            "token hash": sha256(token.encode()).hexdigest(),
            "customer": f"customer-{mark}@example.org",
            "route": f"wg0/{mark}/10.7.0.2:51820",
            "request log": f'POST /v1/chat 200 "{mark}" 81 ms',
            "local url": f"http://127.0.0.1:11434/{mark}",
            "path": f"/home/{mark}/models/weights.bin",
            "tunnel": f"tunnel-{mark}",
            "runtime id": f"runtime:{mark}.7",
            "tee quote": f"AwACAAAAAAAJ{mark}quote",
            "encrypted payload": f"age1{mark}ciphertext",
        }

    @property
    def secret(self) -> bytes:
        """A private key's seed, 32 bytes that hold the mark."""
        return f"key {self.mark}".ljust(32, "=").encode()

    @property
    def marks(self) -> dict[str, bytes]:
        """What to look for: the mark, and the token's hash, which does not hold it."""
        return {
            "canary": self.mark.encode(),
            "token hash": bytes.fromhex(self.texts["token hash"]),
            "token hash in digits": self.texts["token hash"].encode(),
        }

    def forms(self) -> Iterator[tuple[str, str]]:
        """Yield the encoding's name and the text, of every class in every encoding."""
        for text in self.texts.values():
            yield from forms_of(text).items()

    def everything(self) -> bytes:
        """Return all of them one after the other."""
        return b"\n".join(text.encode("latin-1") for _, text in self.forms())


def describe(hits: Iterable[Hit]) -> str:
    """Return hits for people: each place once."""
    return "\n".join(f"{hit.surface}: {hit.mark} as {hit.form}: {hit.around!r}" for hit in hits)
