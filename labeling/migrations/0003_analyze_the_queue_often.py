"""Slots change state all day: keep their statistics and dead rows fresh whatever the table's size."""

from django.db import migrations

FORWARDS = """
ALTER TABLE labeling_slot SET (
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000,
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000
);
"""
BACKWARDS = """
ALTER TABLE labeling_slot RESET (
    autovacuum_analyze_scale_factor, autovacuum_analyze_threshold,
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold
);
"""


class Migration(migrations.Migration):
    dependencies = [("labeling", "0002_immutable_policies_and_queue")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
