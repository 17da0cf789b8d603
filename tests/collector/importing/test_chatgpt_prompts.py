"""The preset `chatgpt-prompts`."""

from collector.models import GeneratorRevision, Message, Project
from collector.text import content_hash, thread_hash
from tests.collector.importing.conftest import ImportFile, counts, rejections

PRESET = "chatgpt-prompts"


def answers(project: Project) -> dict[str, set[tuple[str, str]]]:
    """Prompt -> (generator, response)."""
    found: dict[str, set[tuple[str, str]]] = {
        prompt.text: set() for prompt in Message.objects.prompts().filter(project=project)
    }
    for response in Message.objects.candidates().filter(project=project):
        assert response.parent
        assert response.revision
        found[response.parent.text].add((response.revision.generator.name, response.text))
    return found


def test_rows_of_one_prompt_become_its_responses(import_file: ImportFile, project: Project) -> None:
    job = import_file(
        "human_prompt,chatgpt_response,generator\n"
        "Sky?,Blue.,model-a\n"
        "Sea?,Wet.,\n"
        "Sky?,Grey.,model-b\n"
        "Sky?,Blue.,model-b\n",
        preset=PRESET,
    )

    assert job.status == "succeeded"
    assert counts(job) == (4, 4, 0, 0)
    assert answers(project) == {
        "Sky?": {("model-a", "Blue."), ("model-b", "Grey."), ("model-b", "Blue.")},
        "Sea?": {("chatgpt", "Wet.")},
    }


def test_messages_are_stored_whole(import_file: ImportFile, project: Project) -> None:
    job = import_file('human_prompt,chatgpt_response\n"a\n""b""",\\N\t\\\n', preset=PRESET)

    prompt = Message.objects.get(role="user")
    response = Message.objects.get(role="assistant")
    assert (prompt.text, response.text) == ('a\n"b"', "\\N\t\\")
    assert prompt.thread_hash is not None
    assert bytes(prompt.thread_hash) == thread_hash([("user", prompt.text)])
    assert bytes(response.content_hash) == content_hash(response.text)
    assert (prompt.depth, prompt.parent, prompt.root) == (0, None, None)
    assert (response.depth, response.parent, response.root) == (1, prompt, prompt)
    assert {prompt.source, response.source} == {job.source}
    assert {prompt.project, response.project} == {project}
    assert (prompt.origin, prompt.uid.version, response.uid.version) == ("imported", 7, 7)
    assert GeneratorRevision.objects.get().provider == "recorded"


def test_a_row_is_new_if_its_response_is(import_file: ImportFile) -> None:
    head = "human_prompt,chatgpt_response,author\n"
    import_file(head + "Sky?,Blue.,a\n", preset=PRESET)

    job = import_file(head + "Sky?,Blue.,a\nSky?,Blue.,b\nSky?, Blue. ,b\n", preset=PRESET)

    assert counts(job) == (3, 1, 2, 0)
    assert Message.objects.count() == 3


def test_rows_without_a_prompt_or_a_response_are_rejected(import_file: ImportFile) -> None:
    job = import_file("human_prompt,chatgpt_response\n  ,a\nq,\nq,a\n", preset=PRESET)

    assert counts(job) == (3, 1, 0, 2)
    assert rejections(job) == [(1, "empty_prompt"), (2, "empty_response")]


def test_columns_can_be_mapped(import_file: ImportFile, project: Project) -> None:
    job = import_file("q,a,by\nSky?,Blue.,x\n", preset=PRESET, prompt="q", response="a", model="by")

    assert job.status == "succeeded"
    assert answers(project) == {"Sky?": {("x", "Blue.")}}


def test_too_many_authors_are_texts_in_the_wrong_column(
    import_file: ImportFile, project: Project
) -> None:
    rows = "".join(f"q{n},a,model {n}\n" for n in range(1_003))

    job = import_file("human_prompt,chatgpt_response,model\n" + rows, preset=PRESET)

    assert counts(job) == (1_003, 1_000, 0, 3)
    assert rejections(job) == [(n, "too_many_authors") for n in (1001, 1002, 1003)]
