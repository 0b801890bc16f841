import { claudeCode, claudeDesktop } from './claude.ts';
import type { Client } from './client.ts';
import { codex } from './codex.ts';
import { cursor, vsCode, windsurf } from './editors.ts';
import { geminiCli } from './gemini-cli.ts';
import { opencode } from './opencode.ts';

/** The clients whose files are known, in the order in which their servers get their keys. */
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
