"""Every way the products room can refuse. A message says what was expected, what was found and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from audit.errors import Refusal


class ScanError(Refusal):
    """A scanned or typed code does not say, without doubt, which product, batch and unit is in the hand.

    `position` counts characters of the text as it came in, from 0; it is None where no single place is at fault.
    """

    default_code = "gs1.refused"

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        expected: str = "",
        found: str = "",
        position: int | None = None,
        field: str = "",
    ) -> None:
        super().__init__(message, field=field, code=code)
        self.expected = expected
        self.found = found
        self.position = position


class ScanTooLongError(ScanError):
    """More text than any GS1 code holds."""

    default_code = "input.too_long"


class QuantityError(Refusal):
    """A typed number is not a plain decimal number in the unit and range asked for."""

    default_code = "number.format"


class DateError(Refusal):
    """A typed date or time is not a real one, not in range, or can be read in two ways."""

    default_code = "date.format"


class SizeFileError(Refusal):
    """A file is not an instrument export from which a size distribution can be read, whole and without guessing."""

    default_code = "size.unreadable"

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        expected: str = "",
        found: str = "",
        line: int | None = None,
        field: str = "",
    ) -> None:
        super().__init__(message, field=field, code=code)
        self.expected = expected
        self.found = found
        self.line = line


class SizeFileTooLargeError(SizeFileError):
    """An export above the size limit for uploads."""

    default_code = "upload.too_large"


class RuleSetError(Refusal):
    """A regulatory rule set lacks something that a verdict or a page needs."""

    default_code = "standing.rule_set"


class RuleSetRefusedError(Refusal):
    """A rule set, a decision on it or a review of it cannot be taken as it is."""

    default_code = "rule_set.refused"


class StopRefusedError(Refusal):
    """The rules say that this treatment may not be offered here, and no evidence on file changes that.

    `rule_ids` names the rules, `what_would_change_it` says for each what evidence would lift it.
    """

    default_code = "standing.stop"

    def __init__(
        self,
        message: str,
        *,
        rule_ids: Sequence[str] = (),
        what_would_change_it: Sequence[str] = (),
        code: str = "",
        field: str = "",
    ) -> None:
        super().__init__(message, field=field, code=code)
        self.rule_ids = tuple(rule_ids)
        self.what_would_change_it = tuple(what_would_change_it)


class ChronologyError(Refusal):
    """Two dates of a batch cannot both be right."""

    default_code = "batch.chronology"


class ExpiredError(Refusal):
    """A batch is past its expiry date on the day asked about."""

    default_code = "product.expired"


class IdentityError(Refusal):
    """The label and the certificate name different batches."""

    default_code: ClassVar[str] = "batch.identity"


class UploadRefusedError(Refusal):
    """A file is not what was asked for: empty, too large, of another kind than its name says, or damaged."""

    default_code = "upload.refused"


class FileTooComplexError(UploadRefusedError):
    """A file took more memory or time than one file may have, so reading it was given up."""

    default_code = "upload.too_complex"


class ParsingBusyError(Refusal):
    """Too many files are being read at this moment."""

    default_code = "upload.busy"


class TableRefusedError(UploadRefusedError):
    """A CSV or XLSX file cannot be read as one table, whole and without guessing."""

    default_code = "csv.refused"


class TableTooLargeError(TableRefusedError):
    """A table has more rows than one import takes."""

    default_code = "csv.too_many_rows"


class ImportRefusedError(Refusal):
    """An import is not in a state in which this can be done, or was overtaken by another act."""

    default_code = "import.state"


class EvidenceDamagedError(Refusal):
    """A filed document is missing from the store, or its bytes no longer have the hash on record. It is not served."""

    default_code = "evidence.damaged"


class ClaimRefusedError(Refusal):
    """A claim has no value and does not say so, or a value that its basis does not allow."""

    default_code = "claim.refused"


class DuplicateProductError(Refusal):
    """A product with this GTIN is registered at this clinic already."""

    default_code = "product.duplicate"


class BatchRefusedError(Refusal):
    """A batch cannot be received or changed as asked."""

    default_code = "batch.refused"


class ReleaseRefusedError(Refusal):
    """A batch may not be released for use yet."""

    default_code = "batch.release"


class StandingRefusedError(Refusal):
    """A regulatory record is not complete, or cannot lift a STOP."""

    default_code = "standing.refused"


class PartyRefusedError(Refusal):
    """A party in the chain has no name, a wrong GLN or country, or is on the books already."""

    default_code = "party.refused"


class CustodyRefusedError(Refusal):
    """A handing over of a batch lacks its day, lies in the future, or was corrected by somebody else meanwhile."""

    default_code = "custody.refused"


class LotRefusedError(Refusal):
    """A place or a link in the lot graph cannot be recorded as asked."""

    default_code = "lots.refused"


class LotCircleError(LotRefusedError):
    """A link would make a lot its own ancestor; the message names the way round."""

    default_code = "lots.circle"


class TemperatureRefusedError(Refusal):
    """A temperature record contradicts itself, or an excursion cannot be decided as asked."""

    default_code = "temperature.refused"


class UnitCountError(Refusal):
    """A count of vials does not add up: more were to leave than are there, or fewer were received than are known."""

    default_code = "units.count"


class FindingRefusedError(Refusal):
    """A finding cannot be answered or read as asked, or a number of the checks cannot be set."""

    default_code = "finding.refused"


class ProductsFileError(Refusal):
    """A file of products cannot be imported: it is not what it should be, or something in it cannot be on record."""

    default_code = "products_file.refused"
