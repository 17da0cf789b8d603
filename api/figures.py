"""`GET projects/{slug}/leaderboard/`, `…/agreement/` and `…/labelers/`: what votes say."""

from typing import Any, get_args

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Labeler
from api.paging import STALE, DatedPagination
from api.permissions import STAFF, Role
from api.views import ProjectView, StrictSerializer
from labeling.figures.choice import Choice
from labeling.figures.leaderboard import Kind, Options, leaderboard_csv
from labeling.figures.snapshots import agreement_now, history, labelers_now, leaderboard_now
from labeling.models import AgreementSnapshot, LeaderboardSnapshot
from labeling.models.judgments import Purpose

LOOKING = frozenset({Role.REVIEWER, Role.RESEARCHER})
CSV = "csv"
MODELS = list(get_args(Kind))


def _table(words: str) -> serializers.ListField:
    row = serializers.ListField(child=serializers.FloatField())
    return serializers.ListField(child=row, help_text=words)


def _interval(**more: Any) -> serializers.ListField:
    end = serializers.FloatField(allow_null=True)
    return serializers.ListField(child=end, min_length=2, max_length=2, **more)


class ListOf(serializers.CharField):
    """Names with commas between them, each one of `known`."""

    def __init__(self, known: list[str], **more: Any) -> None:
        super().__init__(**more)
        self.known = known

    def to_internal_value(self, data: Any) -> Any:
        names = [name.strip() for name in super().to_internal_value(data).split(",")]
        unknown = [name for name in names if name not in self.known]
        if unknown:
            raise serializers.ValidationError(
                _("There is no purpose “%(name)s”.") % {"name": unknown[0]}, code="invalid_choice"
            )
        return tuple(sorted(set(names), key=self.known.index))


class FigureQuery(StrictSerializer):
    tag = serializers.CharField(
        required=False, allow_blank=True, max_length=64, help_text="Of prompts; all, if empty."
    )
    language = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=16,
        help_text="Of prompts; `pt` is `pt-BR` too; all, if empty.",
    )
    purposes = ListOf(
        Purpose.values,
        required=False,
        help_text="With commas; `work,imported,simulated` unless given.",
    )
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class LeaderboardQuery(FigureQuery):
    model = serializers.ChoiceField(MODELS, required=False)
    length_controlled = serializers.BooleanField(required=False)
    cluster = serializers.ChoiceField(["labeler", "none"], required=False)
    format = serializers.ChoiceField(["json", CSV], required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse another model than Bradley and Terry's, which alone controls the length."""
        model = attrs.get("model", MODELS[0])
        if attrs.get("length_controlled") and model != MODELS[0]:
            words = self.fields["model"].error_messages["invalid_choice"]
            told = words.format(input=model)
            raise serializers.ValidationError({"model": ErrorDetail(told, code="invalid_choice")})
        return attrs


class ModelOut(serializers.Serializer[Any]):
    model = serializers.CharField()
    rating = serializers.FloatField(allow_null=True, help_text="1000 + 400/ln 10 · strength.")
    lower = serializers.FloatField(allow_null=True, help_text="Of the 95% interval.")
    upper = serializers.FloatField(allow_null=True)
    standard_error = serializers.FloatField(allow_null=True)
    votes = serializers.IntegerField()
    wins = serializers.IntegerField()
    losses = serializers.IntegerField()
    ties = serializers.IntegerField()
    rank = serializers.IntegerField(allow_null=True)
    rank_best = serializers.IntegerField(allow_null=True)
    rank_worst = serializers.IntegerField(allow_null=True)
    votes_left = serializers.IntegerField(
        allow_null=True, help_text="Until the interval is ±20; null where that is not known yet."
    )
    connected = serializers.BooleanField(help_text="Models that are not have no rating.")


class VotesLeftOut(serializers.Serializer[Any]):
    within = serializers.FloatField()
    evenly = serializers.IntegerField(allow_null=True)
    selected = serializers.IntegerField(allow_null=True)


class MatrixOut(serializers.Serializer[Any]):
    models = serializers.ListField(child=serializers.CharField())
    wins = _table("A row's votes over each column; a tie is half.")
    ties = _table("Votes that both are equally good, or bad.")
    votes = _table("All votes between the two.")


class LengthEffectOut(serializers.Serializer[Any]):
    coefficient = serializers.FloatField()
    standard_error = serializers.FloatField()


class LeaderboardOut(serializers.Serializer[Any]):
    models = ModelOut(many=True)
    votes_to_flip_first = serializers.IntegerField(allow_null=True)
    votes_left = VotesLeftOut()
    comparisons = serializers.IntegerField()
    used = serializers.IntegerField(help_text="Of them, those that the ratings are of.")
    labelers = serializers.IntegerField()
    connected = serializers.BooleanField(help_text="Whether votes connect all that have some.")
    groups = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Models that votes connect, the group with most votes first.",
    )
    win_matrix = MatrixOut()
    length = LengthEffectOut(allow_null=True, help_text="What length does, where it is controlled.")
    parameters = serializers.DictField(child=serializers.FloatField(allow_null=True))
    as_of = serializers.DateTimeField()
    stale = serializers.BooleanField(help_text=STALE)
    options = serializers.DictField()


