"""Accounts: people who sign in, the pseudonyms they judge under, consent and API tokens."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from knox.models import AuthToken

from accounts.models import Consent, HandedToken, Labeler, User
from common.errors import Conflict, InvalidInput


def create_user(
    *,
    email: str,
    password: str | None = None,
    name: str = "",
    is_superuser: bool = False,
    invited_by: User | None = None,
) -> User:
    """A new account. Without a password the person signs in by token or after a reset.

    Raises InvalidInput for a bad address and Conflict for one that is taken.
    """
    address = clean_email(email)
    try:
        with transaction.atomic():
            return User.objects.create_user(
                address,
                password,
                name=name,
                is_superuser=is_superuser,
                is_staff=is_superuser,
                invited_by=invited_by,
            )
    except IntegrityError as error:
        raise Conflict(
            _("There is an account with the address %s.") % address, attr="email"
        ) from error


def get_or_invite(*, email: str, invited_by: User | None = None) -> User:
    """The account of an address, made without a password if there is none."""
    address = clean_email(email)
    user = User.objects.filter(email=address).first()
    if user is not None:
        return user
    try:
        return create_user(email=address, invited_by=invited_by)
    except Conflict:  # made by another request since
        return User.objects.get(email=address)


def clean_email(email: str) -> str:
    """The address as stored. Raises InvalidInput if it is none."""
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidInput(_("%s is no e-mail address.") % (email or "''"), attr="email") from error
    return address


def labeler_of(*, user: User) -> Labeler:
    """The pseudonym a person judges under, made on first use."""
    try:
        return user.labeler
    except Labeler.DoesNotExist:
        return Labeler.objects.get_or_create(user=user)[0]


def create_token(*, user: User) -> str:
    """A new API token, shown this once: only its hash is stored. It does not expire."""
    _token, secret = AuthToken.objects.create(user=user, expiry=None)
    return str(secret)


@transaction.atomic
def hand_token(*, user: User, issuer: User, made_with: AuthToken | None = None) -> str:
    """As `create_token`, for `issuer` to hand on: good only while they may hold it.

    `made_with` is the token by which the issuer asks; the new one does not outlive it.
    """
    token, secret = AuthToken.objects.create(user=user, expiry=None)
    if made_with is not None and made_with.expiry is not None:
        token.expiry = made_with.expiry
        token.save(update_fields=["expiry"])
    HandedToken.objects.create(token=token, issuer=issuer)
    return str(secret)


def accept_consent(*, labeler: Labeler, version: str | None = None) -> Consent:
    """Record that a labeler accepted the terms in force; accepting again changes nothing.

    Raises InvalidInput for any version but the one in force.
    """
    version = version or settings.CONSENT_VERSION
    if version != settings.CONSENT_VERSION:
        raise InvalidInput(
            _("The terms in force are version %s.") % settings.CONSENT_VERSION, attr="version"
        )
    return Consent.objects.get_or_create(labeler=labeler, version=version)[0]


def has_consented(*, labeler: Labeler) -> bool:
    """Whether the labeler accepted the terms in force."""
    return labeler.consents.filter(version=settings.CONSENT_VERSION).exists()


def last_consent(*, labeler: Labeler) -> Consent | None:
    """The consent that the labeler gave last, to whichever terms were in force then."""
    return labeler.consents.order_by("accepted_at", "pk").last()
