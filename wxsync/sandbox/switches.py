"""Where nobody outside Tencent knows, or where reports contradict the official pages: one switch each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


def _nothing() -> Mapping[str, int]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Chooses how the sandbox behaves where the truth is unknown; the defaults follow the official pages strictly.

    The account:
        test_account: a 测试号: 10 uploads, listings and counts a day, 200 tokens, videos without their introduction.
        unauthorized: every call on materials answers 48001 (61007 to a third-party platform).
        allowed_ips: tokens are given to these addresses only, others get 40164; None allows all.
        cloud: 云调用: calls on materials need no access_token and answer with `x-openapi-seqid`.
        daily, minute: calls allowed by path; capacity: places by `image`, `voice`, `video`.

    The order and the codes of refusals:
        method_before_token: 43002 is judged before 41001 and 40001.
        impossible_token: the code for a token that cannot be one (40014 is the other candidate).
        specific_size_codes: too big an image, voice or video gives 40009, 40010, 40011 instead of 45001.
        empty_description: the code for a video whose description is there and empty (41005 is the other candidate).
        count_out_of_range: the code of batchget_material for a count outside 1..20; None clamps it instead.
        delete_unknown_is_ok: deleting an unknown id answers ok (a test of WxJava expects it), not 40007.

    Leniencies that were seen live:
        infer_type: a type that is absent or unknown is taken from the form field `type`, or from the file.
        lenient_thumb: any image is a thumb, up to the size of an image (a PNG of 155 KB was accepted).
        lenient_uploadimg: GIFs, up to 8 MB, and the old field name `buffer`.
        description_in_query: the description of a video may stand in the query (wechatpy, Eric-Guo/wechat).
        decode_escapes: `\\uXXXX` in a description is decoded; otherwise it is stored as it stands (easywechat#304).

    The shape of answers:
        omit_empty_url: voices and videos have no `url`, instead of an empty one.
        bare_uploadimg: uploadimg answers `{"url"}` only, as older pages show.
        https_uploads: the url of an upload is https, as in listings.
        hide_thumbs: thumbs count as images and are not listed.
        plain_text: every answer is `text/plain`.
        listing_delay: seconds until an upload is listed.
        largest_body: bytes; more gives 503 and an HTML page before anything is read.
    """

    test_account: bool = False
    unauthorized: bool = False
    allowed_ips: tuple[str, ...] | None = None
    cloud: bool = False
    daily: Mapping[str, int] = field(default_factory=_nothing)
    minute: Mapping[str, int] = field(default_factory=_nothing)
    capacity: Mapping[str, int] = field(default_factory=_nothing)

    method_before_token: bool = False
    impossible_token: int = 40001
    specific_size_codes: bool = False
    empty_description: int = 40062
    count_out_of_range: int | None = 40007
    delete_unknown_is_ok: bool = False

    infer_type: bool = False
    lenient_thumb: bool = False
    lenient_uploadimg: bool = False
    description_in_query: bool = False
    decode_escapes: bool = False

    omit_empty_url: bool = False
    bare_uploadimg: bool = False
    https_uploads: bool = False
    hide_thumbs: bool = False
    plain_text: bool = False
    listing_delay: float = 0.0
    largest_body: int = 30_000_000
