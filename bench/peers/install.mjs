// Installs node-llama-cpp beside this file and, where a C compiler exists, builds driver.c against the libraries it ships.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, 'node_modules');
const { peers } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const version = peers['node-llama-cpp'];

/** The package with prebuilt binaries for the processor of this machine. */
const BINARIES = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
};
const platform = BINARIES[`${process.platform}-${process.arch}`];

/** Installs what is missing. Scripts stay off: the package's own would download and build. */
export function installPeers() {
  if (platform === undefined) throw new Error(`node-llama-cpp has no binaries for ${process.platform}`);
  const installed = join(modules, 'node-llama-cpp', 'package.json');
  if (existsSync(installed) && JSON.parse(readFileSync(installed, 'utf8')).version === version)
    return version;
  const packages = [`node-llama-cpp@${version}`, `@node-llama-cpp/${platform}@${version}`];
  const flags = ['--no-save', '--no-package-lock', '--omit=optional', '--omit=peer', '--ignore-scripts'];
  execFileSync('npm', ['install', ...flags, ...packages], { cwd: here, stdio: ['ignore', 2, 2] });
  return version;
}

/** The folder of llama.cpp's libraries. */
export function libraryFolder() {
  const bins = join(modules, '@node-llama-cpp', platform, 'bins');
  return join(bins, readdirSync(bins)[0]);
}

/** The path of the built driver; null where there is no compiler or the libraries cannot be linked by it. */
export function buildDriver() {
  const build = join(modules, '.driver');
  const driver = join(build, 'driver');
  const source = join(here, 'driver.c');
  if (existsSync(driver) && statSync(driver).mtimeMs > statSync(source).mtimeMs) return driver;
  mkdirSync(build, { recursive: true });
  const libraries = libraryFolder();
  const named = (start) =>
    readdirSync(libraries).filter((name) => name.startsWith(start) && !name.includes('-cpu'));
  const shared = [...named('libllama.'), ...named('libggml')].map((name) => join(libraries, name));
  try {
    const headers = checkOutHeaders(build);
    const include = headers.flatMap((folder) => ['-I', folder]);
    const paths = [`-Wl,-rpath,${libraries}`, `-Wl,-rpath-link,${libraries}`];
    execFileSync('cc', ['-O2', source, ...include, ...shared, ...paths, '-o', driver], {
      stdio: ['ignore', 2, 2],
    });
    return driver;
  } catch (thrown) {
    console.error(`llama.cpp cannot be driven from C here: ${thrown.message}`);
    return null;
  }
}

/** The headers belong to the very version of the libraries: node-llama-cpp carries it as a git bundle. */
function checkOutHeaders(build) {
  const repository = join(build, 'llama.cpp');
  const folders = ['include', 'ggml/include'];
  if (!existsSync(repository)) {
    const bundle = join(modules, 'node-llama-cpp', 'llama', 'gitRelease.bundle');
    execFileSync('git', ['clone', '-q', '--no-checkout', bundle, repository], {
      stdio: ['ignore', 2, 'pipe'],
    });
    execFileSync('git', ['-C', repository, 'checkout', '-q', 'HEAD', '--', ...folders]);
  }
  return folders.map((folder) => join(repository, folder));
}
