// Proof of learning from end to end: a fresh server, an expert of genesis damaged, a dataset given and voted on, the expert repaired by a
// contributor's training, submitted, audited, judged, let through by a guardian as a shadow, a canary and for all, paid, and shown on the
// dashboard.
// node bench/learning/damage.mjs [--minutes 4] [--updates 0] [--expert layer4.expert2] [--no-browser]
// It says MISSED and ends with 1 for whatever is not as it should be; no Chromium (CHROMIUM_PATH) is one of these, unless --no-browser.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, runStemma, startServer, until } from '../server.mjs';
import { checkPages } from './damage-pages.mjs';
import { approveUntil, stagesOf } from './damage-rollout.mjs';
import { damageGenesis } from './damaged-genesis.mjs';

const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    minutes: { type: 'string', default: '4' },
    updates: { type: 'string', default: '0' },
    expert: { type: 'string', default: 'layer4.expert2' },
    browser: { type: 'boolean', default: true },
  },
});
const [, layer, expert] = /^layer(\d+)\.expert(\d+)$/.exec(options.expert) ?? [];
if (expert === undefined) throw new Error(`--expert ${options.expert}: layer4.expert2, for example`);
const NAME = options.expert;
const QUESTIONS = [
  'What is 17 + 25?',
  'What is the capital of France?',
  'What is proof of learning?',
  'Hello.',
];
const EXAMPLES = '6000';
/** How long a repair may be trained, seconds. */
const AIM_S = 300;
const PATIENCE_MS = 300_000;
/** Epochs of rewards, and votes on datasets, that a script can wait for, seconds. */
const EPOCH_S = 5;
const VOTE_S = 3;
/** How long a stage of a rollout lasts where too few ask, and how often that is looked at, seconds. */
const STAGE_S = 3;
const LOOK_S = 1;
/** The ways in which a release comes to people. */
const STAGES = ['shadow succeeded', 'canary succeeded', 'promote succeeded'];
const AUTHOR_OF_DATA = 'account:local';

