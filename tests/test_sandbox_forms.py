"""Forms in every bad shape: what the sandbox reads of them is what Werkzeug's decoder reads, part by part."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder

from wxsync.sandbox.multipart import MOST_PARTS, read_parts

HEAD = b'Content-Disposition: form-data; name="media"; filename="a.png"'
PIECES = [b"--B", b"--B--", b"--", b"\r\n", b"\n", b"\r", b" ", b"\t", b"x", b": ", b"\xff", HEAD, HEAD.lower()]
WHOLE = b"--B\r\n" + HEAD + b"\r\n\r\nx\r\n"

Parts = list[tuple[tuple[tuple[str, str], ...], bytes]]


def by_werkzeug(body: bytes) -> Iterator[tuple[tuple[tuple[str, str], ...], bytes]]:
    decoder = MultipartDecoder(b"B", max_parts=MOST_PARTS)
    decoder.receive_data(body)
    decoder.receive_data(None)
    headers: tuple[tuple[str, str], ...] = ()
    content = b""
    try:
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, (Field, File)):
                headers, content = tuple(event.headers), b""
            elif isinstance(event, Data):
                content += event.data
                if not event.more_data:
                    yield headers, content
    except (ValueError, HTTPException):
        return


def read(body: bytes) -> Parts:
    return [(part.headers, part.content) for part in read_parts("multipart/form-data; boundary=B", body)]


@settings(max_examples=1_500)
@given(st.lists(st.sampled_from([*PIECES, WHOLE]), max_size=25).map(b"".join))
def test_a_form_of_any_pieces_has_the_parts_that_another_decoder_finds(body: bytes) -> None:
    assert read(body) == list(by_werkzeug(body))


@settings(max_examples=500)
@given(st.integers(1, 3), st.data())
def test_so_does_a_good_form_with_pieces_put_in_or_taken_out(count: int, data: st.DataObject) -> None:
    body = WHOLE * count + b"--B--\r\n"
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(start + 6, len(body))))
    body = body[:start] + data.draw(st.sampled_from([b"", *PIECES])) + body[end:]
    assert read(body) == list(by_werkzeug(body))


def test_parts_beyond_the_hundredth_are_not_read() -> None:
    assert len(read(WHOLE * 105 + b"--B--")) == MOST_PARTS == 100
