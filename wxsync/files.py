"""Writes so that a crash leaves the old or the new, reads only inside a folder, and lets one run at a time work."""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

from wxsync import STATE_FOLDER
from wxsync.errors import Conflict
from wxsync.states import is_junction
from wxsync.words import text

_HERE = Path(__file__).parent

# In a wheel the schemas lie inside the package, in a checkout beside it.
SCHEMAS = next(folder for folder in (_HERE / "schemas", _HERE.parent / "schemas") if folder.is_dir())

# A FIFO must not make us wait, and a link that is put in the place of a resolved file must not be followed.
_READ_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY", "O_CLOEXEC"))
_REFUSES_LINKS = hasattr(os, "O_NOFOLLOW")

# More than a full library's lock, its journal and every cache; what is made to have no end is not read to it.
MOST_BYTES = 1 << 27


class Disk:
    """Does what the lock and the journal ask of a file system, one step each; a crash may come between any two.

    Every method may raise OSError. A simulation puts a disk of its own in the place of this one.
    """

    def holds(self, file: Path) -> bool:
        """Tells whether anything lies in the place of a file of ours, or may lie there: then reading it says more."""
        try:
            file.lstat()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def read(self, file: Path) -> bytes:
        """Reads a whole file of ours; raises Conflict too, as read_own does."""
        return read_own(file)

    def create(self, file: Path) -> int:
        """Makes a file that must not exist yet and gives its descriptor."""
        return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)

    def open(self, file: Path) -> int:
        """Opens a file of ours for writing, or makes it, and gives its descriptor; raises Conflict too."""
        return _open_own(file, os.O_RDWR | os.O_CREAT)

    def write(self, descriptor: int, content: bytes, place: int) -> int:
        """Writes at a place and tells how many bytes were taken: it may be a part of them, without an error."""
        os.lseek(descriptor, place, os.SEEK_SET)
        return os.write(descriptor, content)

    def sync(self, descriptor: int) -> None:
        """Puts on the disk what was written."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Lets go of a file."""
        os.close(descriptor)

    def copy_mode(self, source: Path, target: Path) -> None:
        """Gives a file the mode of another."""
        target.chmod(stat.S_IMODE(source.lstat().st_mode))

    def replace(self, source: Path, target: Path) -> None:
        """Moves a file over another, which is gone then."""
        source.replace(target)

    def unlink(self, file: Path) -> None:
        """Removes a file."""
        file.unlink()

    def sync_folder(self, folder: Path) -> None:
        """Puts a folder's names on the disk, where the system has such a thing (Windows has not)."""
        if os.name == "nt":
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def seal(self, folder: Path) -> str:
        """Gives what only this user can write into a folder of this machine."""
        from wxsync.seal import seal_of

        return seal_of(folder)

    def mutex(self) -> AbstractContextManager[object]:
        """Makes what keeps threads apart that write to one file."""
        return threading.Lock()


class UnsyncedDisk(Disk):
    """Leaves it to the system when something reaches the disk: for what may be lost, since it can be made again."""

    def sync(self, descriptor: int) -> None:
        """Does nothing."""

    def sync_folder(self, folder: Path) -> None:
        """Does nothing."""


DISK = Disk()
UNSYNCED_DISK = UnsyncedDisk()


def write_atomic(path: Path, content: bytes, *, disk: Disk = DISK) -> None:
    """Replaces a file so that a reader, and a crash at any point, sees all of the old or all of the new content.

    When it returns, the content and the name are on the disk. The file keeps the mode that it had. Raises OSError, and
    then the old file is untouched and nothing is left behind.
    """
    write_together({path: content}, disk=disk)


def write_together(contents: Mapping[Path, bytes], *, disk: Disk = DISK) -> None:
    """Replaces files as write_atomic does, none of them before the new contents of all are on the disk."""
    staged = {path: path.with_name(f".{path.name}.{os.urandom(4).hex()}.new") for path in contents}
    try:
        for path, temporary in staged.items():
            _stage(temporary, contents[path], disk=disk)
            with suppress(FileNotFoundError):
                disk.copy_mode(path, temporary)
        for path, temporary in staged.items():
            disk.replace(temporary, path)
    except BaseException:
        for temporary in staged.values():
            with suppress(OSError):
                disk.unlink(temporary)
        raise
    for folder in {path.parent for path in staged}:
        disk.sync_folder(folder)


