"""Pages travel compressed; what is compressed already does not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from config.http import CompressedPagesMiddleware


def answered(kind: str) -> HttpResponse:
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("word " * 200, content_type=kind)

    answer = CompressedPagesMiddleware(view)(RequestFactory().get("/", HTTP_ACCEPT_ENCODING="gzip"))
    assert isinstance(answer, HttpResponse)
    return answer


def test_a_page_is_sent_in_gzip() -> None:
    page = answered("text/html; charset=utf-8")
    assert page["Content-Encoding"] == "gzip"
    assert len(page.content) < 500


def test_a_pdf_is_sent_as_it_is() -> None:
    assert "Content-Encoding" not in answered("application/pdf")
