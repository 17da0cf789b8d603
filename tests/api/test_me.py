"""GET me/ and POST me/consents/."""

from accounts.services import has_consented, labeler_of


def test_me_says_who_i_am_and_what_i_may_do(labeler, people):
    user = people["labeler"]
    assert labeler.get("/api/v1/me/").json() == {
        "email": user.email,
        "name": "",
        "labeler": labeler_of(user=user).pseudonym,
        "consented": False,
        "memberships": [{"project": "poems", "role": "labeler"}],
    }


def test_consent_is_given_once(labeler, people):
    first = labeler.post("/api/v1/me/consents/", {"version": "1"}, format="json")
    again = labeler.post("/api/v1/me/consents/")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.json()["version"] == "1"
    assert has_consented(labeler=labeler_of(user=people["labeler"]))
    assert not has_consented(labeler=labeler_of(user=people["reviewer"]))


def test_consent_to_other_terms_is_refused(labeler):
    response = labeler.post("/api/v1/me/consents/", {"version": "7"}, format="json")
    assert response.status_code == 400
    assert response.json() == {
        "type": "validation_error",
        "errors": [
            {
                "code": "invalid_input",
                "detail": "The terms in force are version 1.",
                "attr": "version",
            }
        ],
    }
