"""Reads the expressions of GitHub's workflows, as far as ours use them; what it does not know is an error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:('(?:[^']|'')*')|(\d+)|(&&|\|\||==|!=|[!()\[\],])|([A-Za-z_][\w-]*(?:\.[A-Za-z_*][\w-]*)*))"
)


def fill(text: str, context: Mapping[str, Any]) -> str:
    """Fills in every expression of a text, as it is written into a file or a variable."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: shown(evaluate(found[1], context)), text, flags=re.DOTALL)


def value(text: Any, context: Mapping[str, Any]) -> Any:
    """Evaluates a text that is one expression, keeping its type, or fills in those that it holds."""
    if not isinstance(text, str):
        return text
    whole = re.fullmatch(r"\s*\$\{\{(.*?)\}\}\s*", text, flags=re.DOTALL)
    return evaluate(whole[1], context) if whole and "${{" not in whole[1] else fill(text, context)


def shown(said: Any) -> str:
    if said is None:
        return ""
    if isinstance(said, bool):
        return str(said).lower()
    return said if isinstance(said, str) else json.dumps(said)


def evaluate(text: str, context: Mapping[str, Any]) -> Any:
    parser = _Parser(_tokens(text), context)
    said = parser.either()
    assert not parser.left, f"{text!r} goes on with {parser.left}"
    return said


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        assert found, f"an expression that the player does not know: {text[place:]!r}"
        tokens.append(found[0].strip())
        place = found.end()
    return tokens


class _Parser:
    def __init__(self, left: list[str], context: Mapping[str, Any]) -> None:
        self.left = left
        self.context = context

    def either(self) -> Any:
        said = self.both()
        while self._took("||"):
            other = self.both()
            said = said if _is_true(said) else other
        return said

    def both(self) -> Any:
        said = self.compared()
        while self._took("&&"):
            other = self.compared()
            said = other if _is_true(said) else said
        return said

    def compared(self) -> Any:
        said = self.single()
        for sign in ("==", "!="):
            if self._took(sign):
                return (_plain(said) == _plain(self.single())) == (sign == "==")
        return said

    def single(self) -> Any:
        if self._took("!"):
            return not _is_true(self.single())
        if self._took("("):
            said = self.either()
            assert self._took(")")
            return said
        word = self.left.pop(0)
        if word.startswith("'"):
            return word[1:-1].replace("''", "'")
        if word.isdigit():
            return int(word)
        if word in ("true", "false"):
            return word == "true"
        return self._call(word) if self._took("(") else self._look_up(word)

    def _call(self, name: str) -> Any:
        given: list[Any] = []
        while not self._took(")"):
            given.append(self.either())
            self._took(",")
        return self.context["functions"].get(name, _FUNCTIONS.get(name))(*given)

    def _look_up(self, word: str) -> Any:
        root, *rest = word.split(".")
        assert root in self.context, f"the player knows no {root}"
        found: Any = self.context[root]
        for name in rest:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    def _took(self, sign: str) -> bool:
        if self.left[:1] == [sign]:
            del self.left[0]
            return True
        return False


def _contains(where: Any, what: Any) -> bool:
    return what in where


def _starts_with(text: Any, start: str) -> bool:
    return shown(text).lower().startswith(start.lower())


def _is_true(said: Any) -> bool:
    return said not in (None, False, "", 0)


def _plain(said: Any) -> Any:
    return "" if said is None else said


_FUNCTIONS: dict[str, Callable[..., Any]] = {"contains": _contains, "fromJSON": json.loads, "startsWith": _starts_with}
