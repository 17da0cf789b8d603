"""What a worker works at: where its requests come from, and who is told what became of them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self
from uuid import uuid4

from collector.generation import steps
from collector.generation.context import reply_tokens
from collector.generation.limits import Limits
from collector.generation.requeue import anybody_waits, is_due
from collector.generation.results import Outcome
from collector.models import Generator, GeneratorRevision
from collector.services.runs import finish_runs


class Work(Protocol):
    """Requests by id, leased in PostgreSQL under one token; each call may be repeated."""

    def lease(self, wanted: int) -> steps.Leased:
        """Up to `wanted` requests that may be sent now."""

    def resume(self, wanted: int, known: Collection[int]) -> steps.Leased:
        """The same after the database was away in the middle of leasing."""

    def store(self, outcomes: Mapping[int, Outcome], in_flight: int) -> None:
        """Write what became of requests, as far as they are still under the token."""

    def keep(self, ids: Iterable[int]) -> set[int]:
        """Renew leases; those that are still under the token."""

    def finish(self) -> None:
        """Nothing is left to be asked: close what is complete."""

    def is_due(self) -> bool:
        """Whether more is to be asked now."""

    def others_wait(self) -> bool:
        """Whether other work waits for workers of the same kind."""


@dataclass
class Generations:
    """The generations that a revision owes."""

    turn: steps.Turn

    @classmethod
    def of(cls, revision: GeneratorRevision, limits: Limits) -> Self:
        expected = min(steps.USUAL_REPLY_TOKENS, reply_tokens(revision) or float("inf"))
        return cls(
            steps.Turn(
                revision=revision,
                token=uuid4(),
                limits=limits,
                shared=revision.provider == Generator.Provider.OPENAI,
                reply_tokens=expected,
            )
        )

    def lease(self, wanted: int) -> steps.Leased:
        return steps.lease(self.turn, wanted)

    def resume(self, wanted: int, known: Collection[int]) -> steps.Leased:
        return steps.resume(self.turn, wanted, known)

    def store(self, outcomes: Mapping[int, Outcome], in_flight: int) -> None:
        steps.store(self.turn, outcomes, in_flight)

    def keep(self, ids: Iterable[int]) -> set[int]:
        return steps.keep(self.turn, ids)

    def finish(self) -> None:
        finish_runs(run_ids=self.turn.runs)

    def is_due(self) -> bool:
        return is_due(self.turn.revision)

    def others_wait(self) -> bool:
        return anybody_waits(self.turn.revision)
