"""How prompts are made of the rows of a table: immutable, numbered templates."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collector.models.projects import Project
from common.ids import new_uid


class PromptTemplate(models.Model):
    """A Jinja template in promptsource's form, `input ||| target`, with `shots` worked examples.

    Examples are other rows of the same input, drawn by `seed` or by nearness to the row. A change
    is a new `number` of the same name.
    """

    class Draw(models.TextChoices):
        SEED = "seed", _("drawn by a seed")
        NEAREST = "nearest", _("the nearest rows")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="templates")
    name = models.CharField(max_length=100)
    number = models.PositiveIntegerField(default=1)
    text = models.TextField()
    shots = models.PositiveSmallIntegerField(default=0)
    draw = models.CharField(max_length=7, choices=Draw, default=Draw.SEED)
    seed = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name", "number"], name="template_numbered"),
            models.CheckConstraint(condition=~Q(name=""), name="template_has_name"),
            models.CheckConstraint(
                condition=Q(draw__in=["seed", "nearest"]), name="template_draw_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
