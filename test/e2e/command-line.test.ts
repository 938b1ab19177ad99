import { loadedModules, NAME_LOADED_FILES, runCommand, temporaryFolder } from '../support/index.js';

/** The modules of ours that a command loads, such as `cli`, and whether the framework is among the rest. */
async function loadedBy(args: readonly string[]): Promise<{ modules: string[]; framework: boolean }> {
  const { stderr } = await runCommand(args, { NODE_OPTIONS: NAME_LOADED_FILES });
  const loaded = loadedModules(stderr);
  const own = loaded.filter((path) => path.startsWith('dist/src/'));
  return {
    modules: [...new Set(own.map((path) => path.split('/')[2]))].sort(),
    framework: loaded.some((path) => path.startsWith('node_modules/@nestjs/')),
  };
}

it.each([['--version'], ['--help'], ['serve --role king']])(
  'answers %s without loading the server',
  async (line) => {
    expect(await loadedBy(line.split(' '))).toEqual({
      modules: ['cli', 'common'],
      framework: false,
    });
  },
);

it.each([['verify'], ['verify-report'], ['dispute']])(
  '%s of files does without the framework',
  async (command) => {
    const files = command === 'dispute' ? ['a.zip', 'b.zip'] : ['a.json'];
    expect((await loadedBy([command, ...files])).framework).toBe(false);
  },
);

it('needs neither the database nor the modules of the server for a token', async () => {
  const { stdout, stderr } = await runCommand(['keys', 'token'], {
    DATA_DIR: temporaryFolder(),
    NODE_OPTIONS: NAME_LOADED_FILES,
  });
  expect(stdout.split('.')).toHaveLength(3);
  expect(loadedModules(stderr).filter((path) => /node_modules\/(typeorm|fastify)\//.test(path))).toEqual([]);
});

it('prints the version of the installation', async () => {
  const { code, stdout } = await runCommand(['--version'], {});
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
