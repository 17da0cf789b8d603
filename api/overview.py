"""`GET projects/{slug}/overview/`: a project at a glance, the dashboard's page as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.figures import AlphaOut
from api.permissions import RESEARCHERS
from api.views import ProjectView
from labeling.figures.overview import overview


class FunnelStepOut(serializers.Serializer[Any]):
    name = serializers.CharField(
        help_text="prompts, responses, tasks, judgments, comparisons: in this order."
    )
    count = serializers.IntegerField(allow_null=True, help_text="Null until it was counted first.")
    last_day = serializers.IntegerField(
        allow_null=True, help_text="Of them, those of the 24 hours before; null where not counted."
    )
    for_each = serializers.FloatField(
        allow_null=True, help_text="How many there are for one of the step before."
    )


class FunnelOut(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField(
        allow_null=True, help_text="Counts are kept for a minute, or while recounted."
    )
    stale = serializers.BooleanField(help_text="A worker is counting: ask again a little later.")
    steps = FunnelStepOut(many=True)


class HourOut(serializers.Serializer[Any]):
    hour = serializers.DateTimeField(help_text="Its beginning.")
    judgments = serializers.IntegerField()


class DayOut(serializers.Serializer[Any]):
    day = serializers.DateField(help_text="In UTC.")
    judgments = serializers.IntegerField()


class PaceOut(serializers.Serializer[Any]):
    last_day = serializers.IntegerField(help_text="Judgments of the 24 hours in `hours`.")
    an_hour = serializers.FloatField(help_text="Their mean.")
    owed = serializers.IntegerField(
        allow_null=True, help_text="Judgments still to be made; null until they were counted."
    )
    responses_owed = serializers.IntegerField(
        allow_null=True, help_text="Responses that runs still ask for; null as above."
    )
    done_at = serializers.DateTimeField(
        allow_null=True, help_text="When all that is owed is done at this pace; null: nobody knows."
    )
    hours = HourOut(many=True)
    days = DayOut(many=True)


class TrendOut(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField()
    comparisons = serializers.IntegerField()
    raw = serializers.FloatField(allow_null=True)
    raw_lower = serializers.FloatField(allow_null=True)
    raw_upper = serializers.FloatField(allow_null=True)
    alpha = AlphaOut()
    pairs = serializers.IntegerField()


class OverviewAgreementOut(TrendOut):
    as_of = serializers.DateTimeField(
        allow_null=True, help_text="Null while a large project's figures are made the first time."
    )
    reading = serializers.CharField(allow_null=True, help_text="good, tentative or poor.")
    trend = TrendOut(many=True, help_text="As it was written down, oldest first.")


class PlaceOut(serializers.Serializer[Any]):
    model = serializers.CharField()
    rating = serializers.FloatField()
    lower = serializers.FloatField()
    upper = serializers.FloatField()
    votes = serializers.IntegerField()
    rank = serializers.IntegerField()
    rank_best = serializers.IntegerField()
    rank_worst = serializers.IntegerField()


class OverviewLeaderboardOut(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField(allow_null=True, help_text="Null as in agreement.")
    comparisons = serializers.IntegerField()
    models = PlaceOut(many=True, help_text="The first ten that have a rating.")
    rated = serializers.IntegerField()
    unrated = serializers.IntegerField()


class OverviewBudgetOut(serializers.Serializer[Any]):
    name = serializers.ChoiceField(["project", "project_month"])
    limit = serializers.CharField(allow_null=True, help_text="Null where there is none.")
    left = serializers.CharField(allow_null=True)
    share = serializers.FloatField(allow_null=True, help_text="Of it, spent or reserved.")
    near = serializers.BooleanField(help_text="Four fifths are gone.")


class SpentOut(serializers.Serializer[Any]):
    month = serializers.DateField(help_text="Its first day (UTC).")
    spent = serializers.CharField()
    reserved = serializers.CharField()


class ProjectCostOut(serializers.Serializer[Any]):
    """US dollars."""

    spent = serializers.CharField(help_text="Of all time.")
    this_month = serializers.CharField()
    runs_left = serializers.CharField(help_text="What runs under way should cost yet.")
    forecast = serializers.CharField(
        allow_null=True, help_text="At this month's end, at its pace or by its runs."
    )
    budgets = OverviewBudgetOut(many=True)
    months = SpentOut(many=True, help_text="Newest first, a year at most.")


class PeopleOut(serializers.Serializer[Any]):
    online = serializers.IntegerField(help_text="Who took or gave an answer in the last 15 min.")
    today = serializers.IntegerField(help_text="Who judged today (UTC).")
    judgments_today = serializers.IntegerField()


class QueueOut(serializers.Serializer[Any]):
    open = serializers.IntegerField()
    leased = serializers.IntegerField()
    more = serializers.BooleanField(help_text="Counting stopped: there are more.")
    oldest_open = serializers.DateTimeField(allow_null=True)


class AlertOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    severity = serializers.ChoiceField(["urgent", "warning", "hint"])
    message = serializers.CharField(help_text="What is the matter.")
    advice = serializers.CharField(help_text="What to do about it.")
    address = serializers.CharField(help_text="The page where; may be empty.")


class OverviewOut(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField()
    funnel = FunnelOut()
    pace = PaceOut()
    agreement = OverviewAgreementOut()
    leaderboard = OverviewLeaderboardOut()
    cost = ProjectCostOut()
    people = PeopleOut()
    queue = QueueOut()
    alerts = AlertOut(many=True, help_text="Urgent ones first.")


class Overview(ProjectView):
    roles = {"GET": RESEARCHERS}

    @extend_schema(operation_id="overview", responses=OverviewOut)
    def get(self, request: Request, slug: str) -> Response:
        """The project at a glance: its funnel, pace, figures, costs, people, queue and alerts."""
        return Response(OverviewOut(overview(project=self.project)).data)
