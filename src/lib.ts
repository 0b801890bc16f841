export type { GatewayConfig } from './config/load.ts';
export { loadConfig } from './config/load.ts';
export type { ServerConfig } from './config/schema.ts';
export type { GatewaySettings } from './config/settings.ts';
export { type ErrorCode, GatewayError } from './core/errors.ts';
export type { Logger, LogLevel } from './core/log.ts';
export { createLogger } from './core/log.ts';
export type { ConfigProblem } from './core/problem.ts';
export { Gateway, type GatewayOptions } from './gateway.ts';
