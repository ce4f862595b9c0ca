"""`python .github/pictures/make.py`: makes the pictures of the README, each out of what the program itself prints.

The example project is put into a temporary folder with more of the media that the tests use, so that there is something
to see. It needs the test extras, and Chromium, Chrome or Edge for the page.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser import installed, running, visiting  # noqa: E402 - found only from here on

COLUMNS = 96
MOST_BYTES = 120 * 1024
MANIFEST = """version: 1
materials:
  - {path: images/logo.png, type: image, name: logo}
  - {path: images/posts/*.jpg, type: image}
  - {path: covers/intro.jpg, type: thumb}
  - {path: articles/*.png, type: article_image}
  - {path: audio/welcome.mp3, type: voice}
  - {path: video/intro.mp4, type: video, title: 产品介绍}
"""


def main() -> None:
    """Make all pictures."""
    for language, suffix in (("en", ""), ("zh", ".zh-CN")):
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder)
            fill(project)
            shown = [(command, run(project, language, *command)) for command in (("plan",), ("apply", "--yes"))]
            draw_terminal(shown, HERE / f"terminal{suffix}.svg")
            change(project)
            run(project, language, "report", "-o", "report.html")
            photograph(project / "report.html", language, HERE / f"report{suffix}.png")


def fill(project: Path) -> None:
    """Make the example project."""
    for name in ("images/logo.png", "covers/intro.jpg", "audio/welcome.mp3", "video/intro.mp4"):
        copy(f"{name}", project / name)
    for folder in ("images/posts", "articles"):
        for file in sorted((ROOT / "tests/media" / folder).iterdir()):
            if file.is_file() and not file.name.startswith("draft-"):
                copy(f"{folder}/{file.name}", project / folder / file.name)
    (project / "materials.yaml").write_text(MANIFEST, encoding="utf-8")


def change(project: Path) -> None:
    """Change one file after it was applied, so that the page shows more states than one."""
    file = project / "images/logo.png"
    with Image.open(file) as picture:
        picture.rotate(90).save(file)


def copy(source: str, target: Path) -> None:
    """Copy one of the media of the tests."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "tests/media" / source, target)


def run(project: Path, language: str, *command: str) -> str:
    """Run the program as a person does, and give what it printed in its colours."""
    environ = {**os.environ, "WXSYNC_LANG": language, "COLUMNS": str(COLUMNS), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "wxsync", "--sandbox", "--color", "always", *command]
    return subprocess.run(words, cwd=project, env=environ, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603


def draw_terminal(shown: list[tuple[tuple[str, ...], str]], file: Path) -> None:
    """Draw commands and what they printed."""
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115, PTH123
    for command, printed in shown:
        console.print(Text.assemble(("$ ", "green"), ("wxsync --sandbox " + " ".join(command), "bold")))
        console.print(Text.from_ansi(printed), no_wrap=True, overflow="ellipsis")
    svg = console.export_svg(title="wxsync", unique_id=file.stem.replace(".", "-"))
    # It loads nothing from elsewhere, and a Chinese character takes the two columns that it needs.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r' textLength="[^"]*"', "", svg).replace(
        "Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace"
    )
    file.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")


def photograph(page: Path, language: str, file: Path) -> None:
    """Take a picture of a page, in as many colours as fit."""
    program = installed()
    assert program, "no browser was found"
    locale = "zh-CN" if language == "zh" else "en-GB"
    with (
        running(program) as browser,
        visiting(browser, page, locale=locale, viewport={"width": 1200, "height": 760}) as visit,
    ):
        visit.page.goto(f"{page.as_uri()}#sort=name")
        visit.page.reload()
        visit.page.wait_for_timeout(500)
        taken = Image.open(BytesIO(visit.page.screenshot()))
    for colours in (256, 128, 64, 32):
        taken.convert("RGB").quantize(colours).save(file, optimize=True)
        if file.stat().st_size <= MOST_BYTES:
            return


if __name__ == "__main__":
    main()
