"""The conversations of a project: finding them, and reading one with all that is known of it.

For researchers and reviewers. Reviewers decide on the disagreements of labelers, which they do
without knowing whose response is whose: so they read conversations blind too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from collector.models import Message, Project
from common.errors import DomainError
from labeling.conversations import Conversation, Node, conversation_of
from labeling.finding import Found, FoundPage, Wish, page_of
from labeling.pages.conversation_forms import ConversationsForm, PositionForm
from labeling.pages.quality import OVERSEERS, figures_page
from labeling.texts.rendering import Budget, plain_snippet, render_markdown

SHOWN_TITLE = 90
LEVELS = 4  # messages deeper than that stand no further in


@dataclass(frozen=True)
class Row:
    """A found message for the page; `author` is empty for who may not know it."""

    found: Found
    author: str


@dataclass(frozen=True)
class Turn:
    """A message of the tree for the page: `level` is how far in it stands."""

    node: Node
    html: SafeString
    level: int


@require_safe
@figures_page(OVERSEERS)
def conversations(request: HttpRequest, project: Project, tabs: Mapping[str, Any]) -> HttpResponse:
    """All conversations, the newest first; or the prompts and responses that were looked for."""
    blind = tabs["reads_blind"]
    form = ConversationsForm(request.GET, project=project, blind=blind)
    wish, refused = form.wish(), ""
    try:
        page = _found(request, project, wish, blind=blind)
    except DomainError as error:
        page, refused = FoundPage([], newer=False, older=False), error.detail
    chosen = form.chosen()
    query = f"&{urlencode(chosen)}" if chosen else ""
    context = {
        **tabs,
        "tab": "conversations",
        "project": project,
        "form": form,
        "narrowed": bool(chosen.keys() - {"q", "role"}),
        "filtered": bool(chosen),
        "wish": wish,
        "refused": refused,
        "blind": blind,
        "page": page,
        "rows": [_row(found, blind=blind) for found in page.rows],
        "keep": query,
        "first": page.rows[0].message.uid if page.rows else None,
        "last": page.rows[-1].message.uid if page.rows else None,
    }
    status = 400 if refused else 200
    return TemplateResponse(request, "labeling/conversations/list.html", context, status=status)


@require_safe
@figures_page(OVERSEERS)
def conversation(
    request: HttpRequest, project: Project, tabs: Mapping[str, Any], uid: UUID
) -> HttpResponse:
    """The tree that a message is of, with what was found in it and what people said of it."""
    message = get_object_or_404(Message, project=project, uid=uid)
    found = conversation_of(message=message, blind=tabs["reads_blind"])
    first = next((node for node in found.nodes if node.message.role == Message.Role.USER), None)
    context = {
        **tabs,
        "tab": "conversations",
        "project": project,
        "conversation": found,
        "title": plain_snippet((first or found.root).text, SHOWN_TITLE),
        "turns": _turns(found),
        "asked": message,
        "blind": tabs["reads_blind"],
    }
    return TemplateResponse(request, "labeling/conversations/one.html", context)


def _found(request: HttpRequest, project: Project, wish: Wish, *, blind: bool) -> FoundPage:
    """Raises Http404 where the page would begin behind a message that is not there."""
    form = PositionForm(request.GET)
    if not form.is_valid():
        raise Http404
    older, newer = (
        get_object_or_404(Message, project=project, uid=uid).pk if uid else None
        for uid in (form.cleaned_data["older"], form.cleaned_data["newer"])
    )
    return page_of(project=project, wish=wish, blind=blind, older_than=older, newer_than=newer)


def _row(found: Found, *, blind: bool) -> Row:
    message = found.message
    if message.role == Message.Role.ASSISTANT and blind:
        return Row(found, "")
    if message.revision:
        return Row(found, message.revision.generator.name)
    return Row(found, message.labeler.pseudonym if message.labeler else "")


def _turns(conversation: Conversation) -> list[Turn]:
    """The tree from top to bottom, what answers a message below it."""
    budget, turns = Budget(), []
    waiting = [(conversation.root, 0)]
    while waiting:
        node, level = waiting.pop()
        turns.append(Turn(node, render_markdown(node.text, budget=budget), min(level, LEVELS)))
        waiting += [(child, level + 1) for child in reversed(node.children)]
    return turns
