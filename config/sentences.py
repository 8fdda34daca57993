"""Every sentence that a patient can be told by Candour itself: what each language's catalogue must hold.

They are read from where they are said: the templates of the patient's pages and of the PDF, every call in the code
that says a sentence, and the lists of fixed words (clauses, risks, vocabularies, rules). Nothing here needs GNU gettext.
"""

from __future__ import annotations

import ast
import json
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from django.conf import settings
from django.utils.translation.template import templatize

TEMPLATE_FOLDERS = ("patient", "pdf")
COMPONENTS = ("steps", "signature_pad", "error_summary", "hint_and_error", "date_input", "qr")
# The code of these folders is read whole: a call that says a sentence is found wherever it is written.
ROOMS = ("clinic", "config", "consent", "products")
# Modules with lists of words that are said without such a call.
LISTING = (
    "config/http.py",
    "config/templatetags/candour.py",
    "consent/document/product.py",
    "consent/document/standing.py",
    "consent/languages.py",
    "consent/rendering/__init__.py",
    "consent/rendering/drawing.py",
    "consent/rendering/pages.py",
    "consent/rendering/words.py",
    "products/disclosure.py",
    "products/fields/wording.py",
)
SAYING = frozenset({"gettext", "gettext_lazy", "gettext_noop", "say"})
# Where a Document is composed these say the texts that they are given.
COMPOSING = "consent/document/"
BUILDERS = frozenset({"_claimed", "bullet_list", "fact", "notice", "plain"})
# Refusals that a patient reads; their sentences are said where they are shown.
REFUSALS = frozenset(
    {
        "ChoiceRefusedError",
        "ContactRefusedError",
        "DocumentChangedError",
        "HashRequiredError",
        "IdentityLockedError",
        "IdentityRefusedError",
        "LinkExpiredError",
        "LinkInvalidError",
        "LinkSupersededError",
        "NotSealedYetError",
        "PersonRefusedError",
        "SigningRefusedError",
        "StaffSessionError",
        "StepRefusedError",
        "TextRefusedError",
        "TransitionError",
        "UnderAgeError",
    }
)
LISTED = ("MARKS", "TITLES", "REVIEW_WORDS", "LEGEND", "IDENTITY_WORDS", "BASIS_WORDS", "EVIDENCE_WORDS")


def collected(fixed: Iterable[str]) -> list[str]:
    """All sentences, sorted, without doubles; `fixed` are those that lists of words hold."""
    found = {*fixed, *_from_templates(), *_from_modules()}
    return sorted(sentence for sentence in found if re.search(r"[A-Za-z]", sentence))


def templates() -> list[Path]:
    """The templates of everything that a patient sees."""
    root = Path(settings.ROOT) / "templates"
    found = [path for folder in TEMPLATE_FOLDERS for path in sorted((root / folder).rglob("*.html"))]
    return [*found, *(root / "components" / f"{name}.html" for name in COMPONENTS)]


def bare_words(source: str) -> list[str]:
    """Words of a template that no tag translates: between its marks, and in attributes that are read aloud."""
    source = re.sub(r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}|<style>.*?</style>", "", source, flags=re.DOTALL)
    source = re.sub(r"\{% blocktranslate.*?\{% endblocktranslate %\}", "", source, flags=re.DOTALL)
    source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "\0", source, flags=re.DOTALL)
    said = re.findall(r'(?:alt|aria-label|title|placeholder|data-empty|data-drawn)="([^"]*)"', source)
    text = re.sub(r"<[^>]*>", "\n", source)
    own = {"Candour", "UTC", "SHA-256", "GTIN"}
    pieces = [piece.strip() for part in (text, *said) for piece in re.split(r"[\n\0]+", part)]
    pieces = [re.sub(r"&[a-z]+;", "", piece).strip(" .,:;()…“”") for piece in pieces]
    return [piece for piece in pieces if re.search(r"[A-Za-z]{2}", piece) and piece not in own]


