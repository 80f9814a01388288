"""A headless Chromium, told what to do over its DevTools protocol; of libraries aiohttp alone.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--hide-scrollbars", "--remote-debugging-port=0"),
)
_START_S = 30.0
_ANSWER_S = 120.0


def find_browser() -> str | None:
    """The program to start; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass
class Tab:
    """One page under test."""

    socket: aiohttp.ClientWebSocketResponse
    """To the page."""
    faults: list[str] = field(default_factory=list)
    """What the console says: errors, warnings, violations of the page's policy."""
    requests: list[str] = field(default_factory=list)
    """Addresses that were asked for, but files of this machine and data in the page."""
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _answers: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    _loaded: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Take in what the browser says, until it ends."""
        async for message in self.socket:
            said = json.loads(message.data)
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said)
                continue
            event, values = said["method"], said.get("params", {})
            if event == "Page.loadEventFired":
                self._loaded.set()
            elif event == "Log.entryAdded":
                self.faults.append(f"{values['entry']['source']}: {values['entry']['text']}")
            elif event == "Runtime.exceptionThrown":
                self.faults.append(str(values["exceptionDetails"]["text"]))
            elif event == "Network.requestWillBeSent":
                url = values["request"]["url"]
                if not url.startswith(("file:", "data:")):
                    self.requests.append(url)

    async def ask(self, method: str, **values: Any) -> Any:
        """Send one command and return its result."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self.socket.send_json({"id": number, "method": method, "params": values})
        said = await asyncio.wait_for(answer, _ANSWER_S)
        if "error" in said:
            raise RuntimeError(f"{method}: {said['error']}")
        return said["result"]

    async def open(self, path: Path, fragment: str = "") -> None:
        """Go to a file and wait until it has loaded."""
        self._loaded.clear()
        url = path.resolve().as_uri() + (f"#{fragment}" if fragment else "")
        await self.ask("Page.navigate", url="about:blank")
        await asyncio.wait_for(self._loaded.wait(), _ANSWER_S)
        self._loaded.clear()
        await self.ask("Page.navigate", url=url)
        await asyncio.wait_for(self._loaded.wait(), _ANSWER_S)

    async def run(self, script: str) -> Any:
        """The value of a JavaScript expression, which may be a promise."""
        said = await self.ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in said:
            raise RuntimeError(str(said["exceptionDetails"]))
        return said["result"].get("value")

    async def look(self, *, width: int, height: int, dark: bool) -> None:
        """Set the window's size in CSS pixels and the reader's theme."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.ask("Emulation.setEmulatedMedia", features=[scheme])

    async def press(self, key: str) -> None:
        """Press a key and let it go: `Tab`, `Enter`."""
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            await self.ask(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key,
                windowsVirtualKeyCode=code, **(text if kind == "keyDown" else {}),
            )  # fmt: skip

    async def photograph(self, path: Path) -> None:
        """Save what the window shows as PNG."""
        said = await self.ask("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(said["data"]))


@asynccontextmanager
async def browsing(program: str) -> AsyncIterator[Tab]:
    """A browser with one empty page, ended with all its processes and files afterwards."""
    with tempfile.TemporaryDirectory(prefix="winnow-browser-", ignore_cleanup_errors=True) as home:
        process = await asyncio.create_subprocess_exec(
            program, *_FLAGS, f"--user-data-dir={home}", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port = await _port(Path(home) / "DevToolsActivePort")
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    pages = await answer.json()
                url = next(p["webSocketDebuggerUrl"] for p in pages if p["type"] == "page")
                async with session.ws_connect(url, max_msg_size=0) as socket:
                    tab = Tab(socket)
                    listening = asyncio.create_task(tab.listen())
                    for domain in ("Page", "Log", "Runtime", "Network"):
                        await tab.ask(f"{domain}.enable")
                    yield tab
                    with suppress(Exception):
                        await tab.ask("Browser.close")
                    listening.cancel()
            await asyncio.wait_for(process.wait(), _START_S)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _port(path: Path) -> int:
    for _ in range(int(_START_S / 0.05)):
        if path.exists() and (words := path.read_text().split()):
            return int(words[0])
        await asyncio.sleep(0.05)
    raise RuntimeError("the browser did not start")
