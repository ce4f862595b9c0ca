"""Files are written whole or not at all, read only inside a folder, and one run at a time works."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wxsync.errors import Conflict
from wxsync.files import (
    DISK,
    ChangedWhileRead,
    NotRegular,
    OutsideRoot,
    only_run,
    read_inside,
    state_folder,
    write_atomic,
    write_together,
)

ROOT = Path(__file__).parent.parent
ANY = r"."
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has nothing of this kind")


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_file_is_made_and_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    for content in (b"", b"one", b"two" * 100_000, b"3"):
        write_atomic(tmp_path / "file", content)
        assert (tmp_path / "file").read_bytes() == content
    assert names(tmp_path) == ["file"]


@posix_only
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640])
def test_a_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "file"
    file.touch()
    file.chmod(mode)

    write_atomic(file, b"new")

    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_who_has_the_old_file_open_goes_on_reading_the_old(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    with file.open("rb") as reader:
        write_atomic(file, b"new")
        assert reader.read() == b"old"


def test_where_the_folder_is_missing_nothing_happens(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "missing" / "file", b"new")
    assert names(tmp_path) == []


def test_where_the_name_is_that_of_a_folder_it_stays_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "name").mkdir()
    (tmp_path / "name" / "inside").touch()

    with pytest.raises(OSError, match=ANY):
        write_atomic(tmp_path / "name", b"new")

    assert names(tmp_path) == ["name"]
    assert names(tmp_path / "name") == ["inside"]


def test_where_the_name_is_too_long_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=ANY):
        write_atomic(tmp_path / ("x" * 250), b"new")
    assert names(tmp_path) == []


def test_of_several_files_none_is_replaced_before_all_are_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")

    with pytest.raises(FileNotFoundError):
        write_together({tmp_path / "a": b"new", tmp_path / "missing" / "b": b"new"})
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"

    write_together({tmp_path / "a": b"new", tmp_path / "b": b"new"})
    assert names(tmp_path) == ["a", "b"]
    assert (tmp_path / "a").read_bytes() == b"new"


LIMITED = """
import resource, signal, sys
from pathlib import Path
from wxsync.files import write_atomic
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    write_atomic(Path(sys.argv[1]), b"new" * 10_000)
except OSError as error:
    print(error.errno)
"""


@posix_only
@pytest.mark.parametrize("limit", [0, 1, 29_999])
def test_a_disk_that_fills_up_leaves_the_old_and_nothing_else(tmp_path: Path, limit: int) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")

    said = subprocess.run(
        [sys.executable, "-c", LIMITED, str(file), str(limit)], capture_output=True, text=True, cwd=ROOT, check=True
    )

    assert said.stdout.strip()
    assert file.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


WRITES_FOR_EVER = """
import sys
from pathlib import Path
from wxsync.files import write_atomic
print("ready", flush=True)
number = 0
while True:
    number += 1
    write_atomic(Path(sys.argv[1]), str(number % 10).encode() * 500_000)
