"""What a manifest says: text stays text, YAML stays small, and whatever the disk does is a problem."""

import os
import sys
from pathlib import Path

import pytest

from wxsync.manifest import manifest_stem, read_manifest
from wxsync.model import Account, MaterialType, Problem

VIDEO = "version: 1\nmaterials:\n  - path: intro.mp4\n    type: video\n    title: {title}\n"


def read(folder: Path, text: str | bytes, files: tuple[str, ...] = ()) -> tuple[Problem, ...]:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    manifest = folder / "materials.yaml"
    manifest.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_manifest(manifest, shown_as="materials.yaml")[1]


def codes(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.code for problem in problems]


def test_the_manifest_of_the_documentation_reads_as_it_says(tmp_path: Path) -> None:
    for name in ("images/logo.png", "images/posts/2024/a.jpg", "images/posts/draft-b.jpg", "audio/welcome.mp3"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in ("video/intro.mp4", "covers/intro.jpg", "articles/one/pic.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    file = tmp_path / "materials.yaml"
    file.write_text(
        """\
# yaml-language-server: $schema=schemas/manifest.schema.json
version: 1
accounts:
  prod:    {appid: wx0123456789abcdef}
  staging: {appid: wxfedcba9876543210}
materials:
  - path: images/logo.png
    type: image
    name: logo
  - path: images/posts/**/*.jpg
    exclude: ["**/draft-*"]
    type: image
  - path: audio/welcome.mp3
    type: voice
  - path: video/intro.mp4
    type: video
    title: 产品介绍
    introduction: 三分钟了解我们
  - path: covers/intro.jpg
    type: thumb
  - path: articles/**/*.png
    type: article_image
""",
        encoding="utf-8",
    )
    manifest, problems = read_manifest(file)
    assert problems == ()
    assert manifest.root == tmp_path
    assert manifest.accounts == (Account("prod", "wx0123456789abcdef"), Account("staging", "wxfedcba9876543210"))
    assert [(asset.name, asset.type) for asset in manifest.assets] == [
        ("articles/one/pic.png", MaterialType.ARTICLE_IMAGE),
        ("audio/welcome.mp3", MaterialType.VOICE),
        ("covers/intro.jpg", MaterialType.THUMB),
        ("images/posts/2024/a.jpg", MaterialType.IMAGE),
        ("logo", MaterialType.IMAGE),
        ("video/intro.mp4", MaterialType.VIDEO),
    ]
    video = manifest.assets[-1]
    assert (video.title, video.introduction) == ("产品介绍", "三分钟了解我们")
    assert (video.location.line, video.location.column) == (15, 11)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("2024", "2024"),
        ("no", "no"),
        ("~", "~"),
        ("null", "null"),
        ("0777", "0777"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("2024-01-01", "2024-01-01"),
        ("= ", "="),
        ("'it''s'", "it's"),
        ('"\\u4E2D"', "中"),
        (">-\n      two\n      lines", "two lines"),
    ],
)
def test_text_is_text(tmp_path: Path, written: str, title: str) -> None:
    assert read(tmp_path, VIDEO.format(title=written), ("intro.mp4",)) == ()
    manifest, _ = read_manifest(tmp_path / "materials.yaml")
    assert manifest.assets[0].title == title
    assert type(manifest.assets[0].title) is str


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_of_every_system_count_alike(tmp_path: Path, ending: str) -> None:
    text = "version: 1\nmaterials:\n  - path: a.png\n    type: imag\n"
    (problem,) = read(tmp_path, text.replace("\n", ending), ("a.png",))
    assert problem.code == "unknown-type"
    assert str(problem.location) == "materials.yaml:4:11"
    assert problem.excerpt == "    type: imag"


def test_columns_count_characters_and_not_bytes(tmp_path: Path) -> None:
    line = "materials: [{path: 图片/徽标.png, type: 像}]"
    (problem,) = read(tmp_path, f"version: 1\n{line}\n", ("图片/徽标.png",))
    assert str(problem.location) == f"materials.yaml:2:{line.index('像') + 1}"
    assert problem.excerpt == line


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        (b"\xef\xbb\xbfversion: 1\nmaterials: {}\n", "wrong-type", "2:12"),
        ("version: 1\n".encode("utf-16"), "utf-16", "1:1"),
        ("version: 1\n".encode("utf-16-le"), "utf-16", "1:1"),
        ("version: 1\n".encode("utf-16-be"), "utf-16", "1:1"),
        ("version: 1\n".encode("utf-32"), "utf-16", "1:1"),
        ("version: 1\n# 产品".encode("gbk"), "not-utf-8", "2:3"),
        (b"version: 1\n# \xe5\x9b\xbe \xff", "not-utf-8", "2:5"),
        (b"\xef\xbb\xbfversion: 1\n# \xff", "not-utf-8", "2:3"),
        (b"# \xed\xa0\x80", "not-utf-8", "1:3"),
        (b"version: 1\nmaterials: \0[]\n", "invisible-character", "2:12"),
        (b"version: 1\n# \x1b[31m\n", "invisible-character", "2:3"),
        ("version: 1\nmaterials: []\u2028\n".encode(), "invisible-character", "2:14"),
        ("version: 1\n# \u202edetrevni\n".encode(), "invisible-character", "2:3"),
        ("version: 1\n# x\ufeff\n".encode(), "invisible-character", "2:4"),
        (b"version: 1\r\n=======\r\nmaterials: []\r\n", "conflict-marker", "2:1"),
        (b"#" * (8 * 1024 * 1024 + 1), "manifest-too-large", "1:1"),
    ],
)
def test_bytes_that_are_no_honest_text_are_named(tmp_path: Path, content: bytes, code: str, place: str) -> None:
    (problem,) = read(tmp_path, content)
    assert (problem.code, str(problem.location)) == (code, f"materials.yaml:{place}")


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfversion: 1\nmaterials: []\n") == ()


