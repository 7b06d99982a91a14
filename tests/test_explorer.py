"""The pages of a running devnet, in a real Chromium, as people meet them."""

import csv
import io
import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, expect

from node.demo import DemoResult, run_demo
from node.rpc_client import call
from tests.support.browser import WIDTHS, find_chromium, open_browser, open_page
from tests.support.running import running_devnet

pytestmark = [
    pytest.mark.network,
    pytest.mark.slow,
    pytest.mark.skipif(find_chromium() is None, reason="Chromium is not installed"),
]

ROOM = Path(__file__).parent / "interop" / "axe"
UNREACHABLE = ("EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "ENOTFOUND", "ETIMEDOUT")
NPM_TIMEOUT_S = 120
PAINT_MS = 300

Theme = Literal["light", "dark"]


@dataclass
class Shown:
    """A devnet with pages.

    Attributes:
        home: its folder.
        url: of one of its nodes.
        result: of the last paid job.
    """

    home: Path
    url: str
    result: DemoResult

    def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        return call(self.url, method, *params)

    def pages(self) -> list[str]:
        """Return the path of each kind of page, of things that are there."""
        one = self.ask("ait_getReceipt", f"0x{self.result.receipt_hash.hex()}")
        key = self.ask("ait_getValidators")["validators"][0]["publicKey"]
        return [
            *("/", "/blocks", f"/block/{one['height']}", "/block/0", "/txs"),
            f"/tx/{one['transactionId']}",
            *("/receipts", f"/receipt/{one['receiptHash']}"),
            *(f"/account/{one['client']}", f"/account/{one['client']}?tab=client"),
            *(f"/account/{one['client']}?tab=reservations", f"/account/{one['client']}?tab=ledger"),
            *("/reservations", f"/reservation/{one['reservationId']}"),
            f"/job/{one['client']}/{one['jobId']}",
            *("/miners", "/validators", f"/validator/{key}", "/network", "/mempool"),
            *("/params", "/genesis", "/api", "/faucet", "/search?q=nothing-like-it"),
        ]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Return a devnet on which three jobs were paid."""
    home = tmp_path_factory.mktemp("explorer") / "devnet"
    with running_devnet(home) as devnet:
        for _ in range(3):
            result = run_demo(home)
        yield Shown(home, devnet.nodes()[0].rpc, result)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a running Chromium."""
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the source of axe-core, which looks for what keeps people out."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed; it fetches axe-core")
    folder = tmp_path_factory.mktemp("axe")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOM / name, folder)
    fetched = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=NPM_TIMEOUT_S,
        check=False,
    )
    if fetched.returncode and any(code in fetched.stderr for code in UNREACHABLE):
        pytest.skip("npm cannot reach its registry to fetch axe-core")
    assert fetched.returncode == 0, fetched.stderr
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.mark.parametrize(("theme", "size"), [("light", "phone"), ("dark", "desktop")])
def test_every_page_fits_and_is_quiet(
    shown: Shown, browser: Browser, theme: Theme, size: str
) -> None:
    assert _faults(shown, browser, theme=theme, width=WIDTHS[size], script="[]") == []


@pytest.mark.parametrize(("theme", "size"), [("light", "desktop"), ("dark", "phone")])
def test_every_page_lets_everybody_in(
    shown: Shown, browser: Browser, axe: str, theme: Theme, size: str
) -> None:
    script = f"{axe}; axe.run().then((found) => found.violations)"
    assert _faults(shown, browser, theme=theme, width=WIDTHS[size], script=script) == []


def _faults(
    shown: Shown, browser: Browser, *, theme: Theme, width: int, script: str
) -> list[tuple[str, str]]:
    """Return what is wrong with which page; the script finds what keeps people out."""
    with open_page(browser, url=shown.url, theme=theme, width=width) as look:
        faults = []
        for path in shown.pages():
            look.page.goto(path)
            is_expected = path.startswith("/search")
            complaints = [one for one in look.complaints if not (is_expected and "404" in one)]
            faults += [(path, one) for one in complaints]
            look.complaints.clear()
            wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            if look.page.evaluate(wider) > 0:
                faults.append((path, "it is wider than the window"))
            found = look.page.evaluate(script)
            faults += [(path, f"{one['id']}: {one['nodes'][0]['html']}") for one in found]
    return faults


def test_page_is_whole_without_scripts(shown: Shown, browser: Browser) -> None:
    name = f"0x{shown.result.receipt_hash.hex()}"
    with open_page(browser, url=shown.url, scripts=False) as look:
        look.page.goto(f"/receipt/{name}")
        expect(look.page.locator("h1")).to_contain_text("Receipt")
        expect(look.page.locator("[data-verified]")).to_have_text("✓ verified by this node")
        expect(look.page.locator("[data-copy]").first).to_be_hidden()


def test_receipt_is_verified_in_the_browser(shown: Shown, browser: Browser) -> None:
    with open_page(browser, url=shown.url) as look:
        look.page.goto(f"/receipt/0x{shown.result.receipt_hash.hex()}")
        tag = look.page.locator("[data-verified]")
        expect(tag).to_have_text("✓ Ed25519 verified in your browser")
        for name in ("hash", "signature", "inclusion"):
            said = look.page.locator(f"[data-check={name}] [data-said]")
            expect(said).to_have_text("passed, in your browser too")


