#!/usr/bin/env node
// Reads on every Node.js since 12, so that a too old one gets a clear line instead of a stack trace. Nothing newer may be
// imported before the version is known.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
const START_MS = 5000;
const YOUNG_GENERATION_BYTES = 8 * 1024 * 1024;
const YOUNG_GENERATION_CHECK_MS = 250;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundled = join(root, 'node_modules', '.bin', 'node');
const entry = join(root, 'dist', 'server', 'main.js');

function fail(line) {
  process.stderr.write('stemma: ' + line + '\n');
  process.exit(1);
}

/** Runs the same command line on the Node.js that came with the installation, and ends as it ends. */
function runOnBundledNode() {
  const child = spawn(bundled, [fileURLToPath(import.meta.url)].concat(process.argv.slice(2)), {
    stdio: 'inherit',
    env: Object.assign({}, process.env, { STEMMA_BUNDLED_NODE: '1' }),
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  signals.forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  child.on('error', function (error) {
    fail('cannot run ' + bundled + ': ' + error.message);
  });
  child.on('exit', function (code, signal) {
    signals.forEach(function (name) {
      process.removeAllListeners(name);
    });
    if (signal) process.kill(process.pid, signal);
    else process.exit(code === null ? 1 : code);
  });
}

/**
 * What lives in the server's JavaScript heap is 60 MB; left alone, V8 collects so rarely on a large machine that the
 * process grows by 200 MB under load. The old generation may grow by 30 % between collections. The young one stays at its
 * first size while the server starts, since a large one takes 100 MB for what lives until the start is over; then it may
 * grow to a few megabytes, so that what a request leaves behind is collected seldom. Neither is a limit: nothing fails that
 * would have fitted before. Must run before the heap has grown. Threads keep the first size (src/common/thread-heap.ts).
 */
function keepHeapsSmall(v8) {
  v8.setFlagsFromString('--heap-growing-percent=30');
  v8.setFlagsFromString('--semi-space-growth-factor=1');
  setTimeout(letYoungGenerationGrow, START_MS, v8).unref();
}

/** V8 has no setting for how far it may grow that would count after its start: it is watched and then held. */
function letYoungGenerationGrow(v8) {
  v8.setFlagsFromString('--semi-space-growth-factor=2');
  const watch = setInterval(function () {
    const space = v8.getHeapSpaceStatistics().find(function (candidate) {
      return candidate.space_name === 'new_space';
    });
    if (space !== undefined && space.space_size < YOUNG_GENERATION_BYTES) return;
    v8.setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(watch);
  }, YOUNG_GENERATION_CHECK_MS);
  watch.unref();
}

const major = Number(process.versions.node.split('.')[0]);
if (major >= NEEDED) {
  if (!existsSync(entry)) fail('not built yet; run: npm run build');
  if (existsSync('.env')) process.loadEnvFile('.env');
  // Compiled code is kept inside the installation, where nobody else can put any; without write access it is not kept.
  Promise.all([import('node:module'), import('node:v8')]).then(function (modules) {
    // The heap's flags are part of what compiled code is accepted by: the server and the commands would take turns in
    // throwing each other's away.
    const serves = process.argv[2] === 'serve';
    const cache = join(root, 'node_modules', '.cache', 'stemma', serves ? 'server' : 'command');
    modules[0].enableCompileCache(cache);
    if (serves) keepHeapsSmall(modules[1]);
    return import('../dist/server/main.js');
  });
} else if (process.env.STEMMA_BUNDLED_NODE !== '1' && existsSync(bundled)) {
  runOnBundledNode();
} else {
  fail('needs Node.js ' + NEEDED + ' or newer, this is ' + process.versions.node + '; run npm ci to get it');
}
