import { Injectable } from '@nestjs/common';
import type { MonitoringAgent } from './agent.js';

/** Where modules register agents. */
@Injectable()
export class AgentRegistry {
  private readonly agents = new Map<string, MonitoringAgent>();

  /** Adds an agent until the returned function is called. Two agents of one name are a bug. */
  register(agent: MonitoringAgent): () => void {
    if (this.agents.has(agent.name)) throw new Error(`an agent named ${agent.name} is registered already`);
    this.agents.set(agent.name, agent);
    return () => this.agents.delete(agent.name);
  }

  /** The agent of a name; undefined where there is none. */
  find(name: string): MonitoringAgent | undefined {
    return this.agents.get(name);
  }

  /** Every agent in order of names. */
  get all(): readonly MonitoringAgent[] {
    return [...this.agents.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
