"""One box for everything: heights, hashes, addresses, receipts, jobs, validators.

Hashes are known by their first six digits; what is typed is searched as it stands, and the box
offers what it would lead to.
"""

import json
import re
from dataclasses import dataclass, field

from aiohttp import web

from chain.address import format_address, parse_address
from chain.errors import MalformedMessage
from chain.primitives import ZERO_ADDRESS
from chain.receipt import LABEL
from node.explorer.visit import File, View, Visit

TEXT_MAX = 128
HITS_MAX = 8
TYPED_MIN = 3
"""Characters before which nothing is offered."""

_HEIGHT = re.compile(r"#?([0-9][0-9,_ ]{0,24})", re.ASCII)
_HASH = re.compile(r"(?:0x)?([0-9a-fA-F]{64})", re.ASCII)
_BEGINNING = re.compile(r"(?:0x)?([0-9a-fA-F]{6,63})", re.ASCII)
_ADDRESS = re.compile(r"ait1[0-9a-zA-Z]{1,80}|0x[0-9a-fA-F]{40}", re.ASCII)
_ADDRESS_CHARACTERS = len(format_address(ZERO_ADDRESS))
_PATHS = {"transaction": "/tx", "receipt": "/receipt", "block": "/block"}
_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that fits.

    Attributes:
        url: of the page.
        text: what it shows.
    """

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to.

    Attributes:
        hits: pages that fit, the likeliest first.
        tried: what was looked for, in words.
        hint: what may be wrong with the text; "" where nothing is known.
    """

    hits: tuple[Hit, ...]
    tried: str
    hint: str = field(default="")


async def search(visit: Visit) -> View:
    """Go to what a text names, or say what was looked for.

    Raises:
        HTTPFound: there is one page that fits.
    """
    text = visit.text("q")[:TEXT_MAX]
    found = await find(visit, text)
    if len(found.hits) == 1 and not found.hint:
        raise web.HTTPFound(found.hits[0].url)
    if found.hits:
        return choice(visit, text, found)
    status = await visit.call("ait_status", {})
    said = f"Looked for {found.tried}. The chain is at height {status['height']:,}."
    values = {"heading": "Nothing found", "text": said, "hints": (), "searched": text}
    return View("message.html", values, status=404)


def choice(visit: Visit, text: str, found: Found) -> View:
    """Return the page of several things that a text may mean."""
    visit.calls.clear()
    said = found.hint or f"Several things are called {text}, or begin so."
    hints = [{"url": hit.url, "text": hit.text} for hit in found.hits]
    values = {"heading": "Did you mean", "text": said, "hints": hints, "searched": text}
    return View("message.html", values)


async def suggest(visit: Visit) -> File:
    """What a text that is being typed would lead to: each with what to type for it."""
    text = visit.text("q")[:TEXT_MAX]
    found = await find(visit, text) if len(text) >= TYPED_MIN else Found((), "")
    offers = [{"value": hit.url.rsplit("/", 1)[1], "label": hit.text} for hit in found.hits]
    return File(json.dumps(offers).encode())


async def find(visit: Visit, text: str) -> Found:
    """Return the pages that a text names."""
    if not text:
        return Found((), "nothing, as the box was empty")
    if match := _HEIGHT.fullmatch(text):
        found = await _find_height(visit, int(re.sub("[^0-9]", "", match[1])))
        return found if found.hits else await _find_beginning(visit, text, found)
    if match := _HASH.fullmatch(text):
        return await _find_hash(visit, f"0x{match[1].lower()}")
    if _ADDRESS.fullmatch(text):
        return find_address(text)
    return await _find_beginning(visit, text, await _find_name(visit, text))


async def _find_beginning(visit: Visit, text: str, found: Found) -> Found:
    """Return what was found, and hashes that begin with a text."""
    match = _BEGINNING.fullmatch(text)
    if match is None:
        return found
    begin = await visit.find("ait_getHashes", prefix=match[1]) or {"items": []}
    hits = [
        Hit(f"{_PATHS[one['kind']]}/{one['hash']}", f"{one['kind']} {one['hash']}")
        for one in begin["items"]
    ]
    return Found((*found.hits, *hits)[:HITS_MAX], f"{found.tried}, or a hash that begins so")


async def _find_height(visit: Visit, height: int) -> Found:
    found = None
    if height < 2**53:
        found = await visit.find("ait_getBlock", block=height)
    hits = (Hit(f"/block/{height}", f"block {height:,}"),) if found else ()
    return Found(hits, f"a block of height {height:,}")


async def _find_hash(visit: Visit, digits: str) -> Found:
    hits = []
    for method, name, url, word in (
        ("ait_getTransaction", "transactionId", "/tx", "transaction"),
        ("ait_getReceipt", "receipt", "/receipt", "receipt"),
        ("ait_getBlock", "block", "/block", "block"),
    ):
        if await visit.find(method, **{name: digits}):
            hits.append(Hit(f"{url}/{digits}", f"{word} {digits}"))
    seats = await visit.call("ait_getValidators", {})
    if any(one["publicKey"] == digits for one in seats["validators"]):
        hits.append(Hit(f"/validator/{digits}", f"validator {digits}"))
    return Found(tuple(hits), "a transaction, a receipt, a block or a validator's key")


def find_address(text: str) -> Found:
    """Return the account of an address; of one that is mistyped, those it may have been."""
    try:
        address = format_address(parse_address(text))
    except MalformedMessage as error:
        hits = tuple(Hit(f"/account/{one}", said) for one, said in _mended(text))
        return Found(hits, "an account", f"This is no address: {error.detail}.")
    return Found((Hit(f"/account/{address}", address),), "an account")


def _mended(text: str) -> list[tuple[str, str]]:
    """Return the addresses that differ from a text in one character, and where."""
    lower, mended = text.lower(), []
    if len(lower) != _ADDRESS_CHARACTERS:
        return []  # one character changed does not mend the length, and each try takes its time
    for place in range(len("ait1"), len(lower)):
        for letter in _LETTERS:
            candidate = f"{lower[:place]}{letter}{lower[place + 1 :]}"
            if letter != lower[place] and _is_address(candidate):
                where = f"{candidate}: character {place + 1} is {letter}, not {lower[place]}"
                mended.append((candidate, where))
    return mended[:HITS_MAX]


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except MalformedMessage:
        return False
    return True


async def _find_name(visit: Visit, text: str) -> Found:
    hits = []
    if LABEL.fullmatch(text):
        receipt = await visit.find("ait_getReceipt", receipt=text)
        if receipt:
            hits.append(Hit(f"/receipt/{receipt['receiptHash']}", f"receipt {text}"))
        jobs = await visit.find("ait_getJobs", jobId=text)
        hits += [
            Hit(f"/job/{one['client']}/{text}", f"job {text} of {one['client']}")
            for one in (jobs or {"items": []})["items"][:HITS_MAX]
        ]
    seats = await visit.call("ait_getValidators", {})
    hits += [
        Hit(f"/validator/{one['publicKey']}", f"validator {text}")
        for one in seats["validators"]
        if one["name"] == text
    ]
    return Found(tuple(hits), "a receipt, a job or a validator of this name")
