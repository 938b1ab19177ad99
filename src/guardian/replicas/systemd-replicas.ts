import { ok, type Result } from '../../common/index.js';
import { ReplicaAdapter } from './replica-adapter.js';
import { runProgram } from './run-program.js';

/**
 * Replicas as instances of a systemd template: with the template `stemma-replica` they are `stemma-replica@1.service` and so on. The
 * server's own unit is none of them.
 */
export class SystemdReplicas extends ReplicaAdapter {
  readonly name = 'systemd';

  /** @param template the unit's name before the `@` */
  constructor(
    private readonly template: string,
    private readonly systemctl = 'systemctl',
  ) {
    super();
  }

  async count(): Promise<Result<number>> {
    const running = await this.running();
    return running.ok ? ok(running.value.length) : running;
  }

  /** Has the instances 1 to `to`, and no other. */
  async scale(to: number): Promise<Result<void>> {
    const running = await this.running();
    if (!running.ok) return running;
    const wanted = Array.from({ length: to }, (_, i) => i + 1);
    const stopped = await this.all(
      'stop',
      running.value.filter((instance) => instance > to),
    );
    if (!stopped.ok) return stopped;
    return this.all(
      'start',
      wanted.filter((instance) => !running.value.includes(instance)),
    );
  }

  private async running(): Promise<Result<number[]>> {
    const pattern = `${this.template}@*.service`;
    const flags = ['--state=active,activating,reloading', '--plain', '--no-legend', '--no-pager'];
    const printed = await runProgram(this.systemctl, ['list-units', ...flags, pattern]);
    if (!printed.ok) return printed;
    const names = printed.value.split('\n').map((line) => line.trim().split(/\s/, 1)[0]);
    const instances = names
      .filter((name) => name.startsWith(`${this.template}@`))
      .map((name) => /@(\d{1,6})\.service$/.exec(name)?.[1])
      .filter((number) => number !== undefined);
    return ok(instances.map(Number));
  }

  private async all(verb: 'start' | 'stop', instances: readonly number[]): Promise<Result<void>> {
    if (instances.length === 0) return ok();
    const units = instances.map((instance) => `${this.template}@${instance}.service`);
    const done = await runProgram(this.systemctl, [verb, ...units]);
    return done.ok ? ok() : done;
  }
}
