"""The names of the formats that users choose from; they stand apart so that a choice imports no printer."""

from __future__ import annotations

from enum import StrEnum


class PageFormat(StrEnum):
    """How a plan or a result is shown; `render.PRINTERS` has a printer for each."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class ExportFormat(StrEnum):
    """How ids and urls are exported; `export.FORMATS` has a writer for each."""

    JSON = "json"
    DOTENV = "dotenv"
    CSV = "csv"
    PYTHON = "python"
    TYPESCRIPT = "typescript"