def read_po(text: str) -> dict[str, str]:
    """The entries of a catalogue's source; empty texts are kept, comments are not."""
    entries: dict[str, str] = {}
    parts: dict[str, str] = {}
    now = ""
    for line in [*text.splitlines(), 'msgid ""']:
        if match := re.match(r'(msgid|msgstr) "(.*)"$', line):
            if match[1] == "msgid" and "msgid" in parts:
                entries[parts["msgid"]] = parts.get("msgstr", "")
                parts = {}
            now = match[1]
            parts[now] = json.loads(f'"{match[2]}"')
        elif match := re.match(r'"(.*)"$', line):
            parts[now] += json.loads(f'"{match[1]}"')
    return entries


def write_po(language: str, wanted: Iterable[str], known: Mapping[str, str]) -> str:
    """The source of a catalogue that holds exactly the sentences wanted, with the translations that are known."""
    wanted = list(wanted)
    missing = sum(not known.get(sentence) for sentence in wanted)
    head = [
        "# Sentences of Candour for patients. Draft until a named person has reviewed it.",
        'msgid ""',
        'msgstr ""',
        f'"Language: {language}\\n"',
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=UTF-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        f'"X-Missing: {missing}\\n"',
        "",
    ]
    lines = [f"msgid {_quoted(sentence)}\nmsgstr {_quoted(known.get(sentence, ''))}\n" for sentence in wanted]
    return "\n".join([*head, *lines])


def compiled(entries: Mapping[str, str]) -> bytes:
    """A catalogue in the binary form that gettext reads (GNU gettext manual, 10.3); untranslated sentences are left out."""
    pairs = sorted((key.encode(), value.encode()) for key, value in entries.items() if value)
    start = 7 * 4
    keys_at, values_at = start, start + 8 * len(pairs)
    offset = values_at + 8 * len(pairs)
    index, blob = {"keys": b"", "values": b""}, b""
    for name, place in (("keys", 0), ("values", 1)):
        for pair in pairs:
            index[name] += struct.pack("<II", len(pair[place]), offset + len(blob))
            blob += pair[place] + b"\0"
    head = struct.pack("<IIIIIII", 0x950412DE, 0, len(pairs), keys_at, values_at, 0, offset)
    return head + index["keys"] + index["values"] + blob


def placeholders(sentence: str) -> list[str]:
    """The names that a sentence leaves to be filled in, sorted."""
    return sorted(re.findall(r"%\(\w+\)s|\{\w+\}", sentence))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _from_templates() -> Iterator[str]:
    for path in templates():
        for match in re.finditer(
            r"""\b(?:gettext|_)\((u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))\)""",
            templatize(path.read_text(encoding="utf-8")),
        ):
            yield str(ast.literal_eval(match[1])).replace("%%", "%")


def _from_modules() -> Iterator[str]:
    root = Path(settings.ROOT)
    for path in sorted(path for room in ROOMS for path in (root / room).rglob("*.py")):
        name = path.relative_to(root).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        builders = BUILDERS if name.startswith(COMPOSING) else frozenset()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from _said(node, builders)
            elif name in LISTING and isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in LISTED:
                listed = node.value.values if isinstance(node.value, ast.Dict) else getattr(node.value, "elts", [])
                values = [value.elts[1] if isinstance(value, ast.Tuple) else value for value in listed]
                yield from (str(value.value) for value in values if isinstance(value, ast.Constant))


def _said(call: ast.Call, builders: frozenset[str]) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given: list[ast.expr] = []
    if name in SAYING or name in REFUSALS:
        given = list(call.args[:1])
    elif name in builders:
        given = [*call.args, *(word.value for word in call.keywords if word.arg == "title")]
    for argument in given:
        for text in _constants(argument):
            is_code = name in builders and re.fullmatch(r"[a-z_]+|[A-Z_0-9]+", text)
            if not is_code:
                yield text


def _constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