def write_all(disk: Disk, descriptor: int, content: bytes, place: int) -> None:
    """Writes the whole content at a place: a full disk or a size limit may take a part of it without an error."""
    while content:
        taken = disk.write(descriptor, content, place)
        content, place = content[taken:], place + taken


class OutsideRoot(OSError):
    """Says that a path leads out of the folder that may be read."""


class NotRegular(OSError):
    """Says that a path is no ordinary file: a folder, a device, a FIFO or a socket."""


class ChangedWhileRead(OSError):
    """Says that a file changed while it was being read, so that its bytes are of no one moment."""


class TooLarge(OSError):
    """Says that a file holds more bytes than whoever reads it has a use for."""


def read_own(file: Path, *, most: int = MOST_BYTES) -> bytes:
    """Reads a lock, or a file of the state folder: whoever opens a pull request may have put something else there.

    Raises Conflict where it is a link, a device, a FIFO or a socket, which is not opened; TooLarge; or another OSError.
    """
    descriptor = _open_own(file, os.O_RDONLY)
    try:
        size = os.fstat(descriptor).st_size
        if size > most:
            raise TooLarge(errno.EFBIG, f"it is larger than {most >> 20} MiB", str(file))
        return _read_all(descriptor, most)
    finally:
        os.close(descriptor)


def own_folder(folder: Path) -> bool:
    """Tells whether a folder of ours is there; raises Conflict where a link or a device stands in its place."""
    kind = _kind_of(folder)
    if kind not in {"", "a file", "a folder"}:
        raise _not_ours(folder, kind)
    return kind == "a folder"


def check_own(folder: Path) -> None:
    """Raises Conflict where a folder of ours, or anything in it, is neither a real folder nor a regular file."""
    if not own_folder(folder):
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and not _is_junction(Path(entry.path)):
                check_own(Path(entry.path))
            elif not entry.is_file(follow_symlinks=False):
                raise _not_ours(Path(entry.path), _kind_of(Path(entry.path)))


def _open_own(file: Path, flags: int) -> int:
    kind = _kind_of(file)
    if kind not in {"", "a file", "a folder"}:
        raise _not_ours(file, kind)
    # What took its place since then is not followed and not waited for either.
    return os.open(file, flags | _READ_FLAGS, 0o666)


def _kind_of(file: Path) -> str:
    """Says what stands at a path, links not followed; "" where there is nothing. Raises OSError."""
    try:
        mode = file.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    if stat.S_ISLNK(mode) or _is_junction(file):
        return "a link"
    return next((name for is_one, name in _KINDS if is_one(mode)), "a device")


