import { claudeCode, claudeDesktop } from './claude.ts';
import type { Client } from './client.ts';
import { codex } from './codex.ts';
import { cursor, vsCode, windsurf } from './editors.ts';
import { geminiCli } from './gemini-cli.ts';
import { opencode } from './opencode.ts';

/** The known clients, in the order in which an import gives keys to their servers. */
export const CLIENTS: readonly Client[] = [
  claudeCode,
  claudeDesktop,
  cursor,
  vsCode,
  opencode,
  codex,
  windsurf,
  geminiCli,
];
