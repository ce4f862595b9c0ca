"""A Git LFS pointer is the file it points to: in order where the lock has it, an error where it must be sent."""

from __future__ import annotations

import hashlib

import pytest

from tests.project import MEDIA, Project, Server

COMMANDS = [["validate"], ["plan"], ["apply", "--yes"]]


def content_of(path: str) -> bytes:
    return (MEDIA / path).read_bytes()


def pointer(content: bytes) -> bytes:
    """Writes what Git LFS leaves in a clone in place of a file."""
    oid = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n".encode()


def describe(project: Project, more: str = "", *, title: str = "intro") -> None:
    project.manifest(
        "materials:\n"
        "  - {path: images/a b.png, type: image}\n"
        "  - {path: cover.jpg, type: thumb}\n"
        f"  - {{path: intro.mp4, type: video, title: {title}}}\n{more}"
    )


@pytest.fixture
def clone(project: Project, server: Server) -> Project:
    """Applies a picture, a cover and a film, and puts pointers in their place, as in a clone without the content."""
    contents = {
        "images/a b.png": content_of("images/logo.png"),
        "intro.mp4": content_of("video/intro.mp4"),
        "cover.jpg": content_of("covers/intro.jpg"),
    }
    for path, content in contents.items():
        project.add(path, content)
    describe(project)
    assert project.apply().code == 0
    for path, content in contents.items():
        project.add(path, pointer(content))
    (project.root / ".wxsync" / "digests.json").unlink(missing_ok=True)
    return project


def test_pointers_to_what_the_lock_holds_are_in_order_and_nothing_is_sent(clone: Project, server: Server) -> None:
    lock, calls = clone.lock_bytes(), server.calls()

    assert clone.run("validate").code == 0
    assert clone.run("plan", "--detailed-exitcode").code == 0
    assert clone.apply().code == 0

    assert (clone.lock_bytes(), server.calls()) == (lock, calls)


def test_a_pointer_that_got_its_content_is_still_the_same_material(clone: Project) -> None:
    assert clone.run("plan").code == 0
    clone.sample("video/intro.mp4", "intro.mp4")

    assert clone.run("plan", "--detailed-exitcode").code == 0


def test_a_pointer_can_be_renamed_without_its_content(clone: Project, server: Server) -> None:
    calls = server.calls()
    (clone.root / "cover.jpg").rename(clone.root / "renamed.jpg")
    text = (clone.root / "materials.yaml").read_text().replace("cover.jpg", "renamed.jpg")
    (clone.root / "materials.yaml").write_text(text)

    assert clone.apply().code == 0
    assert "renamed.jpg" in clone.materials()
    assert server.calls() == calls


@pytest.mark.parametrize("command", COMMANDS)
def test_a_pointer_that_the_lock_holds_for_another_type_needs_its_content(
    clone: Project, server: Server, command: list[str]
) -> None:
    describe(clone, "  - {path: images/a b.png, type: article_image, name: inside}\n")
    lock, calls = clone.lock_bytes(), server.calls()

    ran = clone.run(*command)

    assert ran.code == 4
    assert "git lfs pull --include='images/a b.png'" in ran.out + ran.err
    assert "materials.yaml:6:" in ran.out + ran.err
    assert (clone.lock_bytes(), server.calls()) == (lock, calls)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_pointer_to_what_nobody_uploaded_is_an_error(project: Project, server: Server, command: list[str]) -> None:
    project.add("new.png", pointer(b"never seen"))
    project.manifest("materials:\n  - {path: new.png, type: image}\n")

    ran = project.run(*command)

    assert ran.code == 4
    assert "git lfs pull --include=new.png" in ran.out + ran.err
    assert server.calls() == {}


def test_a_new_title_needs_the_content_of_its_film(clone: Project, server: Server) -> None:
    describe(clone, title="another")
    calls = server.calls()

    planned, applied = clone.run("plan"), clone.apply()

    assert (planned.code, applied.code) == (4, 4)
    assert "git lfs pull --include=intro.mp4" in planned.err
    assert server.calls() == calls
    clone.sample("video/intro.mp4", "intro.mp4")
    assert clone.apply().code == 0
    assert clone.materials()["intro.mp4"]["title"] == "another"


def test_replacing_a_pointer_needs_its_content(clone: Project, server: Server) -> None:
    calls = server.calls()

    assert clone.apply("--replace", "cover.jpg").code == 4
    assert server.calls() == calls


def test_a_damaged_pointer_is_never_taken_for_a_file(clone: Project) -> None:
    clone.add("cover.jpg", pointer(content_of("covers/intro.jpg")).replace(b"sha256", b"md5"))

    (found,) = clone.run("validate", "--format", "json").json["problems"]
    assert found["code"] == "lfs-pointer"
    assert clone.run("plan").code == 4
