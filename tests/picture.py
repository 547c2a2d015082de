"""Takes the README's picture of the HTML report: `python tests/picture.py` writes `fixtures/report.png`."""

from __future__ import annotations

import sys
import tempfile
from contextlib import chdir
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from preflight.cli.main import main
from tests.browser import chromium, opened

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "fixtures" / "report.png"
WIDTH, HEIGHT = 1000, 1330


def take(picture: Path) -> None:
    """Check the README's example, and take a screenshot of the upper part of its report."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        page_file = Path(folder) / "report.html"
        with chdir(ROOT / "fixtures"):
            main(["check", "webinar-bad.csv", "--dateformat", "MM/dd/yyyy", "--report", str(page_file)])
        with opened(browser, page_file, WIDTH) as page:
            clip = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT}
            page.screenshot(path=picture, full_page=True, clip=clip)  # type: ignore[arg-type]


if __name__ == "__main__":
    take(PICTURE)