def test_eight_mebibytes_are_still_read(tmp_path: Path) -> None:
    text = b"version: 1\nmaterials: []\n#"
    assert read(tmp_path, text + b"x" * (8 * 1024 * 1024 - len(text))) == ()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("yaml-alias", "".join(f"{b}: &{b} [*{a},*{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))),
        ("too-many-values", "version: 1\nmaterials: [" + "x, " * 500_001 + "]\n"),
        ("too-many-values", "".join(f"key{number}: x\n" for number in range(250_001))),
        ("too-deep", "version: 1\nmaterials: " + "[" * 100_000),
        ("too-deep", "version: 1\nmaterials: " + "{a: " * 100_000),
        ("too-deep", "- " * 100_000),
        ("too-deep", "? " * 100_000),
        ("too-deep", "".join(f"{' ' * level}a:\n" for level in range(2000))),
        ("colon-in-value", "a: " * 100_000),
        ("more-problems", "version: 1\nmaterials:\n" + "  - {path: x, type: image, wrong: 1}\n" * 20_000),
        ("more-problems", "version: 1\n" + "".join(f"wrong{number}: x\n" for number in range(50_000))),
        ("wrong-path", f"version: 1\nmaterials:\n  - path: x{']' + '[a' * 1_000_000}\n    type: image\n"),
        ("wrong-path", f"version: 1\nmaterials:\n  - path: {'a/' * 1_000_000}\n    type: image\n"),
        ("unknown-key", f"version: 1\n{'x' * 1000}: a\nmaterials: []\n"),
        ("unclosed-quote", f'version: 1\nmaterials: "{"secre" * 1_000_000}\n'),
    ],
)
def test_a_manifest_made_to_be_slow_is_answered_all_the_same(tmp_path: Path, code: str, text: str) -> None:
    problems = read(tmp_path, text)
    assert code in codes(problems)
    assert len(problems) <= 1001


@pytest.mark.parametrize("depth", [17, 1_200, 100_000])
def test_brackets_in_one_line_are_too_deep_whichever_libyaml_meets_them(tmp_path: Path, depth: int) -> None:
    # From 0.2.6 on libyaml refuses a thousand of them before it tells of the first one.
    assert codes(read(tmp_path, f"version: 1\nmaterials: {'[' * depth}\n"))[0] == "too-deep"


