"""MediaCMS: the box grows its buttons once something stands in it."""

from typing import Any

from lossy.automation.contract import Comment
from lossy.automation.platforms.described import DescribedPage, Layout


class MediaCms(DescribedPage):
    """A medium's page on any server."""

    platform = "mediacms"
    layout = Layout(
        box=".comments-form textarea",
        send=".comments-form .form-buttons button:last-of-type",
        signed_out=".comments-form a[href*='signin'], .comments-form a[href*='login']",
        item=".comments-list .comment",
        text=".comment-text",
        author=".comment-author",
    )

    def comment_id(self, answer: Any) -> str | None:
        """Read its `uid`."""
        uid = answer.get("uid") if isinstance(answer, dict) else None
        return str(uid) if uid else None

    def permalink(self, comment: Comment, comment_id: str | None) -> str:
        """Open the video at the moment."""
        return f"{comment.url}&t={int(comment.at_seconds)}"
