"""`/projects/{slug}/pay/`: what people worked in a period, and what it comes to."""

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.permissions import RESEARCHERS
from api.views import ProjectView, StrictSerializer
from labeling.models import LabelerStanding
from labeling.pay import MINUTES_COUNTED, MOST_MINUTES, MOST_RATE, Terms, pay_csv, pay_in

CSV = "csv"


def _rate(words: str) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=10,
        decimal_places=4,
        min_value=Decimal(0),
        max_value=MOST_RATE,
        default=Decimal(0),
        help_text=words,
    )


class PayFilter(StrictSerializer):
    since = serializers.DateField(help_text="The first day, in UTC.")
    until = serializers.DateField(help_text="The last day, in UTC; a year at most.")
    per_hour = _rate("What an hour is worth.")
    per_task = _rate("What a task is worth, besides.")
    minutes = serializers.IntegerField(
        min_value=1,
        max_value=MOST_MINUTES,
        default=MINUTES_COUNTED,
        help_text="Of one task, so much time counts at most.",
    )
    training = serializers.BooleanField(
        default=False, help_text="Whether practice and tests are paid too."
    )
    format = serializers.ChoiceField(["json", CSV], default="json")


class PaidOut(serializers.Serializer[Any]):
    email = serializers.CharField(
        help_text="Empty for all those together who cut the link to their name."
    )
    name = serializers.CharField()
    people = serializers.IntegerField(help_text="1, or how many cut the link.")
    standing = serializers.ChoiceField(LabelerStanding.State.choices, allow_blank=True)
    tasks = serializers.IntegerField(help_text="Judged; a corrected one counts once.")
    decisions = serializers.IntegerField(help_text="On disagreements.")
    training = serializers.IntegerField(help_text="Answers in practice and tests.")
    seconds = serializers.FloatField(help_text="Worked, as far as it counts.")
    median = serializers.FloatField(allow_null=True, help_text="Seconds of a task.")
    long = serializers.IntegerField(help_text="Tasks cut to the time that counts.")
    untimed = serializers.IntegerField(help_text="Tasks that told no time.")
    amount = serializers.DecimalField(max_digits=16, decimal_places=2)


class PayOut(serializers.Serializer[Any]):
    people = serializers.IntegerField()
    tasks = serializers.IntegerField()
    decisions = serializers.IntegerField()
    training = serializers.IntegerField()
    seconds = serializers.FloatField()
    amount = serializers.DecimalField(
        max_digits=18, decimal_places=2, help_text="The sum of the rounded amounts below."
    )
    results = PaidOut(source="rows", many=True, help_text="Everybody with work in the period.")


class PayReport(ProjectView):
    roles = {"GET": RESEARCHERS}
    filters = PayFilter

    @extend_schema(
        operation_id="pay",
        parameters=[PayFilter],
        responses={(200, "application/json"): PayOut, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Tasks and time of each person in a period, and the amounts by these rates."""
        asked = dict(self.filtered)
        form = asked.pop("format")
        pay = pay_in(project=self.project, terms=Terms(**asked))
        if form == CSV:
            name = f"{self.project.slug}-pay-{pay.terms.since}-{pay.terms.until}.csv"
            return HttpResponse(
                pay_csv(pay),
                content_type="text/csv; charset=utf-8",
                headers={"Content-Disposition": f'attachment; filename="{name}"'},
            )
        return Response(PayOut(pay).data)
