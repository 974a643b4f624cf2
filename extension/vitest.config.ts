import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { lossy: fileURLToPath(new URL("../lossy/ui/static", import.meta.url)) } },
  test: { environment: "happy-dom", include: ["test/**/*.test.ts"] },
});
