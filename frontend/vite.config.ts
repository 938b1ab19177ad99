import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env.STEMMA_URL ?? 'http://127.0.0.1:8000';
const api = ['/v1', '/log/', '/chain/', '/experts/', '/models', '/genesis', '/health', '/ready', '/version'];

/** The page and its workers share memory with the kernel only when isolated from other origins. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: 'es2023',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    headers: isolation,
    proxy: {
      ...Object.fromEntries([...api, '/kernel'].map((path) => [path, { target: server }])),
      '/ws': { target: server, ws: true },
    },
  },
});
