import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { packageRoot } from '../../src/common/installation.js';
import { api } from '../support/autonomy.js';
import { startServer, temporaryFolder, until, type TestServer } from '../support/index.js';
import { accessibilityFaults, browserTests, fits, launchBrowser, openPage } from './dashboard-support.js';

interface Waiting {
  readonly escalation_id: string;
  readonly decision: {
    readonly decision_id: string;
    readonly alternatives: readonly { readonly action: string; readonly expected_effect: string }[];
  };
}

/** A file of the installation, as it is changed for the test. */
function changed(name: string, change: (text: string) => string): string {
  const file = join(temporaryFolder('rules'), name);
  writeFileSync(file, change(readFileSync(join(packageRoot(), 'config', name), 'utf8')));
  return file;
}

browserTests('a guardian who is asked about a remedy', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    // Any memory that is used counts as too much; what else the machine of the tests does counts for nothing.
    const rules = changed('healing.yaml', (text) =>
      text
        .replaceAll(/threshold: 0\.9\b/g, 'threshold: 9')
        .replaceAll(/threshold: (8000|5000|15000|20000)\b/g, 'threshold: 600000')
        .replace(
          /memory_high:\s+\{[^}]*\}/,
          'memory_high: { threshold: 0.001, for_s: 0, remedies: [run_gc, shrink_caches], attempts: 3, verify_s: 1, severity: critical }',
        ),
    );
    // No remedy may be used without an answer.
    const matrix = changed('decision-matrix.yaml', (text) =>
      text.replace(
        /(\n {2}healing:\n[^]*?threshold: )0\.75([^]*?automatic_actions:)(\n {6}- \w+)+/,
        '$11$2 []',
      ),
    );
    server = await startServer({
      env: {
        ...{ IMPORT_GENESIS: 'false', DECISION_MATRIX: matrix },
        ...{ HEALING: 'auto', HEALING_SECONDS: '1', HEALING_FILE: rules },
      },
      until: 'listening',
    });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server.stop();
  });

  it('chooses another one of the pattern, by the API and from a phone', async () => {
    const { page, complaints, close } = await openPage(browser, { viewport: { width: 390, height: 844 } });
    await page.goto(`${server.url}/guardian`);
    const card = page.getByRole('region', { name: 'run_gc' });
    await card.waitFor();
    const { body } = await api(server, 'GET', '/api/guardian/escalations?state=open');
    const [{ escalation_id: id, decision }] = body.items as unknown as Waiting[];
    expect(decision.alternatives.map(({ action }) => action)).toEqual(['shrink_caches']);
    // The remedy of another pattern is none of this one's.
    const wrong = { reason: 'tidy up', action: 'prune_files' };
    expect(await api(server, 'POST', `/api/guardian/escalations/${id}/approve`, wrong)).toMatchObject({
      ...{ status: 409, body: { code: 'AMENDMENT_IMPOSSIBLE' } },
    });
    await card.getByText('Approve another action instead').click();
    await card.getByRole('combobox', { name: 'Instead' }).click();
    await page.getByRole('option', { name: 'shrink_caches' }).click();
    await card.getByText(decision.alternatives[0].expected_effect, { exact: false }).waitFor();
    await card.getByLabel('Reason').fill('models are idle');
    await fits(page, 390);
    expect(await accessibilityFaults(page)).toEqual([]);
    await card.getByRole('button', { name: 'Approve as changed' }).click();
    // It does not help here; what is left of the pattern was chosen before its turn.
    const incident = async () => {
      const { items } = (await api(server, 'GET', '/api/healing/incidents')).body;
      return (items as { state: string; steps: { detail: string }[] }[])[0];
    };
    await until('the remedy', async () => (await incident()).state === 'escalated');
    const said = (await incident()).steps.map(({ detail }) => detail);
    expect(said).toContain('shrink_caches: a guardian chose it instead of run_gc');
    expect(said.at(-1)).toBe('no remedy is left');
    expect(
      (await api(server, 'GET', `/api/autonomous/decisions/${decision.decision_id}`)).body,
    ).toMatchObject({
      ...{ action: 'shrink_caches', what: 'shrink_caches', state: 'failed', reason: 'models are idle' },
      escalation: { state: 'approved', amended: { action: 'shrink_caches' } },
    });
    expect(complaints).toEqual([]);
    await close();
  });
});
