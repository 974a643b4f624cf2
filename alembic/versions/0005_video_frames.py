"""Video frames belong to a session, and how often a model looked at one. Nothing wrote the table before."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Make the table anew, and add the column."""
    op.drop_table("video_frames")
    op.create_table(
        "video_frames",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("position_seconds", sa.Float(), nullable=False),
        sa.Column("captured_at", sa.Float(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("dhash", sa.String(), nullable=False),
        sa.Column("webp", sa.LargeBinary(), nullable=False),
        sa.Column("embedding", sa.LargeBinary(), nullable=True),
        sa.Column("embedded_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["review_sessions.id"],
            name=op.f("fk_video_frames_session_id_review_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_frames")),
    )
    op.create_index("ix_video_frames_session_id_position_seconds", "video_frames", ["session_id", "position_seconds"])
    with op.batch_alter_table("review_sessions") as sessions:
        sessions.add_column(sa.Column("refinements", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Make them as they were."""
    with op.batch_alter_table("review_sessions") as sessions:
        sessions.drop_column("refinements")
    op.drop_table("video_frames")
    op.create_table(
        "video_frames",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("video_id", sa.String(), nullable=False),
        sa.Column("note_id", sa.String(), nullable=True),
        sa.Column("position_seconds", sa.Float(), nullable=False),
        sa.Column("webp", sa.LargeBinary(), nullable=False),
        sa.Column("perceptual_hash", sa.String(), nullable=True),
        sa.Column("embedding", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["note_id"], ["notes.id"], name=op.f("fk_video_frames_note_id_notes"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_frames_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_frames")),
    )
    op.create_index("ix_video_frames_note_id", "video_frames", ["note_id"])
    op.create_index("ix_video_frames_video_id_position_seconds", "video_frames", ["video_id", "position_seconds"])
