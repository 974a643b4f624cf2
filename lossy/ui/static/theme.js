/** Which theme this browser shows: the system's, unless somebody chose. */
const KEY = "lossy.theme";

export const THEMES = ["system", "light", "dark"];

export const chosenTheme = () => localStorage.getItem(KEY) ?? "system";

export function chooseTheme(theme) {
  if (theme === "system") {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(KEY, theme);
    document.documentElement.dataset.theme = theme;
  }
}

export const ThemeChoice = {
  template: `<div class="segments" role="radiogroup" aria-label="Theme">
    <button v-for="one in themes" :key="one" type="button" role="radio" :aria-checked="theme === one" @click="choose(one)">{{ one }}</button></div>`,
  data: () => ({ theme: chosenTheme(), themes: THEMES }),
  methods: {
    choose(theme) {
      this.theme = theme;
      chooseTheme(theme);
    },
  },
};
