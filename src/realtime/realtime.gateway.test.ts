import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { WebSocket, WebSocketServer } from 'ws';
import type { BearerTokens, RateLimits } from '../auth/index.js';
import { MetricRegistry } from '../common/observation/metric-registry.js';
import type { SecuritySignals } from '../common/observation/security-signals.js';
import { testConfig } from '../../test/support/test-config.js';
import { MemoryFanOut } from './fan-out.js';
import { RealtimeGateway } from './realtime.gateway.js';

/** A fan-out that loses notices when the test says so. */
class LossyFanOut extends MemoryFanOut {
  lose: () => void = () => undefined;

  override onGap(handler?: () => void): void {
    if (handler !== undefined) this.lose = handler;
  }
}

/** A client that remembers what it was sent. */
class FakeClient extends EventEmitter {
  readonly bufferedAmount = 0;
  readonly sent: Record<string, unknown>[] = [];

  send(message: string | Buffer): void {
    this.sent.push(JSON.parse(String(message)) as Record<string, unknown>);
  }

  terminate(): void {
    this.emit('close');
  }
}

describe('the gateway', () => {
  const fanOut = new LossyFanOut();
  const tokens = { identify: async () => null } as unknown as BearerTokens;
  // Nobody shows a token here.
  const [rates, signals] = [{} as RateLimits, {} as SecuritySignals];
  const sut = new RealtimeGateway(testConfig(), tokens, fanOut, rates, signals, new MetricRegistry());
  afterEach(() => sut.onModuleDestroy());

  it('begins a new stream when notices of other replicas were lost, and tells every client that listens', () => {
    sut.afterInit(null as unknown as WebSocketServer);
    const request = {
      headers: { host: '127.0.0.1' },
      socket: { remoteAddress: '127.0.0.1' },
    } as unknown as IncomingMessage;
    const [listener, idle] = [new FakeClient(), new FakeClient()];
    for (const client of [listener, idle]) sut.handleConnection(client as unknown as WebSocket, request);
    listener.emit('message', JSON.stringify({ subscribe: ['chain'] }), false);
    fanOut.publish({ topic: 'chain', type: 'x', data: null, at: 0 });
    fanOut.lose();
    const [hello, , , told] = listener.sent;
    expect(told).toMatchObject({ type: 'subscribed', topics: ['chain'], gap: true });
    expect(told.stream).not.toBe(hello.stream);
    expect(idle.sent).toHaveLength(1);
    // Somebody who was away meanwhile is told when it is back.
    const back = new FakeClient();
    sut.handleConnection(back as unknown as WebSocket, request);
    const resume = { subscribe: ['chain'], since: 1, stream: hello.stream };
    back.emit('message', JSON.stringify(resume), false);
    expect(back.sent.at(-1)).toMatchObject({ type: 'subscribed', stream: told.stream, gap: true });
  });
});
