/** System, light or dark, for this browser. */
export { ThemeChoice as default } from "lossy/theme.js";
