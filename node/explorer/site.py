"""The pages over HTTP: the table of them, how they are drawn, and what browsers are told.

Nothing is fetched from elsewhere, nothing runs but our own scripts, and a page is whole without
them. What a page cannot be found or asked for is said in words, never in a traceback.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from importlib import resources
from typing import Any, Final

from aiohttp import hdrs, web
from jinja2 import Environment, PackageLoader, StrictUndefined

from chain.crypto import sha256
from chain.errors import ConfigError
from node.api.problems import RpcError
from node.api.reasons import REASONS
from node.api.routes import Respond, Route
from node.clock import now_ms
from node.explorer import looks
from node.explorer.beginning import Ask, Beginning
from node.explorer.identicon import identicon
from node.explorer.visit import File, View, Visit

PAGE_S = 10
"""Seconds after which a page is given up; every one of ours takes a few milliseconds."""

FORM_BYTES_MAX = 4_096
FORM_S = 5
"""Seconds in which a form must have come."""

PAGE_COST = 5
"""What a page takes from an allowance: it asks several questions."""

MENU: Final = (
    ("Home", "/"),
    ("Blocks", "/blocks"),
    ("Transactions", "/txs"),
    ("Receipts", "/receipts"),
    ("Accounts", "/accounts"),
    ("Miners", "/miners"),
    ("Validators", "/validators"),
    ("Network", "/network"),
    ("API", "/api"),
)

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""What every answer tells a browser: nothing from elsewhere, nothing inline, no framing."""

UNKNOWN: Final = "/{nothing:(?!v1/|static/).+}"
"""Every path that nobody else serves."""

_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOREVER: Final = "public, max-age=31536000, immutable"

Draw = Callable[[Visit], Awaitable[View | File]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the table.

    Attributes:
        path: as aiohttp's router reads it.
        draw: makes it.
        example: a path that it answers.
        method: of HTTP; what a POST says comes as the fields of a form.
    """

    path: str
    draw: Draw
    example: str
    method: str = hdrs.METH_GET


@dataclass(frozen=True, slots=True)
class _Asset:
    data: bytes
    content_type: str


class Site:
    """All pages of a node."""

    def __init__(self, pages: Sequence[Page], ask: Ask) -> None:
        """Read the templates and the static files; ``ask`` answers for the API."""
        self._ask = ask
        self._beginning = Beginning(ask)
        self._assets = dict(_read_assets())
        content = b"".join(asset.data for asset in self._assets.values())
        self._edition = sha256(content).hex()[:8]
        self._environment = _environment()
        self.routes: tuple[Route, ...] = (
            *(
                Route(page.path, self._responding(page.draw), page.method, cost=PAGE_COST)
                for page in pages
            ),
            Route("/static/{name}", self._static),
            Route("/favicon.ico", self._icon),
            Route(UNKNOWN, self._unknown, hdrs.METH_ANY, cost=PAGE_COST),
        )

    async def prepare(self) -> None:
        """Read what is read once, so that the first visitor need not wait for it.

        What cannot be read is said by the pages that need it.
        """
        with suppress(RpcError, ConfigError):
            await self._beginning.genesis()

    def _responding(self, draw: Draw) -> Respond:
        async def respond(request: web.Request) -> web.StreamResponse:
            is_form = request.method == hdrs.METH_POST
            visit = self._visit(request, await _form(request) if is_form else request.query)
            try:
                async with asyncio.timeout(PAGE_S):
                    drawn = await draw(visit)
                    if isinstance(drawn, File):
                        return web.Response(
                            body=drawn.data, content_type="application/json", headers=HEADERS
                        )
                    return await self._respond(request, visit, drawn)
            except RpcError as error:
                view = _refused(error)
            except TimeoutError:
                view = _message("This takes too long", "Ask for less at once.", status=503)
            return await self._say(request, visit, view)

        return respond

    async def _say(self, request: web.Request, visit: Visit, view: View) -> web.Response:
        """Return a page of words alone, or the bare words where the API answers nothing at all."""
        try:
            return await self._respond(request, visit, view)
        except RpcError:
            text = f"{view.values['heading']}. {view.values['text']}\n"
            return web.Response(text=text, status=view.status, headers=HEADERS)

    def _visit(self, request: web.Request, query: Mapping[str, str]) -> Visit:
        return Visit(
            path=request.path,
            parts=dict(request.match_info),
            query=query,
            call=self._ask,
            beginning=self._beginning,
            now_ms=now_ms(),
        )

    async def _respond(self, request: web.Request, visit: Visit, view: View) -> web.Response:
        template = self._environment.get_template(view.template)
        origin = f"{request.scheme}://{request.host}"
        site = await _facts_of_site(self._ask, origin) | {"edition": self._edition, "menu": MENU}
        text = template.render(
            {"searched": "", "section": view.section, "calls": visit.calls, "site": site}
            | dict(view.values)
        )
        headers = HEADERS | {hdrs.CACHE_CONTROL: "no-cache"}
        return web.Response(
            text=text, status=view.status, content_type="text/html", headers=headers
        )

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        """Say that there is no such page, to whoever asks for one.

        Raises:
            HTTPNotFound: this is no browser's question.
        """
        if request.method != hdrs.METH_GET:
            raise web.HTTPNotFound
        text = "Look for what you want in the box above, or begin with the latest blocks."
        view = _message("There is no such page", text, status=404)
        return await self._say(request, self._visit(request, {}), view)

    async def _icon(self, _: web.Request) -> web.StreamResponse:
        return self._asset(self._assets["icon.svg"], "public, max-age=86400")

    async def _static(self, request: web.Request) -> web.Response:
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound(text="there is no such file\n")
        is_named = request.query_string == self._edition
        return self._asset(asset, _FOREVER if is_named else "no-cache")

    @staticmethod
    def _asset(asset: _Asset, kept: str) -> web.Response:
        headers = HEADERS | {hdrs.CACHE_CONTROL: kept}
        return web.Response(body=asset.data, content_type=asset.content_type, headers=headers)


async def _form(request: web.Request) -> Mapping[str, str]:
    """Return the fields of a small form.

    Raises:
        HTTPUnsupportedMediaType: the body is no form.
        HTTPRequestEntityTooLarge: it has not said that it is small.
        HTTPRequestTimeout: it did not come in time.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType(text="send the form\n")
    length = request.content_length
    if length is None or length > FORM_BYTES_MAX:
        raise web.HTTPRequestEntityTooLarge(
            max_size=FORM_BYTES_MAX, actual_size=length or 0, text="the form is too large\n"
        )
    try:
        async with asyncio.timeout(FORM_S):
            return {name: str(value) for name, value in (await request.post()).items()}
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="the form took too long\n") from None


