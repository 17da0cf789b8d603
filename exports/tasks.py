"""Celery tasks of the queue `exports`: thin wrappers over services, taking ids."""

from celery import shared_task

from exports.services import announcing, hub_push, parts, versions, withdrawing


@shared_task
def build_version(version_id: int) -> None:
    """Build one dataset version; running it twice changes nothing."""
    versions.build_version(version_id=version_id)


@shared_task
def build_part(part_id: int) -> None:
    """Build one part of a version, then say that there are others that nobody builds."""
    parts.build_part(part_id=part_id, plan_of=versions.plan_of)
    following = parts.next_part(part_id=part_id)
    if following is not None:
        build_part.delay(following)


@shared_task
def requeue_versions() -> None:
    """Queue again what the broker forgot or a dead worker left; tell of what was given up."""
    for version_id in versions.unfinished_versions():
        build_version.delay(version_id)
    announcing.announce_given_up()


@shared_task
def push_to_hub(push_id: int) -> None:
    """Upload one version to the hub; running it twice changes nothing."""
    hub_push.push_version(push_id=push_id)


@shared_task
def requeue_pushes() -> None:
    """Queue again what the broker forgot, a dead worker left or the hub put off."""
    for push_id in hub_push.unfinished_pushes():
        push_to_hub.delay(push_id)


@shared_task
def withdraw_erased() -> None:
    """Withdraw what holds the words of people who were erased; running it twice changes nothing."""
    withdrawing.withdraw_erased()
