/** Levels of docs/architecture.md: a module imports only from lower levels (rows above it in the table). */
const levels = [
  ['common', 'config'],
  ['database', 'keys', 'auth'],
  ['log'],
  ['chain'],
  ['experts', 'datasets', 'monitoring', 'notifications', 'snapshots'],
  ['inference', 'decision'],
  ['guardian', 'learning', 'security', 'evaluation'],
  ['self-healing', 'tasks', 'rewards', 'evolution', 'network'],
  ['evm', 'compensation', 'realtime', 'web', 'cli'],
];

const alternatives = (names) => `^src/(${names.join('|')})/`;

/** The files a browser runs too: they must not reach Node's own modules or the framework. */
const portable =
  '^src/(common/(result|errors|canonical-json|ed25519|hash|mathematics|merkle|clock|seldom|stream-chunks)|chain/block/|log/(checkpoint/|entry\\.|tree/(entry-bundle|tile-path)\\.)|experts/(tensorblock/|model-config|releases/(release-payload|version)|blocks/(new-expert|tensor-directory))|datasets/(generators|jsonl|quality|planted|proof)/|inference/((constraints|sampler|commitment|receipt|tokenizer)/|models/sampling-defaults)|learning/(trainer/(?!node/)|examples/|source/(block-access|release-model|remote-block-access|tensor-values|trained-block)|run/(keep-every|loss-curve|manifest|plan-json|read-examples|run-settings|training-job|training-result|training-run|unseen)\\.|submission/(prepare-submission|manifest-facts|statement)\\.|audit/(audit-facts|document-tree|opening|opening-codec|opening-maker)\\.)|keys/secp256k1-signer|rewards/(solvency/(sum-tree|solvency-proof)|ledger/account\\.|policy/(fixed-point|rewards|rewards-policy)\\.|epochs/(accounts|compute-epoch|earning|epoch-input|epoch-record|epoch-source|epoch-state|expert-authors|group|http-source|leaf-kinds|learning-earnings|log-leaves|median|quality-scores|read-input|read-score|read-verdict|recompute-epoch|recompute-from-server|score|usage-earnings)\\.))';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '\\.test\\.ts$', '^src/inference/kernel/assembly/'] },
      to: {},
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...levels.flatMap((names, level) => {
      const above = levels.slice(level + 1).flat();
      return above.length === 0
        ? []
        : [
            {
              name: `level-${level}-imports-only-downwards`,
              severity: 'error',
              from: { path: alternatives(names) },
              to: { path: alternatives(above) },
            },
          ];
    }),
    ...levels
      .filter((names) => names.length > 1)
      .flatMap((names) =>
        names
          .filter((name) => !['common', 'config', 'keys', 'auth', 'web', 'cli'].includes(name))
          .map((name) => ({
            name: `${name}-stays-in-its-row`,
            severity: 'error',
            from: { path: `^src/${name}/` },
            to: { path: alternatives(names.filter((other) => other !== name)) },
          })),
      ),
    {
      name: 'one-door-per-module',
      comment:
        'A module is entered through its index.ts (portable files may also be reached by the dashboard).',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^src/([^/]+)/.+',
        pathNot: [
          '^src/$1/',
          '^src/[^/]+/index\\.ts$',
          '^src/common/',
          portable,
          '^src/inference/kernel/index\\.ts$',
        ],
      },
    },
    {
      name: 'portable-files-stay-portable',
      severity: 'error',
      from: { path: portable, pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'portable-files-know-no-framework',
      severity: 'error',
      from: { path: portable },
      to: { path: 'node_modules/(@nestjs|typeorm|pg)/' },
    },
    {
      name: 'tracing-is-loaded-on-demand',
      comment: "OpenTelemetry's SDK is reached through one file, and that file only by a dynamic import.",
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/monitoring/trace-provider\\.ts$', '\\.test\\.ts$'] },
      to: { path: 'node_modules/@opentelemetry/(?!api/)' },
    },
    {
      name: 'tracing-is-imported-dynamically',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: '^src/monitoring/trace-provider\\.ts$',
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'tensorflow-is-loaded-by-its-thread',
      comment: 'TensorFlow.js is reached through the fast lane alone, and there only by a dynamic import.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/inference/tfjs/'] },
      to: { path: ['node_modules/@tensorflow/', '^src/inference/tfjs/(?!index\\.ts$)'] },
    },
    {
      name: 'tensorflow-is-imported-dynamically',
      severity: 'error',
      from: { path: '^src/inference/tfjs/' },
      to: {
        path: 'node_modules/@tensorflow/',
        dynamic: false,
        dependencyTypesNot: ['type-only', 'type-import'],
      },
    },
    {
      name: 'api-client-knows-no-components',
      severity: 'error',
      from: { path: '^frontend/src/api/' },
      to: { path: '^frontend/src/(components|pages|hooks)/' },
    },
    {
      name: 'dashboard-uses-portable-files-only',
      severity: 'error',
      from: { path: '^frontend/' },
      to: { path: '^src/', pathNot: [portable, '^src/inference/kernel/'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: {
      path: '^(dist|frontend/dist|src/inference/kernel/assembly|src/chain/verify/assembly|src/learning/trainer/assembly)/',
    },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs'],
    },
  },
};
