import { Injectable } from '@nestjs/common';

/** By this a supervisor tells the server it starts that it starts it again: its own process number. */
export const SUPERVISOR_VARIABLE = 'STEMMA_SUPERVISOR';

/** What a server ends with that ended as it should and wants to be started again: EX_TEMPFAIL of sysexits.h. */
export const RESTART_EXIT_CODE = 75;

/** How the server asks for its own end, so that its supervisor starts another: what is in its memory is gone then. */
@Injectable()
export class ServerRestart {
  private tell: () => void = () => undefined;
  /** Resolves when the server is to end; whoever runs it waits for this. */
  readonly asked = new Promise<void>((resolve) => (this.tell = resolve));

  /** Whether whoever started this process starts it again. The variable alone says nothing: children inherit it. */
  get isSupervised(): boolean {
    return process.env[SUPERVISOR_VARIABLE] === String(process.ppid);
  }

  /** Begins to end; requests under way are finished as with any stop. */
  begin(): void {
    this.tell();
  }
}