class MomentOut(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField()
    comparisons = serializers.IntegerField()
    models = ModelOut(many=True)


class AlphaOut(serializers.Serializer[Any]):
    nominal = serializers.FloatField(allow_null=True)
    ordinal = serializers.FloatField(allow_null=True)
    interval = serializers.FloatField(allow_null=True)


class AlphaIntervalsOut(serializers.Serializer[Any]):
    nominal = _interval()
    ordinal = _interval()
    interval = _interval()


class CeilingOut(serializers.Serializer[Any]):
    one = serializers.FloatField(allow_null=True)
    majority_of_three = serializers.FloatField(allow_null=True)


class PlacesOut(serializers.Serializer[Any]):
    first = serializers.FloatField()
    n = serializers.IntegerField()
    lower = serializers.FloatField()
    upper = serializers.FloatField()
    p = serializers.FloatField()


class LengthsOut(serializers.Serializer[Any]):
    longer = serializers.FloatField()
    n = serializers.IntegerField()
    lower = serializers.FloatField()
    upper = serializers.FloatField()
    coefficient = serializers.FloatField(allow_null=True)
    standard_error = serializers.FloatField(allow_null=True)


class AgreementOut(serializers.Serializer[Any]):
    raw = serializers.FloatField(allow_null=True)
    raw_standard_error = serializers.FloatField(allow_null=True)
    raw_lower = serializers.FloatField(allow_null=True)
    raw_upper = serializers.FloatField(allow_null=True)
    tie_discounted = serializers.FloatField(allow_null=True)
    alpha = AlphaOut()
    alpha_intervals = AlphaIntervalsOut()
    reading = serializers.CharField(allow_null=True, help_text="good, tentative or poor.")
    ceiling = CeilingOut()
    pairs = serializers.IntegerField(help_text="Of labelers who judged the same two texts.")
    items = serializers.IntegerField(help_text="Pairs of texts that several judged.")
    labelers = serializers.IntegerField()
    comparisons = serializers.IntegerField()
    position = PlacesOut(allow_null=True)
    length = LengthsOut(allow_null=True)
    as_of = serializers.DateTimeField()
    stale = serializers.BooleanField(help_text=STALE)
    options = serializers.DictField()


class AgreementMomentOut(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField()
    comparisons = serializers.IntegerField()
    raw = serializers.FloatField(allow_null=True)
    raw_lower = serializers.FloatField(allow_null=True)
    raw_upper = serializers.FloatField(allow_null=True)
    alpha = AlphaOut()
    pairs = serializers.IntegerField()


class GoldFigureOut(serializers.Serializer[Any]):
    right = serializers.FloatField()
    n = serializers.IntegerField()
    accuracy = serializers.FloatField()
    lower = serializers.FloatField()
    upper = serializers.FloatField()
    minimum = serializers.FloatField()
    p = serializers.FloatField()


class ShareOut(serializers.Serializer[Any]):
    agreement = serializers.FloatField()
    n = serializers.IntegerField()
    lower = serializers.FloatField()
    upper = serializers.FloatField()


class PositionOut(PlacesOut):
    q = serializers.FloatField()
    flagged = serializers.BooleanField()


class LengthOut(LengthsOut):
    adjusted = serializers.FloatField(allow_null=True)
    p = serializers.FloatField(allow_null=True, help_text="Of fewer than ten choices, null.")
    q = serializers.FloatField(allow_null=True)
    flagged = serializers.BooleanField()


class SecondsOut(serializers.Serializer[Any]):
    median = serializers.FloatField()
    lower = serializers.FloatField()
    upper = serializers.FloatField()
    mad = serializers.FloatField(help_text="Of logarithms, times 1.4826.")
    n = serializers.IntegerField()
    fast = serializers.IntegerField()
    fast_share = serializers.FloatField()
    fast_lower = serializers.FloatField()
    fast_upper = serializers.FloatField()


class SignOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    evidence = serializers.DictField()


class LabelerOut(serializers.Serializer[Any]):
    """What is not known yet is null."""

    labeler = serializers.CharField(
        help_text="The name that an imported source gave its judge; else the pseudonym."
    )
    pseudonym = serializers.CharField()
    kind = serializers.ChoiceField(Labeler.Kind.choices)
    standing = serializers.CharField(allow_null=True)
    judgments = serializers.IntegerField()
    comparisons = serializers.IntegerField()
    reliability = serializers.FloatField(allow_null=True)
    reliability_interval = _interval(allow_null=True)
    gold = GoldFigureOut(allow_null=True)
    leave_one_out = ShareOut(allow_null=True)
    self_consistency = ShareOut(allow_null=True)
    position = PositionOut(allow_null=True)
    length = LengthOut(allow_null=True)
    seconds = serializers.FloatField(allow_null=True, help_text="The median.")
    seconds_detail = SecondsOut(allow_null=True)
    flags = SignOut(many=True)


class Leaderboard(ProjectView):
    roles = {"GET": STAFF}
    filters = LeaderboardQuery

    @extend_schema(
        operation_id="leaderboard",
        parameters=[LeaderboardQuery],
        responses={
            (200, "application/json"): LeaderboardOut,
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The project's models by rating, best first; those that cannot be rated come last."""
        asked = dict(self.filtered)
        format_ = asked.pop("format", "json")
        body = leaderboard_now(project=self.project, options=Options(**asked))
        if format_ == CSV:
            name = f"{self.project.slug}-leaderboard.csv"
            return HttpResponse(
                leaderboard_csv(body),
                content_type="text/csv; charset=utf-8",
                headers={"Content-Disposition": f'attachment; filename="{name}"'},
            )
        return Response(body)


class LeaderboardHistory(ProjectView):
    roles = {"GET": STAFF}

    @extend_schema(operation_id="leaderboard_history", responses=MomentOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The leaderboard as it was written down, oldest first."""
        moments = history(kind=LeaderboardSnapshot, project=self.project)
        return Response(MomentOut(moments, many=True).data)


class Agreement(ProjectView):
    roles = {"GET": STAFF}
    filters = FigureQuery

    @extend_schema(operation_id="agreement", parameters=[FigureQuery], responses=AgreementOut)
    def get(self, request: Request, slug: str) -> Response:
        """How far labelers agree about the same two texts."""
        choice = Choice(self.project, **self.filtered)
        return Response(agreement_now(project=self.project, choice=choice))


class AgreementHistory(ProjectView):
    roles = {"GET": STAFF}

    @extend_schema(operation_id="agreement_history", responses=AgreementMomentOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Agreement as it was written down, oldest first."""
        moments = history(kind=AgreementSnapshot, project=self.project)
        return Response(AgreementMomentOut(moments, many=True).data)


class Labelers(ProjectView):
    roles = {"GET": LOOKING}
    filters = FigureQuery
    pagination_class = DatedPagination

    @extend_schema(
        operation_id="labelers", parameters=[FigureQuery], responses=LabelerOut(many=True)
    )
    def get(self, request: Request, slug: str) -> Response:
        """What is known of everybody who judged, in the order in which they joined."""
        choice = Choice(self.project, **self.filtered)
        body = labelers_now(project=self.project, choice=choice)
        rows = {row["id"]: row for row in body["labelers"]}
        paginator = DatedPagination()
        found = paginator.paginate_queryset(Labeler.objects.filter(pk__in=rows), request)
        return paginator.of(body, [LabelerOut(rows[labeler.pk]).data for labeler in found])
