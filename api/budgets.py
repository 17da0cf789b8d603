"""`/projects/{slug}/budgets/`: what asking models may cost, and what it has cost."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.permissions import RESEARCHERS
from api.views import ProjectView, StrictSerializer
from collector.generation.budgets import left_of_budgets
from collector.models import Project, Spending
from collector.services.budgets import set_budgets
from common.money import plain


def _limit(period: str) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=12,
        decimal_places=6,
        allow_null=True,
        required=False,
        help_text=f"US dollars {period} that asking models may cost; null is no bound.",
    )


class BudgetsIn(StrictSerializer):
    budget = _limit("of all time")
    monthly_budget = _limit("of a calendar month (UTC)")


class BudgetOut(serializers.Serializer[Any]):
    name = serializers.ChoiceField(["project", "project_month", "server_month"])
    limit = serializers.CharField()
    left = serializers.CharField(help_text="Neither spent nor reserved for requests under way.")


class MonthOut(serializers.Serializer[Any]):
    month = serializers.DateField(help_text="Its first day.")
    spent = serializers.CharField()
    reserved = serializers.CharField(help_text="For requests under way, at the most they can cost.")


class BudgetsOut(BudgetsIn):
    left = BudgetOut(many=True, help_text="The budgets that there are.")
    months = MonthOut(many=True, help_text="What was spent, newest first.")


class Budgets(ProjectView):
    roles = {"GET": RESEARCHERS, "PATCH": RESEARCHERS}

    @extend_schema(operation_id="budgets", responses=BudgetsOut)
    def get(self, request: Request, slug: str) -> Response:
        """The budgets of a project, what is left of them, and what each month has cost."""
        return Response(_out(self.project))

    @extend_schema(operation_id="change_budgets", request=BudgetsIn, responses=BudgetsOut)
    def patch(self, request: Request, slug: str) -> Response:
        """Set what is given. Runs keep to it from their next request on."""
        set_budgets(project=self.project, budgets=self.read(BudgetsIn))
        return Response(_out(self.project))


def _out(project: Project) -> Any:
    months = Spending.objects.filter(project=project).order_by("-month")
    shown = [
        {"month": each.month, "spent": plain(each.spent), "reserved": plain(each.reserved)}
        for each in months
    ]
    limits = {"budget": project.budget, "monthly_budget": project.monthly_budget}
    return BudgetsOut(limits | {"left": left_of_budgets(project), "months": shown}).data
