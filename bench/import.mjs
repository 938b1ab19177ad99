// node bench/import.mjs: imports a 1.1 GB checkpoint (shape M) through `stemma import`: bytes per second, peak resident memory
// (must stay under 1 GB plus the largest tensor), and what is left to do after kill -9 in the middle.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from './api/checkpoint.mjs';
import { root } from './server.mjs';

const LARGEST_TENSOR = 32_000 * 1024 * 4;
const LIMIT = 2 ** 30 + LARGEST_TENSOR;

const folder = mkdtempSync(join(tmpdir(), 'stemma-import-'));
const checkpoint = join(folder, 'shape-m');
writeCheckpoint(checkpoint);
const bytes = statSync(join(checkpoint, 'model.safetensors')).size;

const whole = await importInto(join(folder, 'whole'));
const killed = await importInto(join(folder, 'killed'), (whole.seconds * 1000) / 2);
const resumed = await importInto(join(folder, 'killed'));
rmSync(folder, { recursive: true, force: true });

const figures = {
  checkpoint_bytes: bytes,
  seconds: round(whole.seconds),
  megabytes_per_second: round(bytes / 1e6 / whole.seconds),
  peak_resident_bytes: Math.max(whole.peak, resumed.peak),
  peak_resident_limit_bytes: LIMIT,
  killed_after_seconds: round(killed.seconds),
  resumed_seconds: round(resumed.seconds),
  blocks: resumed.summary.blocks,
  blocks_left_after_kill: resumed.summary.created_blocks,
};
for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(28)}${value}`);
console.log(JSON.stringify(figures));
process.exit(figures.peak_resident_bytes <= LIMIT ? 0 : 1);

/** Runs the import on a data folder; with `killAfterMs`, ends it with SIGKILL then. */
function importInto(dataDir, killAfterMs) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, [join(root, 'bin', 'stemma.mjs'), '--json', 'import', checkpoint], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, DATA_DIR: dataDir },
    });
    let [output, peak] = ['', 0];
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    const sampling = setInterval(() => (peak = Math.max(peak, residentPeak(child.pid))), 50);
    const killing =
      killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    child.on('close', (code) => {
      clearInterval(sampling);
      clearTimeout(killing);
      const seconds = (performance.now() - started) / 1000;
      if (killAfterMs !== undefined) resolve({ seconds, peak });
      else if (code === 0) resolve({ seconds, peak, summary: JSON.parse(output) });
      else reject(new Error(`the import ended with ${code}: ${output}`));
    });
  });
}

/** Largest resident memory of a process so far, bytes; 0 once it is gone. */
function residentPeak(pid) {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
  } catch {
    return 0;
  }
}

function round(value) {
  return Math.round(value * 10) / 10;
}
