import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

// The page is part of the binary (tools/web_bundle): names with hashes are cached for ever, index.html never.
// `npm run dev` shows it beside a weir serve on its usual port.
export default defineConfig({
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: false })],
  build: { target: "es2022", assetsInlineLimit: 0 },
  server: { proxy: { "/v1": "http://127.0.0.1:8081", "/metrics": "http://127.0.0.1:8081" } },
});
