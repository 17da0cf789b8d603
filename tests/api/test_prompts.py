"""projects/{slug}/prompts/ and messages/{uid}/, and the paging all lists share."""

from urllib.parse import urlsplit

from django.utils import timezone

from collector.models import Message
from labeling.models import Mask
from tests.factories import make_project, make_prompt, make_response

URL = "/api/v1/projects/poems/prompts/"


def walk(client, url, direction="next"):
    """Pages from `url` on, as lists of the prompts' texts."""
    while url:
        assert urlsplit(url).path == URL
        page = client.get(url).json()
        yield [each["text"] for each in page["results"]]
        url = page[direction]


def test_a_prompt_tells_how_many_responses_can_be_compared(researcher, project):
    prompt = make_prompt(project, "A haiku?", language="en")
    make_response(prompt)
    make_response(prompt, revision="model-b", deleted_at=timezone.now())
    make_prompt(make_project(), "Somebody else's?")
    page = researcher.get(URL).json()
    assert page == {
        "next": None,
        "previous": None,
        "results": [
            {
                "id": str(prompt.uid),
                "text": "A haiku?",
                "language": "en",
                "depth": 0,
                "source": None,
                "responses": 1,
                "created_at": prompt.created_at.isoformat().replace("+00:00", "Z"),
            }
        ],
    }


def test_prompts_are_filtered_by_what_is_allowed_and_nothing_else(researcher, project):
    make_prompt(project, "English?", language="en")
    answered = make_prompt(project, "Deutsch?", language="de")
    make_response(answered)

    def texts(query):
        return [each["text"] for each in researcher.get(URL + query).json()["results"]]

    assert texts("?language=de") == ["Deutsch?"]
    assert texts("?min_responses=1") == ["Deutsch?"]
    assert texts("?source=nowhere") == []
    assert researcher.get(URL + "?text__regex=.").status_code == 400


def test_pages_hold_everything_once_in_order_both_ways(researcher, project):
    texts = [make_prompt(project).text for _ in range(5)]
    forwards = list(walk(researcher, f"http://testserver{URL}?page_size=2"))
    assert forwards == [texts[:2], texts[2:4], texts[4:]]
    last = f"http://testserver{URL}?page_size=2"
    for _ in range(2):
        last = researcher.get(last).json()["next"]
    assert list(walk(researcher, last, "previous")) == [texts[4:], texts[2:4], texts[:2]]


def test_rows_added_meanwhile_shift_no_page(researcher, project):
    texts = [make_prompt(project).text for _ in range(2)]
    page = researcher.get(URL + "?page_size=1").json()
    Message.objects.filter(text=texts[0]).delete()
    late = make_prompt(project)
    rest = list(walk(researcher, page["next"]))
    assert rest == [[texts[1]], [late.text]]


def test_a_cursor_that_was_tampered_with_is_refused(researcher, project):
    for _ in range(2):
        make_prompt(project)
    cursor = researcher.get(URL + "?page_size=1").json()["next"].split("cursor=")[1].split("&")[0]
    bad = [cursor[:-1], cursor.replace("a-", "a-1"), "a-1", "", "%00"]
    for each in bad:
        response = researcher.get(f"{URL}?cursor={each}")
        assert response.status_code == 400, each
        assert response.json()["errors"][0]["attr"] == "cursor"
    elsewhere = researcher.get(f"/api/v1/projects/?cursor={cursor}")
    assert elsewhere.status_code == 400


def test_page_sizes_are_capped_and_checked(researcher, project):
    make_prompt(project)
    assert len(researcher.get(URL + "?page_size=99999999").json()["results"]) == 1
    for size in ("0", "-1", "x", "9" * 30, "²"):
        assert researcher.get(f"{URL}?page_size={size}").status_code == 400


def test_a_list_costs_the_same_for_one_and_three(researcher, project, django_assert_num_queries):
    for expected in (1, 3):
        while project.messages.prompts().count() < expected:
            make_response(make_prompt(project))
        with django_assert_num_queries(3):  # token, project with roles, prompts
            assert len(researcher.get(URL).json()["results"]) == expected


def test_a_message_comes_with_thread_and_responses(researcher, project, django_assert_num_queries):
    prompt = make_prompt(project, "A haiku?")
    answer = make_response(prompt, "No.", revision="model-a")
    follow_up = make_prompt(project, "Why?", parent=answer, root=prompt, depth=2)
    reply = make_response(follow_up, "Because.", revision="model-b")
    named = make_response(follow_up, "I am model-c.", revision="model-c")
    Mask.objects.create(response=named, text="I am █████.", spans=[[5, 12]])
    with django_assert_num_queries(5):  # token, message, project with roles, path, responses
        body = researcher.get(f"/api/v1/messages/{follow_up.uid}/").json()
    assert body["thread"] == [
        {"id": str(prompt.uid), "role": "user", "content": "A haiku?"},
        {"id": str(answer.uid), "role": "assistant", "content": "No."},
        {"id": str(follow_up.uid), "role": "user", "content": "Why?"},
    ]
    assert [answer.pop("masked") for answer in body["responses"]] == [False, True]
    assert body["responses"][:1] == [
        {
            "id": str(reply.uid),
            "role": "assistant",
            "text": "Because.",
            "language": "",
            "origin": "imported",
            "author": {"generator": "model-b", "revision": 1, "labeler": None},
            "created_at": reply.created_at.isoformat().replace("+00:00", "Z"),
            "deleted_at": None,
        }
    ]
    assert (body["text"], body["author"]) == ("Why?", None)


def test_messages_and_prompts_are_hidden_from_labelers_and_strangers(clients, project):
    prompt = make_prompt(project)
    for url in (URL, f"/api/v1/messages/{prompt.uid}/"):
        assert {role: client.get(url).status_code for role, client in clients.items()} == {
            "admin": 200,
            "researcher": 200,
            "reviewer": 200,
            "trainer": 200,
            "labeler": 403,
            "other": 404,
            "stranger": 404,
            "nobody": 401,
        }


def test_a_message_that_is_not_there_looks_like_one_that_is_hidden(clients, project):
    prompt = make_prompt(project)
    missing = clients["other"].get("/api/v1/messages/01900000-0000-7000-8000-000000000000/")
    hidden = clients["other"].get(f"/api/v1/messages/{prompt.uid}/")
    assert missing.status_code == hidden.status_code == 404
    assert missing.json() == hidden.json()
