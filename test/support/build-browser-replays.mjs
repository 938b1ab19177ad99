// node test/support/build-browser-replays.mjs <folder>: bundles browser-replays-worker.mjs as worker.js, with the tool and the target that
// the dashboard's own worker is built with.
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
await build({
  ...{ root: here, configFile: false, logLevel: 'error', publicDir: false },
  build: {
    ...{ outDir: process.argv[2], emptyOutDir: true, target: 'es2023', modulePreload: { polyfill: false } },
    rollupOptions: {
      input: `${here}browser-replays-worker.mjs`,
      output: { entryFileNames: 'worker.js', format: 'es' },
    },
  },
});
