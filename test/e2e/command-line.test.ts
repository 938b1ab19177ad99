import { loadedModules, NAME_LOADED_FILES, runCommand } from '../support/index.js';

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
      modules: ['cli', 'common', 'main.js'],
      framework: false,
    });
  },
);

it('prints the version of the installation', async () => {
  const { code, stdout } = await runCommand(['--version'], {});
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
