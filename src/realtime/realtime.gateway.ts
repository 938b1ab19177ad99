import type { IncomingMessage } from 'node:http';
import { Logger, type OnModuleDestroy } from '@nestjs/common';
import { OnGatewayConnection, OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import { WebSocket, type WebSocketServer } from 'ws';
import { ANONYMOUS, BearerTokens, checkOrigin, LOCAL_ADMIN } from '../auth/index.js';
import { MetricRegistry } from '../common/observation/metric-registry.js';
import { AppConfig } from '../config/index.js';
import { ClientSession, CLOSE, type SessionLimits } from './client-session.js';
import { FanOut } from './fan-out.js';
import { NoticeStream } from './notice-stream.js';

/** Where clients connect. */
export const REALTIME_PATH = '/ws/collective-insight';

const MOST_CLIENTS = 256;
const LARGEST_CLIENT_MESSAGE = 16 * 1024;
const REMEMBERED_NOTICES = 4_096;
const HEARTBEAT_MS = 15_000;
/** How long a closing client may take; a slow one would never read the farewell. */
const CLOSE_GRACE_MS = 1_000;
const LIMITS: SessionLimits = { mostBufferedBytes: 1024 * 1024, mostErrors: 10 };

/** Tells dashboards what happens, as it happens. */
@WebSocketGateway({ path: REALTIME_PATH, maxPayload: LARGEST_CLIENT_MESSAGE, perMessageDeflate: false })
export class RealtimeGateway implements OnGatewayInit, OnGatewayConnection, OnModuleDestroy {
  private readonly stream = new NoticeStream(REMEMBERED_NOTICES);
  private readonly sessions = new Map<WebSocket, ClientSession>();
  private readonly silent = new WeakSet<WebSocket>();
  private readonly logger = new Logger('Realtime');
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly tokens: BearerTokens,
    private readonly fanOut: FanOut,
    metrics: MetricRegistry,
  ) {
    metrics.gauge({ name: 'stemma_realtime_clients', help: 'Connected WebSocket clients' }, (gauge) =>
      gauge.set(this.sessions.size),
    );
  }

  afterInit(_server: WebSocketServer): void {
    this.fanOut.listen((notice) => {
      const entry = this.stream.append(notice);
      for (const session of this.sessions.values()) session.deliver(entry);
    });
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS);
  }

  handleConnection(client: WebSocket, request: IncomingMessage): void {
    if (!checkOrigin(this.config, request.headers).ok)
      return this.close(client, CLOSE.originRefused, 'ORIGIN_REFUSED');
    if (this.sessions.size >= MOST_CLIENTS)
      return this.close(client, CLOSE.tooManyClients, 'TOO_MANY_CLIENTS');
    const socket = {
      get bufferedAmount() {
        return client.bufferedAmount;
      },
      send: (text: string) => client.send(text),
      close: (code: number, reason: string) => this.close(client, code, reason),
    };
    const identity = this.config.singleUser ? LOCAL_ADMIN : ANONYMOUS;
    const session = new ClientSession(
      socket,
      this.stream,
      identity,
      (token) => this.tokens.identify(token),
      LIMITS,
    );
    this.sessions.set(client, session);
    client.on('message', (data, isBinary) => session.receive(isBinary ? '' : String(data)));
    client.on('pong', () => this.silent.delete(client));
    client.on('close', () => this.sessions.delete(client));
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.heartbeat);
    for (const client of this.sessions.keys()) client.terminate();
    this.sessions.clear();
    await this.fanOut.close();
  }

  /** A client that did not answer the last ping is gone, whatever TCP believes. */
  private beat(): void {
    const now = Date.now();
    for (const [client, session] of this.sessions) {
      if (this.silent.has(client)) {
        client.terminate();
        continue;
      }
      this.silent.add(client);
      client.ping();
      session.heartbeat(now);
    }
  }

  private close(client: WebSocket, code: number, reason: string): void {
    if (code === CLOSE.slowReader) this.logger.warn('dropped a client that does not read');
    this.sessions.delete(client);
    client.close(code, reason);
    setTimeout(() => client.terminate(), CLOSE_GRACE_MS).unref();
  }
}
