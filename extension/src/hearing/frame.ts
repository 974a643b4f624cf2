/** What Silero looks at at once: 32 ms. */
export const FRAME_SAMPLES = 512;
