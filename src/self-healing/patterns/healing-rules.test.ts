import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { CAUSES, defaultHealingFile, parseHealingRules, readHealingRules } from './healing-rules.js';

const text = readFileSync(defaultHealingFile(), 'utf8');
const problem = (changed: string) => {
  const result = parseHealingRules(changed);
  return result.ok ? null : [result.error.code, result.error.message];
};

describe('the rules of healing', () => {
  it('of the installation are right and complete', () => {
    const rules = readHealingRules(defaultHealingFile());
    expect(rules.ok && Object.keys(rules.value).sort()).toEqual([...CAUSES].sort());
    expect(rules.ok && rules.value.kernel_hung).toMatchObject({ remedies: ['restart_engine'] });
  });

  it.each([
    ['threshold: 0.9, for_s: 12', 'threshold: 0, for_s: 12', 'cpu_high: threshold'],
    ['[shed_load]', '[reboot]', 'cpu_high: remedies'],
    ['cpu_high:', 'cpu_hot:', 'unknown cause "cpu_hot"'],
    ['version: 1', 'version: 2', 'version: 1'],
    ['severity: warning }', 'severity: warning, colour: red }', 'unknown field "colour"'],
    ['causes:', 'more: 1\ncauses:', 'unknown member "more"'],
    ['causes:', 'causes: [', 'broken'],
  ])('%s → %s is refused, and said where', (from, to, said) => {
    expect(text).toContain(from);
    expect(problem(text.replace(from, to))).toEqual(['HEALING_INVALID', expect.stringContaining(said)]);
  });

  it('of an operator may be older than a cause, whose rule is then the shipped one', () => {
    const { process_crashed: shipped, ...others } = (parse(text) as { causes: Record<string, object> })
      .causes;
    const folder = mkdtempSync(join(tmpdir(), 'stemma-healing-'));
    const file = join(folder, 'healing.yaml');
    const own = { ...others, cpu_high: { ...others.cpu_high, threshold: 0.5 } };
    writeFileSync(file, stringify({ version: 1, causes: own }));
    const rules = readHealingRules(file);
    expect(rules).toMatchObject({ ok: true, value: { ...own, process_crashed: shipped } });
    writeFileSync(file, stringify({ version: 1, causes: { ...own, process_crashed: null } }));
    const broken = readHealingRules(file);
    expect(!broken.ok && broken.error.message).toContain('process_crashed: it must be a table');
    rmSync(folder, { recursive: true });
  });

  it('of the installation must name every cause', () => {
    const { causes, ...rest } = parse(text) as { causes: Record<string, unknown> };
    const { log_lag: _, ...others } = causes;
    expect(problem(stringify({ ...rest, causes: others }))?.[1]).toContain('log_lag: it must be a table');
  });

  it('must be readable', () => {
    const result = readHealingRules('/there/is/nothing.yaml');
    expect(!result.ok && result.error.code).toBe('HEALING_UNREADABLE');
  });
});
