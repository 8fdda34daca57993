"""Every query starts at the organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from clinic.models.places import Organization

Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class ScopedQuerySet(models.QuerySet[Row_co]):
    """Rows that belong to one organization each."""

    def at(self, organization: Organization) -> Self:
        """Only the rows of this clinic; everything else is a stranger's."""
        return self.filter(organization=organization)
