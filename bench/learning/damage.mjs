// Proof of learning from end to end: a fresh server, an expert of genesis damaged, repaired by a contributor, judged, released.
// node bench/learning/damage.mjs [minutes of training] [updates at most] [layer] [expert]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runStemma, startServer, until } from '../server.mjs';
import { damageGenesis } from './damaged-genesis.mjs';

const [minutes = '4', updates = '0', layer = '3', expert = '5'] = process.argv.slice(2);
const NAME = `layer${layer}.expert${expert}`;
const QUESTIONS = [
  'What is 17 + 25?',
  'What is the capital of France?',
  'What is proof of learning?',
  'Hello.',
];
const EXAMPLES = '6000';

const folder = mkdtempSync(join(tmpdir(), 'stemma-damage-'));
const dataDir = join(folder, 'data');
const server = await startServer(dataDir);
try {
  await walk();
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function walk() {
  const first = await live();
  say(`fresh server, genesis ${first.version} is live`);
  damageGenesis(join(folder, 'damaged'), layer, expert);
  command('import', join(folder, 'damaged'), '--name', 'genesis');
  const damaged = (await get('/models/genesis/releases')).items[0];
  await post(`/models/genesis/releases/${damaged.version}/promote`);
  say(`genesis ${damaged.version}, in which ${NAME} is damaged, is live`);
  const before = await answers();

  const data = join(folder, 'train.jsonl');
  writeFileSync(data, command('dataset', 'generate', 'train', 'contributor', EXAMPLES));
  const began = performance.now();
  const plan = ['--data', data, '--experts', NAME, '--minutes', minutes, '--learning-rate', '0.003'];
  if (updates !== '0') plan.push('--steps', updates);
  const trained = JSON.parse(command('train', '--json', ...plan, '--out', join(folder, 'trained')));
  const seconds = (performance.now() - began) / 1000;
  const share = ((trained.best.loss / trained.before - 1) * 100).toFixed(1);
  say(
    `trained ${trained.updates} updates in ${seconds.toFixed(0)} s: unseen loss ${trained.before.toFixed(4)} -> ${trained.best.loss.toFixed(4)} (${share} %)`,
  );

  const submitted = performance.now();
  const following = follow('submit', join(folder, 'trained'), '--json');
  const asked = await until(waitingQuestion, 300_000, 'the question to a guardian');
  const { decision } = asked;
  say(`judged after ${((performance.now() - submitted) / 1000).toFixed(1)} s; the matrix asks a guardian:`);
  say(
    `  ${decision.what}, because ${decision.why}; ${decision.grounds.map(({ detail }) => detail).join('; ')}`,
  );
  await post(`/api/guardian/escalations/${asked.escalation_id}/approve`, {
    reason: 'the evaluation says so',
  });
  const result = JSON.parse(await following);
  for (const { name, passed, detail, took_ms: took } of result.checks)
    say(`  ${passed ? 'passed' : 'failed'} ${name} (${took} ms): ${detail}`);
  for (const [domain, { base, candidate, fall, low, high }] of Object.entries({
    ...result.verdict.figures.domains,
    overall: result.verdict.figures.overall,
  }))
    say(
      `  ${domain.padEnd(11)} ${base.toFixed(4)} -> ${candidate.toFixed(4)}  ${percent(fall)} (${percent(low)} to ${percent(high)})`,
    );
  say(`${result.submission_id} is ${result.state}, genesis ${(await live()).version} is live`);

  const after = await answers();
  const [block] = result.blocks;
  for (const [i, question] of QUESTIONS.entries()) {
    say(`  ${question}\n    before: ${before[i].text}\n    after:  ${after[i].text}`);
  }
  const named = after.filter(({ blocks }) => blocks.includes(block.hash)).length;
  const changed = after.filter(({ text }, i) => text !== before[i].text).length;
  const report = command('fsck', '--json');
  say(
    `${changed} of ${QUESTIONS.length} answers changed, ${named} receipts name the new block ${block.hash}`,
  );
  say(`fsck: ${report.trim().slice(-200)}`);
  if (changed === 0 || named === 0 || result.state !== 'released') process.exitCode = 1;
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

async function waitingQuestion() {
  const { items } = await get('/api/guardian/escalations?state=open');
  return items[0];
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

function percent(share) {
  return `${(share * 100).toFixed(2)} %`;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
