import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/common/installation.js';

/** What a line that names a file starts with. */
const LOADS = 'loads ';

/** For `NODE_OPTIONS`: has Node.js name every file it loads on stderr. */
export const NAME_LOADED_FILES = `--import=data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  import { writeSync } from 'node:fs';
  registerHooks({
    load(url, context, next) {
      if (url.startsWith('file:')) writeSync(2, '${LOADS}' + url + '\\n');
      return next(url, context);
    },
  });`)}`;

/**
 * The source files that a program loaded which ran with `NAME_LOADED_FILES`, as paths in the installation: a bundled file
 * stands for all it was made from.
 * @param output what the program printed on stderr
 */
export function loadedModules(output: string): string[] {
  const files = output.split('\n').filter((line) => line.startsWith(LOADS));
  return files.flatMap((line) => sourcesOf(fileURLToPath(line.slice(LOADS.length))));
}

function sourcesOf(file: string): string[] {
  if (!existsSync(file)) return [];
  const comments = readFileSync(file, 'utf8').matchAll(
    /^\s*\/\/(?:#region)? ((?:dist|node_modules)\/\S+)$/gm,
  );
  const sources = Array.from(comments, ([, source]) => source);
  return sources.length > 0 ? sources : [relative(packageRoot(), file)];
}
