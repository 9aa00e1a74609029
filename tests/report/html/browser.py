"""Chromium, driven by its own driver: what it shows, asks for, complains of and prints."""

from __future__ import annotations

import base64
import contextlib
import importlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pypdf import PdfReader

#: Width and height of a phone, in CSS pixels.
PHONE = (360, 740)
DESK = (1280, 900)


class Browser:
    """A browser with one page; ``driver`` is selenium's."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(
        self, page: Path | str, *, size: tuple[int, int] = DESK, dark: bool = False,
        scripts: bool = True,
    ) -> None:  # fmt: skip
        """Open a page in a scheme, a size, with or without JavaScript."""
        self._cdp("Emulation.setScriptExecutionDisabled", value=not scripts)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._cdp("Emulation.setEmulatedMedia", features=[scheme])
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1}
        self._cdp("Emulation.setDeviceMetricsOverride", **metrics, mobile=size == PHONE)
        self.driver.get("about:blank")
        self.complaints()
        self.requests()
        self.driver.get(page.as_uri() if isinstance(page, Path) else page)

    def run(self, script: str, *values: Any) -> Any:
        """Return what a script says; the page's policy does not concern the driver's own."""
        return self.driver.execute_script(script, *values)

    def later(self, script: str) -> Any:
        """Return what a script gives to its callback, ``arguments[0]``."""
        return self.driver.execute_async_script(script)

    def text(self, selector: str) -> str:
        """Return the text of the first element that a selector finds, as it is shown."""
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))

    def shown(self, selector: str) -> int:
        """Return how many elements that a selector finds take up room on the page."""
        script = (
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter((one) => one.checkVisibility({contentVisibilityAuto: true})).length"
        )
        return int(self.run(script, selector))

    def complaints(self) -> list[str]:
        """Return what the console said since the last time."""
        return [row["message"] for row in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since the last time."""
        events = [
            json.loads(row["message"])["message"] for row in self.driver.get_log("performance")
        ]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        from selenium.webdriver.common.action_chains import ActionChains

        actions = ActionChains(self.driver)
        for key in keys:
            actions.send_keys(key)
        actions.perform()

    def printed(self, path: Path) -> PdfReader:
        """Print the page on A4 and return what came out."""
        made = self._cdp("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        path.write_bytes(base64.b64decode(made["data"]))
        return PdfReader(path)

    def _cdp(self, command: str, **values: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, values)


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """Start Debian's Chromium by its driver's path: selenium must not look for one to download."""
    chrome: Any = importlib.import_module("selenium.webdriver.chrome.webdriver").WebDriver
    options: Any = importlib.import_module("selenium.webdriver.chrome.options").Options()
    service: Any = importlib.import_module("selenium.webdriver.chrome.service").Service
    options.binary_location = shutil.which("chromium")
    for word in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = chrome(options=options, service=service(shutil.which("chromedriver")))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
