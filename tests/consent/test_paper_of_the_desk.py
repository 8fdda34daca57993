"""What the desk issues can be drawn: the real Document of a consent, whole, on paper."""

from __future__ import annotations

import pytest

from consent import rendering
from consent.models import Consent
from tests.consent import desk, paper
from tests.consent.test_rendering import _texts

pytestmark = [pytest.mark.pdf, pytest.mark.django_db]


def test_every_sentence_of_an_issued_document_is_on_its_pages() -> None:
    handed = desk.issue(desk.open_desk())
    document = Consent.objects.select_related("document").get(pk=handed.consent.pk).document.content
    found = paper.squeezed(paper.text(rendering.render_unsigned_copy(document)))
    assert [words for words in _texts(document) if paper.squeezed(words) not in found] == []
