"""Pictures of the demo's pages for the documents: `make pictures`."""

import os
import shutil
import signal
from pathlib import Path
from typing import Literal

from playwright.sync_api import ViewportSize, sync_playwright

from custodian_server.demo.running import demo

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"
PAGES: tuple[tuple[str, str, Literal["light", "dark"]], ...] = (
    ("health", "/", "light"),
    ("health", "/", "dark"),
    ("questions", "/questions", "light"),
    ("repo", "/repo/kiosk", "light"),
)
SIZE: ViewportSize = {"width": 1280, "height": 800}


def take(url: str) -> None:
    """A picture of each page."""
    chromium = os.environ.get("CUSTODIAN_TEST_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, path, scheme in PAGES:
            page = browser.new_page(base_url=url, viewport=SIZE, color_scheme=scheme)
            page.goto(path, wait_until="networkidle")
            page.screenshot(path=PICTURES / f"{name}-{scheme}.png")
        browser.close()


def main() -> None:
    """The pictures are those of this moment's pages."""
    PICTURES.mkdir(exist_ok=True)
    with demo(0, lambda _what: None) as shown:
        pid = os.fork()
        if pid == 0:
            take(shown.url)
            os.kill(os.getppid(), signal.SIGTERM)
            os._exit(0)
        shown.serve()
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
