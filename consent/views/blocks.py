"""A Document's blocks as the reading view draws them, for the patient and for staff alike."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from products.vocabulary import SizeMethod, plain_words


def shown(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Facts that follow each other stand in one list; a distribution gets its series."""
    found: list[dict[str, Any]] = []
    for block in blocks:
        if block["type"] == "facts" and found and found[-1]["type"] == "facts":
            found[-1] = {**block, "items": [*found[-1]["items"], *block["items"]]}
        elif block["type"] == "distribution":
            series = {"label": gettext("Batch {lot}").format(lot=block["lot_number"]), **block}
            caption = f"{block['caption']} ({_method_words(block['method'])})"
            found.append({**block, "series": [series], "chart_caption": caption})
        else:
            found.append(block)
    return found


def parts_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    """All parts of a Document with their blocks as shown."""
    return [{**part, "blocks": shown(part["blocks"])} for part in content["sections"]]


def _method_words(code: str) -> str:
    """The way of measuring as a patient reads it, with its short name; other words stay as the Document has them."""
    if code in SizeMethod.values:
        return f"{plain_words(SizeMethod(code))}, {code}"
    return code or gettext("method not stated")
