// What answers lose while an expert is trained on the same machine: a server with genesis answers without a pause, and `stemma train` runs
// beside it, stopped and let go on in turns, so that both halves are of the same minutes. Then the training has the machine for a moment,
// to tell what it loses. As given it takes under three minutes.
// node bench/learning/training-beside.mjs [pairs] [seconds of each half] [streams] [--priority idle|low|normal]
// Fails when the 95th percentile of the answers' times grows by more than 20 % (median of the pairs), or the training did not get on.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { expectFigure } from '../aims.mjs';
import { root, runStemma, startServer, until } from '../server.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { priority: { type: 'string', default: 'idle' } },
});
const [PAIRS, SECONDS, STREAMS] = [7, 7, 2].map((usual, i) => Number(positionals[i] ?? usual));
/** How long the training has the machine in each round, seconds. */
const UNDISTURBED_S = 3;
/** Growth of the 95th percentile at most. */
const MOST = 1.2;
const TOKENS = 64;
const WAIT_MS = 180_000;
const SETTLE_MS = 500;
/** Processor seconds after which a training has begun in earnest; reading its data takes fewer. */
const BEGUN_S = 10;
/** Least share of a core that the training gets beside answers: it is to get on. */
const LEAST_SHARE = 0.05;
/** Of the kernel's clock in /proc, per second. */
const TICKS = 100;

const folder = mkdtempSync(join(tmpdir(), 'stemma-beside-'));
const dataDir = join(folder, 'data');
const server = await startServer(dataDir);
try {
  await measure();
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure() {
  const data = join(folder, 'train.jsonl');
  writeFileSync(data, runStemma(['dataset', 'generate', 'train', 'contributor', '2000'], dataDir).stdout);
  const training = startTraining(data);
  try {
    await until(() => training.seconds() > BEGUN_S, WAIT_MS, 'a training that computes');
    await answersFor(SETTLE_MS, 0);
    const pairs = [];
    const cores = { beside: shareOf(training), undisturbed: shareOf(training) };
    for (let pair = 0; pair < PAIRS; pair++) {
      const halves = {};
      for (const half of pair % 2 === 0 ? ['alone', 'beside'] : ['beside', 'alone']) {
        training.run(half === 'beside');
        await answersFor(SETTLE_MS, pair);
        const answer = () => answersFor(SECONDS * 1000, pair);
        halves[half] = half === 'beside' ? await cores.beside.during(answer) : await answer();
      }
      pairs.push(halves);
      training.run(true);
      await delay(SETTLE_MS);
      await cores.undisturbed.during(() => delay(UNDISTURBED_S * 1000));
    }
    const had = { beside: cores.beside.mean(), undisturbed: cores.undisturbed.mean() };
    report(pairs, had, await training.end());
  } finally {
    await training.stop();
  }
}

/** How many cores the training has during some work, on average over all of it. */
function shareOf(training) {
  let [had, took] = [0, 0];
  return {
    during: async (work) => {
      const [began, before] = [performance.now(), training.seconds()];
      const result = await work();
      had += training.seconds() - before;
      took += (performance.now() - began) / 1000;
      return result;
    },
    mean: () => had / took,
  };
}

/** @param cores that the training had  @param perCoreSecond its updates for each second of processor time */
function report(pairs, cores, perCoreSecond) {
  const rows = pairs.map(({ alone, beside }) => ({
    ...{ 'alone p50': at(alone, 0.5), 'alone p95': at(alone, 0.95) },
    ...{ 'beside p50': at(beside, 0.5), 'beside p95': at(beside, 0.95) },
    ratio: at(beside, 0.95) / at(alone, 0.95),
  }));
  console.table(
    rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value.toFixed(2)])),
    ),
  );
  const ratios = rows.map(({ ratio }) => ratio).sort((a, b) => a - b);
  const growth = ratios[ratios.length >> 1];
  const figures = {
    ...{ streams: STREAMS, tokens: TOKENS, pairs: PAIRS, seconds: SECONDS, load: loadavg()[0] },
    ...{ growth, least: ratios[0], greatest: ratios.at(-1), priority: options.priority },
    trainingCores: cores.beside,
    trainingShare: cores.beside / cpus().length,
    trainingCoresWithoutAnswers: cores.undisturbed,
    // With its part of the looks at unseen documents an update takes the same processor time at any pace; in a few seconds beside answers
    // there are too few of them to be counted.
    updatesPerSecond: cores.beside * perCoreSecond,
    updatesPerSecondWithoutAnswers: cores.undisturbed * perCoreSecond,
  };
  console.log(JSON.stringify(figures));
  expectFigure('95th percentile beside a training, over that alone,', growth, { most: MOST });
  expectFigure('cores the training had beside answers', cores.beside, { least: LEAST_SHARE });
}

/** A training that would take hours, and the processor time it has had. */
function startTraining(data) {
  const args = [join(root, 'bin/stemma.mjs'), 'train', '--data', data, '--experts', 'layer4.expert2'];
  const out = join(folder, 'trained');
  args.push('--minutes', '60', '--steps', '100000', '--out', out, '--json', '--priority', options.priority);
  const child = spawn(process.execPath, args, {
    // A group of its own, so that all of its processes stand still together.
    detached: true,
    env: { ...process.env, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output = (output + text).slice(-4000)));
  const exited = new Promise((resolve) => child.once('close', resolve));
  const tell = (signal) => process.kill(-child.pid, signal);
  let prepared = null;
  const seconds = () => {
    if (child.exitCode !== null) throw new Error(`the training ended:\n${output}`);
    const had = secondsOf(child.pid);
    // From here on it makes updates.
    if (prepared === null && existsSync(join(out, 'run.json'))) prepared = had;
    return had;
  };
  return {
    seconds,
    run: (on) => tell(on ? 'SIGCONT' : 'SIGSTOP'),
    /** Ends it as Ctrl-C does; returns how many updates it made for each second of processor time. */
    end: async () => {
      const had = seconds() - prepared;
      child.kill('SIGINT');
      await exited;
      return JSON.parse(output.trim().split('\n').at(-1)).updates / had;
    },
    stop: async () => {
      if (child.exitCode !== null) return;
      tell('SIGCONT');
      tell('SIGTERM');
      await exited;
    },
  };
}

/** Processor time of a group of processes, seconds. */
function secondsOf(group) {
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      // Behind the name in brackets: the group is the third field, utime and stime are the 12th and 13th (proc(5)).
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
      if (Number(fields[2]) === group) ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // ended in the meantime
    }
  }
  return ticks / TICKS;
}

/** Answers one after the other on every stream for a while; returns their times, milliseconds, ascending. */
async function answersFor(milliseconds, seed) {
  const end = performance.now() + milliseconds;
  const times = [];
  const stream = async (number) => {
    for (let i = 0; performance.now() < end; i++) {
      const began = performance.now();
      await answer(seed * 1e6 + number * 1e4 + i);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: STREAMS }, (_, number) => stream(number)));
  return times.sort((a, b) => a - b);
}

async function answer(seed) {
  const response = await fetch(`${server.url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'genesis',
      prompt: 'Once there was',
      max_tokens: TOKENS,
      temperature: 1,
      seed,
    }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  await response.json();
}

function at(times, share) {
  return times[Math.min(times.length - 1, Math.floor(times.length * share))];
}
