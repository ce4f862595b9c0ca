"""Judges media as WeChat would: bytes in, format, play time and findings out; nothing is decoded."""

from wxsync.media.checks import Finding, check, check_description, check_size
from wxsync.media.fitting import FITTABLE, MOST_SOURCE_BYTES, fit_helps
from wxsync.media.formats import Defect, Format, LfsPointer, Media, extension_of
from wxsync.media.limits import LIBRARY_LIMITS, LIMITS, Limit
from wxsync.media.sniff import lfs_pointer, probe

__all__ = [
    "FITTABLE",
    "LIBRARY_LIMITS",
    "LIMITS",
    "MOST_SOURCE_BYTES",
    "Defect",
    "Finding",
    "Format",
    "LfsPointer",
    "Limit",
    "Media",
    "check",
    "check_description",
    "check_size",
    "extension_of",
    "fit_helps",
    "lfs_pointer",
    "probe",
]
