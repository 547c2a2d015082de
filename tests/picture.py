"""Takes the README's picture of the HTML report: `python tests/picture.py` writes `fixtures/report.png` anew."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from preflight import Layout, check
from tests.browser import chromium, opened

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "fixtures" / "report.png"
WIDTH, HEIGHT = 1080, 1340


def take(picture: Path) -> None:
    """Check the README's example, and photograph the upper part of its report."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        page_file = Path(folder) / "report.html"
        check(ROOT / "fixtures" / "webinar-bad.csv", Layout(dateformat="MM/dd/yyyy"), reports=[page_file])
        with opened(browser, page_file, WIDTH) as page:
            page.locator("h1").evaluate("heading => heading.textContent = 'webinar-bad.csv'")
            clip = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT}
            page.screenshot(path=picture, full_page=True, clip=clip)  # type: ignore[arg-type]


if __name__ == "__main__":
    take(PICTURE)
