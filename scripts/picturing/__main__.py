"""The command: pays some jobs on a devnet, and takes a picture of its first page."""

import sys
import tempfile
from pathlib import Path

from node.demo import run_demo
from tests.support.browser import find_chromium, open_browser, open_page
from tests.support.running import running_devnet

JOBS = 8
WIDTH, HEIGHT = 1_280, 820
PICTURE = Path(__file__).resolve().parents[2] / "node" / "explorer" / "picture.png"


def main() -> None:
    """Write the picture."""
    if find_chromium() is None:
        sys.exit("picture: there is no Chromium; scripts/programs says how to get one")
    with tempfile.TemporaryDirectory(prefix="aitbc-picture-") as folder:
        home = Path(folder) / "devnet"
        with running_devnet(home, interval_ms=1_000) as devnet, open_browser() as browser:
            for _ in range(JOBS):
                run_demo(home)
            with open_page(browser, url=devnet.nodes()[0].rpc, width=WIDTH) as look:
                look.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
                look.page.goto("/")
                look.page.screenshot(path=PICTURE)
    print(f"wrote {PICTURE}")


if __name__ == "__main__":
    main()
