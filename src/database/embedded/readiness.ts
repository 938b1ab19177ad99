import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';

const POLL_MS = 25;
const CONNECT_TIMEOUT_MS = 2_000;

/** Waits until the server of that URL answers queries; false at the deadline (by `performance.now()`) or once `ended` says there is none. */
export async function databaseReady(url: string, deadline: number, ended: () => boolean): Promise<boolean> {
  while (performance.now() < deadline && !ended()) {
    if (await answers(url)) return true;
    await delay(POLL_MS);
  }
  return false;
}

/** Creates the database of that URL unless it exists. @param name a plain identifier */
export async function ensureDatabase(url: string, name: string): Promise<void> {
  const client = maintenanceClient(url);
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

async function answers(url: string): Promise<boolean> {
  const client = maintenanceClient(url);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A connection to the database every cluster has. */
function maintenanceClient(url: string): Client {
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  return new Client({ connectionString: maintenance.href, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
}
