"""Fuzzes one header reader, the manifest, or documents, with atheris: python tests/fuzz/run.py TARGET --seconds N.

Needs `pip install atheris` beside the project; libFuzzer's own options may follow. Every input must be answered within
a second, without an error, and the same way twice; what is not stays behind as crash-…, oom-… or timeout-… in --keep.
"""

import argparse
import os
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS.parent))

with atheris.instrument_imports(include=["wxsync.media", "wxsync.manifest", "wxsync.links"]):
    from wxsync.links import markdown  # noqa: F401 - to be instrumented too
    from wxsync.links.find import NotADocument, find_links
    from wxsync.links.write import replace_links
    from wxsync.manifest import read_manifest
    from wxsync.manifest import source as source_room
    from wxsync.manifest.document import read_document
    from wxsync.manifest.shape import check_shape
    from wxsync.media import Media, check, probe
    from wxsync.media.amr import read_amr
    from wxsync.media.asf import read_asf
    from wxsync.media.images import read_bmp, read_gif, read_jpeg, read_png
    from wxsync.media.mp3 import begins_with_mp3, read_mp3
    from wxsync.media.mp4 import read_iso
    from wxsync.media.wav import read_wav
    from wxsync.model import MaterialType, Problem

Target = Callable[[bytes], object]

MOST_SECONDS = 1.0
# Far below what a manifest or a sample may measure, so that some thousand inputs are tried each second.
MOST_BYTES = 65_536
MOST_MEGABYTES = 512


def sniff(content: bytes) -> Media:
    media = probe(content)
    for material_type in MaterialType:
        for finding in check(media, material_type, filename="folder/file.bin"):
            assert finding.message, finding
            assert finding.hint, finding
    return media


def read_any_mp3(content: bytes) -> object:
    return begins_with_mp3(content), read_mp3(content)


def read_values(content: bytes) -> object:
    """Goes the way from text to values, and through the schema, without a file."""
    text = content.decode("utf-8", "replace")
    if re.search(source_room.UNSEEN, text):
        return None
    source = source_room.Source("materials.yaml", text, source_room._BREAK.split(text))
    reading = read_document(source)
    said = [*reading.problems, *([] if reading.document is None else check_shape(reading.document, source))]
    return repr(reading.document), _sound(said)


def read_markdown(content: bytes) -> object:
    return _read_links("a.md", content.decode("utf-8", "replace"))


def read_html(content: bytes) -> object:
    return _read_links("a.html", content.decode("utf-8", "replace"))


def _read_links(name: str, text: str) -> object:
    """Finds every link, and writes into the places of all standard ones; nothing else may change."""
    try:
        links = find_links(name, text, dialects=True, keys=("cover",))
    except NotADocument as error:
        return str(error)
    assert all(text[link.start : link.end] for link in links), links
    standard = [link for link in links if not link.dialect]
    assert replace_links(text, {}) == text
    parts, after = replace_links(text, dict.fromkeys(standard, "https://w/")), 0
    for link in standard:
        assert text[after : link.start] in parts, link
        after = link.end
    return links


