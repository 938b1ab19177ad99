import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Logger, type OnModuleDestroy } from '@nestjs/common';
import { OnGatewayConnection, OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { Counter } from 'prom-client';
import { WebSocket, type WebSocketServer } from 'ws';
import { ANONYMOUS, BearerTokens, checkOrigin, LOCAL_ADMIN, RateLimits } from '../auth/index.js';
import { MetricRegistry } from '../common/observation/metric-registry.js';
import { SecuritySignals } from '../common/observation/security-signals.js';
import { AppConfig } from '../config/index.js';
import { AddressPlaces } from './address-places.js';
import { clientAddress } from './client-address.js';
import { ClientSession, CLOSE, type SessionLimits } from './client-session.js';
import { FanOut } from './fan-out.js';
import { NoticeStream } from './notice-stream.js';
import { Rounds } from './rounds.js';
import { beyondBudget } from './waiting-bytes.js';

/** Where clients connect. */
export const REALTIME_PATH = '/ws/collective-insight';

const LARGEST_CLIENT_MESSAGE = 16 * 1024;
const REMEMBERED_NOTICES = 4_096;
/** Every second it is the turn of one client in fifteen, so that ten thousand heartbeats never come at once. */
const TURN_MS = 1_000;
const TURNS = 15;
/** What may wait for all clients together; above it those go for whom most waits. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024;
/** How long a closing client may take; a slow one would never read the farewell. */
const CLOSE_GRACE_MS = 1_000;
/** Bytes too are the UTF-8 of a text. */
const TEXT = { binary: false } as const;
const LIMITS: SessionLimits = { mostBufferedBytes: 1024 * 1024, mostErrors: 10 };

/** Tells dashboards what happens, as it happens. */
@WebSocketGateway({ path: REALTIME_PATH, maxPayload: LARGEST_CLIENT_MESSAGE, perMessageDeflate: false })
export class RealtimeGateway implements OnGatewayInit, OnGatewayConnection, OnModuleDestroy {
  private readonly stream = new NoticeStream(REMEMBERED_NOTICES);
  private readonly sessions = new Map<WebSocket, ClientSession>();
  private readonly rounds = new Rounds<WebSocket>(TURNS);
  private readonly silent = new WeakSet<WebSocket>();
  private readonly logger = new Logger('Realtime');
  private readonly places: AddressPlaces;
  private readonly closed: Counter<'code' | 'reason'>;
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly tokens: BearerTokens,
    private readonly fanOut: FanOut,
    private readonly rates: RateLimits,
    private readonly signals: SecuritySignals,
    metrics: MetricRegistry,
  ) {
    this.places = new AddressPlaces(config.websocketClientsPerAddress);
    metrics.gauge({ name: 'stemma_realtime_clients', help: 'Connected WebSocket clients' }, (gauge) =>
      gauge.set(this.sessions.size),
    );
    this.closed = metrics.counter({
      name: 'stemma_realtime_closed_total',
      help: 'WebSocket clients that the server put out, by closing code and reason',
      labels: ['code', 'reason'],
    });
  }

  afterInit(_server: WebSocketServer): void {
    this.fanOut.listen((notice) => {
      const entry = this.stream.append(notice);
      for (const session of this.sessions.values()) session.deliver(entry);
    });
    this.fanOut.onGap(() => {
      this.stream.begin();
      for (const session of this.sessions.values()) session.gap();
    });
    this.heartbeat = setInterval(() => {
      this.beat();
      for (const client of beyondBudget(this.sessions.keys(), MOST_WAITING_BYTES))
        this.sessions.get(client)?.drop('SLOW_READER');
    }, TURN_MS);
  }

  handleConnection(client: WebSocket, request: IncomingMessage): void {
    const close = (code: number, reason: string) => this.close(client, request.socket, code, reason);
    if (!checkOrigin(this.config, request.headers).ok) return close(CLOSE.originRefused, 'ORIGIN_REFUSED');
    if (this.sessions.size >= this.config.websocketClients) return close(CLOSE.tooMany, 'TOO_MANY_CLIENTS');
    const address = clientAddress(request, this.config.trustProxy);
    if (!this.places.take(address)) return close(CLOSE.tooMany, 'TOO_MANY_OF_ADDRESS');
    client.once('close', () => this.places.give(address));
    const socket = {
      get bufferedAmount() {
        return client.bufferedAmount;
      },
      send: (message: string | Buffer) => client.send(message, TEXT),
      close,
    };
    const identity = this.config.singleUser ? LOCAL_ADMIN : ANONYMOUS;
    const tokens = {
      identify: (token: string) => this.tokens.identify(token),
      refused: () => this.countWorthless(address),
    };
    const session = new ClientSession(socket, this.stream, identity, tokens, LIMITS);
    this.sessions.set(client, session);
    this.rounds.add(client);
    client.on('message', (data, isBinary) => session.receive(isBinary ? '' : String(data)));
    client.on('pong', () => this.silent.delete(client));
    client.on('close', () => this.forget(client));
  }

  /** Worthless tokens count as they do over HTTP: by address, and as a sign of attack. @returns whether there may be more */
  private async countWorthless(address: string): Promise<boolean> {
    const allowed = this.config.singleUser || (await this.rates.takeAddress(address)).allowed;
    this.signals.refused(allowed ? 'TOKEN_INVALID' : 'RATE_LIMITED');
    return allowed;
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.heartbeat);
    for (const client of this.sessions.keys()) client.terminate();
    this.sessions.clear();
    await this.fanOut.close();
  }

  /** A client that did not answer the last ping is gone or does not read, whatever TCP believes. */
  private beat(): void {
    const now = Date.now();
    for (const client of this.rounds.next()) {
      if (this.silent.has(client)) {
        this.sessions.get(client)?.drop('SILENT');
        continue;
      }
      this.silent.add(client);
      client.ping();
      this.sessions.get(client)?.heartbeat(now);
    }
  }

  /** Says why and hangs up; with a reset, as the kernel would go on keeping megabytes for one that never reads. */
  private close(client: WebSocket, connection: Socket, code: number, reason: string): void {
    if (reason === 'SLOW_READER') this.logger.warn('dropped a client that does not read');
    this.closed.inc({ code, reason });
    this.forget(client);
    client.close(code, reason);
    const hangUp = setTimeout(() => connection.resetAndDestroy(), CLOSE_GRACE_MS).unref();
    client.once('close', () => clearTimeout(hangUp));
  }

  private forget(client: WebSocket): void {
    this.sessions.delete(client);
    this.rounds.delete(client);
  }
}