def test_more_than_a_thousand_problems_are_counted_and_not_shown(tmp_path: Path) -> None:
    problems = read(tmp_path, "version: 1\nmaterials:\n" + "  - {path: x.png, type: image}\n" * 1200, ("x.png",))
    assert len(problems) == 1001
    assert (problems[-1].code, problems[-1].message) == ("more-problems", "199 more problems are not shown")


def test_a_secret_that_was_written_by_mistake_is_never_repeated(tmp_path: Path) -> None:
    secret = "0123456789abcdef0123456789abcdef"
    for text in (
        f"version: 1\naccounts:\n  prod: {{appid: wx, secret: {secret}, more: x}}\nmaterials: []\n",
        f"version: 1\nAppSecret: {secret}\nmaterials: []\n",
        f'version: 1\n"secret": "{secret}\nmaterials: []\n',
        f"version: 1\nsecret: @{secret}\n",
        f"version: 1\nWXSYNC_ACCESS_TOKEN={secret}\n",
    ):
        problems = read(tmp_path, text)
        assert problems
        assert secret not in repr(problems)


def test_an_endless_line_is_not_shown_whole(tmp_path: Path) -> None:
    problems = read(tmp_path, "version: 1\nmaterials: [" + "{path: a.png, type: x}, " * 500 + "]\n", ("a.png",))
    assert all(len(problem.excerpt) <= 400 for problem in problems)
    assert problems[-1].excerpt == ""


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("materials.yaml", "materials"),
        ("shop.yml", "shop"),
        ("materials.yaml.example", "materials"),
        ("素材.yaml", "素材"),
        ("a.b.yaml", None),
        (".yaml", None),
        ("materials.json", None),
        ("materials.yml.example", None),
        ("materials.YAML", None),
        ("materials", None),
    ],
)
def test_the_name_of_a_manifest_names_its_lock(name: str, stem: str | None) -> None:
    assert manifest_stem(Path("some.where") / name) == stem


def test_a_manifest_with_another_name_is_read_and_told(tmp_path: Path) -> None:
    file = tmp_path / "materials.prod.yaml"
    file.write_text("version: 1\nmaterials: {}\n")
    assert codes(read_manifest(file)[1]) == ["manifest-name", "wrong-type"]


def test_the_problems_of_a_disk_are_problems_and_not_tracebacks(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "file").touch()
    for name, code in (
        ("missing.yaml", "manifest-missing"),
        ("folder.yaml", "manifest-is-a-folder"),
        ("loop.yaml", "manifest-not-a-file"),
        ("file/materials.yaml", "manifest-unreadable"),
        ("nul\0.yaml", "manifest-unreadable"),
        ("x" * 300 + ".yaml", "manifest-unreadable"),
    ):
        manifest, problems = read_manifest(tmp_path / name)
        assert codes(problems) == [code], name
        assert manifest.assets == ()
        assert problems[0].location is not None


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no FIFOs")
    os.mkfifo(tmp_path / "materials.yaml")
    assert codes(read_manifest(tmp_path / "materials.yaml")[1]) == ["manifest-not-a-file"]


def test_what_is_sound_is_given_even_where_the_rest_is_broken(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).touch()
    file = tmp_path / "materials.yaml"
    file.write_text(
        "version: 1\naccounts:\n  prod: {appid: wx0123456789abcdef}\n  bad: {appid: wx1}\nmaterials:\n"
        "  - {path: a.png, type: image}\n  - {path: b.png, type: imag}\n  - {path: c.png, type: thumb, nmae: c}\n"
        "  - {path: none.png, type: image}\n  - {path: '[b-c].png', type: image}\n"
    )
    manifest, problems = read_manifest(file)
    assert [asset.name for asset in manifest.assets] == ["a.png"]
    assert [account.name for account in manifest.accounts] == ["prod"]
    assert codes(problems) == ["wrong-appid", "unknown-type", "unknown-key", "file-missing"]
