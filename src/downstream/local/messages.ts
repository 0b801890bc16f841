import type { JsonObject } from '../../core/json.ts';

/**
 * The method of each notification between a relay and its daemon, beside the messages of the client, begins like this.
 * Both are of the same version, which is part of the daemon's identity.
 */
export const OURS = 'mcp-gateway/';

/** Relay: the session and its directory (`Hello`). The first message. */
export const HELLO = `${OURS}hello`;
/** Daemon: it has read the hello. Until then it may be shutting down: a mere connection proves nothing. */
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
  /** Names the relay as long as it lives: its jobs belong to that session. */
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
