"""Where nobody outside Tencent knows, or where reports contradict the official pages: one switch each."""

from __future__ import annotations

import difflib
import ipaddress
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Annotated, get_type_hints


def _nothing() -> Mapping[str, int]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Chooses how the sandbox behaves where the truth is unknown; the defaults follow the official pages strictly.

    Each note says what the switch does and, in brackets, on whose authority; HELP shows them all. The limits `daily`
    and `minute` are calls by path, `capacity` is places by `image`, `voice` and `video`.
    """

    test_account: Annotated[bool, "a 测试号: a day 10 uploads, 10 listings, 200 tokens (official community)"] = False
    unauthorized: Annotated[bool, "calls on materials get 48001, a third-party platform's 61007 (documented)"] = False
    allowed_ips: Annotated[tuple[str, ...] | None, "only these get tokens, others 40164 (documented)"] = None
    cloud: Annotated[bool, "云调用: no access_token needed, answers have x-openapi-seqid (documented)"] = False
    daily: Annotated[Mapping[str, int], "calls a day, then 45009 (documented)"] = field(default_factory=_nothing)
    minute: Annotated[Mapping[str, int], "calls a minute, then 45011 (documented)"] = field(default_factory=_nothing)
    capacity: Annotated[Mapping[str, int], "places, then 45034 (documented; code reported)"] = field(
        default_factory=_nothing
    )

    method_before_token: Annotated[bool, "43002 is judged before 41001 and 40001 (guess)"] = False
    impossible_token: Annotated[int, "the code for what cannot be a token (reported; 40014 is documented too)"] = 40001
    specific_size_codes: Annotated[bool, "too big is 40009, 40010, 40011, not 45001 (guess: no code was seen)"] = False
    empty_description: Annotated[int, "the code for a video's empty description (guess; 41005 fits too)"] = 40062
    count_out_of_range: Annotated[int | None, "the code for a count outside 1..20; none: it is clamped (guess)"] = 40007
    delete_unknown_is_ok: Annotated[bool, "deleting a strange id is no 40007 (reported: live test of WxJava)"] = False

    infer_type: Annotated[bool, "type may stand in the form or be told by the file (reported: EasyWeChat)"] = False
    lenient_thumb: Annotated[bool, "any image is a thumb, up to 10 MiB (reported: a PNG of 155 KB)"] = False
    lenient_uploadimg: Annotated[bool, "uploadimg takes GIFs, 8 MB, the field `buffer` (reported)"] = False
    description_in_query: Annotated[bool, "a video's description may stand in the query (reported: wechatpy)"] = False
    decode_escapes: Annotated[bool, "\\uXXXX in it is decoded (guess; kept as it stands: easywechat#304)"] = False

    omit_empty_url: Annotated[bool, "voices and videos have no url, not an empty one (reported)"] = False
    bare_uploadimg: Annotated[bool, 'uploadimg answers {"url"} alone (documented on older pages)'] = False
    https_uploads: Annotated[bool, "the url of an upload is https, as in listings (guess)"] = False
    hide_thumbs: Annotated[bool, "thumbs count as images and are not listed (guess)"] = False
    plain_text: Annotated[bool, "every answer is text/plain (reported: easywechat#290)"] = False
    listing_delay: Annotated[float, "until an upload is listed (guess)"] = 0.0
    largest_body: Annotated[int, "more is a 503 in HTML, before anything is read (reported: WeRoBot#678)"] = 30_000_000


HINTS = get_type_hints(Switches)
SHAPES: Mapping[str, str] = MappingProxyType(
    {
        "allowed_ips": "allowed_ips=IP,IP",
        "daily": "daily.PATH=N",
        "minute": "minute.PATH=N",
        "capacity": "capacity.KIND=N",
        "impossible_token": "impossible_token=CODE",
        "empty_description": "empty_description=CODE",
        "count_out_of_range": "count_out_of_range=CODE",
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
        near = difflib.get_close_matches(name, HINTS, n=1)
        raise ValueError(f"the switch {text!r} is not known" + (f": did you mean {_shape(near[0])}?" if near else ""))


def _known(name: str, of: str, text: str) -> str:
    from wxsync.sandbox.quotas import CAPACITY, DAILY  # quotas are made of switches, so this cannot stand above

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
        return tuple(str(ipaddress.ip_address(one.strip())) for one in value.split(","))
    except ValueError:
        raise ValueError(f"the switch {text!r} needs addresses after the =, such as 127.0.0.1,203.0.113.7") from None


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
        default = DEFAULTS.get(HINTS[switch.name]) or f"{switch.default}"
        lines.append(f"  {_shape(switch.name):<26} {default:<9} {notes[switch.name].__metadata__[0]}\n")
    return "".join(lines)


HELP = f"""\
--switch NAME turns a switch on, --switch NAME=VALUE sets it. Documented: an official page says so; reported: it was
seen live; guess: nobody said. Without switches the official pages are followed strictly.

  cloud                                                  云调用 works
  daily./cgi-bin/material/add_material=10                the eleventh upload of a day gets 45009
  allowed_ips=203.0.113.7,203.0.113.8                    callers from elsewhere get 40164

  SWITCH                     DEFAULT   WHAT (ON WHOSE AUTHORITY)
{_describe()}"""
