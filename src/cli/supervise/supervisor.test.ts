import { Supervisor, type SupervisorOptions, type SupervisorPorts } from './supervisor.js';
import type { ServerEnd } from './server-process.js';

const options = { silenceMs: 60, startMs: 600_000, everyMs: 5, graceMs: 10 };

/** A server whose end the test decides. */
class ScriptedServer {
  isOver = false;
  readonly signals: string[] = [];
  readonly ended: Promise<ServerEnd>;
  private resolve: (end: ServerEnd) => void = () => undefined;

  constructor(readonly pid: number) {
    this.ended = new Promise((resolve) => (this.resolve = resolve));
  }

  finish(code: number | null, signal: NodeJS.Signals | null = null): void {
    this.isOver = true;
    this.resolve({ code, signal });
  }

  signal(name: NodeJS.Signals): void {
    this.signals.push(name);
    if (name === 'SIGTERM') this.finish(0);
  }

  end(): Promise<ServerEnd> {
    this.signals.push('end');
    this.finish(null, 'SIGKILL');
    return this.ended;
  }
}

function setup(
  answers: (pid: number) => boolean | null,
  onStart: (server: ScriptedServer) => void,
  changes: Partial<SupervisorOptions> = {},
) {
  const servers: ScriptedServer[] = [];
  const said: string[] = [];
  const noted: string[] = [];
  /** For each sign, the server it was given for. */
  const signs: number[] = [];
  const ports: SupervisorPorts = {
    start: () => {
      const server = new ScriptedServer(servers.length + 1);
      servers.push(server);
      setTimeout(() => onStart(server), 10);
      return server;
    },
    answers: async (pid) => answers(pid),
    say: (line) => said.push(line),
    note: (pid, how) => noted.push(`${pid}: ${how}`),
    sign: () => signs.push(servers.length),
  };
  return { sut: new Supervisor({ ...options, ...changes }, ports), servers, said, noted, signs };
}

describe('the supervisor', () => {
  it('starts a server again that died, one at a time, and ends with it when it is told to stop', async () => {
    const { sut, servers, said, noted } = setup(
      () => true,
      (server) => (server.pid === 1 ? server.finish(null, 'SIGKILL') : sut.stop('SIGTERM')),
    );
    expect(await sut.run()).toBe(0);
    expect(servers.map(({ signals }) => signals)).toEqual([[], ['SIGTERM']]);
    expect(said).toEqual([expect.stringContaining('the server ended (SIGKILL); it starts again')]);
    expect(noted).toEqual(['1: SIGKILL']);
  });

  it('starts a server again that asks for it, which is no end to be told of', async () => {
    const { sut, servers, said, noted } = setup(
      () => true,
      (server) => (server.pid === 1 ? server.finish(75) : sut.stop('SIGTERM')),
    );
    expect(await sut.run()).toBe(0);
    expect(servers).toHaveLength(2);
    expect(said).toEqual([
      expect.stringContaining('the server ended to be started again; it starts again in'),
    ]);
    expect(noted).toEqual([]);
  });

  it('starts a hung server again also where it ends well when it is told to', async () => {
    let silent = false;
    const { sut, servers, noted } = setup(
      (pid) => {
        if (pid === 2) sut.stop('SIGTERM');
        const answer = pid === 2 || !silent;
        silent = true;
        return answer;
      },
      (server) => (server.end = async () => (server.finish(0), server.ended)),
    );
    expect(await sut.run()).toBe(0);
    expect(servers).toHaveLength(2);
    expect(noted).toEqual([expect.stringMatching(/^1: it had not answered for \d+ s and was ended$/)]);
  });

  it('notes every end of servers that never answer, and gives up', async () => {
    const { sut, noted } = setup(
      () => null,
      (server) => server.finish(1),
    );
    expect(await sut.run()).toBe(1);
    expect(noted).toEqual([1, 2, 3, 4, 5].map((pid) => `${pid}: exit code 1, before it answered`));
  });

  it('ends a server that falls silent, and starts another', async () => {
    let first = true;
    const { sut, servers, said, signs } = setup(
      (pid) => {
        const answer = pid > 1 || first;
        first = false;
        return answer;
      },
      (server) => {
        if (server.pid === 2) sut.stop('SIGTERM');
      },
    );
    await sut.run();
    expect(servers.map(({ signals }) => signals)).toEqual([['end'], ['SIGTERM']]);
    expect(said[0]).toContain('has not answered');
    expect(signs).toEqual([2]);
  });

  it('is well while its server starts or answers, and not while one that answered is silent', async () => {
    const seen: string[] = [];
    const script = [null, true, true, false, null, true];
    const { sut } = setup(
      () => {
        // What the answer before has made of it.
        seen.push(sut.isWell ? 'well' : 'silent');
        if (script.length === 1) sut.stop('SIGTERM');
        const answer = script.shift();
        return answer === undefined ? true : answer;
      },
      () => undefined,
      { silenceMs: 600_000 },
    );
    await sut.run();
    expect(seen).toEqual(['well', 'well', 'well', 'well', 'silent', 'silent']);
  });

  it('gives a sign at once when a silent server answers again', async () => {
    const script = [true, false, false, true, true, false, true];
    const { sut, signs } = setup(
      () => {
        if (script.length === 1) sut.stop('SIGTERM');
        return script.shift() ?? true;
      },
      () => undefined,
      { silenceMs: 600_000 },
    );
    await sut.run();
    expect(signs).toEqual([1, 1]);
  });

  it('is patient with a server that starts', async () => {
    let asked = 0;
    const { sut, servers } = setup(
      () => {
        asked += 1;
        if (asked > 10) sut.stop('SIGTERM');
        return asked > 10 ? true : null;
      },
      () => undefined,
      // Over before it is asked a second time.
      { silenceMs: 1 },
    );
    await sut.run();
    expect(servers).toHaveLength(1);
    expect(servers[0].signals).toEqual(['SIGTERM']);
  });

  it('does not start again what ended well', async () => {
    const { sut, servers, noted } = setup(
      () => true,
      (server) => server.finish(0),
    );
    expect(await sut.run()).toBe(0);
    expect(servers).toHaveLength(1);
    expect(noted).toEqual([]);
  });
});
