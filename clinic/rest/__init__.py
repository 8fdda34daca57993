"""What every address of the API stands on: who asks, how a body is read, how an act is answered once, how a list is paged."""

from clinic.rest.authentication import BearerAuthentication
from clinic.rest.serializers import (
    ClosedSerializer,
    FileSerializer,
    NothingSerializer,
    ProblemSerializer,
    StrictBoolean,
    StrictChoice,
    StrictCount,
    StrictDay,
    StrictId,
    StrictNumber,
    StrictText,
    StrictValue,
)
from clinic.rest.views import STAFF, ActView, ApiView, ListView, ReadView, UploadView, download, query, zipped

__all__ = [
    "STAFF",
    "ActView",
    "ApiView",
    "BearerAuthentication",
    "ClosedSerializer",
    "FileSerializer",
    "ListView",
    "NothingSerializer",
    "ProblemSerializer",
    "ReadView",
    "StrictBoolean",
    "StrictChoice",
    "StrictCount",
    "StrictDay",
    "StrictId",
    "StrictNumber",
    "StrictText",
    "StrictValue",
    "UploadView",
    "download",
    "query",
    "zipped",
]
