"""What a trained reward model thinks of a judgment: a suggestion, never a vote."""

from django.db import models

from labeling.models.judgments import Judgment


class Opinion(models.Model):
    """One scorer's opinion of one judgment.

    `margin` is the mean over the judgment's decided pairs of score(chosen) - score(rejected), in
    the scorer's own units; below 0 the scorer would have chosen otherwise. It is shown only to
    those who have answered.
    """

    judgment = models.ForeignKey(Judgment, models.CASCADE, related_name="opinions")
    scorer = models.CharField(max_length=200)
    margin = models.FloatField()
    surprising = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["judgment", "scorer"], name="opinion_once_a_scorer"),
        ]

    def __str__(self) -> str:
        return f"{self.scorer} on judgment {self.judgment_id}"
