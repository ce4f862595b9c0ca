"""What consumers read: every format comes back with the very values, whatever the materials are called."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import runpy
import shutil
import subprocess
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_typescript
from dotenv import dotenv_values
from hypothesis import given, settings
from hypothesis import strategies as st

from wxsync.errors import InvalidInput
from wxsync.export import FORMATS, Entry, constants, export, readable_constants
from wxsync.model import MaterialType

GOLDEN = Path(__file__).parent / "golden"
IMAGE, VOICE, ARTICLE = MaterialType.IMAGE, MaterialType.VOICE, MaterialType.ARTICLE_IMAGE
URL = "https://mmbiz.qpic.cn/mmbiz_png/AbC/0?wx_fmt=png&from=appmsg"

# Names that a manifest may hold, and that some language would take for something else.
HOSTILE = [
    "logo",
    "Logo",
    "lo-go",
    "lo go",
    "images/logo.png",
    "1",
    "class",
    "__proto__",
    "constructor",
    "产品介绍",
    "产品",
    "é",
    "=1+1",
    "-x",
    "@SUM(A1)",
    "+1",
    'a"b',
    "a'b",
    "a\\b",
    "a,b;c",
    "${HOME}",
    "$(id)",
    "`id`",
    "</script><script>",
    "*/ // #",
    "a\u2028b\u2029c",
    "\U0001f600",
    "\u202eabc",
    "{{x}}",
    "%s",
    "WX_LOGO",
    "...",
]


def entry(name: str, *, kind: MaterialType = IMAGE, media_id: str | None = "-4Xk_z", url: str | None = URL) -> Entry:
    return Entry(name, kind, media_id, url, f"images/{name}.png")


EVERY_KIND = [
    entry("logo"),
    entry("Logo"),
    entry("images/a.png"),
    entry("welcome", kind=VOICE, url=None),
    entry("articles/产品.png", kind=ARTICLE, media_id=None),
    entry("=1+1,\"a'\\</script>\u2028"),
]
ODD = [entry(name) for name in HOSTILE]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
ENTRIES = st.lists(
    st.builds(entry, TEXTS, kind=st.sampled_from(MaterialType), media_id=st.none() | st.just("x-1_")),
    max_size=8,
    unique_by=lambda one: one.name,
)


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_is_as_it_was(form: str) -> None:
    text = export(EVERY_KIND, form)

    assert text.encode() == (GOLDEN / f"export.{form}").read_bytes()
    assert export(reversed(EVERY_KIND), form) == text


def test_json_is_what_the_readme_says() -> None:
    said = json.loads(export([entry("logo"), entry("a", kind=ARTICLE, media_id=None)], "json"))

    assert list(said) == ["a", "logo"]
    assert said["logo"] == {"type": "image", "media_id": "-4Xk_z", "url": URL, "path": "images/logo.png"}
    assert said["a"]["media_id"] is None


@given(ENTRIES)
def test_csv_comes_back_exactly(entries: Sequence[Entry]) -> None:
    text = export(entries, "csv")

    assert text.startswith("name,type,media_id,url,path\r\n")
    assert list(csv.DictReader(io.StringIO(text, newline=""))) == [
        {"name": one.name, "type": one.type, "media_id": one.media_id or "", "url": one.url or "", "path": one.path}
        for one in sorted(entries, key=lambda one: one.name)
    ]


@given(ENTRIES)
def test_json_comes_back_exactly(entries: Sequence[Entry]) -> None:
    assert json.loads(export(entries, "json")) == documents(entries)


@settings(deadline=None)
@given(ENTRIES)
def test_the_exported_python_is_a_module_with_the_very_values(
    tmp_path_factory: pytest.TempPathFactory, entries: Sequence[Entry]
) -> None:
    assert_python(entries, tmp_path_factory.mktemp("python"))


def test_the_exported_python_survives_hostile_names_and_type_checks(tmp_path: Path) -> None:
    assert_python(ODD, tmp_path)

    from mypy.api import run

    said, _, code = run(["--strict", "--no-incremental", "--cache-dir", str(tmp_path), str(tmp_path / "materials.py")])
    assert code == 0, said


@pytest.mark.parametrize("entries", [[], EVERY_KIND, ODD], ids=["none", "every-kind", "hostile"])
def test_the_exported_typescript_is_typescript(entries: Sequence[Entry]) -> None:
    assert_typescript(export(entries, "typescript"))


@given(ENTRIES)
def test_no_name_makes_the_typescript_anything_else(entries: Sequence[Entry]) -> None:
    text = export(entries, "typescript")

    assert_typescript(text)
    assert "</script" not in text
    assert text.isprintable() or re.fullmatch(r"[^\u2028\u2029\x00-\x09\x0b-\x1f]*", text)


def test_the_exported_typescript_gives_the_very_values_to_node(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("NOT TESTED: the values of the exported TypeScript, for there is no node here")
    plain = export(ODD, "typescript").replace("} as const;", "};")
    script = re.sub(r"^export type .*$", "", plain, flags=re.MULTILINE)
    (tmp_path / "materials.mjs").write_text(script, encoding="utf-8")
    show = "import * as all from './materials.mjs'; console.log(JSON.stringify(all))"

    ended = subprocess.run(
        [node, "--input-type=module", "-e", show], cwd=tmp_path, capture_output=True, check=True, encoding="utf-8"
    )

    said = json.loads(ended.stdout)
    assert said.pop("MATERIALS") == documents(ODD)
    assert said == values(ODD, readable_constants)


def test_the_exported_typescript_compiles(tmp_path: Path) -> None:
    tsc = shutil.which("tsc")
    if tsc is None:
        pytest.skip("NOT TESTED: whether the TypeScript compiler takes the export, for there is no tsc here")
    (tmp_path / "materials.ts").write_text(export(ODD, "typescript"), encoding="utf-8")
    use = 'import { MATERIALS, type MaterialName, WX_IMAGES_LOGO_PNG_URL } from "./materials";\n'
    use += 'const name: MaterialName = "__proto__";\nexport const id: "-4Xk_z" = MATERIALS[name].media_id;\n'
    use += f"export const url: {json.dumps(URL)} = WX_IMAGES_LOGO_PNG_URL;\n"
    (tmp_path / "use.ts").write_text(use, encoding="utf-8")

    subprocess.run([tsc, "--strict", "--noEmit", "use.ts"], cwd=tmp_path, check=True)


SAFE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)


@settings(deadline=None, max_examples=50)
@given(st.lists(SAFE, max_size=5))
def test_sh_and_dotenv_read_the_same_or_nothing_is_written(
    tmp_path_factory: pytest.TempPathFactory, ids: Sequence[str]
) -> None:
    entries = [entry(f"n{number}", media_id=one) for number, one in enumerate(ids)]
    if any(re.search(r"['\\]|\$\{", one) for one in ids):
        with pytest.raises(InvalidInput, match="dotenv cannot hold"):
            export(entries, "dotenv")
    else:
        assert_dotenv(export(entries, "dotenv"), values(entries), tmp_path_factory.mktemp("dotenv"))


def test_dotenv_survives_hostile_names(tmp_path: Path) -> None:
    assert_dotenv(export(ODD, "dotenv"), values(ODD), tmp_path)


def test_what_dotenv_cannot_hold_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        export([entry("fine"), entry("a", media_id="${HOME}"), entry("b", url="https://h/it's")], "dotenv")

    assert [problem.name for problem in refused.value.problems] == ["a", "b"]


@given(st.lists(TEXTS, unique=True))
def test_constants_are_legal_and_never_the_same(names: Sequence[str]) -> None:
    named = constants(names)

    assert len(set(named.values())) == len(names)
    assert all(re.fullmatch(r"WX_[A-Z0-9_]*[a-f0-9]*", one) for one in named.values())
    assert constants(names[::-1]) == named


def test_constants_say_what_the_material_is_called() -> None:
    assert constants(["logo", "images/posts/a-1.jpg", "产品"]) == {
        "logo": "WX_LOGO",
        "images/posts/a-1.jpg": "WX_IMAGES_POSTS_A_1_JPG",
        "产品": "WX___aea82737",
    }


@given(st.lists(TEXTS, unique=True))
def test_readable_constants_are_identifiers_and_never_the_same(names: Sequence[str]) -> None:
    named = readable_constants(names)

    assert len({unicodedata.normalize("NFKC", one) for one in named.values()}) == len(names)
    assert all(one.isidentifier() and one.isprintable() and one.startswith("WX_") for one in named.values())
    assert readable_constants(names[::-1]) == named
    assert {name: one for name, one in named.items() if name.isascii()} == {
        name: one for name, one in constants(names).items() if name.isascii()
    }


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["图片/活动/秋季活动.png"], ["WX_图片_活动_秋季活动_PNG"]),
        (
            ["图片/Logo.png", "café", "Straße", "हिन्दी"],
            ["WX_图片_LOGO_PNG", "WX_CAFÉ", "WX_STRASSE__8a1c4d0e", "WX_हिन्दी"],
        ),
        (["cafe\u0301", "café"], ["WX_CAFÉ__f6ab6f86", "WX_CAFÉ__850f7dc4"]),
        (["产品 logo", "产品-LOGO"], ["WX_产品_LOGO__0fd8862d", "WX_产品_LOGO__c37cc5ea"]),
        (["１号", "1号"], ["WX_1号__a2cb3d26", "WX_1号__1f6c9d5a"]),
        (["\U0001f600", "\u3164"], ["WX___f0443a34", "WX___9ba7b19c"]),
        (["𠮷野家", "logo"], ["WX_野家__5d3f0bc8", "WX_LOGO"]),
        (["WX_图"], ["WX_WX_图"]),
    ],
)
def test_readable_constants_are_in_the_letters_of_the_name(names: list[str], wanted: list[str]) -> None:
    named = readable_constants(names)

    assert [re.sub("__[0-9a-f]{8}$", "__", named[name]) for name in names] == [
        re.sub("__[0-9a-f]{8}$", "__", one) for one in wanted
    ]
    assert all(
        named[name].removeprefix("WX_").partition("__")[2] == digest(name) for name in names if "__" in named[name]
    )


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def test_a_new_material_renames_only_what_it_would_be_mistaken_for() -> None:
    before, after = constants(["a.b", "c.d"]), constants(["a-b", "a.b", "c.d", "产品"])

    assert before["c.d"] == after["c.d"]
    assert after["a.b"].startswith("WX_A_B__")
    assert after["a.b"] == constants(["a.b", "a b"])["a.b"]


def assert_python(entries: Sequence[Entry], folder: Path) -> None:
    file = folder / "materials.py"
    file.write_text(export(entries, "python"), encoding="utf-8", newline="")

    said = runpy.run_path(str(file))

    assert said["MATERIALS"] == documents(entries)
    assert {name: value for name, value in said.items() if name.startswith("WX_")} == values(
        entries, readable_constants
    )


def assert_typescript(text: str) -> None:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_typescript.language_typescript()))
    root = parser.parse(text.encode()).root_node
    assert not root.has_error, text
    assert {node.type for node in root.children} <= {"comment", "export_statement"}


def assert_dotenv(text: str, wanted: Mapping[str, str], folder: Path) -> None:
    file = folder / "materials.env"
    file.write_text(text, encoding="utf-8", newline="")
    assert dotenv_values(file) == wanted
    if shell := shutil.which("sh"):
        ended = subprocess.run(
            [shell, "-euc", "set -a; . ./materials.env; env -0"],
            cwd=folder,
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            check=True,
        )
        seen = dict(one.split("=", 1) for one in ended.stdout.decode().split("\0") if one.startswith("WX_"))
        assert seen == wanted


def documents(entries: Sequence[Entry]) -> dict[str, object]:
    return {
        one.name: {"type": one.type.value, "media_id": one.media_id, "url": one.url, "path": one.path}
        for one in entries
    }


def values(entries: Sequence[Entry], name_all: Callable[[Sequence[str]], dict[str, str]] = constants) -> dict[str, str]:
    named = name_all([one.name for one in entries])
    found = {f"{named[one.name]}_{word}": value for one in entries for word, value in fields(one)}
    return {name: value for name, value in found.items() if value}


def fields(one: Entry) -> list[tuple[str, str | None]]:
    return [("MEDIA_ID", one.media_id), ("URL", one.url)]
