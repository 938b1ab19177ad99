// A side of the comparison: a process that answers one line of JSON to every line it is given.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The longest a side may take for one answer. */
const DEADLINE_MS = 120_000;

export class Side {
  constructor(name, command, args) {
    this.name = name;
    this.process = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    this.ended = new Promise((resolve) => this.process.on('close', resolve));
  }

  /** Starts a process and waits until it has loaded its model. */
  static async start(name, command, args) {
    const side = new Side(name, command, args);
    await side.answer();
    return side;
  }

  /** Sends a command and resolves with the answer. */
  async ask(line) {
    this.process.stdin.write(`${line}\n`);
    return this.answer();
  }

  async answer() {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.name} does not answer`)), DEADLINE_MS);
    });
    const { value, done } = await Promise.race([this.lines.next(), late])
      .catch((late) => {
        this.process.kill('SIGKILL');
        throw late;
      })
      .finally(() => clearTimeout(timer));
    if (done) throw new Error(`${this.name} has ended`);
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`${this.name}: ${answer.error}`);
    return answer;
  }

  async stop() {
    this.process.stdin.end();
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 5000);
    await this.ended;
    clearTimeout(timer);
  }
}
