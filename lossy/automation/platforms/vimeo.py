"""Vimeo: the box and its button by their names, comments by what their items are called."""

from typing import Any

from lossy.automation.contract import Comment
from lossy.automation.platforms.described import DescribedPage, Layout, find_key


class Vimeo(DescribedPage):
    """A video's page."""

    platform = "vimeo"
    most_characters = 5_000
    layout = Layout(
        item="[data-comment-id]",
        text="[class*=comment_text], [class*=CommentText]",
        author="a[href^='/user'], [class*=comment_author], [class*=CommentAuthor]",
    )

    def comment_id(self, answer: Any) -> str | None:
        """Read the end of its `uri`: /videos/1/comments/2."""
        uri = find_key(answer, "uri") or ""
        return uri.rpartition("/comments/")[2] or None if "/comments/" in uri else super().comment_id(answer)

    def permalink(self, comment: Comment, comment_id: str | None) -> str:
        """Open the video at the moment."""
        return f"{comment.url}#t={int(comment.at_seconds)}s"
