import type { JsonObject } from '../../core/json.ts';

/**
 * Prefix of the methods of notifications between a relay and its daemon, which go beside the client's messages. Both
 * have the same version, which is part of the daemon's identity.
 */
export const METHOD_PREFIX = 'mcp-gateway/';

/** Sent by the relay as its first message: the session and its directory (`Hello`). */
export const HELLO = `${METHOD_PREFIX}hello`;
/**
 * Sent by the daemon once it has read the hello. Until then it may be shutting down: a mere connection proves nothing.
 */
export const WELCOME = `${METHOD_PREFIX}welcome`;
/** Sent by the relay: jobs of a daemon that has died (`{ jobs: KeptJob[] }`). */
export const JOBS = `${METHOD_PREFIX}jobs`;
/** Sent by the daemon: the request `id` is about to reach a server that must not get it twice. */
export const SENDING = `${METHOD_PREFIX}sending`;
/** Sent by the daemon: the request `id` has become the job `jobId`. */
export const BECAME_JOB = `${METHOD_PREFIX}job`;
/** Sent by the daemon: the job `jobId` has ended. */
export const JOB_ENDED = `${METHOD_PREFIX}job-ended`;
/**
 * Sent by the daemon: it ends when the open requests of this session are answered; new ones are for the next daemon.
 */
export const LEAVING = `${METHOD_PREFIX}leaving`;

export interface Hello {
  /** Id of the relay, the same for each of its daemons: its jobs belong to that session. */
  readonly session: string;
  /** The working directory of the client. */
  readonly directory: string;
  /** Id of the daemon's first request to the client: no two daemons of a relay use the same ids. */
  readonly firstQuestionId: number;
}

/** A job of a daemon that has died. */
export interface KeptJob {
  readonly jobId: string;
  /** Id of the tool. */
  readonly tool: string;
  /**
   * The request for the job, as the client sent it; absent: it may have reached a server that must not get it twice.
   */
  readonly request?: JsonObject;
}
