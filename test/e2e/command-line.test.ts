import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../src/common/installation.js';
import { runCommand } from '../support/index.js';

/** What a line that names a module starts with. */
const LOADS = 'loads ';
/** Has Node.js name every module it loads on stderr. */
const NAME_MODULES = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, next) {
      process.stderr.write('${LOADS}' + url + '\\n');
      return next(url, context);
    },
  });`)}`;

/** The modules of ours that a command loads, such as `cli`, and whether the framework is among the rest. */
async function loadedBy(args: readonly string[]): Promise<{ modules: string[]; framework: boolean }> {
  const { stderr } = await runCommand(args, { NODE_OPTIONS: `--import=${NAME_MODULES}` });
  const root = pathToFileURL(join(packageRoot(), 'dist', 'src')).href;
  const urls = stderr.split('\n').filter((line) => line.startsWith(LOADS));
  const own = urls.filter((line) => line.startsWith(`${LOADS}${root}/`));
  const modules = own.map((line) => line.slice(`${LOADS}${root}/`.length).split('/')[0]);
  return {
    modules: [...new Set(modules)].sort(),
    framework: urls.some((line) => line.includes('/node_modules/@nestjs/')),
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
