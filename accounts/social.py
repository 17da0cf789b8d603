"""Pages on the way to another service that people sign in with, and back."""

from collections.abc import Callable
from functools import wraps

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.github.views import oauth2_callback, oauth2_login
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

View = Callable[..., HttpResponse]


def configured(view: View) -> View:
    """404 for a service that the environment does not name."""

    @wraps(view)
    def found(request: HttpRequest, **kwargs: str) -> HttpResponse:
        try:
            return view(request, **kwargs)
        except SocialApp.DoesNotExist as error:
            raise Http404 from error

    return found


def leaving(view: View) -> View:
    """To another host by a page of ours: our policy lets no form lead to another one."""

    @wraps(view)
    def left(request: HttpRequest, **kwargs: str) -> HttpResponse:
        response = view(request, **kwargs)
        if not isinstance(response, HttpResponseRedirect) or response.url.startswith("/"):
            return response
        return render(request, "socialaccount/login_redirect.html", {"redirect_to": response.url})

    return left


oidc_login = configured(leaving(oidc.login))
oidc_callback = configured(oidc.callback)
github_login = configured(leaving(oauth2_login))
github_callback = configured(oauth2_callback)
