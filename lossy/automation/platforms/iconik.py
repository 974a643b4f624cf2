"""Iconik: a comment stands at the moment where the player is, so its words carry no time."""

from lossy.automation.platforms.described import DescribedPage, Layout


class Iconik(DescribedPage):
    """An asset's page."""

    platform = "iconik"
    takes_time_from_player = True
    layout = Layout(
        item="[data-comment-id], .segment-comment",
        text=".comment-text, .segment-text",
        author=".comment-author, .segment-author",
    )

    def compose(self, text: str, at_seconds: float, end_seconds: float | None) -> str:
        """Write the words alone."""
        return text
