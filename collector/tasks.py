"""Background work: thin wrappers over services, which take ids and may run twice."""

from celery import shared_task

from collector.generation.tasks import (
    generate,
    generate_local,
    poll_batches,
    requeue_generations,
)
from collector.models import ImportJob, ImportUndo
from collector.services import (
    import_drafts,
    import_undoing,
    imports,
    noticing,
    notification_mails,
    webhook_sending,
)

__all__ = [
    "deliver_due_webhooks",
    "deliver_webhook",
    "discard_old_drafts",
    "generate",
    "generate_local",
    "notice",
    "poll_batches",
    "requeue_generations",
    "requeue_imports",
    "run_import",
    "send_notification_mail",
    "send_notifications",
    "undo_import",
]


@shared_task
def run_import(job_id: int) -> None:
    """Do one import."""
    imports.run_import(job_id=job_id)


@shared_task
def requeue_imports() -> None:
    """Enqueue imports that the broker forgot or a dead worker left."""
    for job_id in ImportJob.objects.free().values_list("pk", flat=True):
        run_import.delay(job_id)
    for undo_id in ImportUndo.objects.free().values_list("pk", flat=True):
        undo_import.delay(undo_id)


@shared_task
def undo_import(undo_id: int) -> None:
    """Take one import back."""
    import_undoing.run_undo(undo_id=undo_id)


@shared_task
def discard_old_drafts() -> None:
    """Beat: imports that somebody prepared and never started."""
    import_drafts.discard_old_drafts()


@shared_task
def deliver_webhook(delivery_id: int) -> None:
    """Send one message."""
    webhook_sending.deliver(delivery_id=delivery_id)


@shared_task
def deliver_due_webhooks() -> None:
    """Beat: what is to be sent again, and what the broker forgot."""
    for delivery_id in webhook_sending.due_deliveries():
        deliver_webhook.delay(delivery_id)


@shared_task
def notice() -> None:
    """Beat: tell of runs, budgets and generators what nobody was told of yet."""
    noticing.notice()


@shared_task
def send_notifications() -> None:
    """Beat: make mails of what people wait to be told, and send what is due."""
    notification_mails.gather_mails()
    for mail_id in notification_mails.due_mails():
        send_notification_mail.delay(mail_id)


@shared_task
def send_notification_mail(mail_id: int) -> None:
    """Send one mail."""
    notification_mails.send_mail(mail_id=mail_id)
