"""The names of the migration scripts say what Alembic reads in them."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from lossy.db.migrations import head_revision, known_revisions


def test_the_scripts_are_named_for_their_revisions_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).resolve().parents[2] / "alembic"))
    scripts = ScriptDirectory.from_config(config)
    oldest_first = [script.revision for script in scripts.walk_revisions()][::-1]
    assert known_revisions() == oldest_first
    assert head_revision() == scripts.get_current_head()