"""


@posix_only
def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0" * 500_000)
    for _ in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", WRITES_FOR_EVER, str(file)], stdout=subprocess.PIPE, cwd=ROOT
        ) as writer:
            assert writer.stdout
            writer.stdout.readline()
            seen = {file.read_bytes() for _ in range(20)}
            writer.kill()
        seen.add(file.read_bytes())
        assert all(len(content) == 500_000 and len(set(content)) == 1 for content in seen)


def test_a_folder_s_names_are_synced(tmp_path: Path) -> None:
    DISK.sync_folder(tmp_path)


def test_a_file_is_read_with_the_state_that_it_had(tmp_path: Path) -> None:
    (tmp_path / "中文").mkdir()
    (tmp_path / "中文" / "file").write_bytes(b"x" * 100_000)

    content, status = read_inside(tmp_path, "中文/file")

    assert (content, status.st_size) == (b"x" * 100_000, 100_000)
    assert status.st_mtime_ns == (tmp_path / "中文" / "file").stat().st_mtime_ns


@pytest.mark.parametrize("empty", [True, False])
def test_an_empty_file_is_a_file(tmp_path: Path, empty: bool) -> None:
    (tmp_path / "file").write_bytes(b"" if empty else b"x")

    assert len(read_inside(tmp_path, "file")[0]) == (0 if empty else 1)


@posix_only
@pytest.mark.parametrize("way", ["../secret", "link", "folder/secret", "loop/../../secret", "twice"])
def test_nothing_outside_the_folder_is_read(tmp_path: Path, way: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "root-beside").mkdir()
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "folder").symlink_to(tmp_path)
    (root / "loop").symlink_to(root)
    (root / "twice").symlink_to(root / "link")

    with pytest.raises(OutsideRoot):
        read_inside(root, way)
    with pytest.raises(OutsideRoot):
        read_inside(root, str(tmp_path / "secret"))
    with pytest.raises(OutsideRoot):
        read_inside(root, "../root-beside")


@posix_only
def test_a_link_that_stays_inside_is_followed_also_where_the_folder_itself_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "file").write_bytes(b"x")
    (tmp_path / "root" / "link").symlink_to("file")
    (tmp_path / "alias").symlink_to("root")

    assert read_inside(tmp_path / "alias", "link")[0] == b"x"


@posix_only
def test_a_link_to_itself_and_a_link_to_nothing_are_errors_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "dangling").symlink_to("missing")

    for name in ("self", "dangling", "missing", "missing/either"):
        with pytest.raises(OSError, match=ANY):
            read_inside(tmp_path, name)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(OSError, match=ANY):
        read_inside(tmp_path, "folder")
    with pytest.raises(OSError, match=ANY):
        read_inside(tmp_path, "")


def test_a_fifo_and_a_socket_are_refused_at_once(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no FIFOs")
    os.mkfifo(tmp_path / "fifo")

    with pytest.raises(NotRegular):
        read_inside(tmp_path, "fifo")

    with socket.socket(socket.AF_UNIX) as listening:
        short = os.path.relpath(tmp_path / "socket")
        listening.bind(short if len(short) < len(str(tmp_path / "socket")) else str(tmp_path / "socket"))
        with pytest.raises(OSError, match=ANY):
            read_inside(tmp_path, "socket")


def test_a_file_that_changes_while_it_is_read_is_of_no_one_moment(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"a" * 4_000_000)
    done, caught = threading.Event(), 0

    def rewrite() -> None:
        with file.open("r+b") as writer:
            while not done.is_set():
                for letter in (b"a", b"b"):
                    writer.seek(0)
                    writer.write(letter * 4_000_000)

    changing = threading.Thread(target=rewrite)
    changing.start()
    try:
        for _ in range(2000):
            try:
                read_inside(tmp_path, "file")
            except ChangedWhileRead:
                caught += 1
                break
    finally:
        done.set()
        changing.join()
    assert caught


def test_the_state_folder_is_made_once_and_ignores_itself(tmp_path: Path) -> None:
    folder = state_folder(tmp_path)
    (folder / ".gitignore").write_text("mine\n")

    assert state_folder(tmp_path) == folder == tmp_path / ".wxsync"
    assert (folder / ".gitignore").read_text() == "mine\n"
    assert names(folder) == [".gitignore"]


def test_a_file_where_the_state_folder_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".wxsync").touch()

    with pytest.raises(OSError, match=ANY):
        state_folder(tmp_path)


HOLDS = """
import sys
from pathlib import Path
from wxsync.files import only_run
with only_run(Path(sys.argv[1]), "wxsync apply"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_run(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n" or os.name == "nt"
        yield process


def test_a_second_run_is_kept_out_and_told_who_works(tmp_path: Path) -> None:
    folder = state_folder(tmp_path)
    with another_run(folder) as process:
        with (
            pytest.raises(Conflict, match=f"wxsync apply, process {process.pid} on ") as caught,
            only_run(folder, "mine"),
        ):
            pytest.fail("two runs at once")
        assert "wait" in caught.value.hint
        process.communicate(timeout=30)

    with only_run(folder, "mine"):
        pass
    assert "run.json" not in names(folder)


def test_a_killed_run_lets_go_by_itself(tmp_path: Path) -> None:
    folder = state_folder(tmp_path)
    with another_run(folder) as process:
        process.kill()
        process.wait(timeout=30)

    with only_run(folder, "mine"), pytest.raises(Conflict, match="mine"), only_run(folder, "other"):
        pytest.fail("two runs at once")


@pytest.mark.parametrize("said", [b"", b"\xff", b"[]", b"{}", b'{"pid": 1}', b"null"])
def test_whoever_left_nonsense_behind_does_not_hide_that_the_folder_is_taken(tmp_path: Path, said: bytes) -> None:
    with only_run(tmp_path, "mine"):
        (tmp_path / "run.json").write_bytes(said)
        with pytest.raises(Conflict, match="another run is at work"), only_run(tmp_path, "other"):
            pytest.fail("two runs at once")


def test_a_run_that_fails_lets_go(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), only_run(tmp_path, "fails"):
        raise ZeroDivisionError

    with only_run(tmp_path, "mine"):
        pass


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match=ANY), only_run(tmp_path / "file" / "below", "mine"):
        pytest.fail("nothing to hold")
