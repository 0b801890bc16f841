import type { JsonObject } from '../../core/json.ts';

/**
 * What an attachment and a daemon tell each other beside what they relay: notifications whose method begins like this.
 * Both are of the same version, which is part of the daemon's identity.
 */
export const OURS = 'mcp-gateway/';

/** Relay: who comes (`Hello`). The first message. */
export const HELLO = `${OURS}hello`;
/** Daemon: it has read that, and is there. A connection may be taken for a process that is about to die. */
export const WELCOME = `${OURS}welcome`;
/** Relay: jobs of a daemon that has died (`{ jobs: KeptJob[] }`). */
export const JOBS = `${OURS}jobs`;
/** Daemon: the request `id` is about to reach a server that must not get it twice. */
export const SENDING = `${OURS}sending`;
/** Daemon: the request `id` has become the job `jobId`. */
export const BECAME_JOB = `${OURS}job`;
/** Daemon: the job `jobId` has ended. */
export const JOB_ENDED = `${OURS}job-ended`;
/** Daemon: it ends when what it has of this session is answered; all else is for the next one. */
export const LEAVING = `${OURS}leaving`;

export interface Hello {
  /** Of the attachment, as long as it lives: whose jobs they are. */
  readonly session: string;
  /** The working directory of the client. */
  readonly directory: string;
  /** The id of the first question to the client: no two daemons ask under the same one. */
  readonly firstQuestionId: number;
}

/** A job of a daemon that has died. */
export interface KeptJob {
  readonly jobId: string;
  /** Id of the tool. */
  readonly tool: string;
  /** The request that asked for it, as the client sent it; absent: it may have reached a server that must not get it twice. */
  readonly request?: JsonObject;
}
