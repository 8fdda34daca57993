"""A size distribution as a histogram: class centres in nm and a weight for each class."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise

from products.errors import SizeFileError

FEW_TRACKS = 200
"""Below so many tracked particles we warn. A rule of thumb, not taken from a standard."""


@dataclass(frozen=True)
class Distribution:
    """Class centres in nm, rising, and the weight of each class (a number or concentration of particles)."""

    diameter_nm: tuple[float, ...]
    weight: tuple[float, ...]

    @property
    def total(self) -> float:
        """Give the sum of the weights."""
        return sum(self.weight)

    def percentile(self, share: float) -> float:
        """Give the diameter in nm below which a share (0 to 1) of the weight lies, straight between class centres."""
        wanted = share * self.total
        before = 0.0
        for index, reached in enumerate(accumulate(self.weight)):
            if reached >= wanted and self.weight[index] > 0:
                if index == 0:
                    return self.diameter_nm[0]
                low, high = self.diameter_nm[index - 1], self.diameter_nm[index]
                return low + (high - low) * (wanted - before) / self.weight[index]
            before = reached
        return self.diameter_nm[-1]

    def mode(self) -> float:
        """Give the centre of the fullest class in nm; of equally full ones, the smallest."""
        return self.diameter_nm[self.weight.index(max(self.weight))]

    def mean(self) -> float:
        """Give the mean diameter in nm."""
        return sum(size * weight for size, weight in zip(self.diameter_nm, self.weight, strict=True)) / self.total


def checked(diameters: list[float], weights: list[float]) -> Distribution:
    """Make a distribution. Raises `SizeFileError` where there are no rows, no particles, or sizes that do not rise."""
    if len(diameters) < 2:
        raise SizeFileError(
            f"The size table has {len(diameters)} rows: nothing can be read from it. Export the measurement again.",
            code="size.no_rows",
            expected="at least 2 rows",
            found=f"{len(diameters)} rows",
        )
    if any(high <= low for low, high in pairwise(diameters)) or diameters[0] < 0:
        raise SizeFileError(
            "The sizes in the table do not rise from row to row, so this is not one size distribution.",
            code="size.bad_value",
            expected="rising sizes",
        )
    if sum(weights) <= 0:
        raise SizeFileError(
            "The size table holds no particles: every count is 0. Check the measurement itself.",
            code="size.no_particles",
            expected="at least one particle",
            found="0",
        )
    return Distribution(tuple(diameters), tuple(weights))


def few_tracks_warning(tracks: int | None) -> list[str]:
    """Warn of a measurement that rests on few particles."""
    if tracks is None or tracks >= FEW_TRACKS:
        return []
    return [f"Only {tracks} particles were tracked. Below {FEW_TRACKS} (a rule of thumb) the sizes are uncertain."]
