/**
 * The page's one review: microphone, player and notes, put together. Components show it and command it; there is one of
 * it in a page, also while the page goes from one video to another without a reload. In the extension's frames, which
 * have neither microphone nor player, it mirrors what the extension tells.
 */
import { isFramed } from "./bridge.js";
import { FramedReview } from "./framed_review.js";
import { OwnReview } from "./own_review.js";

export const review = isFramed ? new FramedReview() : new OwnReview();
