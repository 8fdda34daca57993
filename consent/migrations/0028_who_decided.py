import django.db.models.deletion
from django.db import migrations, models


def _proxy() -> models.ForeignKey:
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="consent.participant"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0027_guard_declines"),
    ]

    operations = [
        migrations.AddField(model_name="choicewithdrawal", name="proxy", field=_proxy()),
        migrations.AddField(model_name="decline", name="proxy", field=_proxy()),
        migrations.AddField(model_name="withdrawal", name="proxy", field=_proxy()),
    ]
