import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../common/installation.js';
import { FIRST_PAUSE_MS, MOST_FAILED_STARTS } from './supervisor.js';

/** The settings of a unit file by section; of a name that comes twice, the last. */
function sectionsOf(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  for (const line of text.split('\n')) {
    const section = /^\[(\w+)\]$/.exec(line)?.[1];
    if (section !== undefined) sections.set(section, (current = new Map<string, string>()));
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) current.set(name, value);
  }
  return sections;
}

describe('the unit for systemd', () => {
  const unit = sectionsOf(readFileSync(join(packageRoot(), 'deploy', 'systemd', 'stemma.service'), 'utf8'));
  const seconds = (section: string, name: string) => Number(unit.get(section)?.get(name));

  it('does not try for ever what cannot work: so many supervisors that give up fall within the time they are counted in', () => {
    // Pauses that double lie between the starts of a supervisor; the starts themselves take time, too.
    const pauses = (FIRST_PAUSE_MS * (2 ** (MOST_FAILED_STARTS - 1) - 1)) / 1000;
    const oneRun = pauses + seconds('Service', 'RestartSec');
    const [burst, interval] = [seconds('Unit', 'StartLimitBurst'), seconds('Unit', 'StartLimitIntervalSec')];
    expect(burst).toBeGreaterThan(1);
    expect(interval).toBeGreaterThan(5 * burst * oneRun);
    // systemd knows these names in [Unit] only, but for one that it reads in [Service] for old units.
    expect(unit.get('Service')?.has('StartLimitBurst')).toBe(false);
    expect(unit.get('Service')?.get('Restart')).toBe('on-failure');
  });
});
