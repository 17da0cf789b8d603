"""`/me/tokens/`: the caller's own tokens."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import PersonalToken
from accounts.tokens import MOST_DAYS, NAME_MAX, end_token, make_token, tokens_of
from api.authentication import token_of
from api.permissions import SignedIn
from api.views import StrictSerializer, View
from common.errors import NotAllowed


class TokenIn(StrictSerializer):
    name = serializers.CharField(max_length=NAME_MAX, help_text="What it is for.")
    scope = serializers.ChoiceField(
        PersonalToken.Scope.choices,
        default=PersonalToken.Scope.ALL,
        help_text="`read`: whatever changes nothing. `label`: what a labeler's work needs. "
        "`all`: whatever you may do.",
    )
    days = serializers.IntegerField(
        min_value=1,
        max_value=MOST_DAYS,
        allow_null=True,
        default=None,
        help_text="How long it is good; null for as long as you do not end it.",
    )


class TokenOut(serializers.Serializer[object]):
    id = serializers.CharField(help_text="The first characters of the token.")
    name = serializers.CharField(help_text="Empty for one that was not made by yourself.")
    scope = serializers.ChoiceField(PersonalToken.Scope.choices)
    handed_to = serializers.CharField(
        help_text="Who got it when they added you to a project; else empty."
    )
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    used_at = serializers.DateTimeField(
        allow_null=True, help_text="The last use, to ten minutes. Null where nothing is known."
    )


class NewTokenOut(TokenOut):
    token = serializers.CharField(help_text="Shown this once: only its hash is stored.")


class TokenListOut(serializers.Serializer[object]):
    results = TokenOut(many=True)


class Tokens(View):
    permission_classes = [SignedIn]

    @extend_schema(operation_id="tokens", responses=TokenListOut)
    def get(self, request: Request) -> Response:
        """Your tokens, the newest first, never their secrets."""
        return Response(TokenListOut({"results": tokens_of(user=self.user)}).data)

    @extend_schema(operation_id="make_token", request=TokenIn, responses={201: NewTokenOut})
    def post(self, request: Request) -> Response:
        """Make a token. One made by another token does not outlive it."""
        asked = self.read(TokenIn)
        _check_confirmed(request)
        made, secret = make_token(
            user=self.user, now=timezone.now(), made_with=token_of(request), **asked
        )
        return Response({**TokenOut(made).data, "token": secret}, status=201)


class TokenDetail(View):
    permission_classes = [SignedIn]

    @extend_schema(operation_id="end_token", responses={204: None})
    def delete(self, request: Request, token: str) -> Response:
        """Make a token good for nothing, at once."""
        _check_confirmed(request)
        end_token(user=self.user, id=token, asked_with=token_of(request))
        return Response(status=204)


def _check_confirmed(request: Request) -> None:
    """The page of tokens asks for the password first; a session alone cannot pass it by."""
    if isinstance(request.successful_authenticator, SessionAuthentication):
        raise NotAllowed("Make and end tokens on the page of your settings, or with a token.")