def test_receipt_that_was_changed_is_refused_in_the_browser(shown: Shown, browser: Browser) -> None:
    with open_page(browser, url=shown.url) as look:
        look.page.route(
            "**/receipt/*",
            lambda route: route.fulfill(
                response=(answer := route.fetch()),
                body=answer.text().replace("&#34;units&#34;:2.5", "&#34;units&#34;:3.5"),
            ),
        )
        look.page.goto(f"/receipt/0x{shown.result.receipt_hash.hex()}")
        tag = look.page.locator("[data-verified]")
        expect(tag).to_have_text("✗ does not verify in your browser")


def test_new_rows_appear_by_themselves(shown: Shown, browser: Browser) -> None:
    with open_page(browser, url=shown.url) as look:
        look.page.goto("/receipts")
        before = look.page.locator("[data-key]").count()
        result = run_demo(shown.home)
        row = look.page.locator(f'[data-key="0x{result.receipt_hash.hex()}"]')
        expect(row).to_be_visible()
        assert look.page.locator("[data-key]").count() == before + 1


def test_pages_can_be_used_by_keyboard_alone(shown: Shown, browser: Browser) -> None:
    with open_page(browser, url=shown.url) as look:
        look.page.goto("/blocks")
        look.page.keyboard.press("Tab")
        expect(look.page.locator(":focus")).to_have_text("Skip to the content")
        look.page.keyboard.press("/")
        look.page.keyboard.type("2")
        look.page.keyboard.press("Enter")
        look.page.wait_for_url("**/block/2")


def test_menu_opens_on_a_phone(shown: Shown, browser: Browser) -> None:
    with open_page(browser, url=shown.url, width=WIDTHS["phone"]) as look:
        look.page.goto("/")
        look.page.get_by_label("Menu").click()
        look.page.get_by_label("All pages").get_by_text("Validators").click()
        look.page.wait_for_url("**/validators")


def test_theme_that_was_chosen_stays(shown: Shown, browser: Browser) -> None:
    with open_page(browser, url=shown.url) as look:
        look.page.goto("/blocks")
        look.page.get_by_text("Light or dark").click()
        look.page.goto("/txs")
        expect(look.page.locator("html")).to_have_attribute("data-theme", "dark")


def test_filter_csv_and_api_agree(shown: Shown, browser: Browser) -> None:
    client = shown.ask("ait_getReceipts")["items"][0]["client"]
    with open_page(browser, url=shown.url) as look:
        look.page.goto("/receipts")
        look.page.get_by_label("Account", exact=True).fill(client)
        look.page.get_by_label("Role of the account").select_option("client")
        look.page.get_by_text("Apply").click()
        keys = look.page.locator("[data-key]").evaluate_all("rows => rows.map(r => r.dataset.key)")
        files = {
            name: look.page.get_by_text(name, exact=True).get_attribute("href")
            for name in ("CSV", "JSON")
        }
    texts = {name: _fetch(f"{shown.url}{path}") for name, path in files.items()}
    rows = list(csv.DictReader(io.StringIO(texts["CSV"])))
    found = shown.ask("ait_getReceipts", client)["items"]
    assert keys == [one["receiptHash"] for one in found]
    assert [one["receipt_hash"] for one in rows] == keys
    assert [one["receipt_hash"] for one in json.loads(texts["JSON"])["data"]] == keys


def _fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def test_search_leads_to_each_kind_of_thing(shown: Shown, browser: Browser) -> None:
    one = shown.ask("ait_getReceipts")["items"][0]
    block = shown.ask("ait_getBlock", one["height"])
    wanted = {
        str(one["height"]): f"/block/{one['height']}",
        block["hash"]: f"/block/{block['hash']}",
        one["transactionId"]: f"/tx/{one['transactionId']}",
        one["receiptHash"]: f"/receipt/{one['receiptHash']}",
        one["receiptId"]: f"/receipt/{one['receiptHash']}",
        one["client"]: f"/account/{one['client']}",
        one["jobId"]: f"/job/{one['client']}/{one['jobId']}",
        "validator-0": "/validator/",
    }
    with open_page(browser, url=shown.url) as look:
        for text, path in wanted.items():
            look.page.goto("/")
            look.page.get_by_label("Search").fill(text)
            look.page.keyboard.press("Enter")
            look.page.wait_for_url(f"**{path}*")


def test_mistyped_address_is_mended(shown: Shown, browser: Browser) -> None:
    client = shown.ask("ait_getReceipts")["items"][0]["client"]
    wrong = client[:12] + ("q" if client[12] != "q" else "p") + client[13:]
    with open_page(browser, url=shown.url) as look:
        look.page.goto(f"/search?q={wrong}")
        expect(look.page.locator("h1")).to_have_text("Did you mean")
        look.page.locator(f'main a[href="/account/{client}"]').click()
        look.page.wait_for_url(f"**/account/{client}")