async def _facts_of_site(ask: Ask, origin: str) -> dict[str, Any]:
    """Return what every page says of the node."""
    status, parameters = await ask("ait_status", {}), await ask("ait_getParameters", {})
    mark, word = "", "in step with the chain"
    if not status["coreConnected"]:
        mark, word = "bad", "the node's core is away"
    elif status["catchingUp"]:
        mark, word = "wait", "catching up"
    return {
        "chain_id": status["chainId"],
        "genesis_hash": status["genesisHash"],
        "is_devnet": parameters["devnet"],
        "origin": origin,
        "state": status | {"mark": mark, "word": word},
    }


def _refused(error: RpcError) -> View:
    """Return the page that says why the API refuses."""
    status = REASONS[error.reason].status
    faults: Any = error.data.get("errors", ())
    hints = [{"url": "", "text": f"{fault['path']}: {fault['msg']}"} for fault in faults[1:]]
    heading = "Not found" if status == HTTPStatus.NOT_FOUND else "That cannot be shown"
    said = f"{error.message[0].upper()}{error.message[1:]}."
    return _message(heading, said, hints=hints, status=status)


def _message(heading: str, text: str, *, hints: Sequence[dict[str, str]] = (), status: int) -> View:
    values = {"heading": heading, "text": text, "hints": hints}
    return View("message.html", values, status=status)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("node.explorer"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for look in (
        *(looks.amount, looks.units, looks.unit_word, looks.short, looks.shorter, looks.when),
        *(looks.iso, looks.age, looks.span, looks.words, identicon),
    ):
        environment.filters[look.__name__] = look
    environment.globals["now_ms"] = now_ms
    return environment


def _read_assets() -> list[tuple[str, _Asset]]:
    folder = resources.files("node.explorer") / "static"
    return [
        (file.name, _Asset(file.read_bytes(), _TYPES[file.name[file.name.rindex(".") :]]))
        for file in sorted(folder.iterdir(), key=lambda one: one.name)
    ]
