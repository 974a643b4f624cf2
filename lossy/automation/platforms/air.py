"""Air: the box and its button by their names; the time stands in front of the words."""

from lossy.automation.platforms.described import DescribedPage, Layout


class Air(DescribedPage):
    """An asset's page."""

    platform = "air"
    layout = Layout(
        item="[data-testid=comment], [data-comment-id]",
        text="[data-testid*=comment-content], [class*=CommentContent]",
        author="[data-testid*=comment-author], [class*=CommentAuthor]",
    )
