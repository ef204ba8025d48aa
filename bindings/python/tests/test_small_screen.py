"""The page of a report on the screen of a telephone, in a real browser."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

import ballotta

from .every_kind import DAMAGES

CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--virtual-time-budget=5000"]

#: Writes the width of each page in a frame of 360 pixels, and the size of its smallest text.
FRAME = """<!DOCTYPE html><title>measuring</title><iframe width="360" height="640" style="border:0"></iframe><script>
const frame = document.querySelector('iframe');
const pages = ['whole', 'damaged'];
const seen = [];
frame.onload = () => {
  const inside = frame.contentDocument;
  const texts = [...inside.querySelectorAll('main *')].filter((element) => [...element.childNodes].some((node) => node.nodeType === 3));
  const scale = (element) => { const svg = element.closest('svg'); return svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1; };
  const sizes = texts.map((element) => parseFloat(frame.contentWindow.getComputedStyle(element).fontSize) * scale(element));
  seen.push(`${inside.documentElement.scrollWidth}/${Math.min(...sizes).toFixed(1)}`);
  if (pages.length > 0) frame.src = pages.shift() + '.html';
  else document.title = 'measured ' + seen.join(' ');
};
frame.src = pages.shift() + '.html';
</script>"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"{CHROMIUM} is missing: the page is not shown on a small screen")
def test_pages_fit_and_can_be_read(kinds: Path, tmp_path: Path) -> None:
    record = tmp_path / "record"
    shutil.copytree(kinds, record)
    for damage in ("a ballot", "a strange file"):
        DAMAGES[damage][0](record)
    (tmp_path / "frame.html").write_text(FRAME)
    (tmp_path / "whole.html").write_text(ballotta.verify(kinds).to_html("it"), encoding="utf-8")
    (tmp_path / "damaged.html").write_text(ballotta.verify(record).to_html("it"), encoding="utf-8")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            page = f"http://127.0.0.1:{server.server_address[1]}/frame.html"
            profile = f"--user-data-dir={tmp_path / 'profile'}"
            command = [CHROMIUM, *OPTIONS, *QUIET, profile, "--dump-dom", page]
            shown = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
        finally:
            server.shutdown()
    found = re.search(r"<title>measured ([\d./ ]+)</title>", shown)
    assert found, shown[:500]
    measured = [tuple(map(float, page.split("/"))) for page in found[1].split()]
    assert len(measured) == 2
    for width, smallest in measured:
        # Nothing is wider than the screen, which has a bar for scrolling, and no text is tiny.
        assert width <= 360 and smallest >= 9.5, measured