_KINDS = (
    (stat.S_ISREG, "a file"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
)


def _is_junction(file: Path) -> bool:
    return os.name == "nt" and is_junction(file.lstat())


def _not_ours(file: Path, kind: str) -> Conflict:
    return Conflict(
        text("{path} is {kind}, which wxsync never puts there; nothing was touched", path=str(file), kind=kind),
        hint=text("look where it came from, then remove it"),
    )


def read_inside(root: Path, relative: str, *, most: int | None = None) -> tuple[bytes, os.stat_result]:
    """Reads a whole file that must lie inside a folder, links resolved, and gives what its stat was at that moment.

    Raises OutsideRoot, NotRegular, ChangedWhileRead, TooLarge beyond `most` bytes, or another OSError. A FIFO does not
    make it wait.
    """
    return Inside(root).read(relative, most=most)


class Inside:
    """Reads files inside a folder, from any number of threads; where its folders lead is looked up once for each."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._folders: dict[str, str] = {}

    def read(self, relative: str, *, most: int | None = None) -> tuple[bytes, os.stat_result]:
        """Reads a whole file, as read_inside does."""
        descriptor = self._open(relative)
        try:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise NotRegular(f"{relative} is not an ordinary file")
            if most is not None and before.st_size > most:
                raise TooLarge(f"{relative} has {before.st_size:,} bytes")
            content = _read(descriptor, before.st_size)
            after = os.fstat(descriptor)  # tells also whether there is more of it now
        finally:
            os.close(descriptor)
        if len(content) != after.st_size or before.st_mtime_ns != after.st_mtime_ns:
            raise ChangedWhileRead(f"{relative} changed while it was being read")
        return content, after

    def head(self, relative: str, size: int) -> bytes:
        """Reads the first bytes of a file; raises as `read` does."""
        descriptor = self._open(relative)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotRegular(f"{relative} is not an ordinary file")
            return os.read(descriptor, size)
        finally:
            os.close(descriptor)

    def _open(self, relative: str) -> int:
        folder, _, name = relative.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = self._resolved(folder, relative)
        path = f"{self._folders[folder]}{os.sep}{name}"
        # Where the system refuses to open a link, it need not be asked first whether this is one.
        if not _REFUSES_LINKS and os.path.islink(path):  # noqa: PTH114 - called for each file
            path = self._resolved(path, relative)
        try:
            return os.open(path, _READ_FLAGS)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.EMLINK):
                raise
            return os.open(self._resolved(path, relative), _READ_FLAGS)

    def _resolved(self, path: str, relative: str) -> str:
        real = os.path.realpath(os.path.join(self._root, path))  # noqa: PTH118 - as above
        if not Path(real).is_relative_to(self._root):
            raise OutsideRoot(f"{relative} leads out of the manifest's folder")
        return real


def state_folder(root: Path) -> Path:
    """Makes the folder beside the manifest in which runs keep what git need not know; it ignores itself.

    Raises Conflict where something else stands in its place, OSError where it cannot be made.
    """
    folder = root / STATE_FOLDER
    check_own(folder)
    if not own_folder(folder):
        folder.mkdir(exist_ok=True)
        DISK.sync_folder(root)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        write_atomic(ignore, b"*\n")
    return folder


@contextmanager
def only_run(folder: Path, purpose: str) -> Iterator[None]:
    """Lets one run at a time work beside a state folder; a killed run lets go by itself.

    Raises Conflict naming the run that holds it, OSError where the folder cannot be written.
    """
    import json
    import socket

    import filelock

    holder = folder / "run.json"
    lock = filelock.FileLock(folder / "run.lock", blocking=False)
    with ExitStack() as stack:
        try:
            # The state folder may be removed and made anew during a run; the folder of the manifest stays.
            stack.enter_context(_hold(folder.parent))
            lock.acquire()
        except (filelock.Timeout, BlockingIOError):
            raise Conflict(
                text("another run is at work in {folder}{holder}", folder=str(folder.parent), holder=_describe(holder)),
                hint=text("wait until it has ended; a run that was killed does not hold the folder"),
            ) from None
        stack.callback(lock.release)
        said = {"pid": os.getpid(), "host": socket.gethostname(), "purpose": purpose}
        write_atomic(holder, json.dumps(said).encode(), disk=UNSYNCED_DISK)
        stack.callback(_forget, holder)
        yield


@contextmanager
def _hold(folder: Path) -> Iterator[None]:
    """Holds a folder itself, where the system can; raises BlockingIOError where another run holds it."""
    if sys.platform == "win32":
        # An open file keeps its folder from being removed there.
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            pass  # some network file systems lock no folders: the lock in the state folder is then all there is
        yield
    finally:
        os.close(descriptor)


def _forget(holder: Path) -> None:
    with suppress(OSError):
        holder.unlink()


def _stage(temporary: Path, content: bytes, *, disk: Disk) -> None:
    descriptor = disk.create(temporary)
    try:
        write_all(disk, descriptor, content, 0)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)


def _read_all(descriptor: int, size: int) -> bytes:
    """Reads to the end, or one byte beyond the size, which is enough to tell that the file grew."""
    return _read(descriptor, size + 1)


def _read(descriptor: int, size: int) -> bytes:
    """Reads so many bytes, or to the end."""
    parts = []
    left = size
    while left and (part := os.read(descriptor, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _describe(holder: Path) -> str:
    import json

    # Whoever has just begun may not have written its name yet.
    for _ in range(20):
        with suppress(OSError, ValueError, KeyError, TypeError):
            said = json.loads(read_own(holder, most=4096))
            return text(
                ": {purpose}, process {pid} on {host}", purpose=said["purpose"], pid=said["pid"], host=said["host"]
            )
        time.sleep(0.02)
    return ""
