"""The organizations in the chain: the list, one of them with what was said before, and a product's importer."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clinic.tenancy import ClinicRequest, agent_of, require_role
from products.forms.chain import ImporterForm, PartyCorrectionForm, PartyForm
from products.models import Party
from products.places import place_words
from products.services import add_party, correct_party, name_importer
from products.views.acts import Act, act_page
from products.views.found import READERS, WRITERS, may_write, moment_and_day, product_of


@require_safe
@require_role(*READERS)
def party_list(request: ClinicRequest) -> HttpResponse:
    """Every organization on the clinic's books."""
    parties = Party.objects.at(request.organization).order_by("name", "role")
    rows = [(party, place_words(party.country) if party.country else "") for party in parties]
    return render(request, "products/parties.html", {"rows": rows, "may_write": may_write(request)})


@require_safe
@require_role(*READERS)
def party_page(request: ClinicRequest, party_id: UUID) -> HttpResponse:
    """One organization: what is in force, and what was said before."""
    party = _party_of(request, party_id)
    versions = list(party.versions.order_by("-number"))
    return render(
        request,
        "products/party.html",
        {
            "party": party,
            "country": place_words(party.country) if party.country else "",
            "versions": [
                (one, place_words(one.values["country"]) if one.values["country"] else "Not stated") for one in versions
            ],
            "products": list(party.products.all()[:200]),
            "imported": list(party.imported_products.all()[:200]),
            "may_write": may_write(request),
        },
    )


@require_role(*WRITERS)
def party_add(request: ClinicRequest) -> HttpResponse:
    """Put an organization on the books."""
    now, _ = moment_and_day(request)
    form = PartyForm(request.POST if request.method == "POST" else None)

    def do() -> str:
        party = add_party(request.organization, form.entry(), agent=agent_of(request), at=now)
        return f"{party.name} is on the books."

    act = Act(
        title="Add an organization",
        button="Add it",
        after=reverse("parties"),
        crumbs=(("Products", reverse("products")), ("Organizations", reverse("parties"))),
        intro="Whoever makes, imports, sells or tests what you receive.",
    )
    return act_page(request, form, act, do)


@require_role(*WRITERS)
def party_correct(request: ClinicRequest, party_id: UUID) -> HttpResponse:
    """Correct an organization's name, country or GLN."""
    now, _ = moment_and_day(request)
    party = _party_of(request, party_id)
    form = PartyCorrectionForm(request.POST if request.method == "POST" else None, party=party)

    def do() -> str:
        reason = form.cleaned_data["reason"]
        correct_party(party, form.entry(), reason=reason, agent=agent_of(request), at=now)
        return "It is corrected. What was said before stays readable."

    act = Act(
        title=f"Correct {party.name}",
        button="Correct it",
        after=reverse("party", args=[party.pk]),
        crumbs=(("Organizations", reverse("parties")), (party.name, reverse("party", args=[party.pk]))),
    )
    return act_page(request, form, act, do)


@require_role(*WRITERS)
def product_importer(request: ClinicRequest, product_id: UUID) -> HttpResponse:
    """Say who imports a product."""
    now, _ = moment_and_day(request)
    product = product_of(request, product_id)
    form = ImporterForm(request.POST if request.method == "POST" else None, product=product)

    def do() -> str:
        name_importer(product, form.party(), agent=agent_of(request), at=now)
        return "The importer is on record."

    act = Act(
        title="Who imports it",
        button="Save",
        after=reverse("product", args=[product.pk]),
        crumbs=(
            ("Products", reverse("products")),
            (product.marketed_name, reverse("product", args=[product.pk])),
        ),
        intro="The organization that brings it into the country. Where it is not in the list, add it under Organizations first.",
    )
    return act_page(request, form, act, do)


def _party_of(request: ClinicRequest, party_id: UUID) -> Party:
    found: Party = get_object_or_404(Party.objects.at(request.organization), pk=party_id)
    return found
