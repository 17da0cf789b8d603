"""`/projects/{slug}/policies/`: the rules of a project's tasks, version by version."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.paging import KeysetPagination
from api.permissions import RESEARCHERS, STAFF
from api.projects import PolicyIn, PolicyOut
from api.views import ProjectView
from common.errors import NotFound
from labeling.models import PolicyVersion
from labeling.services.policies import current_policy, set_policy


class PolicyVersionOut(PolicyOut):
    class Meta(PolicyOut.Meta):
        fields = [*PolicyOut.Meta.fields, "created_at"]


class PolicyVersionView(ProjectView):
    def write(self, version: PolicyVersion, status: int = 200) -> Response:
        """A version as the API writes it."""
        return Response(PolicyVersionOut(version).data, status=status)


class Policies(PolicyVersionView):
    roles = {"GET": STAFF, "POST": RESEARCHERS}
    pagination_class = KeysetPagination

    @extend_schema(operation_id="policies", responses=PolicyVersionOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Every version, oldest first; the last one is in force."""
        return self.page(self.project.policies.all(), PolicyVersionOut)

    @extend_schema(
        operation_id="create_policy",
        request=PolicyIn,
        responses={200: PolicyVersionOut, 201: PolicyVersionOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Put a policy in force for tasks built from now on. What is not given stays as it is;
        200 where that changes nothing.
        """
        before = current_policy(project=self.project)
        in_force: dict[str, Any] = dict(PolicyOut(before).data)
        del in_force["number"]
        version = set_policy(project=self.project, **(in_force | self.read(PolicyIn)))
        return self.write(version, 200 if version == before else 201)


class PolicyDetail(PolicyVersionView):
    roles = {"GET": STAFF}

    @extend_schema(operation_id="policy", responses=PolicyVersionOut)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """One version."""
        version = self.project.policies.filter(number=number).first()
        if version is None:
            raise NotFound("There is no such version of the policy.")
        return self.write(version)
