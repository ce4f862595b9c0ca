"""Finds where a document points at pictures, and writes other addresses there; every other character stays as it is."""

from wxsync.links.find import Lines, NotADocument, find_links, kind_of, read_text
from wxsync.links.front_matter import front_matter_value
from wxsync.links.link import Dialect, Form, Link
from wxsync.links.target import (
    as_target,
    is_absolute,
    is_of_one_machine,
    local_path,
    local_paths,
    looks_like_a_picture,
    machine_path,
)
from wxsync.links.write import replace_links

__all__ = [
    "Dialect",
    "Form",
    "Lines",
    "Link",
    "NotADocument",
    "as_target",
    "find_links",
    "front_matter_value",
    "is_absolute",
    "is_of_one_machine",
    "kind_of",
    "local_path",
    "local_paths",
    "looks_like_a_picture",
    "machine_path",
    "read_text",
    "replace_links",
]
