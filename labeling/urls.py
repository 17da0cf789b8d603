"""Pages for labelers."""

from django.urls import URLPattern, URLResolver, include, path

from labeling.pages import adjudication as adjudication_views
from labeling.pages import care as care_views
from labeling.pages import conversations as conversation_views
from labeling.pages import guidelines as guideline_views
from labeling.pages import keys as keys_views
from labeling.pages import label as views
from labeling.pages import me as me_views
from labeling.pages import opinions as opinion_views
from labeling.pages import people as people_views
from labeling.pages import privacy as privacy_views
from labeling.pages import quality as quality_views
from labeling.pages import review as review_views
from labeling.pages import taking_part as taking_part_views
from labeling.pages import training as training_views

_me: list[URLPattern | URLResolver] = [
    path("contributions/", me_views.contributions, name="contributions"),
    path("contributions/<uuid:judgment>/", me_views.contribution, name="contribution"),
    path(
        "contributions/<uuid:judgment>/opinions/", opinion_views.see_opinions, name="see_opinions"
    ),
    path("contributions/<uuid:judgment>/reconsider/", opinion_views.reconsider, name="reconsider"),
    path("calibration/", me_views.calibration, name="calibration"),
    path("letters/", care_views.letters, name="letters"),
    path("letters/<slug:slug>/", care_views.letter_thread, name="letter_thread"),
    path("data/", privacy_views.privacy, name="privacy"),
    path("data/download/", privacy_views.download, name="privacy_download"),
    path("data/anonymise/", privacy_views.anonymise_me, name="privacy_anonymise"),
    path("data/erase/", privacy_views.erase_me, name="privacy_erase"),
]
_adjudications: list[URLPattern | URLResolver] = [
    path("", adjudication_views.adjudications, name="adjudications"),
    path("next/", adjudication_views.next_adjudication, name="next_adjudication"),
    path("open/", adjudication_views.open_adjudication, name="open_adjudication"),
    path("guidelines/", adjudication_views.review_guidelines, name="review_guidelines"),
    path("<uuid:uid>/", adjudication_views.adjudication, name="adjudication"),
]
_review: list[URLPattern | URLResolver] = [
    path("reports/", review_views.reports, name="reports"),
    path("reports/<uuid:report>/", review_views.resolve_report, name="resolve_report"),
    path("people/", people_views.people, name="people"),
    path("people/<uuid:labeler>/", people_views.person, name="person"),
    path("letters/", review_views.inbox, name="inbox"),
    path("letters/<uuid:labeler>/", review_views.inbox_thread, name="inbox_thread"),
    path("adjudications/", include(_adjudications)),
]
_guidelines: list[URLPattern | URLResolver] = [
    path("", guideline_views.guidelines, name="guidelines"),
    path("read/", guideline_views.read_guidelines, name="guidelines_read"),
    path("history/", guideline_views.guidelines_history, name="guidelines_history"),
]
_training: list[URLPattern | URLResolver] = [
    path("", training_views.training, name="training"),
    path("practice/", training_views.practice, name="training_practice"),
    path("test/", training_views.test, name="training_test"),
    path("<uuid:slot>/", training_views.result, name="training_result"),
    path("<uuid:slot>/submit/", training_views.submit_item, name="training_submit"),
    path("<uuid:slot>/skip/", training_views.skip_item, name="training_skip"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", me_views.home, name="home"),
    path("consent/", taking_part_views.consent, name="consent"),
    path("me/", include(_me)),
    path("report/", care_views.report, name="report"),
    path("reports/", review_views.other_reports, name="other_reports"),
    path("reports/<uuid:report>/", review_views.resolve_other_report, name="resolve_other_report"),
    path("projects/<slug:slug>/leaderboard/", quality_views.leaderboard, name="leaderboard"),
    path("projects/<slug:slug>/quality/", quality_views.quality, name="quality"),
    path("projects/<slug:slug>/labelers/", quality_views.labelers, name="labelers"),
    path(
        "projects/<slug:slug>/conversations/",
        conversation_views.conversations,
        name="conversations",
    ),
    path(
        "projects/<slug:slug>/conversations/<uuid:uid>/",
        conversation_views.conversation,
        name="conversation",
    ),
    path("projects/<slug:slug>/review/", include(_review)),
    path("settings/", me_views.settings, name="settings"),
    path("settings/keys/", keys_views.keys, name="keys"),
    path("projects/<slug:slug>/label/", views.label, name="label"),
    path("projects/<slug:slug>/label/next/", views.next_task, name="next"),
    path("projects/<slug:slug>/label/<uuid:slot>/", views.correct, name="correct"),
    path("projects/<slug:slug>/label/<uuid:slot>/submit/", views.submit_answer, name="submit"),
    path("projects/<slug:slug>/label/<uuid:slot>/skip/", views.skip_task, name="skip"),
    path("projects/<slug:slug>/label/<uuid:slot>/renew/", views.renew_lease, name="renew"),
    path("projects/<slug:slug>/guidelines/", include(_guidelines)),
    path("projects/<slug:slug>/training/", include(_training)),
]
