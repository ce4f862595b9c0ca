"""Whatever is written, a manifest is answered with problems; and the shortcut through the schema changes nothing."""

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from wxsync.files import SCHEMAS
from wxsync.manifest import paths, read_manifest
from wxsync.manifest.document import Table, read_document
from wxsync.manifest.shape import check_shape
from wxsync.manifest.source import Source
from wxsync.model import MaterialType, Problem

SCHEMA = json.loads((SCHEMAS / "manifest.schema.json").read_text(encoding="utf-8"))

keys = st.sampled_from(["path", "type", "name", "exclude", "title", "introduction", "typ", "secret", "url", "appid"])
texts = st.sampled_from(
    ["a.png", "*.png", "**", "image", "video", "thumb", "imag", "", " ", "../x", "2024", "no", "wx1"]
)
leaves = texts | st.text(max_size=5)
values = leaves | st.lists(leaves, max_size=3) | st.dictionaries(keys, leaves, max_size=2)
entries = st.dictionaries(keys, values, max_size=5) | leaves
sound_entries = st.fixed_dictionaries(
    {"path": texts, "type": st.sampled_from(list(MaterialType))},
    optional={"name": texts, "title": texts, "introduction": texts, "exclude": st.lists(texts, max_size=2)},
)
accounts = st.dictionaries(
    st.sampled_from(["prod", "staging", "Prod", "sandbox", "from", "a b"]),
    st.fixed_dictionaries({}, optional={"appid": st.sampled_from(["wx0123456789abcdef", "wx1"]), "secret": texts})
    | leaves,
    max_size=3,
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "version": st.sampled_from([1, 2, 0, "1", 1.5, None]),
        "accounts": accounts | leaves,
        "materials": st.lists(entries | sound_entries, max_size=6) | leaves,
        "matreials": leaves,
    },
)


def answer(content: bytes) -> tuple[Problem, ...]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.png").touch()
        file = Path(folder) / "materials.yaml"
        file.write_bytes(content)
        manifest, problems = read_manifest(file, shown_as="materials.yaml")
    assert problems == tuple(sorted(problems, key=lambda problem: problem.location or problem.code))
    for problem in problems:
        assert problem.location is not None
        assert problem.message
        assert problem.hint
        assert "write ``" not in problem.hint
    assert len({asset.name for asset in manifest.assets}) == len(manifest.assets) or problems
    return problems


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    assert answer(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=None)
@given(st.binary())
def test_any_bytes_are_answered(content: bytes) -> None:
    assert answer(content)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from([*"-:?*&!|>'\"%@`{}[],# \n\tab<=~\\Ux0", "- ", ": ", "\n  ", "<<: "]), max_size=30))
def test_any_mixture_of_yaml_is_answered(parts: list[str]) -> None:
    assert answer(("version: 1\nmaterials:\n  - " + "".join(parts)).encode())


@settings(max_examples=400, deadline=None)
@given(documents)
def test_any_document_is_answered(document: dict[str, object]) -> None:
    problems = answer(json.dumps(document).encode())
    if document.get("version") != 1 or "materials" not in document or "matreials" in document:
        assert problems


@settings(max_examples=400, deadline=None)
@given(documents.filter(lambda document: document.get("version") != 2))
def test_looking_at_one_entry_of_each_kind_finds_what_looking_at_all_finds(document: dict[str, object]) -> None:
    text = json.dumps(document)
    source = Source("materials.yaml", text, [text])
    reading = read_document(source)
    values_read, problems = reading.document, reading.problems
    if problems:
        return
    assert isinstance(values_read, Table)
    errors = list(Draft202012Validator(SCHEMA).iter_errors(values_read))
    said = check_shape(values_read, source)
    assert bool(said) == bool(errors)
    columns = {problem.location.column for problem in said if problem.location}
    wrong = {error.instance.spot.column + 1 for error in errors if error.validator in {"type", "required", "enum"}}
    assert wrong <= columns


@settings(max_examples=300, deadline=None)
@given(st.from_regex(paths._USUAL, fullmatch=True) | st.text("a/.-_ ~:\\中ä*?[]\u200b\x1f"))
def test_a_path_that_looks_usual_has_none_of_the_faults_that_others_are_searched_for(path: str) -> None:
    has_fault = bool(paths._has_control(path) or paths._fault_in_reach(path) or paths._fault_in_form(path))

    assert bool(paths.fault_in_path(path)) is has_fault


def test_the_schema_is_a_schema_and_its_examples_are_sound() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    manifest = Draft202012Validator(SCHEMA)
    for example in SCHEMA["examples"]:
        manifest.validate(example)
    for example in SCHEMA["$defs"]["material"]["examples"]:
        manifest.validate({"version": 1, "materials": [example]})
    for example in SCHEMA["properties"]["accounts"]["examples"]:
        manifest.validate({"version": 1, "materials": [], "accounts": example})


def test_the_schema_knows_the_types_of_the_model() -> None:
    assert SCHEMA["$defs"]["material"]["properties"]["type"]["enum"] == list(MaterialType)


def test_every_key_of_the_schema_is_explained_to_editors() -> None:
    material = SCHEMA["$defs"]["material"]["properties"]
    for known in (SCHEMA["properties"], material, SCHEMA["$defs"]["account"]["properties"]):
        for key, said in known.items():
            assert said["title"], key
            assert said["description"], key


def test_an_editor_accepts_text_that_looks_like_something_else() -> None:
    for title in (2024, False, 1.5, None, "no"):
        entry = {"path": "a.mp4", "type": "video", "title": title, "introduction": title, "name": title}
        Draft202012Validator(SCHEMA).validate({"version": 1, "materials": [entry]})
