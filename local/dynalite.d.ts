/** dynalite ships no types; this is the part of it that is used here. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  export interface DynaliteOptions {
    /** Folder of the store; in memory when absent. */
    readonly path?: string;
    /** Milliseconds that creating a table takes. */
    readonly createTableMs?: number;
  }

  function dynalite(options: DynaliteOptions): Server;
  export = dynalite;
}
