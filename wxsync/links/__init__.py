"""Finds where a document points at pictures, and writes other addresses there; every other character stays as it is."""

from wxsync.links.find import NotADocument, find_links, location_of, read_text
from wxsync.links.link import Form, Link
from wxsync.links.target import is_absolute, local_path
from wxsync.links.write import replace_links

__all__ = [
    "Form",
    "Link",
    "NotADocument",
    "find_links",
    "is_absolute",
    "local_path",
    "location_of",
    "read_text",
    "replace_links",
]
