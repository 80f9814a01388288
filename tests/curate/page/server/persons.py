"""A person at the page: a headless Chromium, keys pressed, eyes that see what is painted."""

from __future__ import annotations

import os
import shutil

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.ui import WebDriverWait

__all__ = ["BROWSER", "DRIVER", "ActionChains", "Person", "open_browser", "set_window"]

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
WINDOW = {"width": 1400, "height": 900, "deviceScaleFactor": 1, "mobile": False}


def open_browser():
    """A headless Chromium with a window of 1400 x 900."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # its sandbox wants an ordinary user
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(DRIVER))


def set_window(driver, **changes):
    """The window's size; as ever where nothing is said."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", WINDOW | changes)


class Person:
    """Presses keys at a page, and sees what is there."""

    def __init__(self, driver, address: str, *, new_tab: bool = False, **window) -> None:
        self.driver = driver
        if new_tab:
            driver.switch_to.new_window("tab")
        self.tab = driver.current_window_handle
        set_window(driver, **window)
        driver.get("about:blank")
        driver.get_log("browser")
        driver.get(address)

    def front(self) -> None:
        """Turns to this tab."""
        self.driver.switch_to.window(self.tab)

    def data(self, name: str) -> str | None:
        """What the page says of itself."""
        return self.driver.execute_script(f"return document.body.dataset.{name}")

    def text(self, ident: str) -> str:
        """The words of one element."""
        return self.driver.execute_script(f"return document.getElementById('{ident}').textContent")

    def wait(self, truth) -> None:
        """Until something is so."""
        WebDriverWait(self.driver, 20, poll_frequency=0.01).until(lambda _: truth())

    def press(self, *keys: str) -> None:
        """Keys, where the focus is."""
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def hold(self, key: str, *, on: bool = True) -> None:
        """Holds a letter down, or lets it go."""
        kind = "keyDown" if on else "keyUp"
        told = {"type": kind, "key": key, "code": f"Key{key.upper()}"}
        self.driver.execute_cdp_cmd("Input.dispatchKeyEvent", told)

    def sees(self, sha256: str | None = None) -> str:
        """Waits until a picture is painted; returns its sha256."""
        self.wait(lambda: self.data("painted") and sha256 in (None, self.data("picture")))
        return self.data("picture")

    def moved_on(self, shown: str | None) -> bool:
        """Whether another picture is painted than before, or another view is there."""
        return self.data("painted") not in (None, shown) or self.data("mode") != "single"

    def look(self) -> None:
        """Looks at the picture for as long as an answer that counts takes."""
        self.sees()
        self.wait(lambda: int(self.driver.execute_script(LOOKED)) > 210)

    def label(self, key: str) -> str:
        """Labels the picture in view by its key, and waits for the next; returns its sha256."""
        before, shown = self.sees(), self.data("painted")
        self.press(key)
        self.wait(lambda: self.moved_on(shown))
        return before

    def label_by(self, truth: dict[str, str]) -> str:
        """Labels the picture in view as the truth has it; F is comic, J is not."""
        return self.label("f" if truth[self.sees()] == "comic" else "j")

    def take_back(self) -> None:
        """Presses Z, and waits until that was done."""
        shown = self.data("painted")
        self.press("z")
        self.wait(lambda: self.data("painted") not in (None, shown))
        self.sent()

    def ready(self) -> None:
        """Waits until a page may be confirmed."""
        enabled = "return document.querySelector('#confirm[aria-disabled=false]') !== null"
        self.wait(lambda: self.driver.execute_script(enabled))

    def sent(self) -> None:
        """Waits until every answer has arrived."""
        self.wait(lambda: self.data("unsent") == "0")

    def complaints(self) -> list[str]:
        """What the browser's console says that a page must not cause."""
        return [line["message"] for line in self.driver.get_log("browser")]


LOOKED = "return performance.now() - Number(document.body.dataset.since ?? performance.now())"
