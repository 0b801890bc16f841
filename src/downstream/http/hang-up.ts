/** Why a session's connections end, as WebSocket has it: a code, and words for whoever looks. */
export const HANG_UPS = {
  ended: [1000, 'the session has ended'],
  stopping: [1001, 'the gateway is stopping'],
  expired: [1008, 'the access token has expired'],
  revoked: [1008, 'the credential does not count any more'],
  idle: [1000, 'the session was not used for as long as http.sessionIdleMinutes'],
  replaced: [1013, 'there are as many sessions as there may be, most of them of this caller'],
} as const satisfies Record<string, readonly [code: number, reason: string]>;

export type HangUp = keyof typeof HANG_UPS;
