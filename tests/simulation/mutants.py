"""Bugs to plant: each is one small change of the real code, over which the simulation must see a promise break."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """Holds one planted bug: what stands once in a file, and what is put there; `within` bounds the histories it takes.

    The `quick` ones are planted in every run of the tests. What no history can see is seen by a file of tests, `by`.
    """

    name: str
    file: str
    old: str
    new: str
    within: int = 1000
    quick: bool = False
    by: str = ""


MUTANTS = (
    Mutant(
        "the journal is not synced",
        "journal.py",
        "            self._disk.sync(self._descriptor)\n",
        "            pass\n",
        quick=True,
    ),
    Mutant(
        "a sync is believed that began before the line was written",
        "journal.py",
        "                reached = self._written\n"
        "                self._sync()\n"
        "                self._synced = reached\n",
        "                self._sync()\n                self._synced = self._written\n",
        by="test_journal.py",
    ),
    Mutant(
        "a sync that failed is forgotten",
        "journal.py",
        "        if self._failed:\n",
        "        if False:\n",
        by="test_journal.py",
    ),
    Mutant("the journal's name is not synced", "journal.py", "            disk.sync_folder(file.parent)\n", ""),
    Mutant(
        "no space is taken before a request", "journal.py", "            if room:\n", "            if False:\n", 20_000
    ),
    Mutant(
        "a line torn by a loss of power stops the run",
        "journal.py",
        '    return b"\\0" in line and not _fits(*_parts(line))\n',
        "    return False\n",
        5000,
    ),
    Mutant(
        "a torn line is taken as whole",
        "journal.py",
        "    whole = [line for line in ended if not _is_torn(line)]\n",
        "    whole = [line for line in (*ended, torn.rstrip(b'\\0')) if line and not _is_torn(line)]\n",
        5000,
    ),
    Mutant(
        "the lock is not synced",
        "files.py",
        "        write_all(disk, descriptor, content, 0)\n        disk.sync(descriptor)\n",
        "        write_all(disk, descriptor, content, 0)\n",
        quick=True,
    ),
    Mutant("the lock's name is not synced", "files.py", "        disk.sync_folder(folder)\n", "        pass\n"),
    Mutant("a short write is not completed", "files.py", "    while content:\n", "    if content:\n"),
    Mutant(
        "the lock is written in place",
        "lockfile.py",
        "    write_atomic(file, render_lock(lock), disk=disk)\n",
        "    descriptor = disk.open(file)\n"
        "    disk.write(descriptor, b' ' * 10_000, 0)\n"
        "    disk.write(descriptor, render_lock(lock), 0)\n"
        "    disk.sync(descriptor)\n"
        "    disk.close(descriptor)\n"
        "    disk.sync_folder(file.parent)\n",
    ),
    Mutant(
        "the intent is written after the request",
        "executor.py",
        "    try:\n"
        "        run.memory.intend(intent)\n"
        "    except OSError as error:\n"
        "        run.halt(_disk(error))\n"
        "        return _skipped(change, _disk(error))\n"
        "    try:\n"
        "        uploaded = run.remote.upload(upload)\n"
        "    except CallFailed as error:\n"
        "        return _unanswered(change, intent, error, run)\n",
        "    try:\n"
        "        uploaded = run.remote.upload(upload)\n"
        "    except CallFailed as error:\n"
        "        run.memory.intend(intent)\n"
        "        return _unanswered(change, intent, error, run)\n"
        "    run.memory.intend(intent)\n",
    ),
    Mutant(
        "an answer is not written to the journal",
        "executor.py",
        "        run.memory.done(change.name, record)\n",
        "        pass\n",
    ),
    Mutant(
        "a doubt is counted from before the pauses",
        "executor.py",
        "        lost = replace(intent, sent_at=run.now())\n",
        "        lost = doubt\n",
        20_000,
    ),
    Mutant(
        "a lost answer is sent again blindly",
        "wechat/outcome.py",
        "    doubt = Verdict.PERHAPS if upload else Verdict.AGAIN\n",
        "    doubt = Verdict.AGAIN\n",
        quick=True,
    ),
    Mutant(
        "a reset after sending counts as not sent",
        "wechat/outcome.py",
        "    if phase is Phase.UNSENT:\n",
        "    if phase is not Phase.ANSWERED:\n",
    ),
    Mutant(
        "-1 is taken as no",
        "wechat/outcome.py",
        "        return Verdict.PERHAPS if upload else Verdict.SLOWER\n",
        "        return Verdict.REFUSED if upload else Verdict.SLOWER\n",
        quick=True,
    ),
    Mutant(
        "an answer without a media_id is taken as no",
        "wechat/outcome.py",
        "        return Verdict.DONE if fits else doubt\n",
        "        return Verdict.DONE if fits else Verdict.REFUSED\n",
    ),
    Mutant(
        "the lock is rebuilt from what was done",
        "planner/fold.py",
        "    records, displaced = dict(lock.records), list[_Displaced]()\n    retired",
        "    records, displaced = dict[str, Record](), list[_Displaced]()\n    retired",
        quick=True,
    ),
    Mutant(
        "what was retired before is dropped",
        "planner/fold.py",
        "    retired = {material_of(one.record): one for one in lock.retired}\n",
        "    retired = dict[tuple[str | None, str | None], Retired]()\n",
    ),
    Mutant(
        "a doubt does not reach the lock",
        "planner/fold.py",
        "            if result.outcome is Outcome.UNKNOWN:\n",
        "            if False:\n",
    ),
    Mutant(
        "the journal is cleared before the lock is written",
        "reconcile/send.py",
        "    lock = _written(ledger, results)\n    clear_journal(project.journal_file, disk=project.disk)\n",
        "    clear_journal(project.journal_file, disk=project.disk)\n    lock = _written(ledger, results)\n",
        quick=True,
    ),
    Mutant(
        "the journal is cleared before the lock is recovered",
        "project/recovery.py",
        "    if state.lock:\n        #",
        "    clear_journal(project.journal_file, disk=project.disk)\n    if state.lock:\n        #",
        5000,
    ),
    Mutant(
        "the journal is not folded into the lock",
        "project/recovery.py",
        "    if journal.account is None or not (journal.done or journal.unconfirmed):\n",
        "    if True:\n",
    ),
    Mutant(
        "a lock that a killed run put there is taken for durable",
        "project/recovery.py",
        "        before = state.on_disk if state.lock is state.on_disk else None\n",
        "        before = state.on_disk\n",
        50_000,
    ),
    Mutant(
        "a listing that failed counts as empty",
        "reconcile/look.py",
        "        page = remote.list_page(listed, offset)\n",
        "        try:\n"
        "            page = remote.list_page(listed, offset)\n"
        "        except Exception:\n"
        "            page = ListingPage(0, ())\n",
        5000,
    ),
    Mutant(
        "nobody waits for a late upload",
        "reconcile/look.py",
        "        if not sent or left <= 0 or pause(min(wait, left)):\n",
        "        if True:\n",
    ),
    Mutant(
        "one page is always enough",
        "reconcile/look.py",
        "        if how is Look.AUTO and is_reached and _is_enough(page, known, newest, pages):\n",
        "        if True:\n",
        5000,
    ),
    Mutant(
        "thumbs are not looked for",
        "model.py",
        '    MaterialType.THUMB: _Facts(MaterialType.IMAGE, "thumbs", is_picture=True),\n',
        '    MaterialType.THUMB: _Facts(None, "thumbs", is_picture=True),\n',
        5000,
    ),
    Mutant(
        "ids that the lock knows are adopted",
        "planner/sources.py",
        " if one.media_id not in known - let_go)",
        ")",
        by="test_planner.py",
    ),
    Mutant(
        "the newest of several uploads is adopted",
        "planner/plan.py",
        "    adopted = next((one for one in uploads if",
        "    adopted = next((one for one in reversed(uploads) if",
        20_000,
    ),
    Mutant(
        "a replacement on demand hides what its name held",
        "planner/sources.py",
        "        if name not in forced or not held.keeps(wanted[name])\n",
        "        if name not in forced\n",
        50_000,
    ),
    Mutant(
        "any video of the title is ours",
        "reconcile/videos.py",
        "for name, ids in found.items() if len(ids) == 1 and claims[ids[0]] == 1 and ids[0] in older}\n",
        "for name, ids in found.items() if ids}\n",
        5000,
    ),
    Mutant(
        "a lock that cannot be read is taken as empty",
        "lockfile.py",
        "    except FileNotFoundError:\n        return None\n",
        "    except OSError:\n        return None\n",
        by="test_lockfile.py",
    ),
    Mutant(
        "a journal that cannot be read is taken as empty",
        "journal.py",
        "    except FileNotFoundError:\n        return Replay()\n",
        "    except OSError:\n        return Replay()\n",
        by="test_journal.py",
    ),
    Mutant(
        "a journal goes on behind half a line",
        "journal.py",
        'content.rfind(b"\\n") + 1, len(content)\n',
        'len(content.rstrip(b"\\0")), len(content)\n',
        by="test_journal.py",
    ),
    Mutant(
        "an upload bears no tag",
        "planner/naming.py",
        '    return f"{slug}.{wanted.fingerprint.tag(account)}.{wanted.extension}"\n',
        '    return f"{slug}.{wanted.extension}"\n',
    ),
    Mutant(
        "nobody looks before sending",
        "reconcile/look.py",
        "    if how is Look.NONE:\n",
        "    if True:\n",
        quick=True,
    ),
    Mutant(
        "what could not be looked for is sent again",
        "reconcile/send.py",
        '            watcher.says(f"looking for them is impossible: {error.message}")\n            break\n',
        '            watcher.says(f"looking for them is impossible: {error.message}")\n'
        "            planned, held = planned.narrowed_to(doubted), []\n",
        5000,
    ),
    Mutant(
        "what is lost twice is sent without end",
        "reconcile/send.py",
        "    for may_send in (True, False):\n",
        "    for may_send in (True, True):\n",
        by="test_stories_trouble.py",
    ),
    Mutant(
        "the other uploads that bear a tag are not retired",
        "planner/fold.py",
        "    displaced = [_Displaced(change.name, duplicate, new_id) for duplicate in change.duplicates]\n",
        "    displaced = list[_Displaced]()\n",
        20_000,
    ),
    Mutant(
        "what is replaced is not retired",
        "planner/fold.py",
        "    return [_Displaced(name, old, record.media_id)] if old else []\n",
        "    return []\n",
    ),
    Mutant(
        "a taken back record settles a later doubt",
        "planner/fold.py",
        " and material_of(result.record) not in retired\n",
        "\n",
        20_000,
    ),
    Mutant(
        "what was renamed is uploaded anew",
        "planner/sources.py",
        "in zip(movers, left.get(content, ()), strict=False)\n",
        "in zip((), left.get(content, ()), strict=False)\n",
    ),
    Mutant(
        "what comes back is uploaded anew",
        "planner/sources.py",
        "        elif content in retired and",
        "        elif False and",
    ),
    Mutant(
        "merging forgets the upload that loses its name",
        "planner/merge.py",
        "        for side in (_lost_names((ours, theirs), records), _retired((ours, theirs)))\n",
        "        for side in (_retired((ours, theirs)),)\n",
        20_000,
    ),
    Mutant(
        "merging forgets doubts",
        "planner/merge.py",
        "tuple(retired.values()), _unconfirmed(base, ours, theirs))\n",
        "tuple(retired.values()), ())\n",
        20_000,
    ),
    Mutant(
        "what is not listed counts as gone",
        "reconcile/refresh.py",
        "frozenset(_gone(remote, asked))",
        "frozenset(asked)",
        20_000,
    ),
    Mutant(
        "another run is not looked for afterwards",
        "workflow/apply.py",
        "    if before is not None and not watcher.stop.is_set():\n",
        "    if False:\n",
        by="test_stories_together.py",
    ),
)
