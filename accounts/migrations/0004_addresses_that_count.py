"""The addresses of accounts with a password count: operators entered them."""

from django.db import migrations

ADDRESSES = """
    INSERT INTO account_emailaddress (user_id, email, verified, "primary")
    SELECT u.id, u.email, true, true FROM accounts_user u
    WHERE u.password NOT LIKE '!%' AND u.password <> ''
    AND NOT EXISTS (SELECT FROM account_emailaddress a WHERE a.user_id = u.id OR a.email = u.email);
    UPDATE account_emailaddress a SET verified = true
    FROM accounts_user u WHERE u.id = a.user_id AND u.email = a.email
    AND u.password NOT LIKE '!%' AND u.password <> '' AND NOT a.verified;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_preferences"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [migrations.RunSQL(ADDRESSES, migrations.RunSQL.noop)]
