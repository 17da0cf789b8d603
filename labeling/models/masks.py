"""What labelers see in place of a text that would tell them who wrote it."""

from django.db import models

from collector.models import Message


class Mask(models.Model):
    """A response that names its own model, and the text that is shown instead.

    `spans` are the stretches of the original that are hidden, as [start, end] in characters,
    ascending; each is one `labeling.texts.masking.MASK` in `text`.
    """

    response = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="mask")
    text = models.TextField()
    spans = models.JSONField()

    def __str__(self) -> str:
        return f"mask of {self.response_id}"
