"""`manage.py index_words`: search at once among millions of messages; `--drop` for fast imports."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from collector.services.word_index import drop_word_index, has_word_index, make_word_index
from common.progress import progress_bar


class Command(BaseCommand):
    help = "Make the index that full-text search goes by, while everything runs on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--drop", action="store_true", help="drop it instead")
        parser.add_argument("--json", action="store_true", help="print what there is as JSON")

    def handle(self, **options: Any) -> None:
        if options["drop"]:
            drop_word_index()
        else:
            with progress_bar(self.stderr, "Indexing every text", quiet=options["json"]):
                make_word_index()
        there = has_word_index()
        if options["json"]:
            self.stdout.write(json.dumps({"index": there}))
        else:
            said = "Searches go by the index." if there else "Searches read every text."
            self.stdout.write(said)