const folder = mkdtempSync(join(tmpdir(), 'stemma-damage-'));
const dataDir = join(folder, 'data');
const server = await startServer(dataDir, {
  REWARDS_FILE: quickEpochs(),
  DATASET_VOTE_SECONDS: String(VOTE_S),
  DATASET_SWEEP_MS: '200',
  // By stages, as shipped, but of seconds instead of a quarter of an hour each.
  ...{
    LEARNING_ROLLOUT: 'staged',
    ROLLOUT_STAGE_SECONDS: String(STAGE_S),
    AUTOPILOT_SECONDS: String(LOOK_S),
  },
});
try {
  await walk();
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function walk() {
  say(`load average ${loadavg()[0].toFixed(1)}`);
  const first = await live();
  say(`fresh server, genesis ${first.version} is live`);
  const whole = await answers();
  damageGenesis(join(folder, 'damaged'), layer, expert);
  command('import', join(folder, 'damaged'), '--name', 'genesis');
  const damaged = (await get('/models/genesis/releases')).items[0];
  await post(`/models/genesis/releases/${damaged.version}/promote`);
  say(`genesis ${damaged.version}, in which ${NAME} is damaged, is live`);
  const before = await answers();

  const data = join(folder, 'train.jsonl');
  writeFileSync(data, command('dataset', 'generate', 'train', 'contributor', EXAMPLES));
  const dataset = await giveDataset(data);
  train(data, dataset);
  const result = await handIn();
  const reward = await paid(result);
  const after = await answers();

  const [block] = result.blocks;
  for (const [i, question] of QUESTIONS.entries())
    say(
      `  ${question}\n    whole:  ${whole[i].text}\n    before: ${before[i].text}\n    after:  ${after[i].text}`,
    );
  const broken = QUESTIONS.map((_, i) => i).filter((i) => before[i].text !== whole[i].text);
  const mended = broken.filter((i) => after[i].text === whole[i].text);
  const named = after.filter(({ blocks }) => blocks.includes(block.hash)).length;
  expect(broken.length > 0, `the damage changed ${broken.length} of ${QUESTIONS.length} answers`);
  expect(
    mended.length === broken.length,
    `${mended.length} of these ${broken.length} are as genesis ${first.version} gives them`,
  );
  expect(named > 0, `${named} receipts name the new block ${block.hash}`);
  const report = command('fsck', '--json');
  expect(JSON.parse(report).clean === true, `fsck: ${report.trim().slice(-200)}`);
  await look({ submission: result, reward, dataset });
  say(process.exitCode === 1 ? 'something was MISSED, see above' : 'all of it is as it should be');
}

/** Uploads what will be trained on and votes for it. @returns its id, and the block of chain D that trainings name */
async function giveDataset(path) {
  const about = ['--name', 'repair', '--licence', 'CC0-1.0', '--source', 'stemma dataset generate'];
  const { dataset: id } = JSON.parse(command('--json', 'dataset', 'upload', path, ...about));
  const at = (...stages) =>
    until(
      async () => {
        const found = await get(`/datasets/${id}`);
        if (found.stage === 'rejected')
          throw new Error(`the dataset was rejected: ${found.reasons.join(', ')}`);
        return stages.includes(found.stage) ? found : null;
      },
      PATIENCE_MS,
      `a dataset that is ${stages.join(' or ')}`,
    );
  await at('vote');
  command('dataset', 'vote', id, 'for');
  const { stage, stages } = await at('gold', 'silver', 'experimental');
  say(`dataset ${id} was audited and voted on: ${stage}`);
  return { id, block: stages[0].block };
}

function train(data, dataset) {
  const began = performance.now();
  const plan = ['--data', data, '--datasets', dataset.block, '--experts', NAME];
  plan.push('--minutes', options.minutes, '--learning-rate', '0.003');
  // What is timed is the training, whatever else this machine does.
  plan.push('--priority', 'low');
  if (options.updates !== '0') plan.push('--steps', options.updates);
  const trained = JSON.parse(command('train', '--json', ...plan, '--out', join(folder, 'trained')));
  const seconds = (performance.now() - began) / 1000;
  const share = ((trained.best.loss / trained.before - 1) * 100).toFixed(1);
  say(
    `${trained.updates} updates: unseen loss ${trained.before.toFixed(4)} -> ${trained.best.loss.toFixed(4)} (${share} %)`,
  );
  expect(seconds <= AIM_S, `trained in ${seconds.toFixed(0)} s, aim ${AIM_S} s`);
}

/** Submits, answers the questions to a guardian, and tells what was found. */
async function handIn() {
  const submitted = performance.now();
  let text = null;
  const following = follow('submit', join(folder, 'trained'), '--show', '--json').then((all) => (text = all));
  const asked = await approveUntil(() => text !== null, { get, post, say, ask: answers });
  const result = JSON.parse(await following);
  say(`${result.state} after ${((performance.now() - submitted) / 1000).toFixed(1)} s`);
  if (result.state === 'rejected') throw new Error(`it was rejected: ${result.code}: ${result.detail}`);
  const stages = await stagesOf(get, result.version);
  const asks = `guardians were asked for ${asked.join(', ')}`;
  expect(stages.join() === STAGES.join(), `genesis ${result.version}: ${stages.join(', ')}; ${asks}`);
  for (const { name, passed, detail, figures, took_ms: took } of result.checks) {
    const cpu = figures?.cpu_ms === undefined ? '' : `, ${figures.cpu_ms} ms of processor time`;
    say(`  ${passed ? 'passed' : 'failed'} ${name} (${took} ms${cpu}): ${detail}`);
  }
  const { cpu_ms: cpuMs, cpu_aim_ms: aim } =
    result.checks.find(({ name }) => name === 'pre_filter')?.figures ?? {};
  expect(cpuMs <= aim, `the pre-filter took ${cpuMs} ms of processor time, aim ${aim} ms`);
  for (const [domain, { base, candidate, fall, low, high }] of Object.entries({
    ...result.verdict.figures.domains,
    overall: result.verdict.figures.overall,
  }))
    say(
      `  ${domain.padEnd(11)} ${base.toFixed(4)} -> ${candidate.toFixed(4)}  ${percent(fall)} (${percent(low)} to ${percent(high)})`,
    );
  expect(
    result.state === 'released',
    `${result.submission_id} is ${result.state}, genesis ${(await live()).version} is live`,
  );
  return result;
}

/** Waits until the verdict is paid for, and has another process work the epoch out again. */
async function paid({ verdict, verdict_block: block }) {
  const account = `key:${verdict.author}`;
  let number = 1;
  const { epoch, record } = await until(
    async () => {
      const response = await ask(`/rewards/epochs/${number}`, {});
      if (response.status === 404) return null;
      const found = await answerOf(`epoch ${number}`, response);
      if (found.record.earned.some(({ reference }) => reference === block)) return found;
      number++;
      return null;
    },
    PATIENCE_MS,
    'the epoch that pays for the verdict',
  );
  for (const who of [account, AUTHOR_OF_DATA]) {
    const { amount = '0' } = record.paid.find((share) => share.account === who) ?? {};
    const { balance } = await get(`/rewards/balance/${who}`);
    expect(
      BigInt(amount) > 0n && balance === amount,
      `${who} was paid ${bly(amount)} BLY in epoch ${epoch}, its balance is ${bly(balance)} BLY`,
    );
  }
  const again = JSON.parse(command('rewards', 'recompute', '--json', '--epoch', String(epoch)));
  expect(again.computed === again.published, `epoch ${epoch} worked out again: ${again.computed}`);
  return { account, epoch, amount: (await get(`/rewards/balance/${account}`)).balance };
}

async function look(facts) {
  if (!options.browser) return;
  const found = await checkPages(server.url, NAME, facts);
  if (found === null)
    expect(
      false,
      'no Chromium: the pages of the dashboard were not looked at (--no-browser leaves them out)',
    );
  else for (const { page, problem } of found) expect(problem === null, `${page}: ${problem ?? 'shows it'}`);
}

/** The policy of the installation with short epochs. */
function quickEpochs() {
  const usual = readFileSync(join(root, 'config', 'rewards.yaml'), 'utf8');
  const file = join(folder, 'rewards.yaml');
  writeFileSync(file, usual.replace('every_s: 1800', `every_s: ${EPOCH_S}`));
  return file;
}

async function live() {
  return (await get('/models')).items.find(({ name }) => name === 'genesis').live;
}

async function answers() {
  const found = [];
  for (const content of QUESTIONS) {
    const body = { model: 'genesis', messages: [{ role: 'user', content }], temperature: 0, max_tokens: 64 };
    const answer = await post('/v1/chat/completions', body);
    const { receipt } = await get(`/v1/receipts/${answer.receipt_id}`);
    const blocks = receipt.experts.map(({ block }) => block);
    found.push({ text: answer.choices[0].message.content, blocks });
  }
  return found;
}

async function get(path) {
  return answerOf(path, await ask(path, {}));
}

async function post(path, body = {}) {
  const headers = { 'content-type': 'application/json' };
  return answerOf(path, await ask(path, { method: 'POST', headers, body: JSON.stringify(body) }));
}

/** A connection that was idle while a command ran is closed by the server: every request gets one of its own. */
function ask(path, { headers = {}, ...init }) {
  return fetch(`${server.url}${path}`, { ...init, headers: { ...headers, connection: 'close' } });
}

async function answerOf(path, response) {
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

function command(...args) {
  const { code, stdout, stderr } = runStemma(args, dataDir);
  if (code !== 0)
    throw new Error(
      `stemma ${args.join(' ')} ended with ${code}: ${stdout.slice(-500)}${stderr.slice(-500)}`,
    );
  return stdout;
}

/** Runs a command while others go on. */
function follow(...args) {
  const child = spawn(process.execPath, [join(root, 'bin', 'stemma.mjs'), ...args], {
    env: { ...process.env, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve) => child.once('close', () => resolve(output)));
}

/** Says what was found; `MISSED` where it is not as it should be, and the script ends with 1. */
function expect(holds, line) {
  say(holds ? line : `MISSED: ${line}`);
  if (!holds) process.exitCode = 1;
}

function bly(units) {
  return (Number(units) / 1e9).toLocaleString('en-GB');
}

function percent(share) {
  return `${(share * 100).toFixed(2)} %`;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
