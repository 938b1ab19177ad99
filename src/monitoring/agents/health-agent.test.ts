import type { DataSource } from 'typeorm';
import type { DependencyRegistry } from '../../common/observation/dependency-registry.js';
import { ExaminationRegistry } from '../../common/observation/examination-registry.js';
import type { HealthRegistry, HealthStatus } from '../../common/observation/health-registry.js';
import type { MachineVitals } from '../vitals/machine-vitals.js';
import { AgentRegistry } from './agent-registry.js';
import { HealthAgent } from './health-agent.js';

/** What the agent sees with a database that is so, while an entry has waited for a minute for its place in the log. */
function seenWith(status: HealthStatus, examinations = new ExaminationRegistry()) {
  const probes = { database: { status, detail: 'so it is' } };
  const sut = new HealthAgent(
    new AgentRegistry(),
    { check: async () => ({ status, probes }) } as unknown as HealthRegistry,
    { check: async () => ({ status: 'ok', probes: {} }) } as unknown as DependencyRegistry,
    examinations,
    { disk: async () => ({ share: 0, free: 1, total: 1 }) } as unknown as MachineVitals,
    { query: async () => [{ waiting: '1', oldest: '0' }] } as unknown as DataSource,
    { now: () => 60_000 },
  );
  return sut.observe();
}

describe('the health agent', () => {
  it('tells of entries that wait for their place in the log', async () => {
    const { troubles, measures, unseen } = await seenWith('ok');
    expect([troubles.map(({ fingerprint }) => fingerprint), unseen]).toEqual([['health.log_lag'], undefined]);
    // By the clock that the entry is dated by.
    expect(measures).toMatchObject({ log_waiting: 1, log_lag_ms: 60_000 });
  });

  it('does not say that none wait where it has not looked', async () => {
    const { troubles, measures, unseen } = await seenWith('degraded');
    expect([troubles.map(({ fingerprint }) => fingerprint), unseen]).toEqual([
      ['health.database'],
      ['health.log_lag'],
    ]);
    expect(measures).not.toHaveProperty('log_waiting');
  });

  it('lets parts show that they work, which counts more than what they say of themselves', async () => {
    const examinations = new ExaminationRegistry();
    examinations.register({ name: 'database', check: async () => ({ status: 'ok', detail: 'it works' }) });
    examinations.register({ name: 'kernel', check: async () => ({ status: 'failed', detail: 'it hangs' }) });
    const { troubles, status, detail, measures } = await seenWith('ok', examinations);
    expect(troubles).toMatchObject([
      { fingerprint: 'health.kernel', severity: 'critical', summary: 'kernel is failed: it hangs' },
      { fingerprint: 'health.log_lag' },
    ]);
    expect([status, detail, measures.probes]).toEqual(['critical', 'failed: 1 of 2 probes', 2]);
  });
});
