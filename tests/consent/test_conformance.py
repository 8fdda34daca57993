"""Every kind of sealed file in every language that is shipped, judged by veraPDF in one go, by pdfsig, and by our own check."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.utils import translation
from django.utils.translation import get_language, trans_real

from consent import services
from consent.languages import ENGLISH, LANGUAGES
from consent.models import Consent, SealedFile
from consent.vocabulary import SealKind
from tests.cast import NOW, make_clinic
from tests.consent import desk as desks
from tests.consent import paper, rich
from tests.consent.desk import Desk
from tests.consent.sealed import made_once
from tests.consent.staffroom import seal
from tests.consent.test_languages import offer
from tests.pdf_conformance import conformance

pytestmark = [
    pytest.mark.pdf,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]

DAY = timedelta(days=1)
NO = {
    ENGLISH: "I would rather wait.",
    "cy": "Byddai’n well gen i aros.",
    "ar": "أفضّل الانتظار.",
    "zh-Hans": "我想再等等。",
}
WHY = "Issued twice."


@dataclass(frozen=True)
class Made:
    """The files by language and kind, where they lie, what our own check and veraPDF say of each, and what no catalogue holds."""

    paths: dict[tuple[str, str], Path]
    outcomes: dict[tuple[str, str], str]
    failed: dict[str, dict[str, list[str]]]
    untold: dict[str, set[str]]

    def content(self, tag: str, kind: str) -> bytes:
        return self.paths[tag, kind].read_bytes()


def everything(desk: Desk, tag: str) -> list[Consent]:
    """Three consents in this language that end in each way, with all their files sealed."""
    at = NOW + DAY
    whole = rich.decided(desk, at=at, language=tag, seed=10 * list(LANGUAGES).index(tag))
    rich.completed(desk, whole, at=at)
    services.withdraw_consent(whole.consent.pk, NO[tag], received_by="", agent=None, at=at + DAY)
    declined, closed = (desks.issue(desk, at=at, language=tag) for _ in range(2))
    services.decline_consent(declined.consent.pk, NO[tag], at=at + DAY)
    services.void_consent(closed.consent.pk, reason=WHY, agent=desk.agent, at=at + DAY)
    services.invalidate_consent(closed.consent.pk, reason=WHY, agent=desk.agent, at=at + DAY)
    for handed, kind in (
        (whole, SealKind.WITHDRAWN),
        (declined, SealKind.DECLINED),
        (closed, SealKind.CLOSED),
        (closed, SealKind.ERROR),
    ):
        seal(desk, handed, kind, at + DAY)
    return [whole.consent, declined.consent, closed.consent]


@contextmanager
def asked_for() -> Iterator[dict[str, set[str]]]:
    """Every English sentence that is asked for in a language of another script and comes back in English."""
    untold: dict[str, set[str]] = {tag: set() for tag in ("ar", "zh-Hans")}
    say = trans_real.gettext

    def listening(sentence: str) -> str:
        said, spoken = say(sentence), get_language()
        tag = next((one for one in untold if one.lower() == spoken), "")
        words = re.sub(r"%\(\w+\)s|\{\w+\}", "", sentence)
        if (
            tag
            and said == sentence
            and not re.search(r"[\u0600-\u06ff\u4e00-\u9fff]", sentence)
            and re.search(r"[a-z]{2}", words)
        ):
            untold[tag].add(sentence)
        return said

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(translation._trans, "gettext", listening)
        yield untold


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Made once; veraPDF starts once for all of them."""
    folder = tmp_path_factory.mktemp("conformance")
    paths, outcomes = {}, {}
    with asked_for() as untold, made_once(django_db_blocker, tmp_path_factory):
        desk = desks.open_desk(make_clinic())
        for tag in LANGUAGES:
            if tag != ENGLISH:
                offer(desk.clinic, tag)
            consents = everything(desk, tag)
            files = [
                *(
                    (file.kind, services.read_sealed_file(file))
                    for file in SealedFile.objects.filter(consent__in=consents)
                ),
                ("unsigned", services.unsigned_copy(Consent.objects.get(pk=consents[1].pk))),
            ]
            for kind, content in files:
                paths[tag, kind] = folder / f"{tag}-{kind}.pdf"
                paths[tag, kind].write_bytes(content)
                outcomes[tag, kind] = services.verify_pdf(content).verdict.outcome
    return Made(paths, outcomes, conformance(*paths.values()), untold)


def test_each_language_has_each_kind(made: Made) -> None:
    assert set(made.paths) == {(tag, kind) for tag in LANGUAGES for kind in (*SealKind.values, "unsigned")}


def test_no_sentence_of_ours_is_left_in_english(made: Made) -> None:
    assert made.untold == {"ar": set(), "zh-Hans": set()}


def test_each_is_pdf_a_3a_and_pdf_ua_1(made: Made) -> None:
    assert made.failed == {str(path): {"3a": [], "ua1": []} for path in made.paths.values()}


def test_each_sealed_one_is_genuine(made: Made) -> None:
    expected = {(tag, kind): "unknown" if kind == "unsigned" else "genuine" for tag, kind in made.paths}
    assert made.outcomes == expected


def test_pdfsig_finds_one_valid_seal_over_each(made: Made) -> None:
    program = shutil.which("pdfsig")
    if program is None:
        pytest.skip("pdfsig (poppler-utils) is not installed")
    for (tag, kind), path in made.paths.items():
        if kind == "unsigned":
            continue
        said = subprocess.run([program, "-nocert", str(path)], capture_output=True, text=True, check=True).stdout
        assert said.count("Signature #") == 1, (tag, kind)
        assert "Signature is Valid" in said, (tag, kind)
        assert "Total document signed" in said, (tag, kind)


def test_each_says_its_language_and_has_bookmarks(made: Made) -> None:
    for tag, kind in made.paths:
        with pikepdf.open(io.BytesIO(made.content(tag, kind))) as pdf:
            assert str(pdf.Root.Lang) == tag
            assert pdf.open_outline().root, (tag, kind)


def test_no_words_run_out_of_the_margins(made: Made) -> None:
    assert [(key, found) for key, path in made.paths.items() if (found := paper.outside(path.read_bytes()))] == []


def test_an_end_with_all_its_earlier_files_is_one_page_and_begins_with_the_notice(made: Made) -> None:
    ends = [SealKind.WITHDRAWN, SealKind.CLOSED, SealKind.ERROR]
    assert {(tag, kind): len(paper.pages(made.content(tag, kind))) for tag in LANGUAGES for kind in ends} == {
        (tag, kind): 1 for tag in LANGUAGES for kind in ends
    }
    for kind in ends:
        (page,) = paper.pages(made.content(ENGLISH, kind))
        assert page.index("This treatment is experimental") < page.index("Mara Ilves"), kind


def test_english_words_keep_their_full_stop_at_the_end_on_an_arabic_page(made: Made) -> None:
    """Without isolates a reader sees “?I had a mole taken off. Does that matter”."""
    with pikepdf.open(io.BytesIO(made.content("ar", SealKind.SIGNED))) as pdf:
        assert pdf.Root.Lang == "ar"
    page = next(page for page in paper.pages(made.content("ar", SealKind.SIGNED)) if "I had a mole" in page)
    assert rich.QUESTION in page, page


@pytest.mark.parametrize("kind", [SealKind.DECLINED, SealKind.WITHDRAWN])
def test_the_patients_words_stand_in_their_own_script(made: Made, kind: SealKind) -> None:
    for tag in (ENGLISH, "cy", "zh-Hans"):
        assert paper.squeezed(NO[tag]) in paper.squeezed(paper.text(made.content(tag, kind))), tag