def in_folder(folder: Path) -> Target:
    """Makes the whole way of a manifest, beside a few files and links."""
    for path in ("a.png", "b.jpg", "images/logo.png", "images/posts/x.jpg", "video/intro.mp4", ".hidden/c.png"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    (folder / "outside.png").symlink_to("/etc/hostname")
    (folder / "circle").symlink_to(".")
    manifest = folder / "materials.yaml"

    def read(content: bytes) -> object:
        manifest.write_bytes(content)
        found, problems = read_manifest(manifest, shown_as="materials.yaml")
        for asset in found.assets:
            assert (folder / asset.path).resolve().is_relative_to(folder.resolve()), asset
        assert content or problems
        return found, _sound(problems)

    return read


def _sound(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    told = tuple(problems)
    for problem in told:
        assert problem.location is not None, problem
        assert problem.message.encode(), problem
        assert problem.hint.encode(), problem
    return told


READERS: dict[str, Target] = {
    "png": read_png,
    "jpeg": read_jpeg,
    "gif": read_gif,
    "bmp": read_bmp,
    "mp3": read_any_mp3,
    "wav": read_wav,
    "amr": read_amr,
    "asf": read_asf,
    "mp4": read_iso,
    "sniff": sniff,
    "tagged": sniff,
    "markdown": read_markdown,
    "html": read_html,
}
# A short ID3v2 tag, one whose size is written like any other number, and an APE tag.
TAGS = (
    b"ID3\3\0\0\0\0\0\x0cTIT2\0\0\0\2\0\0\0x",
    b"ID3\3\0\0\0\0\1\0" + bytes(256),
    b"APETAGEX\xd0\7\0\0\x10\0\0\0\1\0\0\0\0\0\0\xa0" + bytes(24),
)
SUFFIXES = {
    "jpeg": (".jpg",),
    "asf": (".wma", ".wmv"),
    "mp4": (".mp4", ".mov", ".3gp", ".m4a", ".heic", ".avif"),
}


def seeds(target: str) -> list[bytes]:
    if target in ("markdown", "html"):
        documents = [
            TESTS.parent / "README.md",
            TESTS.parent / "README.zh-CN.md",
            *sorted((TESTS / "golden").glob("*.html")),
        ]
        return [*(file.read_bytes() for file in documents), *(one.encode() for one in DOCUMENTS)]
    if target in ("manifest", "folder"):
        return [file.read_bytes() for file in sorted((TESTS / "manifests").glob("*.yaml"))]
    files = [file for file in sorted((TESTS / "media").rglob("*")) if file.is_file() and file.suffix != ".sh"]
    if target == "tagged":
        return [tag + file.read_bytes()[:4_000] for file in files for tag in TAGS]
    wanted = SUFFIXES.get(target, (f".{target}",))
    return [file.read_bytes() for file in files if target == "sniff" or file.suffix in wanted]


# One of each construct, for the fuzzer to put together.
DOCUMENTS = (
    "---\ncover: a.png\n---\n# ![a](b.png 't') ![c][d] <img src=e.png data-src='f.png'> `![](g.png)`\n\n[d]: <h i.png>",
    '> - ![[j.png|300]] ![](k l.png =600x) ![]（m.png） {% asset_img n.png %} {{< figure src="o.png" >}}\n',
    "| ![p](q\\|r.png) |\n|---|\n| <!-- ![](s.png) --> |\n\n<div>\n![](t.png)\n</div>\n\n```\n![](u.png)\n```\n",
    "<script>'<img src=a.png>'</script><p x='1' y=2><![CDATA[ ]]><?php ?><!doctype x><textarea><img src=b></textarea>",
)


class Tried:
    """Runs a target on every input until the time is over, and then says how often and how slowly."""

    def __init__(self, target: Target, *, seconds: float, folder: tempfile.TemporaryDirectory[str]) -> None:
        self.target = target
        self.end = time.monotonic() + seconds
        self.folder = folder
        self.inputs = self.longest = 0
        self.slowest = 0.0

    def __call__(self, content: bytes) -> None:
        started = time.perf_counter()
        answer = self.target(content)
        seconds = time.perf_counter() - started
        self.inputs += 1
        if seconds > self.slowest:
            self.slowest, self.longest = seconds, len(content)
        assert seconds < MOST_SECONDS, f"{seconds:.1f} s for {len(content)} bytes"
        assert repr(answer) == repr(self.target(content)), "two answers to one input"
        if time.monotonic() > self.end:
            self.leave()

    def leave(self) -> None:
        """Ends the process: libFuzzer would end it too, but without a word and with what it left."""
        if sys.platform == "win32":
            raise NotImplementedError
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        slowest = f"slowest {self.slowest * 1000:.1f} ms ({self.longest:,} bytes)"
        print(f"{self.inputs:,} inputs, 0 crashes, {slowest}, peak {megabytes:.0f} MiB", flush=True)
        self.folder.cleanup()
        os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=[*READERS, "manifest", "folder"])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()), help="folder for bad inputs")
    chosen, options = parser.parse_known_args()
    folder = tempfile.TemporaryDirectory()
    corpus, project = Path(folder.name, "corpus"), Path(folder.name, "project")
    corpus.mkdir()
    target = READERS.get(chosen.target) or (read_values if chosen.target == "manifest" else in_folder(project))
    for number, content in enumerate(seeds(chosen.target)):
        target(content)  # what is imported on first use must not count as the time of an input
        (corpus / f"{number:03}").write_bytes(content[:MOST_BYTES])
    limits = [f"-max_len={MOST_BYTES}", f"-rss_limit_mb={MOST_MEGABYTES}", "-timeout=10"]
    tried = Tried(target, seconds=chosen.seconds, folder=folder)
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={chosen.keep}/", *options, str(corpus)], tried)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
