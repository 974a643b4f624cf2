/** Builds the extension into dist/: ES modules for worker and pages, one plain script for the pages of others. */
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const DIST = "dist";
/** Beside it until it is whole: a browser that has it loaded never finds half of it. */
const OUT = "dist.new";
const PAGES = "../lossy/ui";
const common = {
  bundle: true,
  outdir: OUT,
  target: "chrome137",
  logLevel: "warning",
  legalComments: "none",
  minify: true,
  alias: { lossy: `${PAGES}/static` },
};

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
await build({
  ...common,
  entryPoints: {
    background: "src/background/background.ts",
    offscreen: "src/offscreen/offscreen.ts",
    shell: "src/panel/shell.ts",
    options: "src/options/options.ts",
    welcome: "src/welcome/welcome.ts",
  },
  format: "esm",
  splitting: true,
  loader: { ".css": "text" },
  // Beside the entries, so that what stands next to a module is found by its own address.
  chunkNames: "[name]-[hash]",
});
await build({
  ...common,
  entryPoints: { hearing: "src/hearing/hearing.ts" },
  format: "esm",
  // One runtime for both models, of which one file lies beside it instead of in it.
  alias: { "onnxruntime-web/webgpu": "onnxruntime-web/jspi" },
  conditions: ["onnxruntime-web-use-extern-wasm"],
});
await build({
  ...common,
  entryPoints: { content: "src/content/content.ts" },
  format: "iife",
  loader: { ".css": "text" },
});
await cp("public", OUT, { recursive: true });
await cp("manifest.json", `${OUT}/manifest.json`);
for (const name of ["mjs", "wasm"].map((kind) => `ort-wasm-simd-threaded.jspi.${kind}`))
  await cp(`node_modules/onnxruntime-web/dist/${name}`, `${OUT}/${name}`);
await cp("../lossy/demo/sample.webm", `${OUT}/sample.webm`);
await cp(`${PAGES}/static/recorder-worklet.js`, `${OUT}/recorder-worklet.js`);
const sheets = ["theme/tokens", "theme/base", "theme/controls", "theme/states", "components/sheets"];
const theme = await Promise.all(sheets.map((name) => readFile(`${PAGES}/${name}.css`, "utf8")));
await writeFile(`${OUT}/theme.css`, theme.join("\n"));
await cp(`${PAGES}/theme/fonts`, `${OUT}/fonts`, { recursive: true });
await rm(DIST, { recursive: true, force: true });
await rename(OUT, DIST);
