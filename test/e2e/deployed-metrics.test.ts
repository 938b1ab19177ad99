import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../../src/common/installation.js';
import { startServer, type TestServer } from '../support/index.js';

const read = (path: string) => readFileSync(join(packageRoot(), 'deploy', path), 'utf8');
/** Metrics that an expression names, as `# TYPE` names them. */
const metricsIn = (text: string) => [
  ...new Set(
    [...text.matchAll(/\b(?:stemma|gen_ai)_[a-z0-9_]+\b/g)].map(([name]) => name.replace(/_bucket$/, '')),
  ),
];

describe('what deploy/ asks Prometheus for', () => {
  let server: TestServer;
  let served: Set<string>;

  beforeAll(async () => {
    server = await startServer({ env: { IMPORT_GENESIS: 'false' }, until: 'listening' });
    const text = await (await fetch(`${server.url}/metrics`)).text();
    served = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
  });
  afterAll(() => server.stop());

  it('exists on /metrics: the rules', () => {
    const { groups } = parse(read('prometheus/stemma.rules.yaml')) as {
      groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(10);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    expect(rules.every(({ annotations }) => annotations.summary.length > 0)).toBe(true);
    const named = metricsIn(rules.map(({ expr }) => expr).join('\n'));
    expect(named.filter((name) => !served.has(name))).toEqual([]);
  });

  it('exists on /metrics: the Grafana dashboard', () => {
    const { panels } = JSON.parse(read('grafana/stemma.json')) as {
      panels: { id: number; targets: { expr: string }[] }[];
    };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const named = metricsIn(panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n'));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !served.has(name))).toEqual([]);
  });
});
