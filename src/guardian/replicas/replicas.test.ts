import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';
import { chooseReplicaAdapter } from './choose-adapter.js';
import { CommandReplicas } from './command-replicas.js';
import { NoReplicas } from './replica-adapter.js';
import { SystemdReplicas } from './systemd-replicas.js';

const folder = temporaryFolder('replicas');
let made = 0;

/** A program that does what the lines say; `$calls` is a file with a line for every call. */
function program(...lines: string[]): { path: string; calls: () => string[] } {
  const path = join(folder, `program-${made++}`);
  const calls = `${path}.calls`;
  writeFileSync(path, ['#!/bin/sh', `calls=${calls}`, 'echo "$#:$*" >> $calls', ...lines].join('\n'));
  chmodSync(path, 0o755);
  return { path, calls: () => readFileSync(calls, 'utf8').trim().split('\n') };
}

const STORE = [
  'if [ "$1" = scale ]; then echo "$2" > $calls.now; else cat $calls.now 2>/dev/null || echo 0; fi',
];

describe('replicas by a program', () => {
  it('are counted and scaled', async () => {
    const { path, calls } = program(...STORE);
    const sut = new CommandReplicas(path);
    expect(await sut.count()).toEqual({ ok: true, value: 0 });
    expect(await sut.scale(3)).toEqual({ ok: true, value: undefined });
    expect(await sut.count()).toEqual({ ok: true, value: 3 });
    expect(calls()).toEqual(['1:count', '2:scale 3', '1:count']);
  });

  it.each([
    ['fails', ['echo no machines >&2', 'exit 3'], 'no machines'],
    ['hangs', ['exec sleep 600'], 'longer than 200 ms'],
    ['hangs with a child that holds its output', ['sleep 5'], 'longer than 200 ms'],
    ['prints no number', ['echo "two"'], 'instead of a whole number'],
    ['prints without end', ['yes'], 'failed'],
  ])('are unavailable where it %s', async (_what, lines, why) => {
    const counted = await new CommandReplicas(program(...lines).path, 200).count();
    expect(counted).toMatchObject({
      ...{
        ok: false,
        error: { code: 'REPLICAS_UNAVAILABLE', status: 503, message: expect.stringContaining(why) },
      },
    });
  });

  it('are unavailable where there is no program, and nothing is handed to a shell', async () => {
    const missing = await new CommandReplicas(join(folder, 'nothing; echo 4')).count();
    expect(missing).toMatchObject({ ok: false, error: { code: 'REPLICAS_UNAVAILABLE' } });
  });

  it('hear nothing of the secrets in the environment', async () => {
    process.env.JWT_SECRET = 'x'.repeat(40);
    const { path } = program('[ -z "$JWT_SECRET" ] && echo 1 || echo 2');
    expect(await new CommandReplicas(path).count()).toEqual({ ok: true, value: 1 });
    delete process.env.JWT_SECRET;
  });
});

describe('replicas by systemd', () => {
  const LISTED = [
    'printf "stemma-replica@1.service loaded active running One\\n"',
    'printf "stemma-replica@4.service loaded active running Four\\n"',
    'printf "other@2.service loaded active running Other\\n"',
  ];

  it('are the instances of the template, started and stopped until there are 1 to n', async () => {
    const { path, calls } = program('[ "$1" = list-units ] || exit 0', ...LISTED);
    const sut = new SystemdReplicas('stemma-replica', path);
    expect(await sut.count()).toEqual({ ok: true, value: 2 });
    expect((await sut.scale(3)).ok).toBe(true);
    expect(calls().filter((call) => !call.includes('list-units'))).toEqual([
      '2:stop stemma-replica@4.service',
      '3:start stemma-replica@2.service stemma-replica@3.service',
    ]);
  });

  it('say so when systemd refuses', async () => {
    const { path } = program('[ "$1" = list-units ] && exit 0', 'echo "Access denied" >&2', 'exit 1');
    const scaled = await new SystemdReplicas('stemma-replica', path).scale(1);
    expect(scaled).toMatchObject({
      ok: false,
      error: { code: 'REPLICAS_UNAVAILABLE', message: expect.stringContaining('Access denied') },
    });
  });
});

describe('which replicas there are', () => {
  const settings = { replicaAdapter: 'none', replicaCommand: null, replicaUnit: 'stemma-replica' } as const;

  it('is what the settings say; nothing is made up without them', async () => {
    const chosen = chooseReplicaAdapter(settings);
    expect(chosen).toMatchObject({ ok: true, value: new NoReplicas() });
    for (const asked of [new NoReplicas().count(), new NoReplicas().scale()])
      expect(await asked).toMatchObject({
        ok: false,
        error: { code: 'REPLICAS_NOT_CONFIGURED', status: 409 },
      });
    expect(chooseReplicaAdapter({ ...settings, replicaAdapter: 'systemd' })).toMatchObject({
      value: { name: 'systemd' },
    });
    const lacking = chooseReplicaAdapter({ ...settings, replicaAdapter: 'command' });
    expect(lacking).toMatchObject({ ok: false, error: { code: 'CONFIG_INVALID' } });
  });
});
