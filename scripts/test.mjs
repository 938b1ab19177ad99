// `npm test`: builds what is out of date, makes sure of a browser, runs unit, integration and end-to-end tests, and ends
// with one line: how many passed and how many failed. Arguments: names of projects to run (default all).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const PROJECTS = [
  { name: 'unit', arguments: ['--maxWorkers=2'] },
  { name: 'integration', arguments: ['--maxWorkers=2'] },
  { name: 'e2e', arguments: ['--maxWorkers=2'] },
];
/** What is built from what. */
const PRODUCTS = [
  {
    made: 'dist/kernel/kernel.wasm',
    from: ['src/inference/kernel/assembly', 'scripts/build-kernel.mjs', 'scripts/kernel-options.mjs'],
  },
  {
    made: 'dist/training/training.wasm',
    from: ['src/learning/trainer/assembly', 'src/inference/kernel/assembly', 'scripts/build-training.mjs'],
  },
  { made: 'dist/server/main.js', from: ['src', 'migrations', '.swcrc', 'scripts/bundle-server.mjs'] },
  { made: 'frontend/dist/index.html', from: ['frontend', 'src'] },
];
const UNBUILT = new Set(['node_modules', 'dist']);

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }).status ?? 1;
}

function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return path.endsWith('.test.ts') ? 0 : stat.mtimeMs;
  return readdirSync(path)
    .filter((name) => !UNBUILT.has(name))
    .reduce((latest, name) => Math.max(latest, newest(join(path, name))), 0);
}

function isOutOfDate({ made, from }) {
  const product = join(root, made);
  return !existsSync(product) || from.some((path) => newest(join(root, path)) > statSync(product).mtimeMs);
}

function buildIfNeeded() {
  const stale = PRODUCTS.filter(isOutOfDate).map(({ made }) => made);
  if (stale.length === 0) return;
  console.log(`building, because ${stale.join(', ')} is missing or older than its source`);
  if (run('npm', ['run', '--silent', 'build']) !== 0) fail('the build failed');
}

/** The path of a Chromium, installed where that is possible; null when the browser tests are to be left out. */
function findBrowser() {
  if (process.env.STEMMA_SKIP_BROWSER) {
    console.log('browser tests are left out, because STEMMA_SKIP_BROWSER is set');
    return null;
  }
  const known = () => [process.env.CHROMIUM_PATH, ...BROWSERS].find((path) => path && existsSync(path));
  if (known()) return known();
  const canInstall = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
  if (canInstall) {
    console.log('installing Chromium for the browser tests');
    const quiet = {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
    };
    run('apt-get', ['update', '-qq'], quiet);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], quiet);
  }
  const found = known();
  if (found) return found;
  const why = canInstall ? 'it could not be installed' : 'installing it needs root and apt';
  return fail(
    `the browser tests need Chromium and ${why}. Install it, or name one in CHROMIUM_PATH, or leave these tests out with STEMMA_SKIP_BROWSER=1`,
  );
}

function fail(line) {
  console.error(`npm test: ${line}`);
  process.exit(1);
}

/** Runs one project. A test file that does not even load counts as a failure. */
function runProject(project, folder, env) {
  const report = join(folder, `${project.name}.json`);
  const status = run(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      ...['--selectProjects', project.name, '--passWithNoTests', '--json', '--outputFile', report],
      ...project.arguments,
    ],
    { env, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(readFileSync(report, 'utf8'));
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return {
    passed: result.numPassedTests,
    failed: status !== 0 && failed === 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !PROJECTS.some((project) => project.name === name));
if (unknown) fail(`there is no project ${unknown}; there are ${PROJECTS.map(({ name }) => name).join(', ')}`);
const projects = wanted.length === 0 ? PROJECTS : PROJECTS.filter(({ name }) => wanted.includes(name));
const needsBrowser = projects.some(({ name }) => name === 'e2e');
buildIfNeeded();
const browser = needsBrowser ? findBrowser() : null;
const environment = { ...process.env, ...(browser && { CHROMIUM_PATH: browser }) };
const folder = mkdtempSync(join(tmpdir(), 'stemma-results-'));
const total = { passed: 0, failed: 0, skipped: 0 };
for (const project of projects) {
  console.log(`\n== ${project.name}`);
  const outcome = runProject(project, folder, environment);
  for (const key of Object.keys(total)) total[key] += outcome[key];
}
rmSync(folder, { recursive: true, force: true });
if (total.skipped > 0) console.log(`\n${total.skipped} skipped`);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
