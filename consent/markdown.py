"""The small, safe Markdown of consent texts, read into the blocks of a Document.

Taken: paragraphs, headings, *emphasis*, **strong emphasis**, flat lists, and links to https addresses of known hosts.
Everything else is refused in words or is plain text: no HTML, no pictures, no code, no tables, no lists in lists. A text
becomes frozen blocks of words, never markup, so that nothing of it can reach a page or a PDF as an instruction.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from consent.errors import TemplateTextError

Block = dict[str, Any]
Run = dict[str, str]

LONGEST_TEXT = 8_000
MOST_LIST_ITEMS = 40
_TAG = re.compile(r"<[/!?]?[A-Za-z!?-][^>]{0,40}>?")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]*)")
_RULES = ("heading", "list", "emphasis", "link", "escape", "newline")


def _accept(url: str) -> bool:
    return True


def _reader() -> MarkdownIt:
    reader = MarkdownIt("zero", {"html": False, "linkify": False, "typographer": False}).enable(list(_RULES))
    # Ours to decide, and in words: see `_check_links`.
    reader.validateLink = _accept  # type: ignore[method-assign]
    return reader


_READER = _reader()


def read(text: str, *, hosts: Collection[str], field: str = "") -> list[Block]:
    """The blocks of one section: `heading`, `prose` and `prose-list`, made of runs of words.

    `hosts` are the hosts that a link may lead to, with what lies below them. Raises TemplateTextError, naming `field`.
    """
    check(text, hosts=hosts, field=field)
    found = blocks(text)
    if any(len(block.get("items", ())) > MOST_LIST_ITEMS for block in found):
        raise TemplateTextError(
            f"A list of more than {MOST_LIST_ITEMS} lines is not read. Make it shorter.",
            code="template.too_long",
            field=field,
        )
    return found


def blocks(text: str) -> list[Block]:
    """The blocks of any text whatever, without a refusal: what is not taken stands there as the characters that it is."""
    return _blocks(_READER.parse(text.replace("\r\n", "\n")))


def check(text: str, *, hosts: Collection[str], field: str = "") -> None:
    """Refuse what is not taken. Raises TemplateTextError."""
    if len(text) > LONGEST_TEXT:
        raise TemplateTextError(
            f"This part has {len(text):,} characters; at most {LONGEST_TEXT:,} can be read on a phone. Make it shorter, or use two parts.",
            code="template.too_long",
            field=field,
        )
    if found := _TAG.search(text):
        raise TemplateTextError(
            f"HTML is not taken here, and this looks like it: {found.group()[:40]}. Write plain words, *emphasis*, lists and headings.",
            code="template.html",
            field=field,
        )
    if "![" in text:
        raise TemplateTextError("Pictures are not taken in a consent text.", code="template.picture", field=field)
    _check_links(text, hosts, field)
    if _nests(text):
        raise TemplateTextError(
            "A list inside a list is hard to follow on a phone. Use one level.", code="template.too_deep", field=field
        )


def plain(blocks: Sequence[Mapping[str, Any]]) -> str:
    """All words of blocks, for counting: one line for each paragraph, heading or list item."""
    lines = []
    for block in blocks:
        if block["type"] == "heading":
            lines.append(str(block["text"]))
        elif block["type"] == "prose":
            lines.append(_words(block["runs"]))
        else:
            lines += [_words(item["runs"]) for item in block["items"]]
    return "\n".join(lines)


def _check_links(text: str, hosts: Collection[str], field: str) -> None:
    for address in _LINK.findall(text):
        try:
            parts = urlsplit(address)
            host = (parts.hostname or "").rstrip(".").lower()
            is_plain = parts.scheme == "https" and not parts.username and parts.port is None
        except ValueError:
            host, is_plain = "", False
        if not is_plain:
            raise TemplateTextError(
                f"A link must begin with https:// and name a site; found {address[:60]}.",
                code="template.link",
                field=field,
            )
        if not any(host == known or host.endswith(f".{known}") for known in hosts):
            raise TemplateTextError(
                f"A consent text may link to the clinic’s own site and to {', '.join(sorted(hosts))}; found {host[:60]}.",
                code="template.link_host",
                field=field,
            )


def _nests(text: str) -> bool:
    tokens = _READER.parse(text.replace("\r\n", "\n"))
    depth = 0
    for token in tokens:
        depth += token.nesting if token.type.endswith(("list_open", "list_close")) else 0
        if depth > 1:
            return True
    return False


def _blocks(tokens: Sequence[Token]) -> list[Block]:
    found: list[Block] = []
    items: list[Block] | None = None
    is_heading = is_new = False
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            items = []
            found.append({"type": "prose-list", "ordered": token.type.startswith("ordered"), "items": items})
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            items = None
        elif token.type == "list_item_open":
            is_new = True
        elif token.type in ("heading_open", "heading_close"):
            is_heading = token.type == "heading_open"
        elif token.type == "inline":
            runs = _runs(token.children or ())
            if items is not None:
                _add_item(items, runs, is_new=is_new)
                is_new = False
            elif runs:
                found.append(
                    {"type": "heading", "text": _words(runs)} if is_heading else {"type": "prose", "runs": runs}
                )
    return found


def _add_item(items: list[Block], runs: list[Run], *, is_new: bool) -> None:
    if is_new or not items:
        items.append({"runs": runs})
    else:
        items[-1]["runs"] += [{"text": " ", "mark": "", "url": ""}, *runs]


def _runs(children: Sequence[Token]) -> list[Run]:
    runs: list[Run] = []
    marks: list[str] = []
    url = ""
    for child in children:
        match child.type:
            case "em_open" | "strong_open":
                marks.append(child.type.removesuffix("_open"))
            case "em_close" | "strong_close":
                marks.pop()
            case "link_open":
                address = str(child.attrs.get("href", ""))
                url = address if address.startswith("https://") else ""
            case "link_close":
                url = ""
            case "softbreak" | "hardbreak":
                runs.append({"text": " ", "mark": "", "url": ""})
            case _:
                mark = "strong" if "strong" in marks else "em" if marks else ""
                if child.content:
                    runs.append({"text": child.content, "mark": mark, "url": url})
    return runs


def _words(runs: Sequence[Run]) -> str:
    return "".join(run["text"] for run in runs).strip()
