// A client that costs little: prepared requests over plain sockets, one at a time each, answers counted by their Content-Length.
import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: (\d+)\r\n/i;

/** The bytes of a request. @param {{method: string, path: string, token?: string, body?: object}} request */
export function prepare({ method, path, token, body }) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === undefined
      ? []
      : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`]),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`);
}

/** One connection; `send` resolves with the status of the answer. */
export class Connection {
  #socket;
  #settle = null;
  #received = null;
  /** Where the body of the last answer lies. */
  #body = [0, 0];

  static open(port) {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new Connection(socket)));
      socket.setNoDelay(true).once('error', reject);
    });
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('close', () => this.#finish(0));
  }

  send(bytes) {
    return new Promise((resolve) => {
      this.#received = null;
      this.#settle = resolve;
      this.#socket.write(bytes);
    });
  }

  /** The body of the last answer as text. */
  body() {
    return this.#received?.toString('utf8', ...this.#body) ?? '';
  }

  close() {
    this.#settle = null;
    this.#socket.destroy();
  }

  #receive(bytes) {
    this.#received = this.#received === null ? bytes : Buffer.concat([this.#received, bytes]);
    const end = this.#received.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#received.latin1Slice(0, end + 2);
    const length = LENGTH.exec(head)?.[1];
    if (length === undefined) throw new Error(`an answer without Content-Length: ${head}`);
    const start = end + HEAD_END.length;
    this.#body = [start, start + Number(length)];
    if (this.#received.length < this.#body[1]) return;
    this.#finish(Number(head.slice(9, 12)));
  }

  #finish(status) {
    const settle = this.#settle;
    this.#settle = null;
    settle?.(status);
  }
}
