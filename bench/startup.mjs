// Time from `npm start` to ready: first start (empty data folder) and later starts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from './server.mjs';

const folder = mkdtempSync(join(tmpdir(), 'stemma-startup-'));
const times = [];
try {
  for (let i = 0; i < 4; i++) {
    const server = await startServer(folder);
    times.push(server.readyMs / 1000);
    await server.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const [first, ...later] = times;
const median = later.sort((a, b) => a - b)[1];
console.log(
  `first start ${first.toFixed(1)} s (limit 15), later starts ${median.toFixed(1)} s median of 3 (limit 5)`,
);
console.log(JSON.stringify({ firstStartSeconds: first, laterStartSeconds: median }));
