"""Counts of an import and a sample of its errors; both are stored with every batch."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TypedDict

from collector.importing.rows import RowError, one_line
from collector.models import ImportJob

SAMPLES_A_CODE = 10
SAMPLES = 100


class ErrorSample(TypedDict):
    row: int
    code: str
    detail: str


@dataclass
class Tally:
    """Input rows by what became of them: `read` is their sum. `reasons` counts the rejected."""

    created: int = 0
    duplicates: int = 0
    rejected: int = 0
    errors: list[ErrorSample] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, job: ImportJob) -> "Tally":
        """The counts at which an import stands."""
        counts = (job.created, job.duplicates, job.rejected)
        return cls(*counts, list(job.errors), Counter(job.reasons))

    def __post_init__(self) -> None:
        self._sampled = Counter(sample["code"] for sample in self.errors)

    @property
    def read(self) -> int:
        return self.created + self.duplicates + self.rejected

    def reject(self, row: int, error: RowError) -> None:
        """Count a rejected row, and keep it if it is among the first of its code."""
        self.rejected += 1
        self.reasons[error.code] += 1
        if self._sampled[error.code] < SAMPLES_A_CODE and len(self.errors) < SAMPLES:
            self._sampled[error.code] += 1
            self.errors.append(
                {"row": row, "code": error.code, "detail": one_line(error.detail)[:300]}
            )
