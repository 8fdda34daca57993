"""What the checks found in the papers of a product or a batch, and the answers of named people."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response

from clinic.rest import ActView, ReadView
from clinic.vocabulary import Role
from products import assessment
from products.api.found import batch_of, product_of
from products.models import Batch, Product
from products.serializers.findings import AnswerDraftSerializer, FindingAnswerSerializer, FindingsSerializer
from products.services import answer_finding


class FindingsView(ReadView):
    """Findings."""

    shows = FindingsSerializer

    def found(self, **place: Any) -> dict[str, Any]:
        """As they are today."""
        judged = self.judged(**place)
        return {
            "state": assessment.state_of(judged),
            "digest": assessment.reading_digest(judged),
            "findings": judged,
        }

    def judged(self, **place: Any) -> list[assessment.Judged]:
        """The findings with their answers."""
        raise NotImplementedError


class ProductFindings(FindingsView):
    """Everything found on a product itself, the gravest first, with its answers."""

    def judged(self, **place: Any) -> list[assessment.Judged]:
        """Of this product."""
        return assessment.findings_of_product(product_of(self.organization, place["product_id"]))


class BatchFindings(FindingsView):
    """Everything found on a batch today, the gravest first, with its answers, and the state of its papers."""

    def judged(self, **place: Any) -> list[assessment.Judged]:
        """Of this batch."""
        return assessment.findings_of_batch(batch_of(self.organization, place["batch_id"]), on=self.today)


class AnswerView(ActView):
    """Answer."""

    shows = FindingAnswerSerializer
    takes = AnswerDraftSerializer

    def subject(self, **place: Any) -> Product | Batch:
        """What it was found on."""
        raise NotImplementedError

    def act(self, draft: Any, **place: Any) -> Response:
        """Answer one finding, by name and with a reason; a clinic lead answers what cannot be true. It stays visible."""
        answer = answer_finding(
            self.subject(**place),
            draft["digest"],
            reason=draft["reason"],
            may_answer_contradictions=self.membership.has_role(Role.CLINIC_LEAD),
            today=self.today,
            agent=self.agent,
            at=self.now,
        )
        return self.done(answer)


class ProductFindingAnswer(AnswerView):
    """Answer."""

    def subject(self, **place: Any) -> Product:
        """The product."""
        return product_of(self.organization, place["product_id"])


class BatchFindingAnswer(AnswerView):
    """Answer."""

    def subject(self, **place: Any) -> Batch:
        """The batch."""
        return batch_of(self.organization, place["batch_id"])
