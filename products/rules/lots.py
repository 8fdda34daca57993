"""The lot graph, pure: what lies above and below a place, and what a link may not do.

A link goes from `upstream` (the older) to `downstream` (what came out of it). Ids are whatever the caller uses.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from products.errors import LotCircleError, LotRefusedError
from products.vocabulary import LotKind, LotLink

STAGES: tuple[LotKind, ...] = tuple(LotKind)
"""From the donor to the vial: what comes out of a place never stands before it."""


@dataclass(frozen=True)
class Link:
    """`downstream` came out of `upstream`."""

    upstream: UUID
    downstream: UUID


def ancestors(start: UUID, links: Iterable[Link]) -> list[UUID]:
    """Everything that went into `start`, the nearest first, without `start` itself."""
    return _reached(start, _by(links, lambda link: (link.downstream, link.upstream)))


def descendants(start: UUID, links: Iterable[Link]) -> list[UUID]:
    """Everything that came out of `start`, the nearest first, without `start` itself."""
    return _reached(start, _by(links, lambda link: (link.upstream, link.downstream)))


def way(start: UUID, goal: UUID, links: Iterable[Link]) -> tuple[UUID, ...]:
    """The shortest way downstream from `start` to `goal`, both included; empty where there is none."""
    following = _by(links, lambda link: (link.upstream, link.downstream))
    came_from: dict[UUID, UUID] = {start: start}
    waiting = deque([start])
    while waiting:
        place = waiting.popleft()
        if place == goal:
            found = [place]
            while found[-1] != start:
                found.append(came_from[found[-1]])
            return tuple(reversed(found))
        for after in following.get(place, ()):
            if after not in came_from:
                came_from[after] = place
                waiting.append(after)
    return ()


def check_no_circle(new: Link, links: Iterable[Link], *, names: Mapping[UUID, str]) -> None:
    """Refuse a link by which a place would come out of itself. `links` are at least all those below `new.downstream`."""
    round_way = way(new.downstream, new.upstream, links)
    if new.upstream == new.downstream:
        round_way = (new.downstream,)
    if round_way:
        said = " → ".join(names[place] for place in (*round_way, new.downstream))
        raise LotCircleError(
            f"This would make {names[new.downstream]} come out of itself: {said}. Nothing was recorded. "
            "Check which of the two came first.",
            field="upstream",
        )


def check_stages(upstream: str, downstream: str, link: str) -> None:
    """Refuse a link against the order of making (facts B.1), or of a kind that does not fit its places."""
    above, below = LotKind(upstream), LotKind(downstream)
    if STAGES.index(above) > STAGES.index(below):
        raise LotRefusedError(
            f"A {above.label.lower()} cannot be what a {below.label.lower()} came from: it comes later in the making. "
            "Turn the two round, or choose other ones.",
            field="upstream",
            code="lots.order",
        )
    if below == LotKind.POOL and link != LotLink.POOLED_FROM:
        raise LotRefusedError("A pool is pooled from its parts. Choose “Pooled from”.", field="link", code="lots.link")
    if link == LotLink.PACKED_IN and below not in (LotKind.FILLED_LOT, LotKind.UNIT):
        raise LotRefusedError(
            "Only filled lots and vials have something packed in them. Choose another link.",
            field="link",
            code="lots.link",
        )
    if above == below and link not in (LotLink.POOLED_FROM, LotLink.SPLIT_FROM, LotLink.DERIVED_FROM):
        raise LotRefusedError(
            "Two places of one kind are joined by “Pooled from”, “Split from” or “Derived from”.",
            field="link",
            code="lots.link",
        )


def _by(links: Iterable[Link], pair: Callable[[Link], tuple[UUID, UUID]]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for link in links:
        start, end = pair(link)
        found[start].append(end)
    return found


def _reached(start: UUID, following: Mapping[UUID, Sequence[UUID]]) -> list[UUID]:
    found: dict[UUID, None] = {}
    waiting = deque([start])
    while waiting:
        for place in following.get(waiting.popleft(), ()):
            if place not in found and place != start:
                found[place] = None
                waiting.append(place)
    return list(found)
