"""Draw the extension's icons from the mark of the pages: plain, and with a dot while the microphone is open."""

from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.services.find import chromium

ROOT = Path(__file__).parent.parent
MARK = ROOT / "lossy/ui/theme/favicon.svg"
ICONS = ROOT / "extension/public/icons"
SIZES = (16, 32, 48, 128)
DOT = '<circle cx="25" cy="25" r="6.5" fill="#ff5d47" stroke="#14161b" stroke-width="2"/></svg>'
PAGE = "<style>body{{margin:0}}svg{{display:block;width:{size}px;height:{size}px}}</style>{svg}"


def main() -> None:
    """Write every size of both."""
    plain = MARK.read_text(encoding="utf-8").strip()
    drawings = {"": plain, "-listening": plain.removesuffix("</svg>") + DOT}
    found = chromium()
    if found is None:
        raise SystemExit("Chromium is missing: `make test` installs it or says how.")
    ICONS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(found), args=["--no-sandbox"])
        for size in SIZES:
            page = browser.new_page(viewport={"width": size, "height": size})
            for suffix, svg in drawings.items():
                page.set_content(PAGE.format(size=size, svg=svg))
                page.screenshot(path=ICONS / f"{size}{suffix}.png", omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
