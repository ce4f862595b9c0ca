"""Where nobody outside Tencent knows, or where reports contradict pages or each other: one switch each."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, get_type_hints

from msgspec import Struct, field
from msgspec.structs import fields

from wxsync.near import near_names
from wxsync.sandbox.limits import CAPACITY, DAILY


def _nothing() -> Mapping[str, int]:
    return MappingProxyType({})


class Switches(Struct, frozen=True, kw_only=True):
    """Chooses how the sandbox behaves where the truth is unknown; the defaults follow the newest evidence.

    Each note says what the switch does and, in brackets, on whose authority; HELP shows them all. The limits `daily`
    and `minute` are calls by path, `capacity` is places by `image`, `voice` and `video`.
    """

    test_account: Annotated[bool, "a 测试号: a day 10 calls of each kind on materials (reported 2017-2023)"] = False
    unauthorized: Annotated[bool, "calls on materials and uploadimg get 48001, a platform's 61007 (documented)"] = False
    no_materials: Annotated[bool, "the same for materials alone: uploadimg works (reported 2023)"] = False
    no_uploads: Annotated[bool, "the same for add_material and uploadimg alone (guess)"] = False
    no_drafts: Annotated[bool, "the same for drafts (reported 2026: verification had lapsed)"] = False
    no_menu: Annotated[bool, "the same for the menu (documented for unverified 订阅号)"] = False
    platform_48001: Annotated[bool, "a platform's 61007 is 48001 (reported 2023)"] = False
    allowed_ips: Annotated[tuple[str, ...] | None, "only these get tokens, others 40164 (documented, reported)"] = None
    allowlist_every_call: Annotated[bool, "allowed_ips counts for every call (documented; never seen)"] = False
    cloud: Annotated[bool, "云调用: no access_token needed, answers have x-openapi-seqid (documented)"] = False
    daily: Annotated[Mapping[str, int], "calls a day, then 45009 (documented)"] = field(default_factory=_nothing)
    minute: Annotated[Mapping[str, int], "calls a minute, then 45011 (documented)"] = field(default_factory=_nothing)
    capacity: Annotated[Mapping[str, int], "places, then 45034 (documented; code reported)"] = field(
        default_factory=_nothing
    )

    method_before_token: Annotated[bool, "43002 is judged before 41001 and 40001 (guess)"] = False
    impossible_token: Annotated[int, "the code for what cannot be a token (reported; 40014 is documented too)"] = 40001
    specific_size_codes: Annotated[bool, "too big is 40009, 40010, 40011 (guess; an image's 45001: reported 2016)"] = (
        False
    )
    lenient_video: Annotated[bool, "too big a video is taken, and has no down_url (reported 2016)"] = False
    empty_description: Annotated[int, "the code for a video's empty description (guess; 41005 fits too)"] = 40062
    ascii_names: Annotated[int | None, "the code for a file name beyond ASCII (guess: 41005 or 40113)"] = None
    uploadimg_content: Annotated[int, "the code of uploadimg for what is no image (reported 2024, 2026)"] = 40137
    count_out_of_range: Annotated[int | None, "the code for a count outside 1..20; none: it is clamped (guess)"] = None
    largest_count: Annotated[int, "the largest page of a listing (documented; 1000 was given: reported 2018)"] = 20
    delete_unknown_is_ok: Annotated[bool, "deleting a strange id is no 40007 (reported: live test of WxJava)"] = False
    used_by_menu: Annotated[int, "the code for deleting what a menu uses (documented; 45060 is too)"] = 48005

    infer_type: Annotated[bool, "type may stand in the form or be told by the file (reported: EasyWeChat)"] = False
    lenient_thumb: Annotated[bool, "any image is a thumb, up to 10 MiB (reported: a PNG of 155 KB)"] = False
    lenient_uploadimg: Annotated[bool, "uploadimg takes GIFs, 8 MB, the field `buffer` (reported)"] = False
    description_in_query: Annotated[bool, "a video's description may stand in the query (reported: wechatpy)"] = False
    decode_escapes: Annotated[bool, "\\uXXXX in it is decoded (guess; kept as it stands: easywechat#304)"] = False

    short_ids: Annotated[bool, "new ids have 43 characters, not 64 (reported 2016-2021)"] = False
    listing_renames_ids: Annotated[bool, "listings show other ids; uploads' ids still work (guess: 2018 in 2024)"] = (
        False
    )
    drafts_keep_ids: Annotated[bool, "drafts show the id of a cover that was set (guess; another: reported 2022)"] = (
        False
    )
    empty_url: Annotated[bool, "voices and videos answer an empty url, not none (documented sample)"] = False
    without_item: Annotated[bool, 'uploads answer without "item": [] (reported until 2018)'] = False
    bare_uploadimg: Annotated[bool, 'uploadimg answers {"url"} alone (reported until 2021)'] = False
    uploadimg_format: Annotated[bool, "its url tells wx_fmt, not from=appmsg (guess)"] = False
    https_uploads: Annotated[bool, "the url of an upload is https, as in listings (reported 2016)"] = False
    same_bytes_same_url: Annotated[bool, "the same bytes get a new id with the same url (reported 2016)"] = False
    urls_die: Annotated[bool, "the url of what is deleted is gone too (guess)"] = False
    hide_thumbs: Annotated[bool, "thumbs count as images and are not listed (guess; listed: reported 2016)"] = False
    video_file_names: Annotated[bool, "videos are listed under the file's name, not the title (guess, as is that)"] = (
        False
    )
    voice_extensions: Annotated[bool, "voices are listed with their extension (guess; without: reported 2024)"] = False
    video_page: Annotated[bool, "down_url is a web page with the vid (reported 2016, 2018)"] = False
    plain_text: Annotated[bool, "every answer is text/plain (reported: easywechat#290, doocs/md#1877)"] = False
    listing_delay: Annotated[float, "until an upload is listed (guess)"] = 0.0
    largest_body: Annotated[int, "more is a 503 in HTML, before anything is read (reported: WeRoBot#678)"] = 30_000_000


HINTS = get_type_hints(Switches)
SHAPES: Mapping[str, str] = MappingProxyType(
    {
        "allowed_ips": "allowed_ips=IP,IP/BITS",
        "daily": "daily.PATH=N",
        "minute": "minute.PATH=N",
        "capacity": "capacity.KIND=N",
        "impossible_token": "impossible_token=CODE",
        "empty_description": "empty_description=CODE",
        "ascii_names": "ascii_names=CODE",
        "uploadimg_content": "uploadimg_content=CODE",
        "count_out_of_range": "count_out_of_range=CODE",
        "largest_count": "largest_count=N",
        "used_by_menu": "used_by_menu=CODE",
        "listing_delay": "listing_delay=SECONDS",
        "largest_body": "largest_body=BYTES",
    }
)
DEFAULTS: Mapping[object, str] = MappingProxyType(
    {bool: "off", tuple[str, ...] | None: "all", Mapping[str, int]: "usual"}
)


def switches_from(texts: Iterable[str]) -> Switches:
    """Reads switches as HELP writes them, the last of a name counts; raises ValueError with what to write instead."""
    chosen: dict[str, object] = {}
    limits: dict[str, dict[str, int]] = {}
    for text in texts:
        written, equals, value = text.strip().partition("=")
        name, dot, of = written.partition(".")
        _check_name(name, text)
        if HINTS[name] == Mapping[str, int]:
            limits.setdefault(name, {}).update({_known(name, of, text): _whole(value, text)})
        elif dot or (HINTS[name] is bool) == bool(equals):
            raise ValueError(f"the switch {text!r} is written {_shape(name)}")
        else:
            chosen[name] = READERS[HINTS[name]](value, text)
    return Switches(**chosen, **limits)  # type: ignore[arg-type]  # READERS goes by the types of the fields


def _check_name(name: str, text: str) -> None:
    if name not in HINTS:
        near = near_names(name, HINTS, most=1)
        raise ValueError(f"the switch {text!r} is not known" + (f": did you mean {_shape(near[0])}?" if near else ""))


def _known(name: str, of: str, text: str) -> str:
    known = CAPACITY if name == "capacity" else DAILY
    if of not in known:
        raise ValueError(f"the switch {text!r} is written {_shape(name)}, for one of {', '.join(known)}")
    return of


def _on(_: str, __: str) -> bool:
    return True


def _whole(value: str, text: str) -> int:
    # isdecimal: int() also takes signs, spaces and underscores, none of which is a limit or a code.
    if not (value.isascii() and value.isdecimal() and len(value) <= 15):
        raise ValueError(f"the switch {text!r} needs a whole number after the =")
    return int(value)


def _code_or_none(value: str, text: str) -> int | None:
    return None if value == "none" else _whole(value, text)


def _seconds(value: str, text: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise ValueError(f"the switch {text!r} needs seconds after the =, such as 2.5")
    return seconds


def _addresses(value: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(_address(one.strip()) for one in value.split(","))
    except ValueError:
        raise ValueError(f"the switch {text!r} needs addresses after the =, such as 127.0.0.1,203.0.113.0/24") from None


def _address(text: str) -> str:
    return str(ipaddress.ip_network(text) if "/" in text else ipaddress.ip_address(text))


READERS: Mapping[object, Callable[[str, str], object]] = {
    bool: _on,
    int: _whole,
    int | None: _code_or_none,
    float: _seconds,
    tuple[str, ...] | None: _addresses,
}


def _shape(name: str) -> str:
    return SHAPES.get(name, name)


def _describe() -> str:
    notes = get_type_hints(Switches, include_extras=True)
    lines = []
    for switch in fields(Switches):
        default = DEFAULTS.get(HINTS[switch.name]) or ("none" if switch.default is None else f"{switch.default}")
        lines.append(f"  {_shape(switch.name):<26} {default:<9} {notes[switch.name].__metadata__[0]}\n")
    return "".join(lines)


HELP = f"""\
--switch NAME turns a switch on, --switch NAME=VALUE sets it. Documented: an official page says so; reported: it was
seen live (and when); guess: nobody said. Without switches the sandbox is as the newest evidence says.

  cloud                                                  云调用 works
  daily./cgi-bin/material/add_material=10                the eleventh upload of a day gets 45009
  allowed_ips=203.0.113.7,198.51.100.0/24                callers from elsewhere get 40164

  SWITCH                     DEFAULT   WHAT (ON WHOSE AUTHORITY)
{_describe()}"""
