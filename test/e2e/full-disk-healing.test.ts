import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/installation.js';
import { api } from '../support/autonomy.js';
import {
  createTestDatabase,
  startServer,
  temporaryFolder,
  until,
  type TestServer,
} from '../support/index.js';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.js';

interface IncidentDocument {
  readonly cause: string;
  readonly state: string;
  readonly steps: readonly { readonly detail: string }[];
}

const MEBIBYTE = 1024 * 1024;
const rules = join(temporaryFolder('full-disk-healing'), 'healing.yaml');
let disk: SmallDisk;
let database: string;
let server: TestServer;

beforeAll(async () => {
  // How busy or full the machine of the tests is is not what is tested; the disk is its own.
  const shipped = readFileSync(join(packageRoot(), 'config', 'healing.yaml'), 'utf8');
  writeFileSync(
    rules,
    shipped.replaceAll(/(cpu_high:|memory_high:)([^}]*?)threshold: 0\.9\b/g, '$1$2threshold: 9'),
  );
  disk = await mountSmallDisk('size=128m');
  ({ url: database } = await createTestDatabase());
});
afterAll(async () => {
  await server?.stop();
  await disk?.remove();
});

const start = () =>
  startServer({
    ...{ dataDir: disk.folder, database, until: 'listening' },
    env: { IMPORT_GENESIS: 'false', HEALING: 'auto', HEALING_SECONDS: '1', HEALING_FILE: rules },
  });
const file = (name: string) => join(disk.folder, name);
const incidents = async () => {
  const { body } = await api(server, 'GET', '/api/healing/incidents');
  return (body.items as IncidentDocument[]).filter(({ cause }) => cause === 'disk_high');
};
/** Fills the disk but for so many MiB. */
function fill(name: string, free: number): void {
  const { bavail, bsize } = statfsSync(disk.folder);
  writeFileSync(file(name), Buffer.alloc(bavail * bsize - free * MEBIBYTE));
}

it('heals a disk that was full when the server started, though nothing about it can be recorded before', async () => {
  server = await start();
  fill('filler', 11);
  await until('somebody is called', async () =>
    (await incidents()).some(({ state }) => state === 'escalated'),
  );
  await server.stop('SIGKILL');
  // What a write left that never finished, long ago; with it the disk is too full for a single record.
  rmSync(file('filler'));
  mkdirSync(file('tmp'), { recursive: true });
  writeFileSync(file('tmp/leftover'), Buffer.alloc(20 * MEBIBYTE));
  const old = new Date(Date.now() - 3_600_000);
  utimesSync(file('tmp/leftover'), old, old);
  fill('filler', 2);
  const { bavail, bsize } = statfsSync(disk.folder);
  expect(bavail * bsize).toBeLessThan(8 * MEBIBYTE);
  server = await start();
  await until('the leftover is gone', () => !existsSync(file('tmp/leftover')));
  await until('what both servers saw is over', async () => {
    const seen = await incidents();
    return seen.length === 2 && seen.every(({ state }) => state === 'resolved');
  });
  expect((await incidents())[0].steps.map(({ detail }) => detail).join()).toContain('prune_files helped');
});
